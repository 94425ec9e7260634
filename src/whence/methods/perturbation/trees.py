"""Exact semivalues of tree ensembles, leaf by leaf.

Each leaf of an ensemble is a game of the few players on its path, whose index is known in closed
form; background rows only enter as how many of them keep which conditions, so that their number
costs little. The idea of counting patterns is that of WOODELF (Nadel & Wettenstein 2026); cutting
trees into twigs, and the sums that give any semivalue, are ours (see `whence.kernels`).
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

import numpy as np

from whence._core.budget import Budget
from whence._core.errors import ModelError
from whence._core.forms import TreeEnsemble
from whence._core.index import Semivalue, Shapley
from whence._core.leaf_game import LeafGame
from whence._core.method import Method, Outcome
from whence._core.progress import Shares
from whence._core.reading import EXACT, Reading
from whence._core.shaped import Float

if TYPE_CHECKING:
    from whence.kernels.values import Job

_CLOSE = 1e-5  # of the most that trees could say: libraries add up in float32


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
        return exactly(game, job, self.index, verdict)


def exactly(game: LeafGame, job: "Job", index: Semivalue, verdict: str) -> Outcome:
    """The values of a job, with no error.

    Raises:
        ModelError: they do not add up to what the model itself says.
    """
    from whence.kernels.values import values

    found, nobody = values(job, index.weight, Shares().done)
    empty, full = np.tile(nobody, (game.n_cases, 1)), game.said()
    if index.efficient:
        full = _closed(game, empty + found.sum(axis=2), full)
    outputs, players = found.shape[1:]
    reading = Reading(
        found,
        np.zeros_like(found),
        np.full(game.n_cases, EXACT),
        empty,
        full,
        covariance=np.zeros((outputs, players, players)),
        each=np.ones(game.n_cases),
    )
    return Outcome(reading, "exact", True, verdict)


def _closed(game: LeafGame, sums: np.ndarray, said: np.ndarray) -> np.ndarray:
    """The worth of everybody, which is what the model says, but for its own rounding."""
    apart = np.abs(sums - said)
    if not (apart <= _CLOSE * _most(game.trees)).all():
        case, output = np.unravel_index(int(np.nanargmax(apart)), apart.shape)
        raise ModelError(
            f"the model says {said[case, output]:.9g} of row {case} ({game.outputs[output]}), and "
            f"its trees, as they were read, add up to {sums[case, output]:.9g}. Was it altered "
            "meanwhile? Explain it again."
        )
    return sums


def _most(trees: TreeEnsemble) -> Float[np.ndarray, " outputs"]:
    """How far from zero the trees could come: answers near zero are rounded no less than others."""
    leaf = np.maximum.reduceat(np.abs(trees.value), trees.root)
    whole = trees.target < 0
    most = np.abs(trees.base) + leaf[whole].sum(axis=0)
    np.add.at(most, trees.target[~whole], leaf[~whole, 0])
    return np.asarray(most)
