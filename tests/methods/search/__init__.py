"""Tests of whence.methods.search."""
