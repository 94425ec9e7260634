"""Levers: a proxy whose values are known, so that only what it leaves has to be estimated.

    phi(game) = phi(proxy) + phi(game - proxy)

The second part is estimated on the same cases, draws and coalitions for both, by chance that the
proxy has not seen: the sum is unbiased whatever the proxy, and its error is that of the residual.
"""

import abc
from dataclasses import dataclass
from typing import final

import numpy as np

from .game import ComposedGame, Game, PooledGame
from .shaped import Float
from .types import Cases, Coalitions, Draws, Ends, Scores, Worths


@final
@dataclass(frozen=True, slots=True)
class Lever:
    """A proxy of a game.

    Attributes:
        proxy: the game, asked of the proxy: the same cases, draws and outputs.
        values: the proxy's own Shapley values, over the whole pool.
        stderr: their standard errors; 0 where they are exact.
        mean_stderr: that of their mean over cases, [1, outputs, players].
        nobody: the worth of nobody, asked of the proxy, [cases, outputs].
        words: what it is.
    """

    proxy: Game
    values: Scores
    stderr: Scores
    mean_stderr: Float[np.ndarray, "1 outputs players"]
    nobody: Ends
    words: str


class LeverGame(PooledGame):
    """A game that can make a proxy of itself."""

    @property
    @abc.abstractmethod
    def lever_rows(self) -> int:
        """Model rows that it takes to make one; 0 where none can be made."""

    @abc.abstractmethod
    def lever(self, seed: int, error: float) -> Lever:
        """A proxy, fitted to rows that the game would ask about.

        Args:
            seed: of those rows.
            error: how well the mean of its own values should be known, if that can be had.

        Raises:
            OutOfTimeError: it would take too much of the time that the budget has left.
        """


@final
class Paired(ComposedGame):
    """A game and its proxy, asked together: the outputs of the one, then those of the other."""

    def __init__(self, game: Game, proxy: Game) -> None:
        self.game, self.proxy = game, proxy
        self.players, self.outputs = game.players, (*game.outputs, *proxy.outputs)
        self.n_cases, self.n_draws = game.n_cases, game.n_draws

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> Worths:
        own = self.game.worth(coalitions, cases, draws)
        other = self.proxy._worth(coalitions, cases, draws)  # noqa: SLF001  # costs no model row
        return np.concatenate([own, other], axis=1)
