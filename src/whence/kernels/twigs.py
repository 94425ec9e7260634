"""Twigs: a tree cut into small subtrees, and what a row looks like to each of them.

A *twig* is a subtree of few inner nodes. All that its leaves can know of a row is a short *pattern*
of bits: whether the row keeps each player's conditions on the path to the twig, and the outcome of
each node inside it. Everything exact about a tree is a table over patterns: how many background
rows have each one, what each one is worth, what it gives each player. A leaf alone is a twig
without inner nodes.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.forms import TreeEnsemble
from whence._core.shaped import Bool, Float, Int
from whence.kernels.compiled import compiled, inner
from whence.kernels.nodes import going

BITS = 16  # of the widest pattern
_FEW = 3  # inner nodes that a twig may have, however long its path: its table is no larger for it


@final
@dataclass(frozen=True, slots=True, eq=False)
class Twigs:
    """Trees cut into twigs. `first_…` arrays have one more entry, the end of the last.

    Attributes:
        trees: which trees of the ensemble.
        steps: [steps, 6], in the order in which they are taken: the depth; the node that is decided
            (-1 at a root); 1 where its right child is entered, else 0; the bit that it decides;
            1 where that bit is new; and the twig that is reached (-1: none yet).
        first_step: of each tree; no steps where the tree is wide.
        first_twig: of each tree.
        path: how many bits of each twig's pattern are its path's.
        inner: the inner nodes of all twigs, in the order of their bits.
        first_inner: of each twig.
        players: the players of each twig, those of its path first.
        first_player: of each twig.
        leaf: the leaves, as nodes, twig by twig.
        first_leaf: of each twig.
        cell: [conditions, 3], of each leaf: a player's place in its twig, the bits of the pattern
            that must be looked at, and what they must be.
        ratio: of each condition: the share of the cover that keeps it.
        first_cell: of each leaf.
        table: of each twig, where its patterns begin in a table of all patterns.
        wide: [trees], some leaf has too many players for a pattern.
        depth: of the deepest node.
    """

    trees: Int[np.ndarray, " trees"]
    steps: Int[np.ndarray, "steps 6"]
    first_step: Int[np.ndarray, " trees_and_end"]
    first_twig: Int[np.ndarray, " trees_and_end"]
    path: Int[np.ndarray, " twigs"]
    inner: Int[np.ndarray, " inner"]
    first_inner: Int[np.ndarray, " twigs_and_end"]
    players: Int[np.ndarray, " places"]
    first_player: Int[np.ndarray, " twigs_and_end"]
    leaf: Int[np.ndarray, " leaves"]
    first_leaf: Int[np.ndarray, " twigs_and_end"]
    cell: Int[np.ndarray, "conditions 3"]
    ratio: Float[np.ndarray, " conditions"]
    first_cell: Int[np.ndarray, " leaves_and_end"]
    table: Int[np.ndarray, " twigs_and_end"]
    wide: Bool[np.ndarray, " trees"]
    depth: int


@inner
def _measure(root, feature, left, right, inner, depth):
    """Inner nodes below each node; how many nodes the tree has, and its depth."""
    order = np.empty(len(feature), np.int32)
    order[0] = root
    depth[root] = 0
    at, n, deepest = 0, 1, 0
    while at < n:  # breadth first
        node = order[at]
        at += 1
        deepest = max(deepest, depth[node])
        if feature[node] >= 0:
            for child in (left[node], right[node]):
                depth[child] = depth[node] + 1
                order[n] = child
                n += 1
    for back in range(n - 1, -1, -1):
        node = order[back]
        inner[node] = 0
        if feature[node] >= 0:
            inner[node] = 1 + inner[left[node]] + inner[right[node]]
    return n, deepest


@compiled
def _cut(
    roots, feature, left, right, cover, owner, most, inner_below, depth_of,
    steps, first_step, first_twig, path, inner, first_inner, players, first_player,
    leaf, first_leaf, cell, ratio, first_cell, table, wide,
):  # fmt: skip
    n_steps = n_twigs = n_inner = n_players = n_leaves = n_cells = deepest = 0
    for tree in range(len(roots)):
        _, depth = _measure(roots[tree], feature, left, right, inner_below, depth_of)
        deepest = max(deepest, depth)
        before = (n_steps, n_twigs, n_inner, n_players, n_leaves, n_cells)
        stack = np.empty((2 * depth + 2, 4), np.int32)  # node, parent, side, bits of the path
        stack[0, 0], stack[0, 1], stack[0, 2], stack[0, 3] = roots[tree], -1, 0, 0
        top = 1
        who, mask, want, share_of = (
            np.empty(BITS + 1, np.int32), np.empty(BITS + 1, np.int32),
            np.empty(BITS + 1, np.int32), np.empty(BITS + 1),
        )  # fmt: skip
        kept = np.ones((depth + 1, BITS + 1))  # at each depth: the share of the cover, by bit
        while top:
            top -= 1
            node, parent, side, k = stack[top, 0], stack[top, 1], stack[top, 2], stack[top, 3]
            bit = fresh = level = 0
            if parent >= 0:
                level = depth_of[node]
                player = owner[feature[parent]]
                bit = k
                for i in range(k):
                    if who[i] == player:
                        bit = i
                fresh = 1 if bit == k else 0
                if k + fresh > BITS:
                    wide[tree] = True
                    break
                for i in range(k):
                    kept[level, i] = kept[level - 1, i]
                share = going(cover[node], cover[parent])
                kept[level, bit] = share if fresh else kept[level, bit] * share
                who[bit] = player
                k += fresh
            m = inner_below[node]
            ready = m == 0 or m + k <= most or (m <= _FEW and m + k <= BITS)
            (
                steps[n_steps, 0],
                steps[n_steps, 1],
                steps[n_steps, 2],
                steps[n_steps, 3],
                steps[n_steps, 4],
                steps[n_steps, 5],
            ) = level, parent, side, bit, fresh, n_twigs if ready else -1
            n_steps += 1
            if not ready:
                stack[top, 0], stack[top, 1], stack[top, 2], stack[top, 3] = right[node], node, 1, k
                stack[top + 1, 0], stack[top + 1, 1], stack[top + 1, 2], stack[top + 1, 3] = (
                    left[node],
                    node,
                    0,
                    k,
                )
                top += 2
                continue
            # the twig: its inner nodes in preorder, with the way to each
            path[n_twigs], first_inner[n_twigs] = k, n_inner
            first_player[n_twigs], first_leaf[n_twigs] = n_players, n_leaves
            for i in range(k):
                players[n_players + i] = who[i]
            places = k
            local = np.empty((2 * m + 1, 3), np.int32)  # node, parent's place in `local`, side
            local[0, 0], local[0, 1], local[0, 2] = node, -1, 0
            bit_of = np.empty(2 * m + 1, np.int32)
            place_of = np.empty(2 * m + 1, np.int32)
            seen, bits, at = 1, k, 0
            while at < seen:
                here = local[at, 0]
                if feature[here] >= 0:
                    player = owner[feature[here]]
                    place = places
                    for i in range(places):
                        if players[n_players + i] == player:
                            place = i
                    if place == places:
                        players[n_players + places] = player
                        places += 1
                    bit_of[at], place_of[at] = bits, place
                    inner[n_inner] = here
                    n_inner += 1
                    bits += 1
                    local[seen, 0], local[seen, 1], local[seen, 2] = left[here], at, 0
                    local[seen + 1, 0], local[seen + 1, 1], local[seen + 1, 2] = right[here], at, 1
                    seen += 2
                at += 1
            n_players += places
            for at in range(seen):
                if feature[local[at, 0]] >= 0:
                    continue
                for i in range(places):
                    mask[i] = want[i] = 1 << i if i < k else 0
                    share_of[i] = kept[level, i] if i < k else 1.0
                up = at
                while local[up, 1] >= 0:
                    above = local[up, 1]
                    place = place_of[above]
                    mask[place] |= 1 << bit_of[above]
                    if local[up, 2] == 0:
                        want[place] |= 1 << bit_of[above]
                    share_of[place] *= going(cover[local[up, 0]], cover[local[above, 0]])
                    up = above
                leaf[n_leaves], first_cell[n_leaves] = local[at, 0], n_cells
                n_leaves += 1
                for place in range(places):
                    if mask[place]:
                        cell[n_cells, 0], cell[n_cells, 1], cell[n_cells, 2] = (
                            place,
                            mask[place],
                            want[place],
                        )
                        ratio[n_cells] = share_of[place]
                        n_cells += 1
            table[n_twigs + 1] = table[n_twigs] + (1 << bits)
            n_twigs += 1
        if wide[tree]:
            n_steps, n_twigs, n_inner, n_players, n_leaves, n_cells = before
        first_step[tree + 1], first_twig[tree + 1] = n_steps, n_twigs
    first_inner[n_twigs], first_player[n_twigs] = n_inner, n_players
    first_leaf[n_twigs], first_cell[n_leaves] = n_leaves, n_cells
    return n_steps, n_twigs, n_inner, n_players, n_leaves, n_cells, deepest


def cut(
    ensemble: TreeEnsemble,
    owner: Int[np.ndarray, " features"],
    trees: Int[np.ndarray, " trees"],
    *,
    most: int = 8,
) -> Twigs:
    """Cut these trees into twigs.

    Args:
        ensemble: where the trees are.
        owner: which player each feature belongs to.
        trees: which of them.
        most: bits that a pattern may have, beyond what a leaf's own players need.
    """
    root = ensemble.root[trees]
    n, t = len(ensemble.feature), len(root)
    bound = int(nodes_of(ensemble)[trees].sum())
    leaves = bound // 2 + t
    out: dict[str, Any] = {
        "steps": np.empty((bound + t, 6), np.int32),
        "first_step": np.zeros(t + 1, np.int64),
        "first_twig": np.zeros(t + 1, np.int64),
        "path": np.empty(leaves, np.int32),
        "inner": np.empty(leaves, np.int32),
        "first_inner": np.zeros(leaves + 1, np.int64),
        "players": np.empty(leaves * (BITS + 1), np.int32),
        "first_player": np.zeros(leaves + 1, np.int64),
        "leaf": np.empty(leaves, np.int32),
        "first_leaf": np.zeros(leaves + 1, np.int64),
        "cell": np.empty((leaves * BITS, 3), np.int32),
        "ratio": np.empty(leaves * BITS),
        "first_cell": np.zeros(leaves + 1, np.int64),
        "table": np.zeros(leaves + 1, np.int64),
        "wide": np.zeros(t, bool),
    }
    below, depth = np.zeros(n, np.int32), np.zeros(n, np.int32)
    form = (ensemble.feature, ensemble.left, ensemble.right, ensemble.cover)
    sizes = _cut(root, *form, owner.astype(np.int32), most, below, depth, *out.values())
    steps, twigs, inner, players, leaves, cells, deepest = sizes
    ends = {
        "steps": steps, "path": twigs, "inner": inner, "first_inner": twigs + 1,
        "players": players, "first_player": twigs + 1, "leaf": leaves, "first_leaf": twigs + 1,
        "cell": cells, "ratio": cells, "first_cell": leaves + 1, "table": twigs + 1,
    }  # fmt: skip
    return Twigs(trees, **{k: v[: ends.get(k, len(v))] for k, v in out.items()}, depth=int(deepest))


def nodes_of(ensemble: TreeEnsemble) -> Int[np.ndarray, " trees"]:
    """Nodes of each tree; trees lie one after the other."""
    return np.diff(np.append(ensemble.root, len(ensemble.feature)))
