"""The command line: the verbs with the same words, for people who have files and a terminal."""
