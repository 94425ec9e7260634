"""Tests of many predicates at once: does each hold as often in one set of rows as in another?

    p          Fisher's exact test of yes and no; of scores, permutations of who is in A
    effect     the difference of the means, with Newcombe's interval of two shares, or Welch's
    adjusted   by Benjamini and Hochberg: the expected share of false discoveries is at most `rate`
               if the p-values are independent or positively dependent; by Westfall and Young's
               step-down maxT: the chance of any false discovery is, whatever the dependence

Source: Newcombe (1998), method 10; Welch (1947); Benjamini and Hochberg (1995); Westfall and Young
(1993), algorithm 4.1.
"""

import numpy as np

from whence._core.keyed import uniforms
from whence._core.ranks import ranks
from whence._core.shaped import Bool, Float
from whence._core.student import quantile

_CELLS = 2**21  # of a block of permutations
_CHANCE = 23  # the stream of permutations
_SAME = 1e-9  # statistics that differ by less are equal
Row = Float[np.ndarray, " rows"]
Each = Float[np.ndarray, " predicates"]


def effect(score: Row, in_a: Bool[np.ndarray, " rows"], level: float) -> tuple[float, float, float]:
    """Mean in A less mean in B, and the ends of its interval."""
    a, b = score[in_a], score[~in_a]
    gap = float(a.mean() - b.mean())
    if yes_or_no(score):
        (low_a, high_a), (low_b, high_b) = (_wilson(float(s.mean()), len(s), level) for s in (a, b))
        down = np.hypot(a.mean() - low_a, high_b - b.mean())
        up = np.hypot(high_a - a.mean(), b.mean() - low_b)
        return gap, gap - float(down), gap + float(up)
    own = np.array([s.var(ddof=1) / len(s) for s in (a, b)])
    if own.sum() == 0:
        return gap, gap, gap
    free = own.sum() ** 2 / (own**2 / np.array([len(a) - 1, len(b) - 1])).sum()
    half = float(quantile(level, np.array([free]))[0]) * float(np.sqrt(own.sum()))
    return gap, gap - half, gap + half


def yes_or_no(score: Row) -> bool:
    """Whether a predicate holds or does not, and has no degrees."""
    return bool(((score == 0) | (score == 1)).all())


def _wilson(share: float, n: int, level: float) -> tuple[float, float]:
    z = float(quantile(level, np.array([1e9]))[0])
    middle, half = share + z**2 / (2 * n), z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)


def fisher(score: Row, in_a: Bool[np.ndarray, " rows"]) -> float:
    """Fisher's two-sided exact test: tables that are no likelier than this one.

    >>> round(fisher(np.array([1.0] * 5 + [0.0] * 5), np.array([True] * 5 + [False] * 5)), 4)
    0.0079
    """
    n, a, yes = len(score), int(in_a.sum()), int(score.sum())
    both = np.arange(max(0, a + yes - n), min(a, yes) + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])

    def comb(top: int, under: np.ndarray) -> np.ndarray:
        return np.asarray(logs[top] - logs[under] - logs[top - under])

    chance = np.exp(comb(yes, both) + comb(n - yes, a - both) - comb(n, np.array(a)))
    own = chance[int(score[in_a].sum()) - both[0]]
    return float(min(chance[chance <= own * (1 + 1e-7)].sum(), 1.0))


def verified(
    scores: Float[np.ndarray, "rows predicates"],
    in_a: Bool[np.ndarray, " rows"],
    *,
    family_wise: bool,
    permutations: int,
    seed: int,
) -> tuple[Each, Each]:
    """p-values, and p-values adjusted for there being many.

    Args:
        scores: each predicate's, 0 or 1 where it has no degrees.
        in_a: which rows are A's.
        family_wise: adjusted by Westfall and Young, otherwise by Benjamini and Hochberg.
        permutations: how often A and B are drawn anew.
        seed: of the draws.
    """
    degrees = [not yes_or_no(column) for column in scores.T]
    p, jointly = np.ones(scores.shape[1]), None
    if family_wise or any(degrees):
        p, jointly = _permuted(scores, in_a, permutations, seed)
    for j in np.flatnonzero(~np.array(degrees)):
        p[j] = fisher(scores[:, j], in_a)
    return p, (jointly if family_wise and jointly is not None else benjamini_hochberg(p))


def _permuted(
    scores: Float[np.ndarray, "rows predicates"],
    in_a: Bool[np.ndarray, " rows"],
    permutations: int,
    seed: int,
) -> tuple[Each, Each]:
    """Each predicate's p-value by permutations of its ranks, and the step-down maxT's."""
    centred = ranks(scores)
    centred -= centred.mean(axis=0)
    scale = np.sqrt((centred**2).sum(axis=0))
    centred = np.divide(centred, scale, out=np.zeros_like(centred), where=scale > 0)
    own = np.abs(in_a.astype(float) @ centred)
    order = np.argsort(-own, kind="stable")
    beyond, above = np.zeros(len(own)), np.zeros(len(own))
    n, size = len(in_a), max(_CELLS // len(in_a), 1)
    for first in range(0, permutations, size):
        chance = uniforms(n, _CHANCE, seed, np.arange(first, min(first + size, permutations)))
        drawn = np.argsort(chance, axis=1)[:, : int(in_a.sum())]
        stay = np.zeros(chance.shape)
        np.put_along_axis(stay, drawn, 1.0, axis=1)
        found = np.abs(stay @ centred)
        beyond += (found >= own - _SAME).sum(axis=0)
        largest = np.maximum.accumulate(found[:, order[::-1]], axis=1)[:, ::-1]
        above += (largest >= own[order] - _SAME).sum(axis=0)
    stepped = np.maximum.accumulate((above + 1) / (permutations + 1))
    jointly = np.empty_like(stepped)
    jointly[order] = stepped
    return (beyond + 1) / (permutations + 1), jointly


def benjamini_hochberg(p: Each) -> Each:
    """Adjusted p-values: the smallest rate at which each is a discovery.

    >>> benjamini_hochberg(np.array([0.01, 0.02, 0.9])).tolist()
    [0.03, 0.03, 0.9]
    """
    order = np.argsort(p, kind="stable")[::-1]
    places = np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.minimum.accumulate(p[order] * len(p) / places), 1.0)
    return adjusted
