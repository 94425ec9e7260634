"""Methods that only ask worths: players leave, and what is measured is measured again."""
