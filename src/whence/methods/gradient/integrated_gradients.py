"""Aumann-Shapley values by quadrature along the path from nobody to everybody.

    phi_i = integral over t in (0, 1) of dv/dw_i at w = (t, ..., t)

(Aumann & Shapley 1974; integrated gradients: Sundararajan, Taly & Yan 2017, here over the presence
of players rather than the values of inputs). Departures: Gauss-Legendre nodes, which are exact for
smooth paths of a high degree, in place of a Riemann sum that leaves out one end; and the answer
says whether it has converged, by what half the nodes would have said and by the gap that the
values leave: on a path with a step, five nodes may be wrong threefold and look the same as any.
"""

from dataclasses import dataclass, field
from typing import final

import numpy as np

from whence._core.account import Account, opened, whole
from whence._core.budget import Budget
from whence._core.errors import GameError, OptionError, positive
from whence._core.game import RelaxedGame
from whence._core.index import AumannShapley
from whence._core.method import Method, Outcome
from whence._core.progress import Shares
from whence._core.reading import EXACT, Reading
from whence._core.refusals import refuse_endless, refuse_ordered
from whence._core.stopping import TOLERANCE
from whence._core.types import Ends, Scores
from whence._core.width import spread

_CELLS = 2**22  # of the gradients asked at once, at most
_ROUNDING = 1e-6  # of the range of the values: what is closer is exact but for rounding


@final
@dataclass(frozen=True, slots=True)
class IntegratedGradients(Method[RelaxedGame]):
    """The gradient, averaged from nobody to everybody, on every draw of every case.

    Args:
        steps: nodes of the quadrature; half as many more gradients are asked to judge it.

    Source: Aumann & Shapley (1974); Sundararajan, Taly & Yan (2017).
    """

    steps: int = 32
    index: AumannShapley = field(default=AumannShapley(), init=False)
    every_draw: bool = field(default=True, init=False, repr=False)

    def __post_init__(self) -> None:
        Method.__post_init__(self)
        positive(self.steps, "steps", "nodes between nobody and everybody")
        if self.steps < 2:
            raise OptionError("steps is 2 at least: half of them judge the others; given 1")

    @property
    def needs(self) -> type[RelaxedGame]:
        """A game whose players may be present in part."""
        return RelaxedGame

    def _run(self, game: RelaxedGame, budget: Budget, seed: int, by_case: bool) -> Outcome:
        del seed  # the path and its nodes are the same for every seed
        refuse_endless(game, "IntegratedGradients")
        refuse_ordered(game, "IntegratedGradients", "its path has all of them at once")
        with opened(budget) as account:
            steps = _paid(game, account, self.steps)
            empty, full = _ends(game)
            steps, one = _in_time(game, account, steps)
        half, shares = steps // 2, Shares()
        coarse = _integral(game, half, shares, 0.0, half / (half + steps)) if one is None else one
        values = _integral(game, steps, shares, half / (half + steps), 1.0)
        judged = _Judged.of(values, coarse, full - empty, by_case=by_case)
        smooth = _Judged.of(values, coarse, full - empty, by_case=True).worst <= _ROUNDING
        apart = np.zeros_like(values) if smooth else np.abs(values - coarse)
        of_mean = np.abs((values - coarse).mean(axis=0, keepdims=True))
        shared = {} if smooth or game.n_cases == 1 else {"estimation": of_mean}
        free = np.full(game.n_cases, EXACT)
        reading = Reading(values, apart, free, empty, full, shared)
        enough = judged.worst <= (budget.relative_error or TOLERANCE)
        return Outcome(
            reading, "exact" if smooth else "unquantified", enough, judged.words(steps, half)
        )


def _paid(game: RelaxedGame, account: Account, steps: int) -> int:
    """As many steps as the budget pays for, the half of them that judges and both ends included.

    Raises:
        BudgetError: not for the two that are the least.
    """
    each = game.n_cases * (game.n_draws or 1)
    account.require(game, 5 * each, f"a path of 2 steps on {game.n_cases:,} cases")
    while steps > 2 and (2 + steps + steps // 2) * each > account.questions_left(game):
        steps -= 1
    return steps


def _in_time(game: RelaxedGame, account: Account, steps: int) -> tuple[int, Scores | None]:
    """As many steps as there is time for; of few steps, the half that judges them.

    One node tells what each takes, where time is bounded; nothing else would tell it early.
    """
    each = game.n_cases * (game.n_draws or 1)
    if account.seconds == np.inf or account.questions_left(game) < 4 * each:
        return steps, None
    before = account.elapsed
    one = _integral(game, 1, Shares(), 0.0, 1.0)
    paid = account.seconds_left / max(account.elapsed - before, 1e-9)
    steps = _fit(min(paid, whole(account.questions_left(game), each)), steps)
    return steps, one if steps < 4 else None


def _fit(nodes: float, steps: int) -> int:
    """At most so many steps, whose nodes and those of their half are so many, but two at least."""
    return int(max(min(steps, 2 * nodes // 3), 2))


def _ends(game: RelaxedGame) -> tuple[Ends, Ends]:
    """The worths of nobody and of everybody, by case, averaged over draws."""
    n, draws = len(game.players), game.n_draws or 1
    cases = np.repeat(np.arange(game.n_cases), draws)
    each = np.tile(np.arange(draws), game.n_cases)
    nobody, everybody = (
        game.worth(np.full((len(cases), n), stays), cases, each)
        .reshape(game.n_cases, draws, -1)
        .mean(axis=1)
        for stays in (False, True)
    )
    return nobody, everybody


def _integral(game: RelaxedGame, steps: int, shares: Shares, begin: float, end: float) -> Scores:
    """By so many nodes; `begin` to `end` is the share of the whole work that this is."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    n, draws = len(game.players), game.n_draws or 1
    values = np.zeros((game.n_cases, len(game.outputs), n))
    many = game.n_cases * draws * steps
    block = int(np.clip(_CELLS // (n * len(game.outputs)), 1, 2**14))
    for start in range(0, many, block):
        at = np.arange(start, min(start + block, many))
        step, case, draw = at % steps, at // steps % game.n_cases, at // steps // game.n_cases
        t = (1 + nodes[step]) / 2
        slopes = game.gradient(np.repeat(t[:, None], n, axis=1), case, draw)
        _refuse_endless(slopes, t, case)
        np.add.at(values, case, slopes * (weights[step] / 2 / draws)[:, None, None])
        shares.done(begin + (end - begin) * (int(at[-1]) + 1) / many)
    return values


def _refuse_endless(slopes: np.ndarray, t: np.ndarray, case: np.ndarray) -> None:
    bad = ~np.isfinite(slopes).all(axis=(1, 2))
    if bad.any():
        row = int(bad.argmax())
        raise GameError(
            f"the gradient is not finite with every player present to {t[row]:.3g} (case "
            f"{case[row]}): mend the behaviour that the game measures"
        )


@final
@dataclass(frozen=True, slots=True)
class _Judged:
    """How far the quadrature may be off, as shares of the range of the values.

    Attributes:
        change: the most that twice the nodes changed.
        gap: the most that the values leave of v(everybody) - v(nobody).
    """

    change: float
    gap: float

    @staticmethod
    def of(values: Scores, coarse: Scores, total: Ends, *, by_case: bool) -> "_Judged":
        """Of each case, or of their mean."""
        if not by_case:
            values, coarse, total = (x.mean(axis=0, keepdims=True) for x in (values, coarse, total))
        of_all = np.sqrt((total**2).mean(axis=0))[None, :, None]
        scale = np.maximum(np.maximum(spread(values), of_all), 1e-150)
        gap = total[:, :, None] - values.sum(axis=2, keepdims=True)
        return _Judged(
            float((np.abs(values - coarse) / scale).max()), float((np.abs(gap) / scale).max())
        )

    @property
    def worst(self) -> float:
        """The larger of the two."""
        return max(self.change, self.gap)

    def words(self, steps: int, half: int) -> str:
        """What that says."""
        return (
            f"from {half} nodes to {steps} values changed by {_percent(self.change)} of their "
            f"range, and they leave a gap of {_percent(self.gap)}"
        )


def _percent(share: float) -> str:
    return "less than 0.0001 %" if share < _ROUNDING else f"{100 * share:.2g} %"
