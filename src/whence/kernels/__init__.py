"""Compiled kernels over plain arrays: trees, coalitions, counts. Nothing here knows a game."""
