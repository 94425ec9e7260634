"""Asking a game of coalitions case by case, and by which players an answer says to begin.

What search methods and judges of rankings have in common. Draws are averaged, the same ones for
every coalition, so that what chance adds is the same wherever it is compared.
"""

from typing import Literal, get_args

import numpy as np

from .attribution import Attribution
from .errors import OptionError, ResultError, UnsupportedGameError, did_you_mean, some
from .game import Game
from .keyed import hashed
from .players import Players
from .shaped import Bool, Float, Int

By = Literal["absolute", "value"]
DRAWS = 16  # of each case, where there are more
_DRAWN = 53
_CELLS = 2**24  # entries of the coalitions asked at a time


def worths(
    game: Game, coalitions: Bool[np.ndarray, "asked players"], cases: Int[np.ndarray, " cases"]
) -> Float[np.ndarray, "asked cases outputs"]:
    """The worth of each coalition in each case, averaged over (at most 16) draws."""
    return np.asarray(worths_by_draw(game, coalitions, cases).mean(axis=2))


def worths_by_draw(
    game: Game, coalitions: Bool[np.ndarray, "asked players"], cases: Int[np.ndarray, " cases"]
) -> Float[np.ndarray, "asked cases draws outputs"]:
    """The worth of each coalition in each case, on (at most 16) draws, the same for all."""
    draws = draws_of(game)
    each = len(cases) * len(draws)
    step = max(_CELLS // max(each * len(game.players), 1), 1)
    found = []
    for first in range(0, len(coalitions), step):
        some_of = coalitions[first : first + step]
        rows = np.repeat(some_of, each, axis=0)
        where = np.tile(np.repeat(cases, len(draws)), len(some_of))
        what = np.tile(draws, len(some_of) * len(cases))
        answer = game.worth(rows, where, what)
        found.append(answer.reshape(len(some_of), len(cases), len(draws), len(game.outputs)))
    return np.concatenate(found)


def draws_of(game: Game) -> Int[np.ndarray, " draws"]:
    """All draws of a case, or 16 of them."""
    if game.n_draws is not None and game.n_draws <= DRAWS:
        return np.arange(game.n_draws)
    many = np.uint64(game.n_draws or 2**31)
    return np.asarray((hashed(_DRAWN, np.arange(DRAWS)) % many).astype(int))


def check_free(game: Game) -> None:
    """Refuse players of whom not every coalition can be asked.

    Raises:
        UnsupportedGameError: the players are ordered.
    """
    if game.players.ordered:
        raise UnsupportedGameError(
            f"the players are ordered ({game.players.kind}s): only prefixes can be asked, and a "
            "search asks for any of them"
        )


def order_of(
    ranking: Attribution,
    players: Players,
    *,
    by: str = "absolute",
    rows: Int[np.ndarray, " rows"] | None = None,
    sign: float = 1.0,
) -> Int[np.ndarray, " players"]:
    """Positions of the players, the first to be taken first.

    Args:
        ranking: an answer about these players; its first output is followed.
        players: whose order is wanted.
        by: "absolute": by the absolute value of the mean over cases; "value": by the mean.
        rows: which cases of the answer are averaged; all by default.
        sign: -1 where everybody is worth less than nobody: then the lowest value comes first.

    Raises:
        OptionError: no such `by`.
        ResultError: other players, or a player without a value.
    """
    if by not in get_args(By):
        raise OptionError(f"by={by!r} is not offered. {did_you_mean(by, get_args(By))}")
    if not isinstance(ranking, Attribution):
        raise OptionError(
            f"a ranking is an answer (wh.attribute) about these players; given "
            f"{type(ranking).__name__}"
        )
    if ranking.players.names != players.names:
        raise ResultError(
            f"the ranking is about {some(ranking.players.names, 3)}, and the game about "
            f"{some(players.names, 3)}: both need the same {players.kind}s in the same order"
        )
    values = ranking.values[:, 0] if rows is None else ranking.values[rows, 0]
    mean = values.mean(axis=0)
    if not np.isfinite(mean).all():
        lacking = [n for n, x in zip(players.names, mean, strict=True) if not np.isfinite(x)]
        raise ResultError(f"the ranking has no value for {some(lacking)}: ask it with more budget")
    keys = np.abs(mean) if by == "absolute" else sign * mean
    return np.argsort(-keys, kind="stable")
