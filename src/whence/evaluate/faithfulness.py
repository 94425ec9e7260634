"""How faithful is a ranking, circuit by circuit? The first k players alone, for a ladder of k.

    f(k) = (v(first k) - v(nobody)) / (v(everybody) - v(nobody))
    CPR  = area under f over the share k / n of players        large: they come first who matter
    CMD  = area between f and 1                                small: circuits do as the whole does

CPR rewards circuits that do more than the whole, CMD does not. Both areas are ratios of means over
cases, as f is, so their errors are those of f (see `_core/ratio`). Areas are sums of trapezoids
between f(0) = 0, the sizes that were asked, and f(n) = 1.

Source: Mueller et al. (2025), the Mechanistic Interpretability Benchmark. Ours: intervals.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.arguments import check_arguments
from whence._core.asking import check_free, order_of, worths
from whence._core.attribution import Attribution
from whence._core.errors import GameError, OptionError
from whence._core.game import Game
from whence._core.ratio import Ratios, ratios, vanishes
from whence._core.selection import Share
from whence._core.shaped import Float, Int
from whence._core.text import printable


@final
@dataclass(frozen=True, slots=True)
class Curve:
    """Faithfulness by size.

    Attributes:
        sizes: how many players were kept, from 0 to all.
        faithfulness: of the first so many, of the mean over cases.
        stderr: its standard error, over cases; NaN of a single case.
        cpr: the area under the curve over the share of players.
        cmd: the area between the curve and 1.
    """

    sizes: Int[np.ndarray, " sizes"]
    faithfulness: Float[np.ndarray, " sizes"]
    stderr: Float[np.ndarray, " sizes"]
    cpr: Share
    cmd: Share

    def smallest(self, faithfulness: float = 0.9) -> int:
        """The smallest size that was asked and reaches this much.

        Raises:
            OptionError: more than any size reaches.
        """
        reach = np.flatnonzero(self.faithfulness >= faithfulness - 1e-9)
        if not len(reach):
            raise OptionError(
                f"no size reaches {faithfulness!r}: the most is {self.faithfulness.max():.3g}"
            )
        return int(self.sizes[reach[0]])

    def __repr__(self) -> str:
        shown = np.unique(np.linspace(0, len(self.sizes) - 1, 7).round().astype(int))
        steps = " · ".join(f"{self.sizes[i]:,}: {self.faithfulness[i]:.3g}" for i in shown)
        areas = ", ".join(f"{name} {_said(one)}" for name, one in
                          (("CPR", self.cpr), ("CMD", self.cmd)))  # fmt: skip
        return printable(f"faithfulness of the first players\n{areas}\nby size: {steps}")


@check_arguments
def faithfulness_curve(
    game: Game,
    ranking: Attribution,
    sizes: Iterable[int] | None = None,
    *,
    by: str = "absolute",
) -> Curve:
    """How faithful circuits of a ladder of sizes are, that take players by a ranking.

    Args:
        game: what is asked; its first output is followed.
        ranking: an answer about the game's players.
        sizes: how many players are kept; by default 1, 2, 5, 10, 20, 50 and so on. 0 and all are
            always there, and cost nothing more.
        by: "absolute" takes the largest absolute values first, "value" the most helpful.

    Raises:
        OptionError: a size that is not there, or no such `by`.
        ResultError: a ranking of other players.
        GameError: everybody is worth what nobody is.
    """
    check_free(game)
    n = len(game.players)
    asked = _sizes(sizes, n)
    cases = np.arange(game.n_cases)
    ends = np.stack([np.zeros(n, bool), np.ones(n, bool)])
    empty, full = worths(game, ends, cases)[:, :, 0]  # case
    if vanishes(empty[:, None], full[:, None])[0]:
        raise GameError(
            f"everybody is worth {full.mean():.6g} and nobody {empty.mean():.6g}: no share of the "
            "difference is defined. Measure a behaviour that the players make a difference to."
        )
    sign = 1.0 if full.mean() > empty.mean() else -1.0
    order = order_of(ranking, game.players, by=by, sign=sign)
    place = np.empty(n, dtype=int)
    place[order] = np.arange(n)
    inner = worths(game, place[None] < np.array(asked[1:-1], dtype=int)[:, None], cases)[:, :, 0]
    gained = np.concatenate([empty[None], inner, full[None]]) - empty  # size, case
    return _curve(np.array(asked), gained.T, full - empty)


def _curve(
    sizes: Int[np.ndarray, " sizes"],
    gained: Float[np.ndarray, "cases sizes"],
    whole: Float[np.ndarray, " cases"],
) -> Curve:
    found = ratios(gained, np.broadcast_to(whole[:, None], gained.shape))
    weights = _trapezoids(sizes / sizes[-1])
    # |1 - f| is linear in f on either side of 1
    side = np.where(found.value > 1, -1.0, 1.0)
    apart = (whole[:, None] - gained) * side
    areas = ratios(np.stack([gained @ weights, apart @ weights], axis=1), np.stack([whole] * 2, 1))
    return Curve(sizes, found.value, found.stderr, _share(areas, 0), _share(areas, 1))


def _trapezoids(x: Float[np.ndarray, " points"]) -> Float[np.ndarray, " points"]:
    """Weights by which values at these points add up to the area."""
    gaps = np.diff(x)
    return np.asarray((np.append(gaps, 0.0) + np.append(0.0, gaps)) / 2)


def _share(found: Ratios, at: int) -> Share:
    low, high = found.ci()
    ends = float(low[at]), float(high[at])
    return Share(float(found.value[at]), float(found.stderr[at]), ends)


def _said(share: Share) -> str:
    low, high = share.ci
    within = f" [{low:.3g}, {high:.3g}]" if np.isfinite(low) else ""
    return f"{share.value:.3g}{within}"


def _sizes(given: Any, n: int) -> list[int]:
    """With 0 and all.

    >>> _sizes(None, 30)
    [0, 1, 2, 5, 10, 20, 30]
    """
    usual = [step * 10**k for k in range(len(str(n))) for step in (1, 2, 5)]
    wanted = [size for size in usual if size < n] if given is None else list(given)
    if not wanted and n > 1:
        raise OptionError("sizes are empty: leave them out, or give one such as 1")
    for size in wanted:
        whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
        if not (whole and 0 <= size <= n):
            raise OptionError(f"sizes lie between 0 and the {n} players; given {size!r}")
    return sorted({0, n, *(int(size) for size in wanted)})
