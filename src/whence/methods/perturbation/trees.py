"""Exact semivalues of tree ensembles, leaf by leaf.

Each leaf of an ensemble is a game of the few players on its path, whose index is known in closed
form; background rows only enter as how many of them keep which conditions, so that their number
costs little. The idea of counting patterns is that of WOODELF (Nadel & Wettenstein 2026); cutting
trees into twigs, and the sums that give any semivalue, are ours (see `whence.kernels`).
"""

import time
from dataclasses import dataclass, field
from math import inf, isfinite, isinf
from typing import TYPE_CHECKING, final

import numpy as np

from whence._core.account import opened
from whence._core.budget import Budget
from whence._core.deadline import Deadline, deadline
from whence._core.errors import ModelError, OutOfTimeError
from whence._core.forms import TreeEnsemble
from whence._core.index import Semivalue, Shapley
from whence._core.leaf_game import LeafGame
from whence._core.method import Method, Outcome
from whence._core.progress import Shares
from whence._core.reading import EXACT, Reading
from whence._core.shaped import Float

if TYPE_CHECKING:
    from whence.kernels.values import Job

_GRACE = 0.15  # of the seconds: work that is nearly done is worth waiting for
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

        del seed, by_case  # whole or nothing, and the same for every seed
        with opened(budget) as account:
            seconds = account.seconds_left
        job = Job.of(game.trees, game.owner, game.rows, game.pool)
        members, leaves = len(game.pool), int((game.trees.feature < 0).sum())
        verdict = f"exact: {leaves:,} leaves, each with all {members:,} background rows"
        spare = seconds / 2 if isfinite(seconds) and _may_be_asked(game, seconds / 2) else 0.0
        return exactly(game, job, self.index, verdict, seconds, spare)


def _may_be_asked(game: LeafGame, seconds: float) -> bool:
    from whence.methods.perturbation._tree_prices import prices

    return prices(game).can_be_asked(seconds)


@final
class _Pace:
    """Hears which share is done, tells it, and ends work that would not be done in time.

    What comes before the first share is not counted on: kernels may be compiled there.
    """

    __slots__ = ("end", "first", "forecast", "seconds", "shares", "start")

    def __init__(self, seconds: float, end: Deadline) -> None:
        self.seconds, self.end, self.forecast = seconds, end, inf
        self.shares, self.start = Shares(), time.perf_counter()
        self.first: tuple[float, float] | None = None  # seconds and share, at the first

    def done(self, share: float) -> None:
        """Hear.

        Raises:
            OutOfTimeError: the rest would take too long.
        """
        self.shares.done(share)
        now = time.perf_counter() - self.start
        if self.first is None:
            self.first = now, share
        elif share < 1:
            then, before = self.first
            self.forecast = now + (now - then) * (1 - share) / (share - before)
            if self.forecast > self.seconds:
                raise OutOfTimeError
            self.end.put_off((1 + _GRACE) * self.seconds - now)

    def late(self) -> OutOfTimeError:
        """The refusal, with how long it would take as far as that is known."""
        least = max(self.forecast, time.perf_counter() - self.start)
        known = "longer" if isinf(least) else f"about {least:.2g} s"
        return OutOfTimeError(
            f"exact values would take {known} here, by the first of the trees, and the budget has "
            f"{max(self.seconds, 0):.3g} s for them: give more, or fewer rows"
        )


def exactly(
    game: LeafGame,
    job: "Job",
    index: Semivalue,
    verdict: str,
    seconds: float = inf,
    spare: float = 0.0,
) -> Outcome:
    """The values of a job, with no error.

    Args:
        game: what is asked.
        job: the same for kernels.
        index: of which the values are.
        verdict: in words.
        seconds: that there are.
        spare: of them, that are left for another way unless it is clear that this one ends in time.

    Raises:
        ModelError: they do not add up to what the model itself says.
        OutOfTimeError: they would not be there within so many seconds.
    """
    from whence.kernels.values import values

    with deadline(seconds - spare if spare else (1 + _GRACE) * seconds) as end:
        pace = _Pace(seconds, end)
        try:
            found, nobody = values(job, index.weight, pace.done)
        except OutOfTimeError:
            raise pace.late() from None
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
