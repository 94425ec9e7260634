"""Two answers to one question: which differences are real?

Where both report the same cases, the differences are taken case by case, and what the cases have in
common cancels; otherwise the two answers are taken as independent, which is wider, never narrower
than the truth for answers on the same rows that agree.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from whence._core.attribution import Attribution
from whence._core.errors import OptionError
from whence._core.regroup import difference, same_question


@final
@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences a - b, with intervals.

    Attributes:
        difference: a - b, averaged over cases, with its error.
        paired: the differences were taken case by case.
        a: the first answer.
        b: the second answer.
    """

    difference: Attribution
    paired: bool
    a: Attribution
    b: Attribution

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
    same_question(*(x.mean() if isinstance(x, Attribution) else x for x in (a, b)))
    if _same_cases(a, b):
        return Comparison(_paired(a, b), paired=True, a=a, b=b)
    return Comparison(difference(a.mean(), b.mean()), paired=False, a=a, b=b)


def _same_cases(a: Attribution, b: Attribution) -> bool:
    if not len(a.values) == len(b.values) > 1 or a.data.keys() != b.data.keys() or not a.data:
        return False
    return all(
        np.array_equal(a.data[name], b.data[name], equal_nan=a.data[name].dtype.kind == "f")
        for name in a.data
    )


def _paired(a: Attribution, b: Attribution) -> Attribution:
    each = difference(replace(a, shared={}), replace(b, shared={}))
    shared = {
        name: np.sqrt(a.shared.get(name, 0.0) ** 2 + b.shared.get(name, 0.0) ** 2)
        for name in dict.fromkeys([*a.shared, *b.shared])
    }
    return replace(each, shared=shared).mean()
