"""Shapley values by random orders: players join one by one, and each is credited what it adds.

    phi_i = E over orders of v(those before i, and i) - v(those before i)

(Castro, Gomez & Tejada 2009). Each order is walked forwards and backwards (antithetic): the pair
shares its ends and costs 2n questions, and what joins early in one walk joins late in the other.
Ordered players (steps) have one order, which is time: a walk is its n + 1 prefixes.
"""

from dataclasses import dataclass, field
from typing import final

import numpy as np

from whence._core.game import Game
from whence._core.index import Shapley
from whence._core.method import AnytimeMethod
from whence._core.orders import chain, gains
from whence._core.reading import Reading
from whence._core.shaped import Float
from whence._core.visits import Visits
from whence._core.walks import Walks


@final
@dataclass(frozen=True, slots=True)
class Permutation(AnytimeMethod[Walks]):
    """Random orders, each with its reverse.

    Args:
        batch: walks a step; None lets steps grow.
        antithetic: walk each order backwards too.

    Source: Castro, Gomez & Tejada (2009); antithetic pairs: Mitchell et al. (2022).
    """

    batch: int | None = None
    antithetic: bool = True
    index: Shapley = field(default=Shapley(), init=False)

    def init(self, game: Game) -> Walks:
        """No walk yet."""
        return Walks(game, self.index)

    def step(self, game: Game, state: Walks, visits: Visits) -> Walks:
        """Walk one order, or one antithetic pair, at each visit."""
        added, ends = walked(game, visits, antithetic=self.antithetic)
        return state.add(added, visits, ends)

    def read(self, state: Walks) -> Reading:
        """Means over walks, and their errors."""
        return state.reading()


def walked(
    game: Game, visits: Visits, *, antithetic: bool = True
) -> tuple[Float[np.ndarray, "visits outputs players"], Float[np.ndarray, "2 visits outputs"]]:
    """What each player adds along a random order at each visit, and the worths of its ends.

    Args:
        game: what is asked.
        visits: where.
        antithetic: walk each order backwards too, and take the mean; ordered players never are.
    """
    n = len(game.players)
    if game.players.ordered:
        orders, antithetic = np.tile(np.arange(n), (len(visits), 1)), False
    else:
        orders = visits.chance(n).argsort(axis=1)
    asked = chain(orders, antithetic=antithetic)
    many = asked.shape[1]
    worth = game.worth(
        asked.reshape(-1, n), np.repeat(visits.cases, many), np.repeat(visits.draws, many)
    ).reshape(len(visits), many, -1)  # visit, question, output
    return gains(worth, orders, antithetic=antithetic), np.stack([worth[:, 0], worth[:, n]])
