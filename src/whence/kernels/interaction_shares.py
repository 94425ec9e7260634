"""What each leaf gives each pair of its players, for every pattern: interactions in subset sums.

The interaction of i and j is what the presence of one changes in what the other adds,

    I_ij = sum over S without i and j of q_|S| (v(S + i + j) - v(S + i) - v(S + j) + v(S)),

where q_s is the index's weight of a coalition of s among m - 1 players: the pair counts as one of
them. A leaf of weight w, with players K, of a row that keeps the conditions of a within K, is the
game v(S) = w [S within a] T(K - S) (see `shares`). With

    A(a) = sum over U within a of q_|U| T(K - U),
    B(a) = the same with q_(|U| - 1),    C(a) = the same with q_(|U| - 2),

and e any set without i and j, the leaf gives the pair, w times,

    a = e            A(e)
    a = e + i        A(e) + B(e) - B(e + i),  and so for j
    a = e + i + j    A(e) + 2 B(e) - B(e + i) - B(e + j) + C(e) - C(e + i) - C(e + j) + C(e + i + j)

Source: the index is that of Grabisch & Roubens (1999); the sums are ours.
"""

import numpy as np

from whence._core.forms import TreeEnsemble
from whence._core.shaped import Float, Int
from whence.kernels.compiled import compiled, inner, spread
from whence.kernels.meeting import Meetings
from whence.kernels.shares import bit_counts, covering, keeping, own_patterns, subset_sums
from whence.kernels.twigs import BITS, Twigs


@inner
def _sums(m, keep, weight, size, sums):
    """A, B and C, from T and the index's weights."""
    full = (1 << m) - 1
    for less in range(3):
        one = sums[less]
        for u in range(1 << m):
            s = size[u] - less
            one[u] = weight[s] * keep[full ^ u] if s >= 0 else 0.0
        subset_sums(m, one)


@inner
def _give(m, i, j, sums, gift):
    """What a pair is given for each pattern of the leaf's own."""
    a, b, c = sums[0], sums[1], sums[2]
    with_i, with_j = 1 << i, 1 << j
    both = with_i | with_j
    for e in range(1 << m):
        if e & both:
            continue
        gift[e] = a[e]
        gift[e + with_i] = a[e] + b[e] - b[e + with_i]
        gift[e + with_j] = a[e] + b[e] - b[e + with_j]
        gift[e + both] = (
            a[e] + 2 * b[e] - b[e + with_i] - b[e + with_j]
            + c[e] - c[e + with_i] - c[e + with_j] + c[e + both]
        )  # fmt: skip


@compiled
def _share(
    first, last, table, leaf, first_leaf, cell, ratio, first_cell, meeting, first_meeting, place,
    value, weights, size, counts, total, shares, widest,
):  # fmt: skip
    own, every = np.empty(widest, np.int32), np.arange(widest).astype(np.int32)
    gift = np.empty(widest)
    keep, sums = np.empty(widest), np.empty((3, widest))
    slot = np.zeros((2 * BITS, 2 * BITS), np.int64)
    for twig in range(first, last):
        patterns = table[twig + 1] - table[twig]
        begin, end = first_meeting[twig], first_meeting[twig + 1]
        for k in range(begin, end):
            slot[meeting[k, 0], meeting[k, 1]] = k - begin
        outputs = value.shape[1]
        mine = shares[place[twig] : place[twig + 1]].reshape(outputs, end - begin, patterns)
        mine[:] = 0.0
        for l in range(first_leaf[twig], first_leaf[twig + 1]):
            cells = cell[first_cell[l] : first_cell[l + 1]]
            m = len(cells)
            if m < 2:
                continue
            own_patterns(cells, every[:patterns], own)
            if total > 0:
                keeping(m, own, counts[table[twig] : table[twig + 1]], total, keep)
            else:
                covering(ratio[first_cell[l] : first_cell[l + 1]], keep)
            _sums(m, keep, weights[m - 1], size, sums)
            for i in range(m):
                for j in range(i + 1, m):
                    _give(m, i, j, sums, gift)
                    at = slot[cells[i, 0], cells[j, 0]]
                    for o in range(outputs):
                        w, row = value[leaf[l], o], mine[o, at]
                        for pattern in range(patterns):
                            row[pattern] += w * gift[own[pattern]]


def share_pairs(
    twigs: Twigs,
    ensemble: TreeEnsemble,
    met: Meetings,
    weights: Float[np.ndarray, "_ _"],
    counts: Int[np.ndarray, " patterns"] | None,
    total: int,
    span: tuple[int, int],
) -> tuple[Float[np.ndarray, " shares"], Int[np.ndarray, " twigs_and_end"]]:
    """What each pattern gives to each pair, twig by twig.

    Args:
        twigs: of the trees.
        ensemble: where the trees are.
        met: who meets in the twigs.
        weights: [m, s], the index's weight of a coalition of s among m players.
        counts: background rows with each pattern; None for the path-dependent game.
        total: background rows in all.
        span: the first twig, and the one after the last; others get nothing.

    Returns:
        float [outputs, meetings, patterns] for each twig, one after the other; where each begins.
    """
    inside = np.arange(len(twigs.path))
    many = np.diff(met.first) * ((inside >= span[0]) & (inside < span[1]))
    sizes = np.diff(twigs.table) * many * ensemble.value.shape[1]
    place = np.concatenate([[0], np.cumsum(sizes)])
    shares = np.empty(place[-1])
    size = bit_counts()
    widest = int(np.diff(twigs.table).max(initial=1))
    tally = np.zeros(1, np.int32) if counts is None else counts
    leaves = (twigs.leaf, twigs.first_leaf, twigs.cell, twigs.ratio, twigs.first_cell)

    def tree(t: int) -> None:
        ends = np.clip(twigs.first_twig[t : t + 2], *span)
        _share(
            ends[0], ends[1], twigs.table, *leaves, met.place, met.first, place,
            ensemble.value, weights, size, tally, 0 if counts is None else total, shares, widest,
        )  # fmt: skip

    spread(tree, range(len(twigs.trees)))
    return shares, place
