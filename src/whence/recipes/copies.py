"""What stands in the tables more than once: groups of rows that are the same, or nearly."""

from dataclasses import dataclass
from typing import Any, final

from whence._core.arguments import check_arguments
from whence._core.errors import positive, some
from whence._core.text import printable


@final
@dataclass(frozen=True, slots=True)
class Copies:
    """Rows that are the same, or nearly.

    Attributes:
        rows: positions of training rows.
        tests: positions of test rows.
        exact: they are equal in every cell.
        distance: from the first to the furthest, in standard deviations a column; 0 if exact.
        labels: their different labels; more than one contradict each other.
        names: of all of them, training rows first.
    """

    rows: tuple[int, ...]
    tests: tuple[int, ...]
    exact: bool
    distance: float
    labels: tuple[object, ...]
    names: tuple[str, ...]

    @property
    def leaks(self) -> bool:
        """A test row is a training row."""
        return bool(self.rows and self.tests)


@final
@dataclass(frozen=True, slots=True)
class Duplicates:
    """What stands in the tables more than once, the largest groups first."""

    copies: tuple[Copies, ...]
    rows: int
    tests: int
    near: float

    @property
    def leaked(self) -> tuple[int, ...]:
        """Test rows that are training rows."""
        return tuple(sorted(t for c in self.copies if c.leaks for t in c.tests))

    @property
    def spare(self) -> tuple[int, ...]:
        """Training rows that say what an earlier one says, by position."""
        return tuple(sorted(r for c in self.copies for r in c.rows[1:]))

    @property
    def contradictions(self) -> tuple[Copies, ...]:
        """Copies whose labels differ."""
        return tuple(c for c in self.copies if len(c.labels) > 1)

    @property
    def verdict(self) -> str:
        """In a sentence."""
        exact = sum(c.exact for c in self.copies)
        said = (
            f"{len(self.spare):,} of {self.rows:,} training rows repeat an earlier one "
            f"({exact:,} groups are exact, {len(self.copies) - exact:,} near)"
        )
        if self.tests:
            said += f"; {len(self.leaked):,} of {self.tests:,} test rows are training rows"
        clash = len(self.contradictions)
        return said + (
            f"; {clash:,} groups have labels that contradict each other" if clash else ""
        )

    @check_arguments
    def table(self, most: int = 20) -> Any:
        """A table for the terminal (rich), and in words wherever it is printed.

        Raises:
            OptionError: `most` is not positive.
        """
        from rich.console import Group
        from rich.table import Table as Lines
        from rich.text import Text

        from whence.report.terminal import Shown

        positive(most, "most", "how many groups are shown")
        lines = Lines(box=None, padding=(0, 2, 0, 1), pad_edge=False)
        for head in ("rows", "how near", "labels", ""):
            lines.add_column(head)
        for one in self.copies[:most]:
            lines.add_row(*map(Text, _cells(one)))
        more = len(self.copies) - most
        below = [Text(f"…  {more:,} more groups", style="dim")] if more > 0 else []
        return Shown(Group(lines, *below, Text(), Text(f"{self.verdict}.")))

    @check_arguments
    def to_frame(self, backend: str = "pandas") -> Any:
        """One row for each row that stands in a group.

        Raises:
            OptionError: no such backend, or it is not installed.
        """
        from whence.report.exchange.to_frame import framed

        columns: dict[str, list[Any]] = {n: [] for n in ("group", "row", "where", "exact")}
        for g, one in enumerate(self.copies):
            where = ["training"] * len(one.rows) + ["test"] * len(one.tests)
            columns["group"] += [g] * len(where)
            columns["row"] += [*one.rows, *one.tests]
            columns["where"] += where
            columns["exact"] += [one.exact] * len(where)
        return framed(columns, backend)

    def __repr__(self) -> str:
        return printable(f"Duplicates: {self.verdict}")


def _cells(one: Copies) -> tuple[str, ...]:
    near = "exact" if one.exact else f"within {one.distance:.2g}"
    clash = "labels contradict" if len(one.labels) > 1 else ""
    leak = "in training and test" if one.leaks else ""
    return (
        some(one.names, 4).replace("'", ""),
        near,
        ", ".join(map(str, one.labels)),
        "; ".join(t for t in (leak, clash) if t),
    )
