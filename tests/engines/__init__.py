"""Tests of whence.engines."""
