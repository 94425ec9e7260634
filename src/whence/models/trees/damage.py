"""Damage: what is wrong with a file of a model, before any library has seen it."""

from typing import final


@final
class DamageError(ValueError):
    """A file that is not what it says; whoever knows the file's name makes a ModelFileError."""
