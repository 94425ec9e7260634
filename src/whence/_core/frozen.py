"""Arrays of results that nobody can write to: a frozen answer is frozen all through."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np


def freeze(made: Any) -> None:
    """Make the arrays of a frozen dataclass read-only, those by name too: for `__post_init__`.

    Whoever gave them keeps arrays that can be written to. Numbers are looked at, not copied: what
    computed them lets go of them. Other columns are a user's own, and are copied.
    """
    for field in fields(made):
        given = getattr(made, field.name)
        if isinstance(given, np.ndarray):
            object.__setattr__(made, field.name, _read_only(given))
        elif isinstance(given, Mapping) and any(isinstance(a, np.ndarray) for a in given.values()):
            copied = field.name == "data"
            tables = {name: _read_only(array, copied=copied) for name, array in given.items()}
            object.__setattr__(made, field.name, tables)


def _read_only(array: Any, *, copied: bool = False) -> Any:
    if not isinstance(array, np.ndarray) or not array.flags.writeable:
        return array
    frozen = array.copy() if copied else array.view()
    frozen.flags.writeable = False
    return frozen
