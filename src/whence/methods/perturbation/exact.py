"""Any semivalue by enumeration: 2^n coalitions, on every draw of every case.

Of ordered players (steps) only prefixes can be asked. Their one order is time, so the Shapley value
of a player is what it adds to those before it: n + 1 questions on every draw of every case.
"""

from dataclasses import dataclass, field
from typing import final

import numpy as np

from whence._core.account import Account, opened
from whence._core.budget import Budget
from whence._core.enumeration import coalitions, semivalues
from whence._core.errors import UnsupportedGameError, positive
from whence._core.game import Game
from whence._core.in_time import in_time
from whence._core.index import Semivalue, Shapley
from whence._core.method import Method, Outcome, whole
from whence._core.orders import prefixes
from whence._core.progress import Shares
from whence._core.reading import EXACT, Reading
from whence._core.refusals import refuse_endless, refuse_ordered
from whence._core.shaped import Float

_BLOCK = 2**14  # questions asked at once


@final
@dataclass(frozen=True, slots=True)
class Exact(Method[Game]):
    """Enumeration. A game over a pool is asked with the whole pool in every draw.

    Args:
        index: which semivalue; Shapley of ordered players.
        max_players: refuse games with more, unless players are ordered.
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
        del seed, by_case  # the same for every seed
        self._refuse(game)
        with opened(budget) as account:
            account.require(game, questions(game), f"Exact, on {_cases(game)},")
            worth = _worths(game, account)
        ordered = game.players.ordered
        steps = np.moveaxis(np.diff(worth, axis=1), 1, 2)  # case, output, player
        values = steps if ordered else semivalues(worth, self.index)
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
        what = "prefix" if ordered else "coalition"
        return Outcome(reading, "exact", True, f"exact: every {what} was asked")

    def _refuse(self, game: Game) -> None:
        n, ordered = len(game.players), game.players.ordered
        if n > self.max_players and not ordered:
            raise UnsupportedGameError(
                f"Exact takes at most {self.max_players} players, and this game has {n}: 2^{n} "
                "coalitions. Use Permutation(), or put players into groups."
            )
        refuse_endless(game, "Exact", "Use Permutation().")
        if not isinstance(self.index, Shapley):
            refuse_ordered(game, f"{self.index}")


def questions(game: Game) -> int:
    """How many questions an enumeration asks of a game whose draws end."""
    n, every = len(game.players), whole(game)
    return (n + 1 if game.players.ordered else 2**n) * game.n_cases * (every.n_draws or 1)


def _cases(game: Game) -> str:
    return f"{game.n_cases:,} case{'s' * (game.n_cases > 1)}"


def _worths(game: Game, account: Account) -> Float[np.ndarray, "cases coalitions outputs"]:
    """Averaged over draws."""
    n, draws = len(game.players), game.n_draws or 1
    masks = prefixes(n) if game.players.ordered else coalitions(n)
    each = len(masks)
    worth, shares = np.zeros((game.n_cases * each, len(game.outputs))), Shares()
    total = draws * len(worth)
    for block in in_time(account, total, _BLOCK, f"all {total:,} questions"):
        number = np.arange(block.start, block.stop)
        draw, at = np.divmod(number, len(worth))
        asked = game.worth(masks[at % each], at // each, draw)
        np.add.at(worth, at, asked / draws)
        shares.done(block.stop / total, block.stop)
    return worth.reshape(game.n_cases, each, -1)
