"""Intake: the table that a model receives: which columns, in which order, in which kind of frame.

A model is given the kind it was fitted on. Where it knows its columns they are matched by name;
where it does not, the names are those of the table that whence was shown first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

from whence._core.errors import TableError, did_you_mean, some
from whence.models.categories import Listed, Vocabulary, refuse_unknown
from whence.models.table import Table


@final
@dataclass(frozen=True, slots=True)
class Intake:
    """What a model receives.

    Args:
        kind: "numpy", "pandas" or "polars".
        names: the columns in the model's order.
        known: whether the model itself knows these names.
        named: whether these names came from the model or the user (not "x0", "x1", …).
        numeric: whether every column must be numbers (float64).
        categories: None: text stays text. Otherwise text becomes pandas categories, and so do the
            columns named here (with these values, or with those that occur).
        vocabulary: the categories that the model knows, as far as it says.
    """

    kind: str
    names: tuple[str, ...]
    known: bool = False
    named: bool = True
    numeric: bool = False
    categories: Mapping[str, tuple[object, ...] | None] | None = field(default=None)
    vocabulary: Vocabulary = field(default_factory=Listed)

    def aligned(self, table: Table) -> Table:
        """The table as the model receives it.

        Raises:
            TableError: columns missing or too many, not numbers where numbers are needed, or filled
                with what is none of the categories that the model knows.
        """
        return self.converted(self.judged(table))

    def judged(self, table: Table) -> Table:
        """The model's columns in its order, none of them filled with what it does not know."""
        table = self.matched(table)
        refuse_unknown(table, self.vocabulary)
        return table

    def matched(self, table: Table) -> Table:
        """The model's columns in its order: by name where both have names, else by position."""
        if table.named and self.named:
            self._refuse(table)
            return table.select(self.names)
        if len(table.names) != len(self.names):
            raise TableError(
                f"{table.what} has {len(table.names)} columns, and {self._who} "
                f"{len(self.names)}: {some(self.names, 12)}"
            )
        return table.renamed(self.names)

    def converted(self, table: Table) -> Table:
        """The table in the model's kind of frame."""
        if self.numeric:
            return table.numbers().to(self.kind)
        loose = table.kind != "numpy" or table.frame().dtype.kind == "O"
        if self.kind == "numpy" and loose and table.all_numbers():
            return table.numbers()
        table = table.to(self.kind)
        return table if self.categories is None else table.categorised(self.categories)

    @property
    def _who(self) -> str:
        return "the model was fitted with" if self.known else "whence was first shown"

    def _refuse(self, table: Table) -> None:
        missing = [n for n in self.names if n not in table.names]
        extra = [n for n in table.names if n not in self.names]
        if missing:
            raise TableError(
                f"{table.what} lacks {some(missing)}, which {self._who}. "
                f"{did_you_mean(missing[0], extra or table.names)}"
            )
        if extra:
            raise TableError(
                f"{table.what} has {some(extra)}, and {self._who} other columns only "
                f"({some(self.names)}). Drop them first: a column that the model never reads "
                "cannot be responsible."
            )


def intake(
    like: Table,
    known: tuple[str, ...] | None,
    kind: str,
    *,
    numeric: bool = False,
    categories: Mapping[str, tuple[object, ...] | None] | None = None,
    vocabulary: Vocabulary | None = None,
) -> Intake:
    """An intake for a model that knows these columns (None: it knows none)."""
    return Intake(
        kind,
        known or like.names,
        known=known is not None,
        named=known is not None or like.named,
        numeric=numeric,
        categories=categories,
        vocabulary=vocabulary or Listed(),
    )


def frame_kind(like: Table, other: str = "pandas") -> str:
    """The kind of frame for a model that knows names: as given, if a frame was given."""
    return other if like.kind == "numpy" else like.kind
