"""What methods of first order share: estimates, exact answers for a few players, a judgement.

A slope says nothing of how wrong it is. So the players that look largest are asked exactly, their
answers stand in the result in place of the estimates, and how far the estimates were off is the
error of everybody else's: the root mean square of the misses, by output.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.attribution import Uncertainty
from whence._core.budget import Budget
from whence._core.calibration import calibration
from whence._core.certificate import Certificate
from whence._core.errors import OptionError
from whence._core.game import Game
from whence._core.keyed import uniforms
from whence._core.method import Outcome
from whence._core.reading import EXACT, Reading
from whence._core.shaped import Float, Int

_DRAWS = 32  # of a game with many, how many are averaged
_WHICH = 41
_FEW = 3  # exact answers; fewer say nothing of the misses of others


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
    masks = np.ones((len(who), n), dtype=bool)
    masks[np.arange(len(who)), who] = False
    asked = np.repeat(masks, many, axis=0)
    cases, draws = (np.tile(x, len(who)) for x in (rows.cases, rows.draws))
    worth = game.worth(asked, cases, draws).reshape(len(who), many, -1)  # player, row, output
    each = np.stack([full - rows.mean(w) for w in worth], axis=2)
    return np.asarray(each)


def largest(screen: np.ndarray, many: int) -> np.ndarray:
    """The players of the largest sizes, averaged over rows after their signs are taken away.

    Args:
        screen: sizes [rows, outputs, players].
        many: how many players.
    """
    return np.argsort(-np.abs(screen).mean(axis=(0, 1)), kind="stable")[:many]


def affordable(verify: int, game: Game, budget: Budget, rows: Rows) -> int:
    """How many players can be asked exactly within the budget.

    Raises:
        OptionError: a number that is none.
    """
    if isinstance(verify, bool) or not isinstance(verify, (int, np.integer)) or verify < 0:
        raise OptionError(f"verify is how many players are asked exactly, from 0; given {verify!r}")
    most = min(int(verify), len(game.players))
    if budget.evaluations is None:
        return most
    left = budget.evaluations // len(rows.cases) - 2  # the ends
    return max(min(most, left), 0)


def concluded(
    game: Game,
    rows: Rows,
    ends: Ends,
    estimate: Float[np.ndarray, "cases outputs players"],
    noise: Float[np.ndarray, "cases outputs players"],
    exact: Float[np.ndarray, "cases outputs verified"],
    who: np.ndarray,
    others: tuple[Certificate, ...] = (),
) -> Outcome:
    """The answer: exact where it was asked exactly, estimates elsewhere, and how good they are.

    Args:
        game: what was asked.
        rows: where.
        ends: the worths of nobody and everybody.
        estimate: by slopes.
        noise: standard errors of the estimates, from their draws.
        exact: of the players who were asked.
        who: their numbers.
        others: what else was checked.
    """
    found = _reading(rows, ends, estimate, noise, exact, who)
    if not len(who):
        said = "first order only: nobody was asked exactly, so how far off it is is not known"
        return Outcome(found, "unquantified", False, said, certificates=others)
    names = [game.players.names[i] for i in who]
    told = calibration(names, estimate[:, 0, who], exact[:, 0])
    every = len(who) == len(game.players) and rows.many == 1
    sure: Uncertainty = "exact" if every else "sampled" if found.parts else "unquantified"
    holds = all(c.holds is not False for c in (told, *others))
    said = f"the {len(who)} largest players were asked exactly; the others are of first order"
    return Outcome(found, sure, holds, said, certificates=(told, *others))


def _reading(
    rows: Rows,
    ends: Ends,
    estimate: Float[np.ndarray, "cases outputs players"],
    noise: Float[np.ndarray, "cases outputs players"],
    exact: Float[np.ndarray, "cases outputs verified"],
    who: np.ndarray,
) -> Reading:
    """Exact where it was asked exactly, else the estimate, with what its kind was off by.

    Args:
        rows: where it was asked.
        ends: the worths of nobody and everybody.
        estimate: by slopes.
        noise: standard errors of the estimates, from their draws.
        exact: of the players who were asked.
        who: their numbers.
    """
    values, stderr = estimate.copy(), noise.copy()
    missed = exact - estimate[:, :, who]
    values[:, :, who], stderr[:, :, who] = exact, 0.0
    parts, shared = {}, {}
    if len(who) >= _FEW:
        rest = np.ones(values.shape[2], dtype=bool)
        rest[who] = False
        parts["first order"] = np.sqrt((missed**2).mean(axis=2, keepdims=True)) * rest
        mean = missed.mean(axis=0, keepdims=True)
        shared["first order"] = np.sqrt((mean**2).mean(axis=2, keepdims=True)) * rest
    free = np.full(len(values), EXACT if rows.many == 1 else rows.many - 1.0)
    return Reading(values, stderr, free, ends.empty, ends.full, shared=shared, parts=parts)
