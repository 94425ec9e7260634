"""A circuit: the fewest players, by a ranking, that do what everybody does.

Players are taken in the order of a ranking until F(C) = (v(C) - v(nobody)) / (v(everybody) -
v(nobody)), of means over cases, reaches a target; then those who can leave at no cost do. A choice
looks better on the cases that it was made on, so half of them are held out for the report.

Source: Wang et al. (2023) for faithfulness, completeness and minimality; Hanna et al. (2024) for
circuits by a ranking. Ours: cases held out, and intervals; a size by bisection; pruning by groups.
"""

import time
from typing import Any, TypeAlias

import numpy as np

from whence._core.asking import check_free, order_of, worths
from whence._core.attribution import Attribution, Cost
from whence._core.errors import OptionError, positive
from whence._core.game import Game
from whence._core.meter import Meter, metering
from whence._core.method import Method
from whence._core.ratio import steady
from whence._core.selection import Selection
from whence._core.shaped import Bool
from whence._core.wrap import Metered, bare, question_of
from whence.methods.search._growing import Growing, check_ends, growing
from whence.methods.search._halves import Halves, SomeCases, halves

Ranking: TypeAlias = Attribution | Method[Any]


def circuit(
    game: Game,
    ranking: Ranking,
    *,
    faithfulness: float = 0.9,
    most: int | None = None,
    prune: bool = True,
    held_out: float = 0.5,
    by: str = "absolute",
    seed: int = 0,
) -> Selection:
    """The fewest players, by a ranking, that do what everybody does.

    Args:
        game: what is asked; its first output is followed.
        ranking: an answer about the game's players, or a method: then it is asked on the cases of
            the search alone. Of an answer case by case the cases of the search are used; one that
            is a mean has seen the held-out cases too, and the verdict says so.
        faithfulness: the share of v(everybody) - v(nobody) to reach, on the cases of the search.
        most: players at most; the most faithful of the sizes asked is taken where too few.
        prune: let go of players whose leaving costs less than 0.005 of faithfulness, together, and
            leaves the target reached.
        held_out: share of the cases to report on, chosen by the seed; 0 reports on those of the
            search, which flatters.
        by: "absolute" takes the largest absolute values first, "value" the most helpful.
        seed: of the split, and of the method where it draws.

    Returns:
        The circuit, with its worths in the cases of the report.

    Raises:
        OptionError: an argument outside what is offered.
        UnsupportedGameError: ordered players, or a game that the method cannot attribute.
        ResultError: a ranking of other players, or without some of their values.
        GameError: everybody is worth what nobody is.
    """
    _check(game, ranking, faithfulness, most)
    check_free(game)
    parts = halves(game.n_cases, held_out, seed)
    asked, start = Metered(game), time.perf_counter()
    with metering() as meter:
        search = growing(asked, parts.search, faithfulness, "in the cases of the search")
        ranked, fresh = _ranked(game, ranking, parts, seed)
        rows = parts.search if len(ranked.values) == game.n_cases else None
        sign = 1.0 if search.full.mean() > search.empty.mean() else -1.0
        search.order = order_of(ranked, game.players, by=by, rows=rows, sign=sign)
        size, reached = search.grow(min(most or len(search.order), len(search.order)))
        first = search.first(size)
        chosen = search.prune(first) if prune else first
        ends = _reported(asked, chosen, parts)
    spent = asked.asked + (0 if isinstance(ranking, Attribution) else ranked.cost.asked)
    done = reached >= faithfulness - 1e-9
    told = _verdict(search, parts, (size, int(chosen.sum())), reached, done=done)
    return Selection(
        players=game.players,
        chosen=chosen,
        outputs=game.outputs,
        method="circuit",
        **ends,
        order=tuple(game.players.names[i] for i in search.order[:size]),
        path=_path(search),
        held_out=parts.held_out,
        converged=done,
        verdict=told + _caveats(ends, parts, fresh=fresh),
        cost=_cost(spent, meter, time.perf_counter() - start),
        question=question_of(game),
        provenance={
            "game": type(bare(game)).__name__,
            "ranking": ranked.method,
            "by": by,
            "faithfulness": faithfulness,
            "seed": seed,
            "cases of the search": parts.search.tolist(),
            "cases of the report": parts.report.tolist(),
        },
    )


def _check(game: Any, ranking: Any, faithfulness: Any, most: int | None) -> None:
    if not isinstance(game, Game):
        raise OptionError(f"circuit searches the players of a Game; given {type(game).__name__}")
    if not isinstance(ranking, (Attribution, Method)):
        raise OptionError(
            "ranking is an answer about the game's players (wh.attribute), or a method such as "
            f"wh.methods.Sweep(); given {type(ranking).__name__}"
        )
    number = isinstance(faithfulness, (int, float)) and not isinstance(faithfulness, bool)
    if not (number and 0 < faithfulness <= 1):
        raise OptionError(f"faithfulness is a share above 0, and 1 at most; given {faithfulness!r}")
    if most is not None:
        positive(most, "most", "how many players at most")


def _ranked(game: Game, ranking: Ranking, parts: Halves, seed: int) -> tuple[Attribution, bool]:
    """The ranking, and whether the cases of the report had no part in it."""
    if isinstance(ranking, Attribution):
        return ranking, len(ranking.values) == game.n_cases
    if ranking.needs is not Game:  # what it needs, a part of the cases has no longer
        return ranking.attribute(game, seed=seed, by_case=True), True
    return ranking.attribute(SomeCases(game, parts.search), seed=seed), True


def _reported(game: Game, chosen: Bool[np.ndarray, " players"], parts: Halves) -> dict[str, Any]:
    """Worths in the cases of the report."""
    at, n = np.flatnonzero(chosen), len(chosen)
    one_less = np.repeat(chosen[None], len(at), axis=0)
    one_less[np.arange(len(at)), at] = False
    ends = np.stack([chosen, np.zeros(n, bool), np.ones(n, bool), ~chosen])
    found = worths(game, np.concatenate([ends, one_less]), parts.report)
    check_ends(found[1, :, 0], found[2, :, 0], "in the held-out cases")
    less = np.full((*found.shape[1:], n), np.nan)
    less[:, :, at] = np.moveaxis(found[4:], 0, -1)
    named = dict(zip(("worth", "empty", "full", "without"), found[:4], strict=True))
    return {**named, "less": less}


def _path(search: Growing) -> dict[str, np.ndarray]:
    size, value, stderr = np.array(search.steps, dtype=float).T
    return {"size": size, "faithfulness": value, "stderr": stderr}


def _verdict(
    search: Growing, parts: Halves, sizes: tuple[int, int], reached: float, *, done: bool
) -> str:
    first, left = sizes
    kind, cases = search.game.players.kind, len(parts.search)
    on = f"on {cases:,} case{'' if cases == 1 else 's'}"
    how = "reach" if done else "come nearest, at"
    asked = f"{reached:.3g} of faithfulness ({search.target:.3g} was asked)"
    said = f"the first {first:,} of {len(search.order):,} {kind}s {how} {asked} {on}"
    return said + (f"; {first - left:,} of them could leave" if left < first else "")


def _caveats(ends: dict[str, np.ndarray], parts: Halves, *, fresh: bool) -> str:
    """What makes the numbers look better than they are, or not worth much."""
    said = []
    if len(parts.search) == 1 and len(parts.report) == 1 and not parts.held_out:
        said.append("nothing could be held out of one case, so the numbers are optimistic")
    elif not parts.held_out:
        said.append("reported on the cases of the search, so the numbers are optimistic")
    elif not fresh:
        said.append("the ranking has seen the held-out cases, so the numbers may be optimistic")
    low, high = ends["empty"][:, :1], ends["full"][:, :1]
    if not steady(low, high)[0]:
        said.append("what everybody does beyond nobody varies so much that shares are not steady")
    return "".join(f"; {line}" for line in said)


def _cost(asked: int, meter: Meter, seconds: float) -> Cost:
    return Cost(asked, meter.evaluations, meter.gradients, meter.rows or None, meter.found, seconds)
