"""Leave-one-out and first-in, exactly: one player at a time, on every draw of every case.

    leave-one-out: v(N) - v(N - i)        first-in: v({i}) - v(nobody)

Questions come player by player, and for each player case by case, so that a game whose answers
share their beginnings (a network that is cut at one layer) may keep them between questions.
"""

from dataclasses import dataclass, field
from typing import final

import numpy as np

from whence._core.account import Account, opened
from whence._core.budget import Budget
from whence._core.game import Game
from whence._core.in_time import in_time
from whence._core.index import FirstIn, LeaveOneOut
from whence._core.method import Method, Outcome, whole
from whence._core.moments import MOST
from whence._core.progress import Shares
from whence._core.reading import EXACT, Reading
from whence._core.refusals import refuse_endless, refuse_ordered
from whence._core.shaped import Float

_BLOCK = 2**14  # questions asked at once, at most
_CELLS = 2**24  # of a block's boolean matrix, at most


@final
@dataclass(frozen=True, slots=True)
class Sweep(Method[Game]):
    """One player at a time, on every case: n + 1 coalitions on each draw of each case.

    A game over a pool is asked with the whole pool in every draw.

    Args:
        index: `LeaveOneOut()` or `FirstIn()`.
    """

    index: LeaveOneOut | FirstIn = LeaveOneOut()
    every_draw: bool = field(default=True, init=False, repr=False)
    computes = (LeaveOneOut, FirstIn)

    @property
    def needs(self) -> type[Game]:
        """Any game."""
        return Game

    def _run(self, game: Game, budget: Budget, seed: int, by_case: bool) -> Outcome:
        del seed, by_case  # the same for every seed
        refuse_endless(game, "Sweep", "Use OnePlayer().")
        refuse_ordered(game, f"{self.index}")
        first = isinstance(self.index, FirstIn)
        with opened(budget) as account:
            account.require(game, questions(game), f"a sweep over {len(game.players):,} players")
            worth = _worths(game, account, first=first)
        base, sign = worth[0], 1.0 if first else -1.0
        values = np.moveaxis(sign * (worth[1:] - base), 0, 2)  # case, output, player
        unasked, players = np.full_like(base, np.nan), len(game.players)
        reading = Reading(
            values,
            np.zeros_like(values),
            np.full(game.n_cases, EXACT),
            base if first else unasked,
            unasked if first else base,
            covariance=np.zeros((len(game.outputs), players, players)) if players <= MOST else None,
            each=np.ones(game.n_cases),
        )
        return Outcome(reading, "exact", True, "exact: one player at a time, on every case")


def questions(game: Game) -> int:
    """How many questions a sweep asks of a game whose draws end."""
    return (len(game.players) + 1) * game.n_cases * (whole(game).n_draws or 1)


def _worths(
    game: Game, account: Account, *, first: bool
) -> Float[np.ndarray, "changes cases outputs"]:
    """Averaged over draws: of the base coalition, then with each player changed."""
    n, cases, draws = len(game.players), game.n_cases, game.n_draws or 1
    worth, shares = np.zeros(((n + 1) * cases, len(game.outputs))), Shares()
    total, most = draws * len(worth), int(np.clip(_CELLS // n, 1, _BLOCK))
    for block in in_time(account, total, most, f"all {total:,} questions of a sweep"):
        number = np.arange(block.start, block.stop)
        draw, at = np.divmod(number, len(worth))
        masks = np.full((len(at), n), not first)
        changed = np.flatnonzero(at >= cases)
        masks[changed, at[changed] // cases - 1] = first
        np.add.at(worth, at, game.worth(masks, at % cases, draw) / draws)
        shares.done(block.stop / total, block.stop)
    return worth.reshape(n + 1, cases, -1)
