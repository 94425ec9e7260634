"""Accounting identities: a behaviour as the exact sum of what the parts of a network wrote."""
