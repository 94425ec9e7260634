"""Interactions in trees too wide for patterns: each explained row against each background row.

A leaf that two rows reach together, with players P present and Q absent, is the game [P within S, Q
outside S] (see `pairs`). With p and q of them, and the index's weights w_s of a coalition of s
among p + q - 1 players, each pair of its players interacts by

    w_(p - 2) within P,    -w_(p - 1) across,    w_p within Q.
"""

from typing import Any

import numpy as np

from whence._core.forms import TreeEnsemble
from whence._core.shaped import Float, Int
from whence.kernels.compiled import compiled, spread
from whence.kernels.meeting import column, meeting_in
from whence.kernels.nodes import SPECIAL, deciding, specially
from whence.kernels.twigs import nodes_of


@compiled
def _credit(node, into, held, who, side, value, weight, slot, total):
    """What a leaf gives the pairs of players that had to choose it."""
    present = 0
    for i in range(held):
        present += side[i] == 1
    for i in range(held):
        for j in range(i + 1, held):
            with_i, with_j = side[i] == 1, side[j] == 1
            size = present - with_i - with_j
            gift = weight[size] if with_i == with_j else -weight[size]
            at = slot[who[i], who[j]]
            for o in range(value.shape[1]):
                total[o if into < 0 else into, at] += value[node, o] * gift


@compiled
def _walk(
    root, into, x, pool, feature, cut, kind, zero, set_of, sets, left, right, owner, value, weights,
    slot, total,
):  # fmt: skip
    """Walk one row with each of the pool down one tree; how many nodes were looked at."""
    players, looked = len(slot), 0
    stack = np.empty((players + 1, 3), np.int64)  # node, players held, who leaves (-1: nobody)
    who, side = np.empty(players, np.int64), np.empty(players, np.int64)
    state = np.zeros(players, np.int64)  # 1: present, 2: absent
    for r in range(len(pool)):
        b, held, top = pool[r], 0, 1
        stack[0, 0], stack[0, 1], stack[0, 2] = root, 0, -1
        while top:
            top -= 1
            node, keep, player = stack[top, 0], stack[top, 1], stack[top, 2]
            while held > keep:
                held -= 1
                state[who[held]] = 0
            if player >= 0:
                who[held], side[held], state[player] = player, 2, 2
                held += 1
            while feature[node] >= 0:
                looked += 1
                j, what = feature[node], kind[node]
                player = owner[j]
                if what < SPECIAL:
                    most = np.uint32(cut[node] + what)
                    with_x, with_b = np.uint32(x[j] + what) <= most, np.uint32(b[j] + what) <= most
                else:
                    with_x = specially(x[j], node, feature, cut, kind, zero, set_of, sets)
                    with_b = specially(b[j], node, feature, cut, kind, zero, set_of, sets)
                if state[player] == 0 and with_x != with_b:
                    stack[top, 0] = left[node] if with_b else right[node]
                    stack[top, 1], stack[top, 2] = held, player
                    top += 1
                    who[held], side[held], state[player] = player, 1, 1
                    held += 1
                goes = with_b if state[player] == 2 else with_x
                node = left[node] if goes else right[node]
            if held > 1:
                _credit(node, into, held, who, side, value, weights[held - 1], slot, total)
        while held:
            held -= 1
            state[who[held]] = 0
    return looked


def cubes(
    ensemble: TreeEnsemble,
    owner: Int[np.ndarray, " features"],
    trees: Int[np.ndarray, " trees"],
    weights: Float[np.ndarray, "sizes sizes"],
    codes: np.ndarray,
    pool: np.ndarray,
    pairs: Int[np.ndarray, "pairs 2"],
    total: Float[np.ndarray, "rows outputs pairs"],
) -> int:
    """Add what these trees give to each row's pairs of players, on the mean over the pool.

    Args:
        ensemble: where the trees are.
        owner: which player each feature belongs to.
        trees: which of them.
        weights: [m, s], the index's weight of a coalition of s among m players.
        codes: of the rows to explain, [rows, features] (see `by_row`).
        pool: of the background, likewise.
        pairs: all that meet, in order.
        total: what is added to.

    Returns:
        How many nodes were looked at: what it cost.
    """
    looked, nodes = 0, nodes_of(ensemble)
    for tree in trees:
        here = meeting_in(ensemble, owner, int(tree), int(nodes[tree]))
        if len(here):
            columns = column(pairs, here)
            looked += _one(ensemble, owner, int(tree), weights, codes, pool, here, columns, total)
    return looked


def _one(
    ensemble: TreeEnsemble,
    owner: np.ndarray,
    tree: int,
    weights: np.ndarray,
    codes: np.ndarray,
    pool: np.ndarray,
    here: np.ndarray,
    columns: np.ndarray,
    total: np.ndarray,
) -> int:
    """As `cubes`, with the tree's own pairs, and their columns."""
    players, ends = np.unique(here, return_inverse=True)
    ends = ends.reshape(here.shape)
    place = np.zeros(int(owner.max()) + 1, np.int64)
    place[players] = np.arange(len(players))
    slot = np.zeros((len(players), len(players)), np.int64)
    slot[ends[:, 0], ends[:, 1]] = slot[ends[:, 1], ends[:, 0]] = np.arange(len(here))
    looked = np.zeros(len(codes), np.int64)
    form: tuple[Any, ...] = deciding(ensemble)
    form += (ensemble.left, ensemble.right, place[owner], ensemble.value, weights, slot)
    start = (ensemble.root[tree], ensemble.target[tree])

    def row(r: int) -> None:
        mine = np.zeros((total.shape[1], len(here)))
        call = (*start, codes[r], pool, *form, mine)
        looked[r] = _walk(*call)
        total[r][:, columns] += mine / len(pool)

    spread(row, range(len(codes)))
    return int(looked.sum())
