"""Tests of whence.games."""
