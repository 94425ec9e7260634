"""How large a circuit must be, and who of it is not needed: by few questions.

Sizes are asked along a ladder of doublings, all in one batch, and then by bisection. Where
faithfulness does not rise with every player, as where some work against the behaviour, a smaller
size between two rungs may be missed; that the size found reaches the target is measured.

Whoever could leave alone at no cost is then made to leave, together where that costs nothing, else
in halves: of two players who stand in for one another, one stays.
"""

from dataclasses import dataclass, field
from typing import final

import numpy as np

from whence._core.asking import worths
from whence._core.errors import GameError
from whence._core.game import Game
from whence._core.ratio import ratios, vanishes
from whence._core.shaped import Bool, Float, Int

NOTHING = 0.005  # of what everybody does: what may be lost when players leave
_FEW = 16  # players of whom every size is asked
_EXACT = 1e-9  # sums in another order


@final
@dataclass(slots=True)
class Growing:
    """A search under way.

    Attributes:
        game: what is asked.
        cases: on which.
        order: positions of the players, the first to be taken first.
        target: the faithfulness that is wanted.
        empty: the worth of nobody, by case.
        full: the worth of everybody.
        steps: what was learnt so far: size, faithfulness, standard error.
    """

    game: Game
    cases: Int[np.ndarray, " cases"]
    order: Int[np.ndarray, " players"]
    target: float
    empty: Float[np.ndarray, " cases"]
    full: Float[np.ndarray, " cases"]
    steps: list[tuple[int, float, float]] = field(default_factory=list)

    def faith(self, coalitions: Bool[np.ndarray, "asked players"]) -> list[float]:
        """The faithfulness of each coalition, which is a step on the way."""
        answer = worths(self.game, coalitions, self.cases)[:, :, 0] - self.empty
        whole = np.broadcast_to((self.full - self.empty)[:, None], answer.T.shape)
        found = ratios(answer.T, whole)
        sizes = coalitions.sum(axis=1).tolist()
        self.steps += zip(sizes, found.value.tolist(), found.stderr.tolist(), strict=True)
        return [float(x) for x in found.value]

    def first(self, size: int) -> Bool[np.ndarray, " players"]:
        """The first so many players."""
        taken = np.zeros(len(self.order), dtype=bool)
        taken[self.order[:size]] = True
        return taken

    def grow(self, most: int) -> tuple[int, float]:
        """The smallest size that was found to reach the target, and its faithfulness.

        Where none does: the most faithful size.
        """
        sizes = rungs(most)
        found = self.faith(np.stack([self.first(size) for size in sizes]))
        reach = [i for i, value in enumerate(found) if value >= self.target - _EXACT]
        if not reach:
            best = int(np.argmax(found))
            return sizes[best], found[best]
        high, value = sizes[reach[0]], found[reach[0]]
        low = sizes[reach[0] - 1] if reach[0] else 0
        while high - low > 1:
            middle = (low + high) // 2
            (here,) = self.faith(self.first(middle)[None])
            if here >= self.target - _EXACT:
                high, value = middle, here
            else:
                low = middle
        return high, value

    def prune(self, chosen: Bool[np.ndarray, " players"]) -> Bool[np.ndarray, " players"]:
        """Without those who can leave at no cost, until there is no such player."""
        while chosen.sum() > 1:
            weakest = [int(i) for i in self.order[::-1] if chosen[i]]
            trials = np.repeat(chosen[None], len(weakest), axis=0)
            trials[np.arange(len(weakest)), weakest] = False
            whole, *each = self.faith(np.concatenate([chosen[None], trials]))
            idle = [i for i, value in zip(weakest, each, strict=True) if self._holds(value, whole)]
            left = self._leave(chosen, idle, whole)
            if left.sum() == chosen.sum():
                break
            chosen = left
        return chosen

    def _leave(
        self, chosen: Bool[np.ndarray, " players"], idle: list[int], whole: float
    ) -> Bool[np.ndarray, " players"]:
        """Without all of these, where that costs nothing; else without as many as halves say."""
        if not idle:
            return chosen
        left = chosen.copy()
        left[idle] = False
        if left.any() and self._holds(self.faith(left[None])[0], whole):
            return left
        if len(idle) == 1:
            return chosen
        middle = len(idle) // 2
        return self._leave(self._leave(chosen, idle[:middle], whole), idle[middle:], whole)

    def _holds(self, value: float, whole: float) -> bool:
        """Nothing to speak of is lost, and the target is not."""
        return value >= max(whole - NOTHING, min(self.target, whole)) - _EXACT


def growing(
    game: Game, cases: Int[np.ndarray, " cases"], target: float, where: str = "in these cases"
) -> Growing:
    """A search that has not begun: the two ends are known, and the order of players is theirs.

    Raises:
        GameError: everybody is worth what nobody is.
    """
    n = len(game.players)
    empty, full = worths(game, np.stack([np.zeros(n, bool), np.ones(n, bool)]), cases)[:, :, 0]
    check_ends(empty, full, where)
    return Growing(game, cases, np.arange(n), target, empty, full)


def check_ends(
    empty: Float[np.ndarray, " cases"], full: Float[np.ndarray, " cases"], where: str
) -> None:
    """Refuse a share of nothing.

    Raises:
        GameError: everybody is worth what nobody is.
    """
    if vanishes(empty[:, None], full[:, None])[0]:
        raise GameError(
            f"{where} everybody is worth {full.mean():.6g} and nobody {empty.mean():.6g}: no share "
            "of the difference is defined. Measure a behaviour that the players make a difference "
            "to, or give more cases."
        )


def rungs(most: int) -> list[int]:
    """Sizes to ask at once: every one of a few, else powers of two, and the last.

    >>> rungs(3), rungs(40)
    ([1, 2, 3], [1, 2, 4, 8, 16, 32, 40])
    """
    if most <= _FEW:
        return list(range(1, most + 1))
    return sorted({*(2**k for k in range(most.bit_length())), most})
