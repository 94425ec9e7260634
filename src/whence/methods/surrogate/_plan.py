"""How many masks there are to be, to fit to and to judge by; and what they brought home."""

from dataclasses import dataclass
from math import ceil
from typing import final

import numpy as np

from whence._core.game import Game
from whence._core.masks import BLOCK, Masks
from whence._core.shaped import Float

LEAVING = 8  # masks, at the least, in which a player leaves and in which it stays


@final
@dataclass(frozen=True, slots=True)
class Plan:
    """How many masks there are to be.

    Attributes:
        masks: to fit to; None: as many as it takes.
        keep: the chance that a player stays.
        shrunk: a ridge lets fewer masks do.
        held_out: masks to judge by, as a share of these.
    """

    masks: int | None
    keep: float
    shrunk: bool
    held_out: float

    def least(self, game: Game) -> int:
        """Masks that a fit needs: one for each player, one for each level, one to judge by."""
        need = len(game.players) + 2
        return need if game.n_draws == 1 else BLOCK * ceil(need / (BLOCK - 1))

    def first(self, game: Game) -> int:
        """Masks of the first round."""
        n = len(game.players)
        want = max(4 * n, n + 64, ceil(LEAVING / min(self.keep, 1 - self.keep)))
        return self.whole(game, want if self.masks is None else min(want, self.masks))

    def whole(self, game: Game, masks: int) -> int:
        """So many, in whole blocks."""
        return masks if game.n_draws == 1 else BLOCK * ceil(masks / BLOCK)

    def judges(self, masks: int, done: int = 0) -> int:
        """How many more masks judge a fit to so many than to those that are done."""
        if not self.held_out:
            return 0
        few, many = (max(ceil(self.held_out * m), LEAVING) for m in (done, masks))
        return many - few if done else many


@final
@dataclass(frozen=True, slots=True)
class Taken:
    """What was asked, and answered: masks to fit to, and masks to judge by."""

    masks: Masks
    worths: Float[np.ndarray, "masks cases outputs"]
    judges: Masks
    judged: Float[np.ndarray, "judges cases outputs"]

    def then(self, other: "Taken") -> "Taken":
        """This, and what was taken after it."""
        return Taken(
            self.masks.then(other.masks),
            np.concatenate([self.worths, other.worths]),
            self.judges.then(other.judges),
            np.concatenate([self.judged, other.judged]),
        )
