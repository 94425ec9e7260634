"""Whether before can speak for after: what weights are worth, what they leave, what they balance.

    ESS = (sum w)^2 / sum w^2

is how many rows of equal weight would say as much. Under a floor the answer would rest on a handful
of rows: it is refused, by mechanism and by value.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from whence._core.certificate import Certificate
from whence._core.errors import OverlapError
from whence._core.shaped import Bool, Float
from whence._core.student import quantile
from whence.games.shifts.balance import Balance
from whence.games.shifts.columns import Shared

if TYPE_CHECKING:
    from whence.games.shifts.mechanisms import MechanismShift

_NEAR = 0.1  # of the change: an unexplained gap that small is no failure, however sure it is
_HEAVY = 0.7
_NAMED = 3


def effective(w: Float[np.ndarray, " rows"]) -> float:
    """How many rows of equal weight would say as much.

    >>> effective(np.array([1.0, 1.0, 0.0]))
    2.0
    """
    return float(w.sum() ** 2 / max((w**2).sum(), 1e-300))


def tail(w: Float[np.ndarray, " rows"]) -> float:
    """How heavy the tail of weights is: the shape k of a Pareto law for the largest of them.

    Above 0.7 a weighted mean is not to be trusted, nor is its error (Vehtari et al. 2024). The
    estimator is Zhang and Stephens' (2009), with the prior of the former for short tails.
    """
    many = int(min(0.2 * len(w), 3 * len(w) ** 0.5))
    ranked = np.sort(w)
    x = ranked[-many:] - ranked[-many - 1]
    x = x[x > 1e-12 * ranked[-1]]
    n = len(x)
    if n < 10 or np.ptp(x) <= 1e-9 * x[-1]:
        return 0.0
    grid = 30 + int(n**0.5)
    b = (1 - (grid / (np.arange(1, grid + 1) - 0.5)) ** 0.5) / 3 / x[int(n / 4 + 0.5) - 1] + 1 / x[
        -1
    ]
    k = np.log1p(-b[:, None] * x).mean(axis=1)
    score = n * (np.log(-b / k) - k - 1)
    weight = np.exp(score - score.max())
    best = float((b * weight).sum() / weight.sum())
    shape = float(np.log1p(-best * x).mean())
    return (n * shape + 10 * 0.5) / (n + 10)


def alone(game: "MechanismShift") -> dict[str, float]:
    """The effective sample size of each mechanism alone."""
    return {
        name: effective(game.law.weights(one)[:, 0])
        for name, one in zip(game.players.names, np.eye(len(game.players), dtype=bool), strict=True)
    }


def refuse_thin(game: "MechanismShift") -> None:
    """Refuse a mechanism, or all of them together, whose weights rest on too few rows.

    Raises:
        OverlapError: which, and where after's rows are that before hardly has.
    """
    for player, (name, size) in enumerate(alone(game).items()):
        if size < game.floor:
            _refuse(game, name, size, game.law.columns(player))
    whole = np.ones(len(game.players), bool)
    size = effective(game.law.weights(whole)[:, 0])
    if size < game.floor:
        _refuse(game, "all mechanisms together", size, tuple(game.evidence.columns))


def refuse_coalition(
    game: "MechanismShift", coalition: Bool[np.ndarray, " players"], w: Float[np.ndarray, " rows"]
) -> None:
    """Refuse a coalition whose weights rest on too few rows.

    Raises:
        OverlapError: which.
    """
    size = effective(w)
    if size < game.floor:
        present = [n for n, stays in zip(game.players.names, coalition, strict=True) if stays]
        at = np.flatnonzero(coalition)
        names = dict.fromkeys(c for player in at for c in game.law.columns(int(player)))
        _refuse(game, " with ".join(present), size, tuple(names))


def _refuse(game: "MechanismShift", who: str, size: float, names: tuple[str, ...]) -> None:
    own = game.evidence
    after = own.problem.after > 0
    told = sorted((_strange(own.columns[n], after) for n in names), reverse=True)[:_NAMED]
    raise OverlapError(
        f"refused: the effective sample of {who} is {size:.0f} of {own.sizes[0]:,} rows of before, "
        f"under the floor of {game.floor:g}: an answer would rest on a handful of rows. Hardly "
        f"seen before: {'; '.join(words for _, words in told)}. Ask about rows that both have, or "
        "gather more of them before."
    )


def _strange(column: Shared, after: Bool[np.ndarray, " rows"]) -> tuple[float, str]:
    """How far after is from before in one column, and where."""
    if column.numbers is None:
        many = len(column.levels)
        old, new = (np.bincount(column.codes[rows], minlength=many) for rows in (~after, after))
        ratio = (new / new.sum()) / (np.maximum(old, 0.5) / old.sum())
        worst = int(np.argmax(np.where(new > 0, ratio, 0)))
        words = (
            f"{column.name}={column.levels[worst]!r} ({old[worst]:,} rows before, "
            f"{new[worst]:,} after)"
        )
        return float(ratio[worst]), words
    were, are = column.numbers[~after], column.numbers[after]
    edges = np.unique(np.quantile(are, np.linspace(0, 1, 11)))
    place = np.asarray(np.searchsorted(edges[1:-1], np.r_[were, are], side="right"))
    many = len(edges)
    counts = [
        np.bincount(place[: len(were)], minlength=many),
        np.bincount(place[len(were) :], minlength=many),
    ]
    ratio = (counts[1] / len(are)) / (np.maximum(counts[0], 0.5) / len(were))
    worst = int(np.argmax(np.where(counts[1] > 0, ratio, 0)))
    top = edges[min(worst + 1, len(edges) - 1)]
    words = (
        f"{column.name} from {edges[worst]:.4g} to {top:.4g} ({counts[0][worst]:,} rows before, "
        f"{counts[1][worst]:,} after)"
    )
    return float(ratio[worst]), words


def jackknife(each: Float[np.ndarray, " replicates"]) -> tuple[float, tuple[float, float]]:
    """A number and its 95 % interval, from all rows and from leaving each group out."""
    k = len(each) - 1
    error = float(np.sqrt((k - 1) * each[1:].var()))
    half = float(quantile(0.95, np.array([k - 1.0]))[0]) * error
    value = float(each[0])
    return value, (value - half, value + half)


def certificates(game: "MechanismShift") -> tuple[Certificate, ...]:
    """Overlap, the unexplained gap, and for balancing weights how well they balance."""
    found = [_overlap(game), _gap(game)]
    if isinstance(game.weigher, Balance):
        found.append(_balance(game.weigher))
    return tuple(found)


def _overlap(game: "MechanismShift") -> Certificate:
    own, sizes = game.evidence, alone(game)
    weights = game.law.weights(np.ones(len(game.players), bool))[:, 0]
    whole, heavy = effective(weights), tail(weights)
    least = min(sizes, key=lambda name: sizes[name])
    unseen = max([own.unseen, *game.weigher.unseen.values()])
    clipped = max(game.weigher.clipped.values(), default=0.0)
    words = (
        f"weights are worth {whole:,.0f} of {own.sizes[0]:,} rows with all mechanisms, and at "
        f"least {sizes[least]:,.0f} with one ({least}); the floor is {game.floor:g}"
    )
    words += f"; up to {100 * unseen:.2g} % of rows have values the other never has" * (unseen > 0)
    words += f"; {100 * clipped:.2g} % of a mechanism's ratios are clipped" * (clipped > 0)
    if heavy > _HEAVY:
        words += (
            f"; but the largest weights have so heavy a tail (Pareto shape {heavy:.2f}, above "
            f"{_HEAVY}) that means and intervals miss what the rarest rows would say"
        )
    how = [game.weigher.words.get(name, "margins balanced") for name in sizes]
    return Certificate(
        "overlap",
        heavy <= _HEAVY,
        words,
        {
            "effective sample": whole,
            "rows": own.sizes[0],
            "tail": heavy,
            "unseen": unseen,
            "clipped": clipped,
        },
        table={
            "mechanism": tuple(sizes),
            "effective sample": tuple(round(s, 1) for s in sizes.values()),
            "weights": tuple(how),
        },
    )


def _gap(game: "MechanismShift") -> Certificate:
    before, after = game.measured()
    gap, (low, high) = jackknife(after - game.explained())
    change = float(after[0] - before[0])
    nothing, small = low <= 0 <= high, abs(gap) <= _NEAR * abs(change)
    size = f"{gap:+.4f} [{low:+.4f}, {high:+.4f}]"
    unit = game.question.unit
    if nothing or small:
        words = f"of a change of {change:+.4f} {unit}, {size} is not explained by the mechanisms"
    else:
        words = (
            f"of a change of {change:+.4f} {unit}, {size} is explained by no mechanism: the ratios "
            "do not reach all of it, and the values are of the rest"
        )
    numbers: dict[str, Any] = {
        "gap_unexplained": gap,
        "measured before": float(before[0]),
        "measured after": float(after[0]),
        "explained": float(game.explained()[0]),
    }
    return Certificate(
        "unexplained gap", nothing or small, words, numbers, {"gap_unexplained": (low, high)}
    )


def _balance(weigher: Balance) -> Certificate:
    worst = max(weigher.left, key=lambda name: weigher.left[name])
    words = (
        f"the weighted means of features are within {weigher.left[worst]:.2g} of their targets "
        f"({worst}): the bias of the mean of any function in the unit ball of the features is at "
        "most that"
    )
    return Certificate(
        "balance",
        weigher.left[worst] < _LEFT,
        words,
        {"attained IPM": weigher.left[worst]},
        table={"mechanism": tuple(weigher.left), "attained IPM": tuple(weigher.left.values())},
    )


_LEFT = 0.1  # standard deviations of the features, together
