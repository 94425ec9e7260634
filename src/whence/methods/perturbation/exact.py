"""Any semivalue by enumeration: 2^n coalitions, on every draw of every case."""

from dataclasses import dataclass, field
from typing import final

import numpy as np

from whence._core.budget import Budget
from whence._core.enumeration import coalitions, semivalues
from whence._core.errors import UnsupportedGameError, positive
from whence._core.game import Game
from whence._core.index import Semivalue, Shapley
from whence._core.method import Method, Outcome
from whence._core.progress import Shares
from whence._core.reading import EXACT, Reading
from whence._core.refusals import refuse_endless, refuse_ordered

_BLOCK = 2**14  # questions asked at once


@final
@dataclass(frozen=True, slots=True)
class Exact(Method[Game]):
    """Enumeration. A game over a pool is asked with the whole pool in every draw.

    Args:
        index: which semivalue.
        max_players: refuse games with more.
    """

    index: Semivalue = Shapley()
    max_players: int = 16
    every_draw: bool = field(default=True, init=False, repr=False)
    computes = (Semivalue,)

    def __post_init__(self) -> None:
        Method.__post_init__(self)
        positive(self.max_players, "max_players", "2^n coalitions are asked")

    @property
    def needs(self) -> type[Game]:
        """Any game."""
        return Game

    def _run(self, game: Game, budget: Budget, seed: int, by_case: bool) -> Outcome:
        del budget, seed, by_case  # an enumeration is whole or nothing, and the same for every seed
        self._refuse(game)
        worth = self._worths(game)
        values = semivalues(worth, self.index)
        free = np.full(game.n_cases, EXACT)
        certain = np.zeros((len(game.outputs), len(game.players), len(game.players)))
        reading = Reading(
            values,
            np.zeros_like(values),
            free,
            worth[:, 0],
            worth[:, -1],
            covariance=certain,
            each=np.ones(game.n_cases),
        )
        return Outcome(reading, "exact", True, "exact: every coalition was asked")

    def _refuse(self, game: Game) -> None:
        n = len(game.players)
        if n > self.max_players:
            raise UnsupportedGameError(
                f"Exact takes at most {self.max_players} players, and this game has {n}: 2^{n} "
                "coalitions. Use Permutation(), or put players into groups."
            )
        refuse_endless(game, "Exact", "Use Permutation().")
        refuse_ordered(game, "Exact")

    def _worths(self, game: Game) -> np.ndarray:
        """[cases, coalitions, outputs], averaged over draws."""
        n, draws = len(game.players), game.n_draws or 1
        masks = coalitions(n)
        worth, shares = np.zeros((game.n_cases * 2**n, len(game.outputs))), Shares()
        for draw in range(draws):
            for start in range(0, len(worth), _BLOCK):
                at = np.arange(start, min(start + _BLOCK, len(worth)))
                asked = game.worth(masks[at % 2**n], at >> n, np.full(len(at), draw))
                worth[at] += asked / draws
                answered = draw * len(worth) + int(at[-1]) + 1
                shares.done(answered / (draws * len(worth)), answered)
        return worth.reshape(game.n_cases, 2**n, -1)
