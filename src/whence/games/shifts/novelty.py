"""What before cannot speak for: values of after that it never, or hardly ever, had.

The values of a column are put in cells: the levels of a discrete column, numbers that many rows
share, and for the other numbers intervals with equally many rows of after. A cell is *new* where
after has many times as many rows as before, before has too few of them to be weighed, and chance
does not explain it. Rows of after in such cells are measured as they are, as a mechanism of its own
("values of `age` never seen before"), and the rest is attributed without them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.shaped import Bool, Float, Int
from whence.games.shifts.columns import Shared

_TIMES = 10.0  # as often after as before
_EACH = 1e-2  # chance of so uneven a split of a cell
_CHANCE = 1e-4  # of so uneven a split of all such cells, over all cells of a column
_LEAST = 0.01  # of after, below which new values cannot matter much
_BEYOND = 0.05  # of after in new intervals of numbers: ratios reach a little beyond what they saw
_INTERVAL = (40, 10)  # at most so many intervals of numbers, of so many rows at least
_ATOM = (10, 0.01)  # rows, and share of rows, that share one number
_MOSTLY = 0.5  # of after, from which a column is put aside, and no longer its rows
_LEFT = 0.25  # of after, that must be left once rows are cut
_NAMED = 3


@final
@dataclass(frozen=True, slots=True)
class New:
    """The values of one column that are new.

    Attributes:
        column: its name.
        rows: which rows of after have them.
        words: what they are, and how many rows have them.
        never: before has none of them at all.
    """

    column: str
    rows: Bool[np.ndarray, " after"]
    words: str
    never: bool

    @property
    def share(self) -> float:
        """Of after."""
        return float(self.rows.mean())

    @property
    def called(self) -> str:
        """The mechanism's name."""
        return f"values of {self.column} {'never' if self.never else 'hardly ever'} seen before"


def new_values(column: Shared, after: Bool[np.ndarray, " rows"], floor: float) -> New | None:
    """The new values of a column, if it has any to speak of.

    Args:
        column: of both data sets.
        after: which rows are of after.
        floor: rows of before, from which a cell can be weighed.
    """
    cell, values = _cells(column, after)
    many = int(cell.max()) + 1
    old, own = (np.bincount(cell[rows], minlength=many) for rows in (~after, after))
    often = (own / own.sum()) > _TIMES * (old + 0.5) / old.sum()
    share = float(after.mean())
    new = often & (old < floor) & (_log_chance(own, old, share) < np.log(_EACH))
    together = _log_chance(own[new].sum(keepdims=True), old[new].sum(keepdims=True), share)
    new &= bool(together[0] < np.log(_CHANCE / many))
    if column.numbers is None:
        new |= _rare_and_new(own, old, int((~after).sum()))
    count = np.where(new, own, 0) / own.sum()
    new[values:] &= bool(count[values:].sum() >= _BEYOND)
    new[:values] &= bool(count.sum() >= _LEAST)
    rows = new[cell[after]]
    if not rows.any():
        return None
    return New(column.name, rows, _words(column, after, rows), not old[new].any())


def _cells(
    column: Shared, after: Bool[np.ndarray, " rows"]
) -> tuple[Int[np.ndarray, " rows"], int]:
    """The cell of each row; how many cells are of single values, which come first."""
    if column.numbers is None:
        return column.codes, len(column.levels)
    own = np.bincount(column.codes[after], minlength=len(column.levels))
    rows, share = _ATOM
    atoms = own >= max(rows, share * own.sum())
    atoms[-1] |= bool(column.missing.any())
    place = np.where(atoms, np.cumsum(atoms) - 1, -1)[column.codes]
    free = place < 0
    numbers = column.numbers[free & after]
    most, each = _INTERVAL
    inner = np.linspace(0, 1, max(min(most, len(numbers) // each), 1) + 1)[1:-1]
    edges = np.unique(np.quantile(numbers, inner)) if len(numbers) else np.empty(0)
    within = np.searchsorted(edges, column.numbers, side="right")
    return np.asarray(np.where(free, atoms.sum() + within, place), np.int64), int(atoms.sum())


def _log_chance(own: np.ndarray, old: np.ndarray, share: float) -> Float[np.ndarray, " cells"]:
    """The log of (a bound on) the chance of so many rows of after among a cell's, were all alike.

    exp(-n KL(observed share, expected share)): Chernoff's bound on a binomial tail.
    """
    n = own + old
    seen = own / np.maximum(n, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        up = np.where(seen > 0, seen * np.log(seen / share), 0.0)
        down = np.where(seen < 1, (1 - seen) * np.log((1 - seen) / (1 - share)), 0.0)
    return np.asarray(np.where(seen > share, -n * (up + down), 0.0))


def _rare_and_new(own: np.ndarray, old: np.ndarray, rows: int) -> Bool[np.ndarray, " cells"]:
    """Values that before never had, where there are more of them than rare values explain.

    As many new rows as before has values that it saw once is what chance brings (Good & Turing).
    """
    strange = (old == 0) & (own > 0)
    share = own[strange].sum() / own.sum()
    chance = ((old == 1).sum() + 3 * np.sqrt((old == 1).sum() + 1)) / rows
    return np.asarray(strange & bool(share > max(_LEAST, 2 * chance)))


def _words(column: Shared, after: Bool[np.ndarray, " rows"], rows: np.ndarray) -> str:
    codes = column.codes[after][rows]
    count = np.bincount(codes, minlength=len(column.levels))
    order = np.argsort(-count, kind="stable")[:_NAMED]
    top = [c for c in order if count[c]]
    share = f"{100 * rows.mean():.3g} % of after"
    if column.numbers is None or count[top].sum() > 0.5 * len(codes):
        named = ", ".join(f"{column.levels[c]!r} in {count[c]:,} rows" for c in top)
        rest = len(np.flatnonzero(count)) - len(top)
        return f"{named}{f' and {rest:,} more' if rest else ''}; {share}"
    old = column.numbers[~after & ~column.missing]
    new = column.numbers[after][rows]
    new = new[~np.isnan(new)]
    if not len(old) or not len(new):
        return (
            f"{len(codes):,} rows, where cells are{' no longer' * (not len(old))} missing; {share}"
        )
    known = column.numbers[after & ~column.missing]
    times = "" if column.timed else _times(old, known)
    ends = [column.said(x) for x in (new.min(), new.max(), old.min(), old.max())]
    return (
        f"from {ends[0]} to {ends[1]} in {len(codes):,} rows, before from {ends[2]} to {ends[3]}"
        f"{times}; {share}"
    )


def _times(old: np.ndarray, new: np.ndarray) -> str:
    """Whether after's numbers look like before's in another unit."""
    at = np.linspace(0.1, 0.9, 9)
    before, after = np.quantile(old, at), np.quantile(new, at)
    size = np.abs(before).mean()
    if not size or not np.abs(after).mean():
        return ""
    factor = np.abs(after).mean() / size
    off = np.abs(after / factor - before).mean() / size
    if off > 0.1 or 0.5 < factor < 2:
        return ""
    return f", as if {'times' if factor > 1 else 'divided by'} {max(factor, 1 / factor):.3g}"


@final
@dataclass(frozen=True, slots=True)
class Novelty:
    """What is new, and what becomes of it.

    Attributes:
        cut: new values whose rows are measured as they are, as a mechanism of its own each.
        aside: columns that are new in most rows; no mechanism knows them, and what their new values
            bring is measured by difference.
        inert: the same, where the model's answers do not depend on them: they bring nothing.
    """

    cut: tuple[New, ...] = ()
    aside: tuple[New, ...] = ()
    inert: tuple[New, ...] = ()

    @property
    def all(self) -> tuple[New, ...]:
        """Whatever is new."""
        return (*self.cut, *self.aside, *self.inert)

    @property
    def dropped(self) -> tuple[str, ...]:
        """Columns that no mechanism knows."""
        return tuple(new.column for new in (*self.aside, *self.inert))

    @property
    def seen(self) -> Bool[np.ndarray, " after"] | None:
        """Rows of after without new values that are cut; None where nothing is cut."""
        return None if not self.cut else ~any_new(self.cut, self.cut[0].rows)


def any_new(found: Sequence[New], like: np.ndarray) -> Bool[np.ndarray, " after"]:
    """Rows of after with a new value in any column."""
    return np.asarray(np.any([np.zeros(len(like), bool), *(new.rows for new in found)], axis=0))


def found_in(
    columns: Mapping[str, Shared], label: str, after: Bool[np.ndarray, " rows"], floor: float
) -> list[New]:
    """The new values of every column; the label's where no feature is new in the same row."""
    found = [
        new
        for name in columns
        if name != label and (new := new_values(columns[name], after, floor)) is not None
    ]
    of_label = new_values(columns[label], after, floor) if label in columns else None
    if of_label is not None:
        alone = of_label.rows & ~any_new(found, of_label.rows)
        if alone.mean() >= _LEAST:
            found.append(New(of_label.column, alone, of_label.words, of_label.never))
    return found


def novelty(found: Sequence[New], inert: Mapping[str, bool], rows: int, floor: float) -> Novelty:
    """What to do with new values: cut their rows where enough are left, else put columns aside.

    Args:
        found: new values, by column.
        inert: of a column, whether the model's answers depend on its new values.
        rows: of after.
        floor: rows of after without new values that there must be.
    """
    silent = tuple(new for new in found if inert.get(new.column, False))
    rest = sorted((new for new in found if new not in silent), key=lambda new: new.share)
    cut = [new for new in rest if new.share <= _MOSTLY]
    aside = [new for new in rest if new.share > _MOSTLY]
    least = max(floor, _LEFT * rows)
    while cut and (~any_new(cut, cut[0].rows)).sum() < least:
        aside.append(cut.pop())
    return Novelty(tuple(cut), tuple(aside), silent)
