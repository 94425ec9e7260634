"""Accounting identities."""
