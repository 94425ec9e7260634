"""Any semivalue by chance: for each player a random size, a random coalition of that size, a gain.

Unbiased for every semivalue, since its weights are a distribution over sizes, and within a size
every coalition is equally likely (Dubey, Neyman & Weber 1981). It costs 2n questions a visit.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.game import Game
from whence._core.index import Banzhaf, Semivalue
from whence._core.method import AnytimeMethod
from whence._core.reading import Reading
from whence._core.refusals import refuse_ordered
from whence._core.visits import Visits
from whence._core.walks import Walks


@final
@dataclass(frozen=True, slots=True)
class SampledSemivalue(AnytimeMethod[Walks]):
    """One coalition for each player and visit.

    Args:
        index: which semivalue.
        batch: visits a step; None lets steps grow.

    Source: Dubey, Neyman & Weber (1981); Kwon & Zou (2022).
    """

    index: Semivalue = Banzhaf()
    batch: int | None = None
    computes = (Semivalue,)

    def init(self, game: Game) -> Walks:
        """No walk yet.

        Raises:
            UnsupportedGameError: the players are ordered.
        """
        refuse_ordered(game, f"{self.index}")
        return Walks(game, self.index)

    def step(self, game: Game, state: Walks, visits: Visits) -> Walks:
        """Ask each player's coalition with the player and without."""
        n, b = len(game.players), len(visits)
        chances = self.index.sizes(n).cumsum()
        sizes = np.searchsorted(
            chances / chances[-1], visits.chance(n, stream=1), side="right"
        ).clip(max=n - 1)
        keys = visits.chance(n, n)  # visit, player, other
        keys[:, np.arange(n), np.arange(n)] = np.inf  # a player is never its own companion
        without = keys.argsort(axis=2).argsort(axis=2) < sizes[:, :, None]
        both = np.stack([without, without | np.eye(n, dtype=bool)])
        cases, draws = (np.tile(np.repeat(x, n), 2) for x in (visits.cases, visits.draws))
        worth = game.worth(both.reshape(-1, n), cases, draws).reshape(2, b, n, -1)
        return state.add(np.swapaxes(worth[1] - worth[0], 1, 2), visits)

    def read(self, state: Walks) -> Reading:
        """Means over visits, and their errors."""
        return state.reading()
