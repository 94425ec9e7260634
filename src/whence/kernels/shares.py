"""What each leaf gives each player, for every pattern: semivalues in three subset sums.

A leaf of weight w, with players K, of an explained row that keeps the conditions of a within K, is
the game v(S) = w [S within a] T(K - S), where T(U) is the share of the background that keeps the
conditions of U. Let m = |K| and p_s be the index's weight of a coalition of s among m players. With

    A(a) = sum over U within a of p_|U| T(K - U),    B(a) = the same with p_(|U| - 1),

player i gets  B(a) - B(a - i) - A(a - i)  where the row keeps its conditions, and  -A(a)  where it
does not. Both sums, and T itself, are subset sums: m 2^m additions for all a at once.
"""

from functools import cache

import numpy as np

from whence._core.forms import TreeEnsemble
from whence._core.shaped import Float
from whence.kernels.compiled import compiled, inner, spread
from whence.kernels.twigs import BITS, Twigs

_TWIGS = 64  # of one tree, that a thread takes at a time


@inner
def own_patterns(cells, patterns, own):
    """A leaf's own patterns, one bit for each of its players, from these of its twig."""
    own[: len(patterns)] = 0
    for i in range(len(cells)):
        mask, want, bit = cells[i, 1], cells[i, 2], np.int32(1 << i)
        for at in range(len(patterns)):
            own[at] |= bit * np.int32(patterns[at] & mask == want)


@inner
def tally(m, own, counts, keep):
    """Of all patterns of a twig, how much falls to each of the leaf's own."""
    for u in range(1 << m):
        keep[u] = 0.0
    for at in range(len(counts)):  # unsigned, so that no index is looked at twice
        keep[np.uintp(own[at])] += counts[at]


@inner
def at_least(m, keep):
    """Sums over all sets that hold each set."""
    for i in range(m):
        step = 1 << i
        for base in range(0, 1 << m, 2 * step):
            for u in range(base, base + step):
                keep[u] += keep[u + step]


@inner
def keeping(m, own, counts, total, keep):
    """T: the share of the background rows that keep (at least) the conditions of each subset."""
    tally(m, own, counts, keep)
    for u in range(1 << m):
        keep[u] /= total
    at_least(m, keep)


@inner
def covering(ratio, keep):
    """T of the path-dependent game: the product of the shares of the cover."""
    keep[0] = 1.0
    for i in range(len(ratio)):
        for u in range(1 << i):
            keep[u | 1 << i] = keep[u] * ratio[i]


@inner
def subset_sums(m, values):
    """Sums over all sets within each set."""
    for i in range(m):
        step = 1 << i
        for base in range(0, 1 << m, 2 * step):
            for u in range(base, base + step):
                values[u + step] += values[u]


@inner
def _give(m, keep, weight, size, a_sum, b_sum):
    """A and B, from T and the index's weights for m players (weight[m] = 0)."""
    full = (1 << m) - 1
    for u in range(1 << m):
        t = keep[full ^ u]
        a_sum[u] = weight[size[u]] * t
        b_sum[u] = weight[size[u] - 1] * t if u else 0.0
    subset_sums(m, a_sum)
    subset_sums(m, b_sum)


@compiled
def _share(
    first, last, table, leaf, first_leaf, cell, ratio, first_cell, first_player, place,
    value, target, weights, size, counts, total, shares, nobody, widest,
):  # fmt: skip
    own, every = np.empty(widest, np.int32), np.arange(widest).astype(np.int32)
    keep, a_sum, b_sum, gift = (
        np.empty(widest),
        np.empty(widest),
        np.empty(widest),
        np.empty(widest),
    )
    for twig in range(first, last):
        patterns = table[twig + 1] - table[twig]
        players = first_player[twig + 1] - first_player[twig]
        outputs = value.shape[1]
        mine = shares[place[twig] : place[twig + 1]].reshape(outputs, players, patterns)
        mine[:] = 0.0
        for l in range(first_leaf[twig], first_leaf[twig + 1]):
            cells = cell[first_cell[l] : first_cell[l + 1]]
            m = len(cells)
            own_patterns(cells, every[:patterns], own)
            if total > 0:
                keeping(m, own, counts[table[twig] : table[twig + 1]], total, keep)
            else:
                covering(ratio[first_cell[l] : first_cell[l + 1]], keep)
            _give(m, keep, weights[m], size, a_sum, b_sum)
            for o in range(outputs):
                nobody[o if target < 0 else target] += value[leaf[l], o] * keep[(1 << m) - 1]
            for i in range(m):
                step = 1 << i
                for base in range(0, 1 << m, 2 * step):
                    for a in range(base, base + step):
                        gift[a] = -a_sum[a]
                        gift[a + step] = b_sum[a + step] - b_sum[a] - a_sum[a]
                for o in range(outputs):
                    w = value[leaf[l], o]
                    row = mine[o, cells[i, 0]]
                    for pattern in range(patterns):
                        row[pattern] += w * gift[own[pattern]]


@cache
def bit_counts() -> np.ndarray:
    """How many players each pattern has."""
    return np.array([u.bit_count() for u in range(1 << BITS)])


def share(
    twigs: Twigs,
    ensemble: TreeEnsemble,
    weights: Float[np.ndarray, "_ _"],
    counts: np.ndarray | None,
    total: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What each pattern gives to each player, twig by twig.

    Args:
        twigs: of the trees.
        ensemble: where the trees are.
        weights: [m, s], the index's weight of a coalition of s among m players.
        counts: background rows with each pattern; None for the path-dependent game.
        total: background rows in all.

    Returns:
        float [outputs, places, patterns] for each twig, one after the other; where each begins;
        and what these trees say of nobody, [outputs].
    """
    wide = ensemble.value.shape[1]
    sizes = np.diff(twigs.table) * np.diff(twigs.first_player) * wide
    place = np.concatenate([[0], np.cumsum(sizes)])
    shares = np.empty(place[-1])
    ends = twigs.first_twig.tolist()
    some = [(t, at) for t in range(len(twigs.trees)) for at in range(ends[t], ends[t + 1], _TWIGS)]
    nobody = np.zeros((len(some), len(ensemble.base)))
    none = np.zeros(1, np.int32)
    size, widest = bit_counts(), int(np.diff(twigs.table).max(initial=1))

    def part(p: int) -> None:
        t, at = some[p]
        _share(
            at, min(at + _TWIGS, ends[t + 1]), twigs.table, twigs.leaf, twigs.first_leaf,
            twigs.cell, twigs.ratio, twigs.first_cell, twigs.first_player, place,
            ensemble.value, ensemble.target[twigs.trees[t]], weights, size,
            none if counts is None else counts, 0 if counts is None else total, shares, nobody[p],
            widest,
        )  # fmt: skip

    spread(part, range(len(some)))
    return shares, place, nobody.sum(axis=0)
