"""Tests of whence.recipes."""
