"""Groups of units that are left out in turn: the jackknife's, and the folds that ratios cross.

A unit is a row, or rows that belong together (a customer, a device). All rows of a unit, before and
after, fall in one group, so what they share is left out together.
"""

import numpy as np

from whence._core.errors import OptionError, TableError
from whence._core.keyed import uniforms
from whence._core.shaped import Int
from whence._core.text import brief

_LEAST, _MOST = 3, 10_000


def grouped(
    units: Int[np.ndarray, " rows"] | None, before: int, rows: int, groups: int, seed: int
) -> Int[np.ndarray, " rows"]:
    """The group of each row, before's first; as even as can be.

    Args:
        units: which rows belong together; every row is its own, where nobody says.
        before: how many rows are of before.
        rows: how many there are in all.
        groups: how many groups, or as many as there are units if those are fewer.
        seed: of which units go together.

    Raises:
        OptionError: fewer than three groups.
        TableError: fewer than three units.
    """
    whole = isinstance(groups, (int, np.integer)) and not isinstance(groups, bool)
    if not whole or not _LEAST <= groups <= _MOST:
        raise OptionError(
            f"groups is a whole number from {_LEAST} to {_MOST:,}; given {brief(groups)}"
        )
    if units is None:
        parts = [_dealt(before, groups, seed, 0), _dealt(rows - before, groups, seed, 1)]
        return np.concatenate(parts)
    _, codes = np.unique(units, return_inverse=True)
    many = int(codes.max()) + 1
    if many < _LEAST:
        raise TableError(f"there are {many} units, and errors need at least {_LEAST} of them")
    return _dealt(many, min(groups, many), seed, 2)[codes]


def _dealt(many: int, groups: int, seed: int, stream: int) -> Int[np.ndarray, " units"]:
    order = np.argsort(uniforms(1, seed, stream, np.arange(many))[:, 0], kind="stable")
    group = np.empty(many, np.int64)
    group[order] = np.arange(many) % groups
    return group
