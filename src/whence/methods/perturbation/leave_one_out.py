"""Leave-one-out and first-in: one player at a time, against everybody or against nobody.

Coalitions are made in blocks, so that a hundred thousand players need little memory.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.game import Game
from whence._core.index import FirstIn, LeaveOneOut
from whence._core.method import AnytimeMethod
from whence._core.reading import Reading
from whence._core.visits import Visits
from whence._core.walks import Walks

_CELLS = 2**24  # of a block's boolean matrix


@final
@dataclass(frozen=True, slots=True)
class OnePlayer(AnytimeMethod[Walks]):
    """What one player adds to everybody else, or to nobody.

    Args:
        index: `LeaveOneOut()` or `FirstIn()`.
        batch: visits a step; None lets steps grow.
    """

    index: LeaveOneOut | FirstIn = LeaveOneOut()
    batch: int | None = None
    computes = (LeaveOneOut, FirstIn)

    def init(self, game: Game) -> Walks:
        """No visit yet."""
        return Walks(game, self.index)

    def step(self, game: Game, state: Walks, visits: Visits) -> Walks:
        """Ask the base coalition, then each player's own."""
        n, b = len(game.players), len(visits)
        first = isinstance(self.index, FirstIn)
        base = game.worth(np.full((b, n), not first), visits.cases, visits.draws)
        gains = np.empty((b, len(game.outputs), n))
        block = max(1, _CELLS // (n * b))
        for start in range(0, n, block):
            who = np.arange(start, min(start + block, n))
            worth = self._changed(game, visits, who, first=first)
            gains[:, :, who] = np.swapaxes(worth - base[:, None], 1, 2) * (1 if first else -1)
        return state.add(gains, visits)

    def _changed(self, game: Game, visits: Visits, who: np.ndarray, *, first: bool) -> np.ndarray:
        """Worths with each of these players changed: [visits, who, outputs]."""
        masks = np.full((len(who), len(game.players)), not first)
        masks[np.arange(len(who)), who] = first
        cases, draws = (np.repeat(x, len(who)) for x in (visits.cases, visits.draws))
        worth = game.worth(np.tile(masks, (len(visits), 1)), cases, draws)
        return worth.reshape(len(visits), len(who), -1)

    def read(self, state: Walks) -> Reading:
        """Means over visits, and their errors."""
        return state.reading()
