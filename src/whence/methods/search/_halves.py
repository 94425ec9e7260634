"""Cases to choose on, and cases to report on: a choice looks better where it was made."""

from dataclasses import dataclass
from numbers import Real
from typing import final

import numpy as np

from whence._core.errors import OptionError
from whence._core.game import Game
from whence._core.keyed import hashed
from whence._core.shaped import Int
from whence._core.types import Cases, Coalitions, Draws

_SPLIT = 59


@final
@dataclass(frozen=True, slots=True)
class Halves:
    """Which cases are for what.

    Attributes:
        search: cases to choose on.
        report: cases to report on: the others, or the same where none could be held out.
    """

    search: Int[np.ndarray, " search"]
    report: Int[np.ndarray, " report"]

    @property
    def held_out(self) -> int:
        """How many cases had no part in the search."""
        return 0 if np.array_equal(self.search, self.report) else len(self.report)


def halves(cases: int, share: float, seed: int) -> Halves:
    """Split the cases by chance, keyed by the seed.

    Args:
        cases: how many there are.
        share: of them to be held out; at least one is, and one is not, where there are two.
        seed: another seed, another split.

    Raises:
        OptionError: a share outside [0, 1).
    """
    if isinstance(share, bool) or not (isinstance(share, Real) and 0 <= share < 1):
        raise OptionError(
            f"held_out is a share of the cases, at least 0 and below 1; given {share!r}"
        )
    every = np.arange(cases)
    if cases < 2 or share == 0:
        return Halves(every, every)
    many = min(max(round(float(share) * cases), 1), cases - 1)
    order = np.argsort(hashed(_SPLIT, seed, every), kind="stable")
    return Halves(np.sort(order[many:]), np.sort(order[:many]))


@final
class SomeCases(Game):
    """A game of which only some cases are asked.

    Args:
        game: the whole of it.
        cases: which.
    """

    def __init__(self, game: Game, cases: Int[np.ndarray, " some"]) -> None:
        self.game, self.cases = game, cases
        self.players, self.outputs, self.n_draws = game.players, game.outputs, game.n_draws
        self.n_cases = len(cases)

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> np.ndarray:
        return self.game.worth(coalitions, self.cases[cases], draws)
