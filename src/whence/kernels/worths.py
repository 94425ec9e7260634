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
from whence.kernels.compiled import compiled, spread
from whence.kernels.counts import count_apart
from whence.kernels.patterns import see, seeing
from whence.kernels.shares import own_patterns
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


@compiled
def _keep(first_twig, last_twig, table, leaves, cell, first_cell, counts, first, share):
    widest = 1
    for twig in range(first_twig, last_twig):
        widest = max(widest, table[twig + 1] - table[twig])
    own = np.empty(widest, np.int32)
    many = share.shape[1]
    for twig in range(first_twig, last_twig):
        patterns = table[twig + 1] - table[twig]
        for l in range(leaves[twig], leaves[twig + 1]):
            begin, m = first[l], first_cell[l + 1] - first_cell[l]
            own_patterns(cell[first_cell[l] : first_cell[l + 1]], patterns, own)
            for u in range(begin, begin + (1 << m)):
                for v in range(many):
                    share[u, v] = 0.0
            for a in range(patterns):
                for v in range(many):
                    share[begin + own[a], v] += counts[table[twig] + a, v]
            for i in range(m):
                step = 1 << i
                for base in range(begin, begin + (1 << m), 2 * step):
                    for u in range(base, base + step):
                        for v in range(many):
                            share[u, v] += share[u + step, v]


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
    many = int(fold.max()) + 1
    counts = count_apart(twigs, ensemble, pool, fold, many).astype(float)
    size = np.bincount(fold, minlength=many).astype(float)
    every, members = counts.sum(axis=0), size.sum()
    shares = [every / members]
    if many > 1:
        shares += [(every - own) / (members - n) for own, n in zip(counts, size, strict=True)]
    counted = np.stack(shares, axis=1)
    first = np.concatenate([[0], np.cumsum(1 << np.diff(twigs.first_cell))])
    share = np.empty((first[-1], len(shares)))

    def tree(t: int) -> None:
        trees = (twigs.first_twig[t], twigs.first_twig[t + 1], twigs.table, twigs.first_leaf)
        _keep(*trees, twigs.cell, twigs.first_cell, counted, first, share)

    spread(tree, range(len(twigs.trees)))
    return Kept(twigs, ensemble, share, first)


@compiled
def _ask(
    steps, first_step, first_twig, looks, players, first_player, leaf, first_leaf, cell, first_cell,
    depth, target, value, share, first, codes, turns, first_turn, nobody, change,
):  # fmt: skip
    """nobody: [backgrounds, outputs]; change: [turns, backgrounds, outputs, rows]."""
    n, most = codes.shape[1], 0
    for t in range(len(first_twig) - 1):
        most = max(most, first_twig[t + 1] - first_twig[t])
    left = np.empty(n, np.uint8)
    pattern = np.empty((depth + 1, n), np.uint16)
    seen = np.empty((most, n), np.uint16)
    mark = np.empty(len(change), np.int8)
    todo = np.empty(len(change), np.int64)
    for t in range(len(first_twig) - 1):
        see(n, steps[first_step[t] : first_step[t + 1]], *looks, codes, left, pattern, seen)
        for twig in range(first_twig[t], first_twig[t + 1]):
            at = np.uintp(twig - first_twig[t])
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
    codes: UInt[np.ndarray, "features rows"],
    walk: Int[np.ndarray, " turns"],
) -> Float[np.ndarray, "turns_and_start backgrounds outputs rows"]:
    """The mean prediction of each row as players come and go, without the ensemble's base.

    Args:
        known: of the trees.
        codes: of the rows.
        walk: who comes, or goes, at each turn; nobody is present before the first.
    """
    twigs, ensemble = known.twigs, known.ensemble
    looks: tuple[Any, ...] = seeing(twigs, ensemble)
    turns = np.argsort(walk, kind="stable")
    first = np.searchsorted(walk[turns], np.arange(int(twigs.players.max(initial=0)) + 2))
    backgrounds, outputs = known.share.shape[1], len(ensemble.base)
    nobody = np.zeros((backgrounds, outputs))
    change = np.zeros((len(walk), backgrounds, outputs, codes.shape[1]))
    _ask(
        twigs.steps, twigs.first_step, twigs.first_twig, looks, twigs.players, twigs.first_player,
        twigs.leaf, twigs.first_leaf, twigs.cell, twigs.first_cell, twigs.depth,
        ensemble.target[twigs.trees], ensemble.value, known.share, known.first, codes, turns, first,
        nobody, change,
    )  # fmt: skip
    start = np.broadcast_to(nobody[:, :, None], (1, *change.shape[1:]))
    return np.asarray(np.concatenate([start, change]).cumsum(axis=0))
