"""Tests of whence._core."""
