"""The mean prediction of many rows with some of their players present, for many coalitions at once.

With players S present, a leaf of weight w gives a row w T(K - S) if the row keeps the conditions of
S within K, else nothing (see `shares`). Along a walk one player comes or goes at each turn, whom
most leaves do not know: so what is added up is how much a leaf's part *changes* at the turns of its
own players.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.forms import TreeEnsemble
from whence._core.shaped import Float, Int, UInt
from whence.kernels.compiled import compiled, inner, spread_ranges
from whence.kernels.counts import count_trees
from whence.kernels.patterns import seeing
from whence.kernels.shares import at_least, own_patterns, tally
from whence.kernels.twigs import Twigs


@final
@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """T of every leaf of some trees: the share of a background that keeps each set of conditions.

    Attributes:
        twigs: of the trees.
        ensemble: where they are.
        share: T, leaf by leaf, [2^players], for each background.
        first: where each leaf's begins.
    """

    twigs: Twigs
    ensemble: TreeEnsemble
    share: Float[np.ndarray, "subsets backgrounds"]
    first: Int[np.ndarray, " leaves_and_end"]


@inner
def _share(
    first_twig, last_twig, table, leaves, cell, first_cell, counts, size, first, share
):  # fmt: skip
    """T of the leaves of some twigs: counts [folds, their patterns], size: rows of each fold."""
    folds, members, widest = len(counts), size.sum(), 1
    for twig in range(first_twig, last_twig):
        widest = max(widest, table[twig + 1] - table[twig])
    had, own = np.empty(widest, np.int32), np.empty(widest, np.int32)
    counted, part = np.empty((folds, widest), counts.dtype), np.empty((folds, widest))
    for twig in range(first_twig, last_twig):
        start, some = table[twig] - table[first_twig], 0
        for pattern in range(table[twig + 1] - table[twig]):  # most of them nobody has
            anybody = 0
            for v in range(folds):
                counted[v, some] = counts[v, start + pattern]
                anybody += counted[v, some]
            had[some] = pattern
            some += anybody > 0
        for l in range(leaves[twig], leaves[twig + 1]):
            begin, m = first[l], first_cell[l + 1] - first_cell[l]
            own_patterns(cell[first_cell[l] : first_cell[l + 1]], had[:some], own)
            for v in range(folds):
                tally(m, own, counted[v, :some], part[v])
                at_least(m, part[v])
            for u in range(1 << m):
                every = 0.0
                for v in range(folds):
                    every += part[v, u]
                share[begin + u, 0] = every / members
                for v in range(share.shape[1] - 1):
                    share[begin + u, 1 + v] = (every - part[v, u]) / (members - size[v])


@compiled
def _keep(
    first_tree, last_tree, steps, first_step, first_twig, looks, table, depth, leaves, cell,
    first_cell, codes, fold, size, first, share,
):  # fmt: skip
    begin, end = first_twig[first_tree], first_twig[last_tree]
    counts = np.zeros((len(size), table[end] - table[begin]), np.int32)
    trees = (steps, first_step, first_twig, looks, table, depth)
    count_trees(first_tree, last_tree, *trees, codes, fold, counts)
    _share(begin, end, table, leaves, cell, first_cell, counts, size, first, share)


def kept(
    twigs: Twigs,
    ensemble: TreeEnsemble,
    pool: UInt[np.ndarray, "features members"],
    fold: Int[np.ndarray, " members"],
) -> Kept:
    """T of every leaf, for the whole background, and for it without each of its folds.

    Args:
        twigs: of the trees.
        ensemble: where they are.
        pool: codes of the background.
        fold: of each row of it; 0 for all: then there is the whole background alone.
    """
    size = np.bincount(fold)
    first = np.concatenate([[0], np.cumsum(1 << np.diff(twigs.first_cell))])
    share = np.empty((first[-1], 1 + len(size) if len(size) > 1 else 1))
    trees: tuple[Any, ...] = (
        twigs.steps, twigs.first_step, twigs.first_twig, seeing(twigs, ensemble), twigs.table,
        twigs.depth, twigs.first_leaf, twigs.cell, twigs.first_cell,
    )  # fmt: skip
    rest = (pool, fold.astype(np.uint8), size, first, share)
    spread_ranges(lambda begin, end: _keep(begin, end, *trees, *rest), len(twigs.trees))
    return Kept(twigs, ensemble, share, first)


@compiled
def _ask(
    first_twig, players, first_player, leaf, first_leaf, cell, first_cell, target, value, share,
    first, seen, turns, first_turn, nobody, change,
):  # fmt: skip
    """nobody: [backgrounds, outputs]; change: [turns, backgrounds, outputs, rows]."""
    n = seen.shape[1]
    mark = np.empty(len(change), np.int8)
    todo = np.empty(len(change), np.int64)
    for t in range(len(first_twig) - 1):
        for twig in range(first_twig[t], first_twig[t + 1]):
            at = np.uintp(twig)
            for l in range(first_leaf[twig], first_leaf[twig + 1]):
                begin, m = first_cell[l], first_cell[l + 1] - first_cell[l]
                for q in range(len(mark)):
                    mark[q] = -1
                for i in range(m):
                    who = players[first_player[twig] + cell[begin + i, 0]]
                    for s in range(first_turn[who], first_turn[who + 1]):
                        mark[turns[s]] = i
                many = 0
                for q in range(len(mark)):  # without branches: nobody could predict them
                    todo[many] = q
                    many += mark[q] >= 0
                key = (1 << m) - 1  # who is absent
                look, must, part = np.uint16(0), np.uint16(0), first[l] + key
                for v in range(share.shape[1]):
                    for o in range(value.shape[1]):
                        into = o if target[t] < 0 else target[t]
                        nobody[v, into] += share[part, v] * value[leaf[l], o]
                for c in range(many):
                    q = todo[c]
                    i = begin + mark[q]
                    key ^= 1 << mark[q]
                    look_now = np.uint16(look ^ cell[i, 1])
                    must_now = np.uint16(must ^ cell[i, 2])
                    part_now = first[l] + key
                    for o in range(value.shape[1]):
                        into, w = np.uintp(o if target[t] < 0 else target[t]), value[leaf[l], o]
                        for v in range(share.shape[1]):
                            old, new = w * share[part, v], w * share[part_now, v]
                            for r in range(n):
                                had = old if np.uint16(seen[at, r] & look) == must else 0.0
                                has = new if np.uint16(seen[at, r] & look_now) == must_now else 0.0
                                change[q, v, into, r] += has - had
                    look, must, part = look_now, must_now, part_now


def ask(
    known: Kept,
    seen: UInt[np.ndarray, "twigs rows"],
    walk: Int[np.ndarray, " turns"],
) -> Float[np.ndarray, "turns_and_start backgrounds outputs rows"]:
    """The mean prediction of each row as players come and go, without the ensemble's base.

    Args:
        known: of the trees.
        seen: the pattern of each row at each of their twigs.
        walk: who comes, or goes, at each turn; nobody is present before the first.
    """
    twigs, ensemble = known.twigs, known.ensemble
    turns = np.argsort(walk, kind="stable")
    first = np.searchsorted(walk[turns], np.arange(int(twigs.players.max(initial=0)) + 2))
    backgrounds, outputs = known.share.shape[1], len(ensemble.base)
    nobody = np.zeros((backgrounds, outputs))
    change = np.zeros((len(walk), backgrounds, outputs, seen.shape[1]))
    _ask(
        twigs.first_twig, twigs.players, twigs.first_player, twigs.leaf, twigs.first_leaf,
        twigs.cell, twigs.first_cell, ensemble.target[twigs.trees], ensemble.value, known.share,
        known.first, seen, turns, first, nobody, change,
    )  # fmt: skip
    start = np.broadcast_to(nobody[:, :, None], (1, *change.shape[1:]))
    return np.asarray(np.concatenate([start, change]).cumsum(axis=0))
