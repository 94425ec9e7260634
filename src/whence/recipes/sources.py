"""Sources of training rows: what each brings, and what more of it is expected to bring."""

from dataclasses import dataclass
from typing import Any, final

from whence._core.arguments import check_arguments
from whence._core.errors import OptionError, some
from whence._core.text import printable


@final
@dataclass(frozen=True, slots=True)
class Source:
    """What a source brings, and what more of it would.

    Attributes:
        name: of the source.
        rows: how many it has.
        value: measured with all rows, less without the source.
        value_ci: at 95 %, over test rows.
        gain: what `more` further rows would bring: the mean of both curves.
        ci: of the gain, at 95 %, whichever curve is right.
        parts: standard errors of the gain: "estimation", "data", "rows"; and "curve", half of the
            difference of both.
        sizes: rows of the source that were kept.
        curve: measured there, the mean over repeats.
    """

    name: str
    rows: int
    value: float
    value_ci: tuple[float, float]
    gain: float
    ci: tuple[float, float]
    parts: dict[str, float]
    sizes: tuple[int, ...]
    curve: tuple[float, ...]

    @property
    def per_row(self) -> float:
        """The value, shared among the rows."""
        return self.value / self.rows


@final
@dataclass(frozen=True, slots=True)
class Marginal:
    """The sources, those that promise most first.

    Attributes:
        sources: in order of their gains.
        more: rows that would be added.
        measured: what.
        tests: how many test rows measured it.
        trainings: models that were trained.
        skipped: sources with too few rows for a curve.
    """

    sources: tuple[Source, ...]
    more: int
    measured: str
    tests: int
    trainings: int
    skipped: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Source:
        """One source.

        Raises:
            OptionError: there is none of that name.
        """
        for one in self.sources:
            if one.name == name:
                return one
        raise OptionError(f"no source {name!r}: there are {some(s.name for s in self.sources)}")

    def words(self) -> list[str]:
        """One sentence for each source."""
        return [_sentence(one, self.more, self.measured) for one in self.sources]

    @property
    def verdict(self) -> str:
        """What the numbers rest on."""
        few = f"; too few rows for a curve: {some(self.skipped)}" if self.skipped else ""
        return (
            f"{self.trainings:,} models trained, measured on {self.tests:,} test rows; "
            "intervals hold two curves, by which rows of other sources are as good as its own, or "
            f"no help{few}"
        )

    def table(self) -> Any:
        """A table for the terminal (rich), and in words wherever it is printed."""
        from rich.console import Group
        from rich.table import Table as Lines
        from rich.text import Text

        from whence.report.terminal import Shown

        lines = Lines(box=None, padding=(0, 2, 0, 1), pad_edge=False)
        lines.add_column("source")
        for head in ("rows", "brings", "per 100 rows", f"{self.more:,} more bring"):
            lines.add_column(head, justify="right")
        lines.add_column("95 % interval")
        for one in self.sources:
            low, high = one.ci
            cells = (one.name, f"{one.rows:,}", f"{one.value:+.3f}", f"{100 * one.per_row:+.4f}")
            lines.add_row(*map(Text, [*cells, f"{one.gain:+.4f}", f"{low:+.4f} … {high:+.4f}"]))
        said = Text(f"In {self.measured}. {self.verdict[:1].upper()}{self.verdict[1:]}.")
        return Shown(Group(lines, Text(), said))

    @check_arguments
    def to_frame(self, backend: str = "pandas") -> Any:
        """One row for each source.

        Raises:
            OptionError: no such backend, or it is not installed.
        """
        from whence.report.exchange.to_frame import framed

        names = ("name", "rows", "value", "per_row", "gain")
        columns = {n: [getattr(s, n) for s in self.sources] for n in names}
        columns |= {e: [s.ci[i] for s in self.sources] for i, e in enumerate(("low", "high"))}
        return framed(columns, backend)

    def __repr__(self) -> str:
        return printable(
            "\n".join([f"Marginal: {self.verdict}", *(f"  {line}" for line in self.words())])
        )


def _sentence(one: Source, more: int, measured: str) -> str:
    low, high = one.ci
    far = f", far beyond the {one.rows:,} that there are" if more > one.rows else ""
    return (
        f"another {more:,} rows like {one.name!r} would bring {one.gain:+.4f} "
        f"[{low:.4f}, {high:.4f}] {measured}{far}"
    )
