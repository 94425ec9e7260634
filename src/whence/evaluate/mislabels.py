"""Does a score of training rows find the rows whose labels are wrong?

    AUC = P(a random planted row is more suspect than a random other) + 1/2 P(they tie)

Its variance, and that of its difference from another score's on the same rows, is DeLong's: with
V(i) the share of other rows that planted row i beats, and W(j) the share of planted rows that beat
row j,    Cov(AUC, AUC') = Cov_i(V, V') / planted + Cov_j(W, W') / others.

Intervals are taken on the log-odds of the AUC, so that they stay within 0 and 1; where no row is
out of place that variance is 0, and the end is that of a binomial of as many rows as were planted.

Source: DeLong, DeLong & Clarke-Pearson (1988); ties as Hanley & McNeil (1982). A plain loss finds
wrong labels about as well as self-influence does, so plain scores belong beside the score.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from whence._core.arguments import check_arguments
from whence._core.attribution import Attribution
from whence._core.certificate import Certificate
from whence._core.errors import OptionError, ResultError
from whence._core.figures import figures
from whence._core.ranks import ranks
from whence._core.shaped import Bool, Float
from whence._core.student import normal

_LEVEL = 0.95
_NONE: Mapping[str, Any] = MappingProxyType({})


@check_arguments
def mislabels(
    scores: Any, planted: Any, *, suspect: str = "low", baselines: Mapping[str, Any] = _NONE
) -> Certificate:
    """How well a score tells planted rows from the others.

    Args:
        scores: an Attribution of training rows (of several cases their mean), or float [rows].
        planted: bool [rows], in the same order, or the names of the planted players.
        suspect: which rows are suspected: those with "low" values (rows that lower what is
            measured), or with "high" ones (of the loss, self-influence, memorisation).
        baselines: plain scores by name, float [rows] or an Attribution; high ones are suspected.

    Returns:
        "mislabels", with the `AUC` and those of the baselines, with intervals, and as its table by
        how much it is above each. It holds where it is above 1/2 and above every baseline, beyond
        the intervals.

    Raises:
        OptionError: nobody planted, everybody, or another number of rows.
        ResultError: an answer with several outputs.

    Source: DeLong et al. (1988).
    """
    if suspect not in {"low", "high"}:
        raise OptionError(f"suspect is 'low' or 'high'; given {suspect!r}")
    own = _scores(scores, "scores")
    wrong = _planted(planted, scores, len(own))
    every = {"AUC": own if suspect == "high" else -own}
    every |= {
        str(name): _scores(given, f"the baseline {name!r}") for name, given in baselines.items()
    }
    for name, given in every.items():
        if len(given) != len(wrong):
            raise OptionError(f"{name} has {len(given):,} rows, and planted {len(wrong):,}")
    inside, outside = _placements(np.stack(list(every.values())), wrong)
    value = inside.mean(axis=1)
    spread = _covariance(inside) + _covariance(outside)
    few = min(inside.shape[1], outside.shape[1])
    ends = [_ends(v, e, few) for v, e in zip(value, np.sqrt(np.diag(spread)), strict=True)]
    return _judged(list(every), value, spread, ends, wrong)


def _judged(
    names: list[str],
    value: Float[np.ndarray, " scores"],
    spread: Float[np.ndarray, "scores scores"],
    ends: list[tuple[float, float]],
    wrong: Bool[np.ndarray, " rows"],
) -> Certificate:
    z = -normal((1 - _LEVEL) / 2)
    less = value[0] - value[1:]
    each = spread[0, 0] + np.diag(spread)[1:] - 2 * spread[0, 1:]
    half = z * np.sqrt(np.maximum(each, 0))
    beaten = less - half > 0
    tied = [name for name, won in zip(names[1:], beaten, strict=True) if not won]
    beside = (
        ""
        if not len(less)
        else f"; not above {', '.join(tied)}"
        if tied
        else "; above all beside it"
    )
    low, high = ends[0]
    return Certificate(
        "mislabels",
        bool(low > 0.5 and beaten.all()),
        f"AUC {value[0]:.3f} [{low:.3f}, {high:.3f}] at finding {int(wrong.sum()):,} planted rows "
        f"among {len(wrong):,}{beside}",
        {**dict(zip(names, value.tolist(), strict=True)), "planted": float(wrong.sum()),
         "rows": float(len(wrong))},
        dict(zip(names, ends, strict=True)),
        {
            "baseline": tuple(names[1:]),
            "AUC": tuple(value[1:].tolist()),
            "less": tuple(less.tolist()),
            "less low": tuple((less - half).tolist()),
            "less high": tuple((less + half).tolist()),
        },
    )  # fmt: skip


def _scores(given: Any, what: str) -> Float[np.ndarray, " rows"]:
    if isinstance(given, Attribution):
        if given.values.shape[1] != 1:
            raise ResultError(f"{what} has several outputs: choose one with select(output=...)")
        given = given.values[:, 0].mean(axis=0)
    array = figures(given, what, "[rows]")
    if array.ndim != 1:
        raise OptionError(f"{what} has shape {array.shape}: give one number for each row")
    return array


def _planted(planted: Any, scores: Any, rows: int) -> Bool[np.ndarray, " rows"]:
    given = np.asarray(planted)
    if given.ndim == 1 and given.dtype.kind in "UO" and isinstance(scores, Attribution):
        at = [scores.players.index(str(name)) for name in given.tolist()]
        given = np.isin(np.arange(rows), at)
    if given.dtype != bool or given.shape != (rows,):
        raise OptionError(
            f"planted is bool [{rows:,}], or names of players of an Attribution; given "
            f"{given.dtype} of shape {given.shape}"
        )
    if given.all() or not given.any():
        raise OptionError("planted marks no row, or all of them: there is nothing to tell apart")
    return given


def _placements(
    scores: Float[np.ndarray, "scores rows"], wrong: Bool[np.ndarray, " rows"]
) -> tuple[Float[np.ndarray, "scores planted"], Float[np.ndarray, "scores others"]]:
    """Of each planted row the share of others it beats; of each other, of planted that beat it."""
    every = ranks(scores.T).T
    own, other = ranks(scores[:, wrong].T).T, ranks(scores[:, ~wrong].T).T
    m, n = int(wrong.sum()), int((~wrong).sum())
    return (every[:, wrong] - own) / n, 1 - (every[:, ~wrong] - other) / m


def _covariance(x: Float[np.ndarray, "scores rows"]) -> Float[np.ndarray, "scores scores"]:
    """Of the means."""
    if x.shape[1] < 2:
        return np.full((len(x), len(x)), np.nan)
    return np.asarray(np.atleast_2d(np.cov(x)) / x.shape[1])


def _ends(value: float, stderr: float, few: int) -> tuple[float, float]:
    if np.isnan(stderr):
        return 0.0, 1.0  # one row was planted, or one was not: nothing is known of chance
    if 0 < value < 1 and stderr > 0:
        odds = np.log(value / (1 - value))
        half = -normal((1 - _LEVEL) / 2) * stderr / (value * (1 - value))
        low, high = 1 / (1 + np.exp(-(odds + np.array([-half, half]))))
        return float(low), float(high)
    edge = ((1 - _LEVEL) / 2) ** (1 / few)
    return (edge, 1.0) if value == 1 else (0.0, 1 - edge) if value == 0 else (value, value)
