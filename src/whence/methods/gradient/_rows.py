"""The rows in which slopes are taken: every case, in all of its draws or in some of them."""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.asking import draws_of
from whence._core.game import Game
from whence._core.shaped import Float, Int


@final
@dataclass(frozen=True, slots=True)
class Rows:
    """Cases and draws, row by row.

    Attributes:
        cases: int [rows].
        draws: int [rows].
        many: draws of each case.
        all: there are no other draws.
    """

    cases: Int[np.ndarray, " rows"]
    draws: Int[np.ndarray, " rows"]
    many: int
    all: bool

    @staticmethod
    def of(game: Game) -> "Rows":
        """The rows of a game: the draws are those in which coalitions are asked."""
        draws = draws_of(game)
        cases = np.repeat(np.arange(game.n_cases), len(draws))
        every = np.tile(draws, game.n_cases)
        return Rows(cases, every, len(draws), len(draws) == game.n_draws)

    def mean(
        self, rows: Float[np.ndarray, "rows outputs players"]
    ) -> Float[np.ndarray, "cases outputs players"]:
        """Over the draws of each case."""
        return np.asarray(self._by_case(rows).mean(axis=1))

    def stderr(
        self, rows: Float[np.ndarray, "rows outputs players"]
    ) -> Float[np.ndarray, "cases outputs players"]:
        """Of that mean; zero where there are no other draws."""
        each = self._by_case(rows)
        if self.all:
            return np.zeros_like(each[:, 0])
        return np.asarray(each.std(axis=1, ddof=1) / np.sqrt(self.many))

    def _by_case(self, rows: np.ndarray) -> np.ndarray:
        return rows.reshape(-1, self.many, *rows.shape[1:])
