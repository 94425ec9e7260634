"""The rows that methods of first order ask: every case, in all of its draws or in some of them."""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.game import Game
from whence._core.keyed import uniforms
from whence._core.shaped import Float, Int

_DRAWS = 32  # of a game with many, how many are averaged
_WHICH = 41


@final
@dataclass(frozen=True, slots=True)
class Rows:
    """Every case in every draw, or in `_DRAWS` of its draws.

    Attributes:
        cases: int [rows].
        draws: int [rows].
        many: draws of each case.
    """

    cases: Int[np.ndarray, " rows"]
    draws: Int[np.ndarray, " rows"]
    many: int

    @staticmethod
    def of(game: Game, seed: int) -> "Rows":
        """The rows that a method of first order asks."""
        every = game.n_draws is not None and game.n_draws <= _DRAWS
        many = int(game.n_draws or 0) if every else _DRAWS
        cases = np.repeat(np.arange(game.n_cases), many)
        if every:
            return Rows(cases, np.tile(np.arange(many), game.n_cases), many)
        chance = uniforms(many, seed, _WHICH, np.arange(game.n_cases))  # case, draw
        return Rows(cases, (chance.reshape(-1) * (game.n_draws or 2**31)).astype(int), many)

    def mean(self, rows: np.ndarray) -> np.ndarray:
        """Over the draws of each case: [cases, ...]."""
        return np.asarray(rows.reshape(-1, self.many, *rows.shape[1:]).mean(axis=1))

    def stderr(self, rows: np.ndarray) -> np.ndarray:
        """Of that mean; zero where there is one draw, which is all there is."""
        if self.many == 1:
            return np.zeros((len(rows), *rows.shape[1:]))
        each = rows.reshape(-1, self.many, *rows.shape[1:])
        return np.asarray(each.std(axis=1, ddof=1) / np.sqrt(self.many))


@final
@dataclass(frozen=True, slots=True)
class Ends:
    """The worths of nobody and of everybody, [cases, outputs] each."""

    empty: Float[np.ndarray, "cases outputs"]
    full: Float[np.ndarray, "cases outputs"]

    @staticmethod
    def of(game: Game, rows: Rows) -> "Ends":
        """Ask them."""
        n, many = len(game.players), len(rows.cases)
        both = [game.worth(np.full((many, n), end), rows.cases, rows.draws) for end in (False, True)]
        return Ends(rows.mean(both[0]), rows.mean(both[1]))


def verified(
    game: Game, rows: Rows, who: np.ndarray, full: np.ndarray
) -> Float[np.ndarray, "cases outputs players"]:
    """What is lost when each of these players alone leaves.

    Args:
        game: what is asked.
        rows: where.
        who: the players' numbers.
        full: the worth of everybody, [cases, outputs].
    """
    n, many = len(game.players), len(rows.cases)
    if not len(who):
        return np.empty((*full.shape, 0))
    masks = np.ones((len(who), n), dtype=bool)
    masks[np.arange(len(who)), who] = False
    asked = np.repeat(masks, many, axis=0)
    cases, draws = (np.tile(x, len(who)) for x in (rows.cases, rows.draws))
    worth = game.worth(asked, cases, draws).reshape(len(who), many, -1)  # player, row, output
    each = np.stack([full - rows.mean(w) for w in worth], axis=2)
    return np.asarray(each)
