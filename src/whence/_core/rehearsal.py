"""Rehearsals: what a walk asks, counted without asking anybody.

A walk's questions are a function of (seed, case, pass), never of an earlier answer. So a walk of a
game that answers at random asks as much as one of the game itself, and costs nothing.
"""

from collections.abc import Callable
from typing import final

import numpy as np

from .game import ComposedGame, Game
from .types import Cases, Coalitions, Draws
from .visits import Visits, visits


def rehearsed(game: Game, walk: Callable[[Game, Visits], object]) -> int:
    """How many questions one walk asks.

    Args:
        game: whose players walk.
        walk: takes one walk of a game.
    """
    stage = _Stage(game)
    walk(stage, visits(stage, 0, 0, 1))
    return stage.asked


@final
class _Stage(ComposedGame):
    """One case of a game's players, worth random numbers: counts what it is asked, and no meter."""

    def __init__(self, game: Game) -> None:
        self.players, self.n_draws, self.outputs = game.players, game.n_draws, game.outputs
        self.asked = 0

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> np.ndarray:
        del cases, draws
        self.asked += len(coalitions)
        return np.random.default_rng(self.asked).random((len(coalitions), len(self.outputs)))
