"""Categories that a model knows: refuse a column whose cells are none of them.

Libraries take a category that they never saw for a missing one, without a word. A column of codes
that was read as numbers (00123 as 123), spelt otherwise ("Berlin " for "Berlin") or filled with
something else is then missing in every row, and looks as if it did not matter. So each column is
judged before it is asked about:

- numbers where the model knows text, or the reverse: refused, however few cells there are;
- codes that lost their leading zeros: refused, if only in one row;
- no known category, though some are known in another spelling: refused;
- no known category in `FEW` cells or more, or in fewer than 1 in 20 of `MANY` or more: refused.

Fewer cells prove nothing: a row that is explained may well come from a new place. A share above 1
in 20 may be what a column of many values is like in new rows, and the model was asked about those.
"""

import abc
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from whence._core.errors import TableError
from whence.models.cells import Column, family_of, is_missing
from whence.models.table import Table

FEW, MANY, _SHARE = 5, 20, 0.05
Known = Mapping[str, Sequence[object]]


class Vocabulary(abc.ABC):
    """The categories that a model knows, as far as it says."""

    __slots__ = ()

    @abc.abstractmethod
    def known(self, table: Table) -> Known:
        """By column: the known categories, or those of them that the table holds, or nearly does.

        Args:
            table: rows with the model's columns.
        """


@final
@dataclass(frozen=True, slots=True)
class Listed(Vocabulary):
    """A list for each column.

    Args:
        values: the categories by column; of other columns nothing is known.
    """

    values: Known = field(default_factory=dict)

    def known(self, table: Table) -> Known:
        """The lists, of columns that the table has."""
        return {name: v for name, v in self.values.items() if name in table.names}


@final
@dataclass(frozen=True, slots=True)
class Joint(Vocabulary):
    """What several models know: of each column, as the first says that knows it.

    Args:
        each: their vocabularies.
    """

    each: tuple[Vocabulary, ...]

    def known(self, table: Table) -> Known:
        """The first model's where two know a column."""
        return {n: v for one in reversed(self.each) for n, v in one.known(table).items()}


def kind_of(values: Sequence[object]) -> str | None:
    """What a list of categories holds: "text", "number", or None for anything else."""
    kinds = {family_of(type(v)) for v in values if not is_missing(v)}
    return kinds.pop() if kinds in ({"text"}, {"number"}) else None


def kinds_of(known: Known) -> dict[str, str]:
    """What each column holds, "text" or "number", where its categories say so."""
    return {name: kind for name, v in known.items() if (kind := kind_of(v)) is not None}


def refuse_unknown(table: Table, vocabulary: Vocabulary) -> None:
    """Refuse a table with a column whose cells are not what the model knows.

    Args:
        table: rows with the model's columns.
        vocabulary: the categories that the model knows.

    Raises:
        TableError: the column, a cell of it, a known category, and what to do.
    """
    for name, values in vocabulary.known(table).items():
        judged = _Judged(table.raw(name), values)
        reason = judged.reason(f'column "{name}" of {table.what}', name)
        if reason:
            raise TableError(reason)


def unknown(table: Table, vocabulary: Vocabulary) -> str:
    """Which columns hold cells that the model does not know, for the error of a model that failed.

    Returns:
        A sentence with a blank before it; nothing where every cell is known.
    """
    known = vocabulary.known(table)
    judged = {name: _Judged(table.raw(name), values) for name, values in known.items()}
    said = [
        f'column "{name}" holds {j.first_unknown!r}, which is none of the categories that the '
        f"model knows ({j.examples})"
        for name, j in judged.items()
        if j.unknown
    ]
    return f" Note that {'; '.join(said[:3])}." if said else ""


@final
class _Judged:
    """The cells of a column beside the categories that a model knows."""

    def __init__(self, column: Column, values: Sequence[object]) -> None:
        self.known = [v for v in map(_plain, values) if not is_missing(v)]
        cells = Counter(map(_plain, column.data[~column.missing].tolist()))
        inside = set(map(_key, self.known))
        self.total = cells.total()
        self.unknown = Counter({v: k for v, k in cells.items() if _key(v) not in inside})
        self.recognised = self.total - self.unknown.total()

    @property
    def first_unknown(self) -> object:
        return next(iter(self.unknown))

    @property
    def examples(self) -> str:
        if not self.known:
            return "others, of which it keeps no names"
        return ", ".join(map(repr, self.known[:3])) + (", …" if len(self.known) > 3 else "")

    def reason(self, where: str, name: str) -> str:
        """Why the column is refused; nothing where it is not."""
        if not self.unknown:
            return ""
        kinds = [{family_of(type(v)) for v in values} for values in (self.unknown, self.known)]
        if self.known and not self.recognised and not kinds[0] & kinds[1]:
            return self._of_another_kind(where, name, *(_WORDS[min(k)] for k in kinds))
        zeros = self._alike(_without_zeros)
        if zeros:
            return (
                f"{where} holds {zeros[0]!r}, where the model knows {zeros[1]!r}: leading zeros "
                "are lost, as they are when codes are read as numbers. Read the column as text, "
                f"such as pandas.read_csv(path, dtype={{{name!r}: str}})."
            )
        spelt = None if self.recognised else self._alike(_without_spelling)
        few = self.total < FEW if not self.recognised else self.total < MANY
        if not spelt and (few or self.recognised >= _SHARE * self.total):
            return ""
        near = f" ({spelt[0]!r} is not {spelt[1]!r})" if spelt else ""
        return (
            f"{where} holds hardly any category that the model knows ({self.recognised:,} of "
            f"{self.total:,} cells): it holds {self.first_unknown!r}, and the model knows "
            f"{self.examples}{near}. All others would be one unknown value to it, as if the column "
            "did not matter. Spell them as in training; leave the cells empty where they are meant "
            "to be unknown."
        )

    def _of_another_kind(self, where: str, name: str, held: str, wanted: str) -> str:
        cast = "astype(str)" if wanted == "text" else "astype(float)"
        zeros = ", where leading zeros may be lost" if held == "numbers" else ""
        return (
            f"{where} holds {held} (such as {self.first_unknown!r}), and the categories that the "
            f"model knows are {wanted} ({self.examples}): none would be recognised. Give it what "
            f"it was fitted with: read the column as {wanted}, or convert it (X[{name!r}].{cast}"
            f"{zeros})."
        )

    def _alike(self, spelling: Callable[[object], object]) -> tuple[object, object] | None:
        """An unknown cell and the known category that it would be, spelt so."""
        known = {spelling(v): v for v in self.known}
        known.pop(None, None)
        pairs = ((v, known.get(spelling(v))) for v in self.unknown)
        return next(((v, k) for v, k in pairs if k is not None), None)


_WORDS = {"number": "numbers", "text": "text", "time": "times", "other": "other things"}


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def _key(value: object) -> Any:
    """What can be looked up: equal values, equal keys (True is 1, 1.0 is 1, text is text)."""
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return value


def _without_zeros(value: object) -> object:
    """A code in digits as a number; None for anything else."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() else None


def _without_spelling(value: object) -> object:
    """Text without case, blanks around it, and what a whole number is written with."""
    text = str(value).strip().casefold()
    try:
        return float(text)
    except ValueError:
        return text
