"""Whether before can speak for after: what weights are worth, what they leave, what they balance.

    ESS = (sum w)^2 / sum w^2

is how many rows of equal weight would say as much. Under a floor the answer would rest on a handful
of rows: such a mechanism is measured by difference, and the certificate says so.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from whence._core.certificate import Certificate
from whence._core.shaped import Float
from whence._core.student import quantile
from whence.games.shifts.balance import Balance
from whence.games.shifts.mixture import Mixture

if TYPE_CHECKING:
    from whence.games.shifts.mechanisms import MechanismShift

_NEAR = 0.1  # of the change: an unexplained gap that small is no failure, however sure it is
_NOISE = 0.25  # of the width of the change's own interval: about its standard error
_HEAVY = 0.5  # the shape from which on a weighted mean has no variance
_MUCH = 0.08  # of all weight: of a Pareto law of that shape the largest hundredth has 0.1
_MOST = 0.15  # of what rows bring: of the squares of Gaussian errors it has 0.085
_BEYOND = 0.05  # of rows that a mechanism is told of by what other rows suggest
_UNSEEN = 0.01  # of rows with values together that only one data set has


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


def sizes(mixture: Mixture) -> dict[str, float]:
    """The effective sample of each mechanism alone, and of all together."""
    if mixture.law is None:
        return {}
    names = mixture.law.players.names
    found = {
        name: effective(mixture.weights(one)[:, 0])
        for name, one in zip(names, np.eye(len(names), dtype=bool), strict=True)
    }
    return found | {EVERYBODY: effective(mixture.weights(np.ones(len(names), bool))[:, 0])}


def thin(mixture: Mixture, sizes: dict[str, float], floor: float) -> dict[str, float]:
    """Mechanisms whose weights rest on too few rows, alone or all together, with how many.

    All together are then those that are left; what they are worth is put in `sizes`.
    """
    if mixture.law is None:
        return {}
    names = mixture.law.players.names
    found = {name: sizes[name] for name in names if sizes[name] < floor}
    rest = np.array([name not in found for name in names])
    sizes[EVERYBODY] = effective(mixture.weights(rest)[:, 0])
    while sizes[EVERYBODY] < floor and rest.any():
        without = {
            i: effective(mixture.weights(_less(rest, i))[:, 0])
            for i in np.flatnonzero(rest).tolist()
        }
        worst = max(without, key=lambda i: without[i])
        found[names[worst]] = sizes[EVERYBODY]
        rest, sizes[EVERYBODY] = _less(rest, worst), without[worst]
    return found


def _less(present: np.ndarray, player: int) -> np.ndarray:
    found = present.copy()
    found[player] = False
    return found


def heaviest(game: "MechanismShift") -> float:
    """The largest Pareto shape of what rows bring, over mechanisms alone, absent, and all."""
    many = len(game.roles.weighed)
    if not many:
        return 0.0
    one = np.eye(many, dtype=bool)
    each, shapes = game.known.metric.each, [0.0]
    for present in np.unique(np.concatenate([one, ~one, np.ones((1, many), bool)]), axis=0):
        full = np.zeros(len(game.players), bool)
        full[:many] = present
        w = game.mixture.weights(game.roles.of_law(full))[:, 0]
        if _of_the_largest(w) > _MUCH:
            shapes.append(tail(w))
        brought = w if each is None else w * np.abs(each - w @ each)
        shapes += [tail(x) for x in _alike(brought, each) if _of_the_largest(x) > _MOST]
    return max(shapes)


def _alike(
    brought: Float[np.ndarray, " rows"], each: Float[np.ndarray, " rows"] | None
) -> list[Float[np.ndarray, " some"]]:
    """What rows bring; right and wrong rows apart, since few that are wrong are no tail."""
    kinds = np.unique(each) if each is not None else np.empty(0)
    return [brought[each == kind] for kind in kinds] if len(kinds) == 2 else [brought]


def _of_the_largest(x: Float[np.ndarray, " rows"]) -> float:
    """What the largest hundredth has of the sum."""
    many = max(len(x) // 100, 1)
    return float(np.partition(x, -many)[-many:].sum() / max(x.sum(), 1e-300))


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
    if isinstance(game.weigher, Balance) and game.weigher.left:
        found.append(_balance(game.weigher))
    return tuple(found)


def _overlap(game: "MechanismShift") -> Certificate:
    own, sizes, weigher = game.evidence, game.sizes, game.weigher
    alone = {name: size for name, size in sizes.items() if name not in game.thin}
    whole = alone.pop(EVERYBODY, float("nan"))
    rows = sum(own.sizes)
    heavy = heaviest(game)
    unseen, gone, far, clipped = (
        max(each.values(), default=0.0)
        for each in (weigher.unseen, weigher.gone, weigher.far, weigher.clipped)
    )
    words = "before's rows, and after's, are measured as they are"
    if alone:
        least = min(alone, key=lambda name: alone[name])
        words = (
            f"weights are worth {whole:,.0f} of {rows:,} rows with all mechanisms, and at least "
            f"{alone[least]:,.0f} with one ({least}); the floor is {game.floor:g}"
        )
    faults = [
        *_of_new(game),
        f"the largest weights have so heavy a tail (Pareto shape {heavy:.2f}, above {_HEAVY}) that "
        "means and intervals miss what the rarest rows would say" * (heavy > _HEAVY),
        f"{100 * far:.2g} % of after's rows have values together that before next to never has: "
        "what was said of them before is extrapolated" * (far > _BEYOND),
        f"{100 * unseen:.2g} % of after's rows have values together that before never has"
        * (unseen > _UNSEEN),
        f"{100 * gone:.2g} % of before's rows have values that after never has: what became of "
        "them cannot be told, and they count as they were" * (gone > _UNSEEN),
    ]
    said = [fault for fault in faults if fault]
    said += [f"{100 * clipped:.2g} % of a mechanism's ratios are clipped"] * (clipped > 0)
    said += _sampled(game)
    return Certificate(
        "overlap",
        not any(faults),
        "; ".join([words, *said]),
        {
            "effective sample": whole,
            "rows": rows,
            "tail": heavy,
            "unseen": max(unseen, *(new.share for new in own.novelty.cut), 0.0),
            "clipped": clipped,
        },
        table={
            "mechanism": game.players.names,
            "effective sample": tuple(round(alone.get(n, np.nan), 1) for n in game.players.names),
            "weights": _ways(game),
        },
    )


def _ways(game: "MechanismShift") -> tuple[str, ...]:
    """How each player is had."""
    roles, names = game.roles, game.players.names
    own = [game.weigher.words.get(n, "margins balanced") for n in names[: len(roles.weighed)]]
    cut, rest = ["rows come back"] * len(roles.cut), ["by difference"] * len(roles.last())
    return (*own, *cut, *rest)


EVERYBODY = "all mechanisms"


def _of_new(game: "MechanismShift") -> list[str]:
    """What before cannot speak for, and what is done about it."""
    own, told = game.evidence, []
    told += [
        f"{new.called} ({new.words}) are measured over rows alike without them"
        for new in own.novelty.cut
    ]
    told += [
        f"{new.called} ({new.words}) are measured by difference, after all others"
        for new in own.novelty.aside
    ]
    told += [
        f"{name} is measured by difference: weights for it would be worth {size:,.0f} rows"
        for name, size in game.thin.items()
    ]
    if own.failed:
        told.append(f"the model fails on rows of after, and nothing is said of them: {own.failed}")
    return told


def _sampled(game: "MechanismShift") -> list[str]:
    own = game.evidence
    told = [
        f"the model's answers do not depend on the new values of {new.column} ({new.words})"
        for new in own.novelty.inert
    ]
    if own.sizes != own.total:
        told.append(
            f"{own.sizes[0]:,} of {own.total[0]:,} rows of before and {own.sizes[1]:,} of "
            f"{own.total[1]:,} of after were weighed, taken at random: intervals include that"
        )
    return told


def _gap(game: "MechanismShift") -> Certificate:
    before, after = game.measured()
    gap, (low, high) = jackknife(after - game.explained())
    change, (least, most) = jackknife(after - before)
    small = abs(gap) <= max(_NEAR * abs(change), _NOISE * (most - least))
    nothing = low <= 0 <= high
    size = f"{gap:+.4f} [{low:+.4f}, {high:+.4f}]"
    unit = game.question.unit
    holds: bool | None = nothing or small
    if game.roles.by_difference:
        holds = None
        words = (
            f"of a change of {change:+.4f} {unit}, {game.players.names[-1]} has what is left of "
            "the others: nothing can stay unexplained"
        )
    elif holds:
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
        "change": change,
        "explained": float(game.explained()[0]),
    }
    return Certificate(
        "unexplained gap",
        holds,
        words,
        numbers,
        {"gap_unexplained": (low, high), "change": (least, most)},
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
