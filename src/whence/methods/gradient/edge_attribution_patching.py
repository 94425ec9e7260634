"""Edge attribution patching: every edge of a network, to first order, in one backward pass.

    Ihat(s -> d) = (s(corrupted) - s(clean)) . dm/d(what d reads)

at the clean run; with steps, the slope is averaged over runs whose embeddings lie between the two
prompts (EAP-IG). Differences stay those of the two ends, so this is no integral of anything: it is
not complete, and few steps can be far from many. So the average over k midpoints is compared with
the one over 2k, and the answer says whether it has settled.

Source: Syed et al. (2023); Hanna et al. (2024), EAP-IG. Departures: midpoints, where the paper's
code samples one end and never the other; the sign: positive is what an edge brings.
"""

from dataclasses import dataclass, field
from typing import final

import numpy as np

from whence._core.budget import Budget
from whence._core.certificate import Certificate
from whence._core.errors import positive
from whence._core.index import LeaveOneOut
from whence._core.method import Method, Outcome
from whence._core.network_game import NetworkGame
from whence.methods.gradient._first_order import affordable, concluded, largest, require
from whence.methods.gradient._rows import Rows

_SETTLED = 0.05  # of the largest value: the change from k steps to 2k that counts as none


@final
@dataclass(frozen=True, slots=True)
class EdgeAttributionPatching(Method[NetworkGame]):
    """Slopes of edges (or nodes) at the clean run, or averaged on the way to it.

    Args:
        steps: None takes the slope at the clean run (EAP); k averages it over 2k runs between the
            prompts, in two halves that are compared (EAP-IG).
        verify: how many players are asked exactly; 0 leaves the estimates unjudged.

    Source: Syed et al. (2023); Hanna et al. (2024).
    """

    steps: int | None = None
    verify: int = 8
    index: LeaveOneOut = field(default=LeaveOneOut(), init=False)

    def __post_init__(self) -> None:
        Method.__post_init__(self)
        if self.steps is not None:
            positive(self.steps, "steps", "runs between the prompts")

    @property
    def needs(self) -> type[NetworkGame]:
        """A game of a network."""
        return NetworkGame

    def _run(self, game: NetworkGame, budget: Budget, seed: int, by_case: bool) -> Outcome:
        del by_case
        rows = Rows.of(game)
        require(game, budget, rows, 1 if self.steps is None else 3 * self.steps)
        slopes, settled = self._slopes(game, rows)
        estimate, noise = rows.mean(slopes), rows.stderr(slopes)
        who = largest(np.abs(slopes), affordable(self.verify, game, budget, rows))
        return concluded(game, rows, estimate, noise, who, seed, settled)

    def _slopes(self, game: NetworkGame, rows: Rows) -> tuple[np.ndarray, tuple[Certificate, ...]]:
        if self.steps is None:
            return game.slopes(rows.cases, rows.draws), ()
        coarse, fine = (_midpoints(game, rows, k) for k in (self.steps, 2 * self.steps))
        return fine, (_settles(rows.mean(coarse), rows.mean(fine), self.steps),)


def _midpoints(game: NetworkGame, rows: Rows, steps: int) -> np.ndarray:
    """The slope averaged over the middles of equal stretches between the two prompts."""
    along = (np.arange(steps) + 0.5) / steps
    each = [game.slopes(rows.cases, rows.draws, float(a)) for a in along]
    return np.asarray(sum(each) / steps)


def _settles(coarse: np.ndarray, fine: np.ndarray, steps: int) -> Certificate:
    """Whether twice the steps would have said the same, of the first output's means."""
    low, high = (x[:, 0].mean(axis=0) for x in (coarse, fine))
    scale = float(np.abs(high).max())
    change = float(np.abs(high - low).max() / scale) if scale else 0.0
    holds = change <= _SETTLED
    said = "so the steps have settled" if holds else f"so {steps} steps are too few: take more"
    return Certificate(
        "steps",
        holds,
        f"from {steps} to {2 * steps} steps the values change by up to {100 * change:.3g} % of the "
        f"largest, {said}",
        {"steps": float(steps), "change": change},
    )
