"""What is lost when some players leave: exact answers, to judge slopes by."""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.asking import worths_by_draw
from whence._core.game import Game
from whence._core.shaped import Bool, Float


@final
@dataclass(frozen=True, slots=True)
class Losses:
    """A game, and the worths of its ends by case and draw.

    Attributes:
        game: what is asked.
        empty: of nobody, [cases, draws, outputs].
        full: of everybody, likewise.
    """

    game: Game
    empty: Float[np.ndarray, "cases draws outputs"]
    full: Float[np.ndarray, "cases draws outputs"]

    @staticmethod
    def of(game: Game, *, both: bool) -> "Losses":
        """Ask what everybody is worth; and nobody, where both are wanted (else it is NaN)."""
        ends = np.ones((1 + both, len(game.players)), dtype=bool)
        ends[1:] = False
        full, *empty = worths_by_draw(game, ends, np.arange(game.n_cases))
        return Losses(game, empty[0] if both else np.full_like(full, np.nan), full)

    def without(
        self, gone: Bool[np.ndarray, "asked players"]
    ) -> Float[np.ndarray, "asked cases draws outputs"]:
        """What is lost when these leave together, for each of these groups."""
        if not len(gone):
            return np.empty((0, *self.full.shape))
        stay = worths_by_draw(self.game, ~gone, np.arange(self.game.n_cases))
        return np.asarray(self.full - stay)

    def alone(self, who: np.ndarray) -> Float[np.ndarray, "asked cases draws outputs"]:
        """What is lost when each of these players alone leaves."""
        gone = np.zeros((len(who), len(self.game.players)), dtype=bool)
        gone[np.arange(len(who)), who] = True
        return self.without(gone)

    def over_draws(
        self, lost: Float[np.ndarray, "asked cases draws outputs"]
    ) -> tuple[Float[np.ndarray, "cases outputs asked"], Float[np.ndarray, "cases outputs asked"]]:
        """Means over draws, and their standard errors: zero where there are no other draws."""
        each = np.moveaxis(lost, 0, -1)  # case, draw, output, asked
        draws = each.shape[1]
        error = np.zeros_like(each[:, 0])
        if draws != self.game.n_draws:
            error = each.std(axis=1, ddof=1) / np.sqrt(draws)
        return each.mean(axis=1), error
