"""Path-dependent trees too wide for patterns: each leaf as one product over its players.

With T a product of shares of the cover, a leaf of weight w is the game

    v(S) = w prod over i in S of u_i  prod over i not in S of t_i,

where u_i is 1 if the row keeps player i's conditions, else 0. Player i gets
w (u_i - t_i) sum over s of p_s e_s, where e_s collects the coalitions of s others: the coefficients
of prod over j of (t_j + u_j z), all positive, so that nothing cancels.
"""

import numpy as np

from whence._core.forms import TreeEnsemble
from whence._core.shaped import Float, Int, UInt
from whence.kernels.compiled import compiled, inner, spread
from whence.kernels.nodes import SPECIAL, deciding, going, specially


@inner
def _leaf(m, u, t, weight, poly, gift):
    for i in range(m):
        poly[0], degree = 1.0, 0
        for j in range(m):
            if j == i:
                continue
            poly[degree + 1] = poly[degree] * u[j]
            for s in range(degree, 0, -1):
                poly[s] = poly[s] * t[j] + poly[s - 1] * u[j]
            poly[0] *= t[j]
            degree += 1
        total = 0.0
        for s in range(m):
            total += weight[s] * poly[s]
        gift[i] = (u[i] - t[i]) * total


@compiled
def _tree(
    root, into, x, feature, cut, kind, zero, set_of, sets, left, right, cover, owner, value,
    weights, depth, total,
):  # fmt: skip
    stack = np.empty((depth + 2, 4), np.int64)  # node, its parent, players before it, keeps
    who = np.empty(depth + 2, np.int64)
    u, t = np.ones((depth + 2, depth + 2)), np.ones((depth + 2, depth + 2))  # level, player
    level_of = np.zeros(depth + 2, np.int64)
    poly, gift = np.empty(depth + 2), np.empty(depth + 2)
    stack[0, 0], stack[0, 1], stack[0, 2], stack[0, 3] = root, -1, 0, 1
    top = 1
    while top:
        top -= 1
        node, parent, m, keeps = stack[top, 0], stack[top, 1], stack[top, 2], stack[top, 3]
        level = 0 if parent < 0 else level_of[top] + 1
        if parent >= 0:
            player, place = owner[feature[parent]], m
            u[level, :m], t[level, :m] = u[level - 1, :m], t[level - 1, :m]
            for i in range(m):
                if who[i] == player:
                    place = i
            if place == m:
                who[m], u[level, m], t[level, m] = player, 1.0, 1.0
                m += 1
            u[level, place] *= keeps
            t[level, place] *= going(cover[node], cover[parent])
        if feature[node] < 0:
            _leaf(m, u[level], t[level], weights[m], poly, gift)
            for o in range(value.shape[1]):
                at = o if into < 0 else into
                for i in range(m):
                    total[at, who[i]] += value[node, o] * gift[i]
            continue
        code, what = x[feature[node]], kind[node]
        if what < SPECIAL:
            goes = np.uint32(code + what) <= np.uint32(cut[node] + what)
        else:
            goes = specially(code, node, feature, cut, kind, zero, set_of, sets)
        for child, keeps in ((right[node], not goes), (left[node], goes)):
            stack[top, 0], stack[top, 1], stack[top, 2], stack[top, 3] = child, node, m, keeps
            level_of[top] = level
            top += 1


def products(
    ensemble: TreeEnsemble,
    owner: Int[np.ndarray, " features"],
    trees: Int[np.ndarray, " trees"],
    depth: int,
    weights: Float[np.ndarray, "_ _"],
    codes: UInt[np.ndarray, "rows features"],
    total: Float[np.ndarray, "rows outputs players"],
) -> Float[np.ndarray, " outputs"]:
    """Add what these trees give to each row's players, path-dependent.

    Args:
        ensemble: where the trees are.
        owner: which player each feature belongs to.
        trees: which of them.
        depth: of the deepest node.
        weights: [m, s], the index's weight of a coalition of s among m players.
        codes: of the rows to explain, row by row.
        total: what is added to.

    Returns:
        What these trees say of nobody, [outputs]: the means of their leaves, by cover.
    """
    rest = (ensemble.left, ensemble.right, ensemble.cover, owner, ensemble.value, weights, depth)

    def row(r: int) -> None:
        for tree in trees:
            root, into = ensemble.root[tree], ensemble.target[tree]
            _tree(root, into, codes[r], *deciding(ensemble), *rest, total[r])

    spread(row, range(len(codes)))
    nobody = np.zeros(len(ensemble.base))
    for tree in trees:
        mean = _mean(ensemble, int(ensemble.root[tree]))
        into = ensemble.target[tree]
        nobody[slice(None) if into < 0 else into] += mean if into < 0 else mean[0]
    return nobody


def _mean(ensemble: TreeEnsemble, root: int) -> np.ndarray:
    """The mean of a tree's leaves, by cover, [width]."""
    here = np.array([root])
    total = np.zeros(ensemble.value.shape[1])
    while len(here):
        leaf = ensemble.feature[here] < 0
        total += ensemble.cover[here[leaf]] @ ensemble.value[here[leaf]]
        inner = here[~leaf]
        here = np.concatenate([ensemble.left[inner], ensemble.right[inner]])
    return np.asarray(total / ensemble.cover[root])
