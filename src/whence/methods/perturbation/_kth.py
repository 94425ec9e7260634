"""Where the k-th of a coalition stands: the chances by which neighbours come to vote.

Let S be drawn from m ordered players as a semivalue of m + 1 players weighs it. Then

    kth[l - 1] = P(the k-th member of S stands at place l),   l = 1 .. m
    few[s]     = P(|S| = s),                                  s = 0 .. min(k, m + 1) - 1

Shapley values mix, over a uniform p, coalitions in which each stays with chance p; so that

    kth = C(l-1, k-1) integral of p^k (1-p)^(l-k) dp = k / (l (l + 1)),

whatever m is. The others: the same for a fixed p (negative binomial), and for p by a Beta law.
A semivalue of nobody's list is summed over the sizes of S (negative hypergeometric).
"""

from dataclasses import dataclass
from math import log
from typing import final

import numpy as np

from whence._core.errors import UnsupportedGameError
from whence._core.index import (
    Banzhaf,
    BetaShapley,
    FirstIn,
    LeaveOneOut,
    LinearSurrogate,
    Semivalue,
    Shapley,
    log_comb,
    log_rising,
)
from whence._core.shaped import Float

_MOST = 1000  # players whose sizes a semivalue of the caller's own can weigh without overflow


@final
@dataclass(frozen=True, slots=True)
class Kth:
    """Chances of a random coalition of all players but one.

    Attributes:
        kth: P(its k-th member stands at place 1, 2, …), of all places of the others.
        few: P(it has 0, 1, … k - 1 members).
        within: P(fewer than k of its members stand before place 1, 2, …), of all players' places.
    """

    kth: Float[np.ndarray, " others"]
    few: Float[np.ndarray, " sizes"]
    within: Float[np.ndarray, " players"]


def kth_of(index: Semivalue, n: int, k: int) -> Kth:
    """The chances for a player of n.

    Raises:
        UnsupportedGameError: a semivalue that is none of ours, of too many players.
    """
    place, sizes = np.arange(1.0, n), np.arange(min(k, n))
    if isinstance(index, Shapley):
        within = np.minimum(1.0, k / np.arange(1.0, n + 1))
        kth = np.where(place >= k, k / (place * (place + 1)), 0.0)
        return Kth(kth, np.full(len(sizes), 1.0 / n), within)
    kth, few = _laws(index, n, k, place, sizes)
    within = 1.0 - np.concatenate([[0.0], np.cumsum(kth)])
    return Kth(kth, few, within)


def _laws(
    index: Semivalue, n: int, k: int, place: np.ndarray, sizes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(index, LeaveOneOut):
        return (place == k).astype(float), (sizes == n - 1).astype(float)
    if isinstance(index, FirstIn):
        return np.zeros(n - 1), (sizes == 0).astype(float)
    if isinstance(index, (Banzhaf, LinearSurrogate)):
        keep = float(index.keep) if isinstance(index, LinearSurrogate) else 0.5
        stay, go = log(keep), np.log1p(-keep)
        kth = _chain(k * stay, np.full(n - 1, go), n, k)
        few = _sizes((n - 1) * go, np.full(len(sizes), stay - go), n)
        return kth, few
    if isinstance(index, BetaShapley):
        a, b, m = float(index.a), float(index.b), n - 1
        late = np.maximum(place - k, 0.0)
        steps = np.log(late + a) - np.log(place + a + b)
        kth = _chain(log_rising(b, k) - log_rising(a + b, k), steps, n, k)
        few_steps = np.log(sizes + b) - np.log(np.maximum(m - 1 - sizes, 0.0) + a)
        return kth, _sizes(log_rising(a, m) - log_rising(a + b, m), few_steps, n)
    return _by_size(index, n, k)


def _chain(first: float, step: np.ndarray, n: int, k: int) -> np.ndarray:
    """From log P(place k): P(l + 1) = P(l) l / (l - k + 1) exp(step at l)."""
    kth = np.zeros(n - 1)
    if k < n:
        place = np.arange(k, n - 1, dtype=float)
        logs = np.log(place) - np.log(place - k + 1) + step[k - 1 : n - 2]
        kth[k - 1 :] = np.exp(first + np.concatenate([[0.0], np.cumsum(logs)]))
    return kth


def _sizes(first: float, step: np.ndarray, n: int) -> np.ndarray:
    """From log P(size 0): P(s + 1) = P(s) (m - s) / (s + 1) exp(step at s)."""
    s = np.arange(len(step) - 1, dtype=float)
    logs = np.log(n - 1 - s) - np.log(s + 1) + step[:-1]
    return np.asarray(np.exp(first + np.concatenate([[0.0], np.cumsum(logs)])))


def _by_size(index: Semivalue, n: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    if n > _MOST:
        raise UnsupportedGameError(
            f"{index} has no closed law of sizes here, and is summed over sizes for at most "
            f"{_MOST} rows; there are {n}. Use Shapley(), Banzhaf() or BetaShapley(a, b)."
        )
    sizes = index.sizes(n)
    kth = np.zeros(n - 1)
    for size in range(k, n):
        place = range(k, n - size + k)
        logs = [log_comb(p - 1, k - 1) + log_comb(n - 1 - p, size - k) for p in place]
        kth[k - 1 : n - 1 - size + k] += sizes[size] * np.exp(
            np.array(logs) - log_comb(n - 1, size)
        )
    return kth, sizes[: min(k, n)]
