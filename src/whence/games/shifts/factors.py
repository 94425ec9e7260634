"""Factors: what generated things are put together from; a shift whose truth is known.

    v(S) = mean of the metric on things made of after's factors for S, and of before's for the rest.

Thing i has one factor of each kind from before (its foreground, its background, its place) and one
from after; `compose` puts any mixture together. Nothing is weighed, so the answer is exact for the
things that there are, and each thing is a case: their spread is the data part of the error.

Source: the idea of recombining foregrounds and backgrounds, Nauen et al. (ForAug, 2025). There its
metrics are ratios of accuracies; here they are one game over all factors.
"""

from collections.abc import Callable, Mapping
from typing import Any, final

import numpy as np

from whence._core.errors import GameError, PlayersError
from whence._core.game import Question, StatedGame
from whence._core.players import Players
from whence._core.types import Cases, Coalitions, Draws, Worths


@final
class FactorGame(StatedGame):
    """What becomes of a metric when some generative factors are drawn anew.

    Args:
        before: by factor, one entry for each thing: {"background": [...], "place": [...]}.
        after: by factor, as many entries; or a function of the number of things that gives them.
        compose: factors by name, each an array [rows], to things [rows, ...].
        measure: (things, which) to one number for each, more being better: for instance whether
            the model is right about thing number `which`.
        metric: what `measure` measures, in words.

    Raises:
        PlayersError: factors that differ between before and after.
        GameError: entries that differ in number.
    """

    def __init__(
        self,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        *,
        compose: Callable[[dict[str, np.ndarray]], Any],
        measure: Callable[[Any, np.ndarray], Any],
        metric: str = "accuracy",
    ) -> None:
        if list(before) != list(after) or not before:
            raise PlayersError(
                "before and after need the same factors, in one order; given "
                f"{list(before)} and {list(after)}"
            )
        self.before = {name: np.asarray(entries) for name, entries in before.items()}
        sizes = {name: len(entries) for name, entries in self.before.items()}
        many = next(iter(sizes.values()))
        drawn = {
            name: np.asarray(entries(many) if callable(entries) else entries)
            for name, entries in after.items()
        }
        sizes |= {f"{name} of after": len(entries) for name, entries in drawn.items()}
        odd = {name: size for name, size in sizes.items() if size != many}
        if odd or not many:
            raise GameError(f"every factor needs {many} entries, one for each thing; given {sizes}")
        self.after, self.compose, self.measure = drawn, compose, measure
        self.players, self.n_cases = Players(tuple(before), "factor"), many
        self.outputs = (metric,)
        self.question = Question(
            asks=f"whence the change of the {metric} comes when factors are drawn anew",
            unit=metric,
            removal="absent factors are as before; higher is better",
        )

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> Worths:
        del draws
        mixed = {}
        for player, name in enumerate(self.players.names):
            old, new = self.before[name][cases], self.after[name][cases]
            stay = coalitions[:, player].reshape(-1, *[1] * (old.ndim - 1))
            mixed[name] = np.where(stay, new, old)
        got = np.asarray(self.measure(self.compose(mixed), cases), dtype=float)
        if got.shape != (len(cases),):
            raise GameError(f"measure answered shape {got.shape} for {len(cases)} things")
        return got[:, None]
