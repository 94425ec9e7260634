"""Does a cheap estimate agree with the exact values of the players that were asked exactly?

Of k players, with estimates e and exact values x (means over the cases, where there are several):

    slope   sum(e x) / sum(e^2): what one unit of the estimate is really worth; 1 is calibrated
    rank    Spearman's correlation; NaN of fewer than three players, or where all are equal
    sign    the share with the right sign, of those with |x| > negligible * max |x|
    worst   max |x - e| / max |x|

Our own choice of figures: a slope alone hides a sign that is wrong on the largest player, a rank
alone hides the scale, and both look well where one player of a hundred is badly missed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from .arguments import check_arguments
from .certificate import Certificate
from .errors import OptionError, some
from .figures import figures
from .players import Players, listed
from .ranks import ranked
from .shaped import Float
from .student import quantile

_FEW = 3  # players; fewer have no order to speak of


@final
@dataclass(frozen=True, slots=True)
class _Against:
    """Estimates against exact values, by player."""

    names: tuple[str, ...]
    estimate: Float[np.ndarray, " players"]
    exact: Float[np.ndarray, " players"]
    negligible: float

    @property
    def scale(self) -> float:
        return float(np.abs(self.exact).max())

    @property
    def misses(self) -> np.ndarray:
        """|exact - estimate| in units of the largest exact value; infinite where there is none."""
        miss = np.abs(self.exact - self.estimate)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(miss == 0, 0.0, miss / self.scale))

    @property
    def matters(self) -> np.ndarray:
        return np.asarray(np.abs(self.exact) > self.negligible * self.scale)

    @property
    def disordered(self) -> bool:
        """Two players whose exact values are told apart stand in the wrong order."""
        ahead = self.estimate[:, None] < self.estimate
        behind = self.exact[:, None] - self.exact
        return bool((behind[ahead] > self.negligible * self.scale).any())

    @property
    def wrong(self) -> list[int]:
        """Positions of players whose sign is wrong, the largest first."""
        at = np.flatnonzero(self.matters & (self.exact * self.estimate <= 0))
        order = np.argsort(-np.abs(self.exact[at]), kind="stable")
        return [int(i) for i in at[order]]

    def said(self, player: int) -> str:
        """One player: "'a' (-0.9 against +4.31 exact)"."""
        pair = f"({self.estimate[player]:+.3g} against {self.exact[player]:+.3g} exact)"
        return f"{self.names[player]!r} {pair}"


@check_arguments
def calibration(
    players: Players | Iterable[str],
    estimate: Any,
    exact: Any,
    *,
    negligible: float = 0.05,
    rank: float = 0.8,
    miss: float = 0.5,
) -> Certificate:
    """Whether estimates have the sign, the order and the size of the exact values.

    It passes when every sign is right, the rank agreement is at least `rank` (or only players of
    nearly equal values change places), and no player is missed by more than `miss` of the largest.

    Args:
        players: who was asked exactly.
        estimate: float [players] or [cases, players].
        exact: float [players] or [cases, players], in the same unit. Several cases give the slope
            an interval, by Student's t over the cases.
        negligible: players below this share of the largest exact value need not have its sign, nor
            need players whose values differ by less be in order.
        rank: the least Spearman correlation.
        miss: the largest miss, as a share of the largest exact value. Half by default: an estimate
            that is off by more may put any two players in the wrong order.

    Returns:
        "calibration", with `slope`, `rank`, `sign`, `worst` and `checked` (how many players), and
        a table of the players. Not judged where both are zero throughout.

    Raises:
        OptionError: nobody, shapes that do not fit, or numbers that are not finite.

    >>> print(calibration(("a", "b", "c"), [1.0, 0.5, 0.0], [1.1, 0.4, 0.0]).words)
    3 players asked exactly: every sign is right, the order agrees at 1.00, and the largest miss \
is 9.1 % of the largest exact value, on 'a' (+1 against +1.1 exact)
    """
    names = players.names if isinstance(players, Players) else tuple(listed(players, "players"))
    cases = _rows(exact, "exact", names)
    found = _Against(
        names, _rows(estimate, "estimate", names).mean(axis=0), cases.mean(axis=0), negligible
    )
    slope, interval = _slope(found, cases)
    order, worst = spearman(found.estimate, found.exact), float(found.misses.max())
    sign = 1 - len(found.wrong) / max(int(found.matters.sum()), 1)
    failed = _failures(found, order, rank, miss)
    nothing = not found.scale and not np.abs(found.estimate).any()
    table: dict[str, tuple[object, ...]] = {
        "players": names,
        "estimate": tuple(found.estimate.tolist()),
        "exact": tuple(found.exact.tolist()),
    }
    if len(cases) > 1:
        table["stderr"] = tuple((cases.std(axis=0, ddof=1) / np.sqrt(len(cases))).tolist())
    return Certificate(
        "calibration",
        None if nothing else not failed,
        _words(found, order, failed, nothing=nothing),
        {"slope": slope, "rank": order, "sign": sign, "worst": worst, "checked": float(len(names))},
        interval,
        table,
    )


def _rows(given: Any, name: str, names: tuple[str, ...]) -> Float[np.ndarray, "cases players"]:
    array = figures(given, name, "[players] or [cases, players]")
    rows = array[None] if array.ndim == 1 else array
    if not names or rows.ndim != 2 or rows.shape[1] != len(names) or not len(rows):
        raise OptionError(
            f"{name} of shape {array.shape} for {len(names)} players: calibration takes one number "
            "for each player who was asked exactly, [players] or [cases, players]"
        )
    return rows


def _slope(
    found: _Against, cases: Float[np.ndarray, "cases players"]
) -> tuple[float, dict[str, tuple[float, float]]]:
    """It is linear in the exact values, so the slope is the mean of the slopes of the cases."""
    squares = float(found.estimate @ found.estimate)
    if not squares:
        return np.nan, {}
    each = cases @ found.estimate / squares
    slope, n = float(each.mean()), len(each)
    if n < 2:
        return slope, {}
    half = float(quantile(0.95, np.array([n - 1.0]))[0] * each.std(ddof=1) / np.sqrt(n))
    return slope, {"slope": (slope - half, slope + half)}


def spearman(a: Float[np.ndarray, " n"], b: Float[np.ndarray, " n"]) -> float:
    """The correlation of ranks, ties sharing theirs; NaN where there is no order to compare.

    >>> spearman(np.array([1.0, 2.0, 9.0]), np.array([0.1, 0.2, 0.3]))
    1.0
    """
    left, right = (ranked(x) - (len(x) - 1) / 2 for x in (a, b))
    spread = float(np.sqrt((left @ left) * (right @ right)))
    return float(left @ right) / spread if len(a) >= _FEW and spread else np.nan


def _failures(found: _Against, order: float, rank: float, miss: float) -> list[str]:
    said, wrong = [], found.wrong
    if wrong:
        more = f" and on {some((found.names[i] for i in wrong[1:]), 3)}" if len(wrong) > 1 else ""
        said.append(f"wrong sign on {found.said(wrong[0])}{more}")
    # never true of NaN: an order that cannot be judged is no failure; nor is one among near-ties
    if order < rank and found.disordered:
        said.append(f"the order agrees at only {order:.2f}")
    worst = int(found.misses.argmax())
    if found.misses[worst] > miss:
        share = 100 * found.misses[worst]
        size = f"by {share:.0f} % of the largest exact value" if found.scale else "where all are 0"
        who = found.said(worst)
        said.append(f"it misses {who} {size}")
    return said


def _words(found: _Against, order: float, failed: list[str], *, nothing: bool) -> str:
    count = len(found.names)
    asked = f"{count:,} player{'s' if count > 1 else ''} asked exactly"
    if nothing:
        return f"{asked}: all estimates and all exact values are 0, so there is nothing to compare"
    if failed:
        return f"{asked}: {'; '.join(failed)}"
    agrees = f"the order agrees at {order:.2f}" if np.isfinite(order) else "the order is not judged"
    worst = int(found.misses.argmax())
    share = round(100 * float(found.misses[worst]), 6)  # rounding of the arithmetic is no miss
    return (
        f"{asked}: every sign is right, {agrees}, and the largest miss is {share:.2g} % of the "
        f"largest exact value, on {found.said(worst)}"
    )
