"""Methods that ask how a worth changes while players are present only in part."""
