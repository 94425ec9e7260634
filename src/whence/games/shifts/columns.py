"""The columns of both data sets in one form: values with codes, or numbers.

Rows of before come first, then those of after. A column of few different values, or of anything but
numbers, is *discrete*: its ratios can be counted. What before never held cannot be had by weighing
its rows, so it is refused, by value and count, unless chance alone explains its absence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.errors import OverlapError, TableError
from whence._core.shaped import Bool, Float, Int
from whence.models.cells import Column as Cells
from whence.models.cells import inferred

FEW = 12  # different numbers, up to which a column of numbers is one of values
_CHANCE = 1e-3  # of missing a value in one of the two, below which it is new
_TINY = 5e-3  # share of rows, below which a new value alone cannot matter much
UNSEEN = 0.01  # share of rows with values that the other never has, above which it is refused
_BEYOND = 0.05  # share of after outside of the range of before, above which it is refused
_NAMED = 5


@final
@dataclass(frozen=True, slots=True)
class Shared:
    """One column of both data sets.

    Attributes:
        name: of the column.
        codes: which of the levels each row has, before's rows first.
        levels: the different values.
        numbers: the values as numbers; None for a discrete column.
    """

    name: str
    codes: Int[np.ndarray, " rows"]
    levels: tuple[object, ...]
    numbers: Float[np.ndarray, " rows"] | None


def shared(name: str, before: Cells, after: Cells, *, label: bool = False) -> Shared:
    """A column of both, in one form.

    Raises:
        TableError: missing cells, or numbers in one and something else in the other.
    """
    families = {before.family, after.family}
    for cells, where in ((before, "before"), (after, "after")):
        _refuse_gaps(name, cells, where, label=label)
    if len(families) > 1:
        raise TableError(
            f"the column {name!r} holds {before.family}s before and {after.family}s after: "
            "convert one of them"
        )
    both = np.concatenate([before.data.astype(object), after.data.astype(object)])
    whole = inferred(both).data
    if families == {"number"}:
        numbers = whole.astype(float)
        levels, codes = np.unique(numbers, return_inverse=True)
        few = len(levels) <= FEW
        shown = tuple(_plain(v) for v in levels)
        return Shared(name, codes.astype(np.int64), shown, None if few else numbers)
    words = np.array([str(v) for v in whole])
    levels, codes = np.unique(words, return_inverse=True)
    return Shared(name, codes.astype(np.int64), tuple(levels.tolist()), None)


def _plain(value: float) -> object:
    return int(value) if float(value).is_integer() else float(value)


def _refuse_gaps(name: str, cells: Cells, where: str, *, label: bool) -> None:
    gone = cells.missing
    if not gone.any() and cells.data.dtype.kind == "f":
        gone = ~np.isfinite(cells.data)
    if gone.any():
        what = "the label" if label else "the column"
        mend = "Drop those rows" if label else "Fill them, or drop those rows"
        raise TableError(
            f"{what} {name!r} is missing or infinite in {int(gone.sum())} rows of {where} (first: "
            f"row {int(np.argmax(gone))}). {mend}: what is missing has no place in a mechanism. "
            "If a gap means something, give it a value of its own."
        )


def refuse_new(columns: Sequence[Shared], after: Bool[np.ndarray, " rows"]) -> float:
    """Refuse values of after that before never had.

    Args:
        columns: of both data sets.
        after: which rows are of after.

    Returns:
        the largest share of after's rows, over columns, that have a value unseen before by chance.

    Raises:
        OverlapError: values by name and count.
    """
    return max((_new(column, after, "after", "before") for column in columns), default=0.0)


def refuse_gone(columns: Sequence[Shared], after: Bool[np.ndarray, " rows"], who: str) -> None:
    """Refuse values of parents that after no longer has: nobody knows what they lead to now.

    Raises:
        OverlapError: values by name and count.
    """
    for column in columns:
        if column.numbers is None:
            _new(column, ~after, "before", "after", who)


def _new(
    column: Shared, here: Bool[np.ndarray, " rows"], where: str, other: str, who: str = ""
) -> float:
    if column.numbers is not None:
        return _beyond(column, here)
    many = len(column.levels)
    own = np.bincount(column.codes[here], minlength=many)
    others = np.bincount(column.codes[~here], minlength=many)
    strange = (others == 0) & (own > 0)
    rate = own[strange] * np.log(here.mean())  # that all of its rows fall on this side
    share = own[strange] / here.sum()
    new = (rate < np.log(_CHANCE)) & (share > _TINY) & (not who)
    if not new.any() and share.sum() <= UNSEEN:
        return float(share.sum())
    cells = _counted(column, np.flatnonzero(strange), own)
    effect = (
        f"what {who} became for them cannot be told from after's rows"
        if who
        else "no weighing of before's rows can bring them in"
    )
    raise OverlapError(
        f"refused: the column {column.name!r} has values {where} that it never has {other}: "
        f"{cells} ({100 * share.sum():.1f} % of {where}); {effect}. Ask about the rows without "
        "them, or put them with a value that both have."
    )


def _counted(column: Shared, which: np.ndarray, counts: np.ndarray) -> str:
    order = which[np.argsort(-counts[which], kind="stable")]
    told = [f"{column.levels[c]!r} in {counts[c]:,} rows" for c in order[:_NAMED]]
    rest = len(order) - _NAMED
    return ", ".join(told) + (f" and {rest} more" if rest > 0 else "")


def _beyond(column: Shared, here: Bool[np.ndarray, " rows"]) -> float:
    numbers = column.numbers
    if numbers is None:
        return 0.0
    old, new = numbers[~here], numbers[here]
    low, high = float(old.min()), float(old.max())
    outside = (new < low) | (new > high)
    share = float(outside.mean())
    if share > _BEYOND:
        raise OverlapError(
            f"refused: {int(outside.sum()):,} rows of after ({100 * share:.1f} %) have values of "
            f"{column.name!r} that before never had: before ranges from {low:g} to {high:g}, "
            f"after from {new.min():g} to {new.max():g}. No weighing of before's rows can bring "
            "them in: ask about the rows inside that range."
        )
    return share
