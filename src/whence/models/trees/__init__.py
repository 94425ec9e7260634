"""Readers of fitted trees: one file for each library, each with `read(model) -> TreeEnsemble`."""
