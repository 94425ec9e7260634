"""Which (case, draw) each walk is on: a function of the seed and the walk's number alone.

Where every case is to be known by itself, those that are known well enough come no more (`Rota`).

Cases come in shuffled passes, and each case's draws in shuffled passes of their own. The first
cases are visited twice before the others are visited at all: two visits to a case are what tells
the estimation part of the error from the data part, and a budget may end inside a pass.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import gcd, prod
from typing import final

import numpy as np

from .game import BlockGame, Game, view
from .keyed import hashed, uniforms
from .shaped import Bool, Float, Int

TWICE = 256
_SORTED = 256  # sweeps of more draws than this are affine, not sorted: O(1) a draw
_PASS, _DRAW, _CHANCE, _STRIDE = 1, 2, 3, 4


@final
@dataclass(frozen=True, slots=True)
class Visits:
    """The (case, draw) of each walk of a step, and the chance that the walk may use.

    A walk is a function of (seed, case, pass): batches, engines and other cases cannot change it.
    """

    cases: Int[np.ndarray, " visits"]
    draws: Int[np.ndarray, " visits"]
    passes: Int[np.ndarray, " visits"]
    seed: int

    def __len__(self) -> int:
        return len(self.cases)

    def chance(self, *shape: int, stream: int = 0) -> Float[np.ndarray, "visits ..."]:
        """Uniform numbers in [0, 1), of this shape, for each walk."""
        u = uniforms(prod(shape), self.seed, _CHANCE, stream, self.cases, self.passes)
        return u.reshape(len(self), *shape)


def twice(game: Game) -> int:
    """How many cases are visited twice before the others."""
    blocks = view(game, BlockGame)
    return min(game.n_cases, TWICE if blocks is None else blocks.n_twice)


def visits(game: Game, seed: int, first: int, size: int) -> Visits:
    """Walks number `first` to `first + size - 1` of a run."""
    number = first + np.arange(size)
    passes, slots = _places(number, game.n_cases, twice(game))
    cases = np.empty(size, dtype=np.int64)
    for p in np.unique(passes):
        here = passes == p
        cases[here] = _order(seed, max(int(p) - 1, 0), game.n_cases)[slots[here]]
    return Visits(cases, _draws(game.n_draws, seed, cases, passes), passes, seed)


@final
class Rota:
    """The cases of the walks to come; a case that is settled comes no more.

    A walk stays a function of (seed, case, pass): only which of them are taken depends on what is
    known, and that is looked at after the same walks in every run of a seed.

    Args:
        game: whose cases.
        seed: of their order.
    """

    def __init__(self, game: Game, seed: int) -> None:
        self.game, self.seed, self.walks, self.rounds = game, seed, 0, 0
        self.passes: np.ndarray | None = None  # of each case so far, once some are settled
        self.active = np.ones(game.n_cases, bool)
        self.queue = np.empty(0, np.int64)

    def take(self, size: int) -> Visits:
        """The next walks."""
        first, self.walks = self.walks, self.walks + size
        if self.passes is None:
            return visits(self.game, self.seed, first, size)
        cases = self._next(size)
        before = self.passes[cases] + _earlier(cases)
        np.add.at(self.passes, cases, 1)
        return Visits(cases, _draws(self.game.n_draws, self.seed, cases, before), before, self.seed)

    def retire(self, settled: Bool[np.ndarray, " cases"]) -> None:
        """These cases are known well enough; never all of them, since then the run has ended."""
        active = self.active & ~settled
        if not active.any() or (active == self.active).all():
            return
        if self.passes is None:
            so_far = visits(self.game, self.seed, 0, self.walks).cases
            self.passes = np.bincount(so_far, minlength=self.game.n_cases)
        self.active = active
        self.queue = self.queue[active[self.queue]]

    def _next(self, size: int) -> Int[np.ndarray, " visits"]:
        """Shuffled rounds of the cases that are left."""
        rounds = [self.queue]
        while sum(map(len, rounds)) < size:
            left = np.flatnonzero(self.active)
            chance = uniforms(1, self.seed, _PASS, self.rounds, left)[:, 0]
            rounds.append(left[chance.argsort()])
            self.rounds += 1
        waiting = np.concatenate(rounds)
        self.queue = waiting[size:]
        return waiting[:size]


def _earlier(cases: np.ndarray) -> Int[np.ndarray, " visits"]:
    """How often each of these was there before among them."""
    order = np.argsort(cases, kind="stable")
    ranked = cases[order]
    start = np.flatnonzero(np.diff(ranked, prepend=-1))
    rank = np.arange(len(cases)) - np.repeat(start, np.diff(np.append(start, len(cases))))
    earlier = np.empty(len(cases), np.int64)
    earlier[order] = rank
    return earlier


def _places(number: np.ndarray, n: int, head: int) -> tuple[np.ndarray, np.ndarray]:
    """Pass and slot of each walk: slots 0..head - 1 twice, the rest once, the rest again."""
    passes, slots = number // n, number % n
    early = number < 2 * n
    again = early & (number >= head) & (number < 2 * head)
    once = early & (number >= 2 * head) & (number < n + head)
    twice = early & (number >= n + head)
    passes = np.where(early, np.where(again | twice, 1, 0), passes)
    slots = np.where(again | once, number - head, slots)
    return passes, np.where(twice, number - n, slots)


@lru_cache(maxsize=4)
def _order(seed: int, shuffle: int, n: int) -> Int[np.ndarray, " cases"]:
    if n == 1:
        return np.zeros(1, dtype=np.int64)
    return np.random.default_rng([seed, _PASS, shuffle]).permutation(n)


def _draws(
    k: int | None, seed: int, cases: np.ndarray, passes: np.ndarray
) -> Int[np.ndarray, " visits"]:
    if k is None:
        return (hashed(seed, _DRAW, cases, passes) >> np.uint64(33)).astype(np.int64)
    if k == 1:
        return np.zeros(len(cases), dtype=np.int64)
    sweep, place = passes // k, passes % k
    if k <= _SORTED:
        order = uniforms(k, seed, _DRAW, cases, sweep).argsort(axis=1)
        return np.asarray(order[np.arange(len(cases)), place], dtype=np.int64)
    start, stride = uniforms(2, seed, _STRIDE, cases, sweep).T
    steps = _coprime(k)
    stride = steps[(stride * len(steps)).astype(np.int64)]
    return np.asarray(((start * k).astype(np.int64) + stride * place) % k)


@lru_cache(maxsize=4)
def _coprime(k: int) -> Int[np.ndarray, " strides"]:
    return np.array([s for s in range(1, min(k, 2**15)) if gcd(s, k) == 1], dtype=np.int64)
