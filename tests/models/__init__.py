"""Tests of the models floor; a package, so that its file names are its own."""
