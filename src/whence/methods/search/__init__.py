"""Methods whose answer is some of the players, rather than a number for each."""
