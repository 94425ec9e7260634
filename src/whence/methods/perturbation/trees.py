"""Exact semivalues of tree ensembles, leaf by leaf.

Each leaf of an ensemble is a game of the few players on its path, whose index is known in closed
form; background rows only enter as how many of them keep which conditions, so that their number
costs little. The idea of counting patterns is that of WOODELF (Nadel & Wettenstein 2026); cutting
trees into twigs, and the sums that give any semivalue, are ours (see `whence.kernels`).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

import numpy as np

from whence._core.budget import Budget
from whence._core.index import Semivalue, Shapley
from whence._core.leaf_game import LeafGame
from whence._core.method import Method, Outcome
from whence._core.progress import Progress, tell
from whence._core.reading import EXACT, Reading

if TYPE_CHECKING:
    from whence.kernels.values import Job


@final
@dataclass(frozen=True, slots=True)
class TreeExact(Method[LeafGame]):
    """Any semivalue of a tree ensemble's predictions, exact, with the whole background.

    Args:
        index: which semivalue.

    Source: patterns: Nadel & Wettenstein (2026); pairs: Lundberg et al. (2020).
    """

    index: Semivalue = Shapley()
    every_draw: bool = field(default=True, init=False, repr=False)
    computes = (Semivalue,)

    @property
    def needs(self) -> type[LeafGame]:
        """A sum of leaves."""
        return LeafGame

    def _run(self, game: LeafGame, budget: Budget, seed: int, by_case: bool) -> Outcome:
        from whence.kernels.values import Job

        del budget, seed, by_case  # whole or nothing, and the same for every seed
        job = Job.of(game.trees, game.owner, game.rows, game.pool)
        members, leaves = len(game.pool), int((game.trees.feature < 0).sum())
        verdict = f"exact: {leaves:,} leaves, each with all {members:,} background rows"
        return _outcome(game, job, self.index, game.ends(), verdict)


def _outcome(
    game: LeafGame, job: "Job", index: Semivalue, ends: np.ndarray, verdict: str
) -> Outcome:
    from whence.kernels.values import values

    found = values(job, index.weight, _hearing())
    outputs, players = found.shape[1:]
    reading = Reading(
        found,
        np.zeros_like(found),
        np.full(game.n_cases, EXACT),
        ends[0],
        ends[1],
        covariance=np.zeros((outputs, players, players)),
        each=np.ones(game.n_cases),
    )
    return Outcome(reading, "exact", True, verdict)


def _hearing() -> Callable[[float], None]:
    """Tells whoever listens which share is done, and so how long the rest should take."""
    start = time.perf_counter()

    def hear(done: float) -> None:
        seconds = time.perf_counter() - start
        tell(Progress(0, 0, seconds, seconds / done, None))

    return hear
