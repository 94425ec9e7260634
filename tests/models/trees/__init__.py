"""Tests of the readers of trees; a package, so that its file names are its own."""
