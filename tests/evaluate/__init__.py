"""Tests of whence.evaluate."""
