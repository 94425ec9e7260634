"""Two answers to one question: which differences are real?"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from whence._core.attribution import Attribution
from whence._core.errors import OptionError
from whence._core.paired import differences


@final
@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences a - b, with intervals.

    Attributes:
        difference: a - b, averaged over cases, with its error.
        paired: the differences were taken case by case.
        a: the first answer.
        b: the second answer.
        by_case: a - b case by case, where they are paired.
    """

    difference: Attribution
    paired: bool
    a: Attribution
    b: Attribution
    by_case: Attribution | None = None

    def real(self, level: float = 0.95, *, output: str | int = 0) -> Mapping[str, bool]:
        """Player -> whether its difference can be told from zero, at this level for each player."""
        low, high = self.difference.ci(level)
        o = self.difference.output(output)
        apart = (low[0, o] > 0) | (high[0, o] < 0)
        return dict(zip(self.difference.players.names, apart.tolist(), strict=True))

    def table(self, most: int = 20) -> Any:
        """A table for the terminal (rich)."""
        from whence.report.table import comparison

        return comparison(self.a, self.b, self.difference, most)

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """Both answers side by side, and their differences with intervals, on `ax`.

        Args:
            ax: matplotlib axes; those of a new figure by default.
            **options: names (of the two), max_display, output.

        Raises:
            OptionError: no such option.
        """
        from whence.report import plot

        return plot(self.a, "comparison", ax, others=[self.b], **options)

    def to_html(
        self, path: str | Path | None = None, *, names: tuple[str, str] | None = None
    ) -> str:
        """One self-contained page; also written to `path` when it is given.

        Args:
            path: where to write it.
            names: what a and b are called; by their models or methods by default.

        Raises:
            ResultError: the file cannot be written.
        """
        from whence.report.page.versus import to_html

        return to_html(self.a, self.b, self.by_case or self.difference, path, names=names)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        return {"paired": self.paired, **self.difference.to_dict()}

    def __repr__(self) -> str:
        how = "case by case" if self.paired else "as independent answers"
        real = [name for name, yes in self.real().items() if yes]
        return f"Comparison ({how}): {len(real)} of {len(self.real())} differences are real: {real}"


def compare(a: Attribution, b: Attribution, *, judge: Any = None) -> Comparison:
    """Which differences between two answers are real?

    Args:
        a: an answer.
        b: another answer to the same question (another model, another month).
        judge: a game that says which of the two is right; not offered yet.

    Raises:
        OptionError: something that is not an answer.
        ResultError: answers to different questions, such as different removals.
    """
    if judge is not None:
        raise OptionError("judge= is not offered by this version: leave it out")
    each, paired = differences(a, b)
    return Comparison(each.mean(), paired=paired, a=a, b=b, by_case=each if paired else None)
