"""Suspects: training rows that may be mislabelled, beside what cheaper scores say of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from whence._core.arguments import check_arguments
from whence._core.atomic import write_file
from whence._core.errors import positive
from whence._core.store import as_path
from whence._core.text import printable, unformula

OURS = "value"
SCORES = (OURS, "model loss", "distance", "random")


@final
@dataclass(frozen=True, slots=True)
class Suspect:
    """One row that is flagged.

    Attributes:
        row: its name.
        position: among the training rows.
        label: the label that it has.
        suggested: the label that most of its nearest other rows have.
        votes: the share of them that do.
        value: what it is worth; the lowest are flagged.
        ci: of the value, by itself, at 95 %; NaN where nobody knows.
        ranks: its rank by each score, the most suspicious being 1.
    """

    row: str
    position: int
    label: object
    suggested: object
    votes: float
    value: float
    ci: tuple[float, float]
    ranks: Mapping[str, int]

    @property
    def other(self) -> bool:
        """The neighbours would give it another label."""
        return self.suggested != self.label


@final
@dataclass(frozen=True, slots=True, eq=False)
class Suspects:
    """Rows in order of suspicion. That order is all that is claimed: see `verdict`.

    Attributes:
        flagged: the most suspicious rows, the worst first.
        scores: how suspicious each training row is, [rows]: "value" (minus the value), "model loss"
            (of a model that never saw the row), "distance" (to the mean of its own label) and
            "random". Higher is more suspicious, in each score's own unit.
        agreement: of each other score, the share of the flagged rows that are among its worst.
        among: how many worst: a tenth of the rows, or as many as are flagged if that is more.
        below: rows whose interval lies below zero; None where there are no intervals.
        rows: how many training rows there are.
        way: the method of the values.
        by: the score that ranks the rows.
        reason: why that one, or why another may serve better; empty where nothing is known.
    """

    flagged: tuple[Suspect, ...]
    scores: Mapping[str, np.ndarray]
    agreement: Mapping[str, float]
    among: int
    below: int | None
    rows: int
    way: str
    by: str = OURS
    reason: str = ""

    @property
    def verdict(self) -> str:
        """What is claimed, and what is not."""
        said = ", ".join(f"{name} {share:.0%}" for name, share in self.agreement.items())
        if self.below is None:
            sure = "the values have no intervals"
        else:
            sure = (
                f"{self.below:,} of {self.rows:,} rows have an interval below zero, as about "
                f"{0.025 * self.rows:,.0f} would if none were worth anything"
            )
        return (
            f"{self._ranked()}; {sure}. Of these rows, so many are among the worst {self.among:,} "
            f"by other scores: {said}. Such rows do not help, or are hard to predict: rare rows do "
            "so too, so that no share of wrong labels is claimed; look at them"
        )

    def _ranked(self) -> str:
        if self.by == OURS:
            ranked = f"the {len(self.flagged):,} lowest of {self.rows:,} values ({self.way})"
        else:
            ranked = f"the {len(self.flagged):,} highest of {self.rows:,} rows by {self.by}"
        return f"{ranked}, {self.reason}" if self.reason else ranked

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

        positive(most, "most", "how many rows are shown")
        others = list(self.agreement)
        lines = Lines(box=None, padding=(0, 2, 0, 1), pad_edge=False)
        for head in ("row", "label", "neighbours say", "value", "95 % interval"):
            lines.add_column(head, justify="right" if head == "value" else "left")
        for head in others:
            lines.add_column(f"rank by\n{head}", justify="right", no_wrap=True)
        for one in self.flagged[:most]:
            lines.add_row(*map(Text, [*_cells(one), *(f"{one.ranks[n]:,}" for n in others)]))
        more = len(self.flagged) - most
        below = [Text(f"…  {more:,} more", style="dim")] if more > 0 else []
        return Shown(Group(lines, *below, Text(), Text(f"Flagged: {self.verdict}.")))

    @check_arguments
    def to_frame(self, backend: str = "pandas") -> Any:
        """One row for each flagged row: pandas, polars or pyarrow.

        Raises:
            OptionError: no such backend, or it is not installed.
        """
        from whence.report.exchange.to_frame import framed

        return framed(self._columns(), backend)

    @check_arguments
    def to_csv(self, path: str | Path) -> Path:
        """The flagged rows, one a line; no data frames are needed.

        Words that a spreadsheet would run as a formula get an apostrophe.

        Raises:
            ResultError: the file cannot be written.
        """
        import csv
        from io import StringIO

        columns, lines = self._columns(), StringIO(newline="")
        writer = csv.writer(lines)
        writer.writerow(map(unformula, columns))
        writer.writerows(map(unformula, line) for line in zip(*columns.values(), strict=True))
        return write_file(as_path(path), lines.getvalue().encode(errors="replace"))

    def to_dict(self) -> list[dict[str, Any]]:
        """The flagged rows as JSON has them."""
        columns = self._columns()
        return [
            {name: _plain(cell) for name, cell in zip(columns, line, strict=True)}
            for line in zip(*columns.values(), strict=True)
        ]

    def _columns(self) -> dict[str, Sequence[Any]]:
        rows = self.flagged
        told: dict[str, Sequence[Any]] = {
            name: [getattr(one, name) for one in rows]
            for name in ("row", "position", "label", "suggested", "votes", "value")
        }
        told |= {end: [one.ci[at] for one in rows] for at, end in enumerate(("low", "high"))}
        return told | {
            f"rank by {name}": [one.ranks[name] for one in rows] for name in self.agreement
        }

    def __repr__(self) -> str:
        lines = [
            f"  {s.row}: labelled {s.label!r}, neighbours say {s.suggested!r} ({s.votes:.0%}); "
            f"value {s.value:.3g}"
            for s in self.flagged[:5]
        ]
        more = [f"  and {len(self.flagged) - 5:,} more"] if len(self.flagged) > 5 else []
        return printable("\n".join([f"Suspects: {self.verdict}", *lines, *more]))


def _cells(one: Suspect) -> tuple[str, ...]:
    from whence.report.rows import shown

    low, high = one.ci
    said = (
        f"{shown(one.suggested)} ({one.votes:.0%})" if one.other else f"the same ({one.votes:.0%})"
    )
    between = f"{low:.2g} … {high:.2g}" if np.isfinite([low, high]).all() else "not quantified"
    return one.row, shown(one.label), said, f"{one.value:.3g}", between


def _plain(cell: Any) -> Any:
    if isinstance(cell, float) and not np.isfinite(cell):
        return None
    return cell if isinstance(cell, (str, int, float, bool)) else str(cell)
