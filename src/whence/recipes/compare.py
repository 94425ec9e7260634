"""Two answers to one question: which differences are real?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

from whence._core.arguments import check_arguments
from whence._core.attribution import Attribution
from whence._core.certificate import Certificate
from whence._core.errors import OptionError
from whence._core.game import Game
from whence._core.paired import differences
from whence._core.text import printable
from whence.evaluate.fit import fits
from whence.models.threads import one_thread


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
        judgement: how well either predicts the judge, and which does it better.
    """

    difference: Attribution
    paired: bool
    a: Attribution
    b: Attribution
    by_case: Attribution | None = None
    judgement: Certificate | None = None

    @check_arguments
    def real(self, level: float = 0.95, *, output: str | int = 0) -> Mapping[str, bool]:
        """Player -> whether its difference can be told from zero, at this level for each player."""
        low, high = self.difference.ci(level)
        o = self.difference.output(output)
        apart = (low[0, o] > 0) | (high[0, o] < 0)
        return dict(zip(self.difference.players.names, apart.tolist(), strict=True))

    @check_arguments
    def table(self, most: int = 20) -> Any:
        """A table for the terminal (rich)."""
        from whence.report.table import comparison

        return comparison(self.a, self.b, self.difference, most)

    @check_arguments
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

    @check_arguments
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
        said = f"Comparison ({how}): {len(real)} of {len(self.real())} differences are real: {real}"
        return printable(said if self.judgement is None else f"{self.judgement.words}\n{said}")


@check_arguments
@one_thread(torch=False)
def compare(
    a: Attribution, b: Attribution, *, judge: Game | None = None, seed: int = 0
) -> Comparison:
    """Which differences between two answers are real? And which is nearer to a game's worths?

    Args:
        a: an answer.
        b: another answer to the same question (another model, another month); with a judge, any
            other answer about the same players (another method, another index).
        judge: a game of the players of both, which says which of the two predicts better what
            happens when several of them leave.
        seed: of the coalitions that the judge is asked.

    Raises:
        OptionError: something that is not an answer, or no game.
        ResultError: answers to different questions, such as different removals.
        PlayersError: a player of the judge has no value in one of them.
    """
    if judge is None:
        each, paired = differences(a, b)
        return Comparison(each.mean(), paired=paired, a=a, b=b, by_case=each if paired else None)
    if not isinstance(judge, Game):
        raise OptionError(f"judge is a game, such as a PatchingGame; given {type(judge).__name__}")
    told = _judged(judge, a, b, seed)
    names = judge.players.names
    left, right = (x.select(players=names) for x in (a, b))
    alike = replace(right, index=left.index, question=left.question, outputs=left.outputs)
    each, paired = differences(left, alike)
    return Comparison(
        each.mean(), paired=paired, a=left, b=right, by_case=each if paired else None,
        judgement=told,
    )  # fmt: skip


def _judged(judge: Game, a: Attribution, b: Attribution, seed: int) -> Certificate:
    """Both answers on the same coalitions of the judge, and their difference."""
    first, second = fits(judge, [a, b], seed=seed)
    apart, interval = first.less(second)
    low, high = interval
    names = (a.method, b.method) if a.method != b.method else ("the first", "the second")
    better = names[0] if low > 0 else names[1] if high < 0 else ""
    verdict = f"{better} predicts it better" if better else "neither is better for sure"
    return Certificate(
        "judge",
        low > 0 if better else None,
        f"judged by {type(judge).__name__}: {names[0]} {first.correlation:.3f}, {names[1]} "
        f"{second.correlation:.3f}; difference {apart:+.3f} [{low:+.3f}, {high:+.3f}]: {verdict}",
        {"a": first.correlation, "b": second.correlation, "difference": apart},
        {"a": first.interval, "b": second.interval, "difference": interval},
    )
