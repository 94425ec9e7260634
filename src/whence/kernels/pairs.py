"""Trees too wide for patterns: each explained row against each background row.

Walking both rows down a tree, a node where they part is a player's choice: with it present the
explained row decides, absent the background row. A leaf reached when players P had to be present
and Q absent is the game [P within S, Q outside S]: its index is known in closed form, from the
weights of p - 1 and of p others among p + q players. No depth makes this wrong.
"""

import numpy as np

from whence._core.forms import TreeEnsemble
from whence._core.shaped import Float, Int, UInt
from whence.kernels.compiled import compiled, spread
from whence.kernels.nodes import SPECIAL, deciding, specially


@compiled
def _credit(node, into, held, who, side, value, weights, total):
    """What a leaf gives the players that had to choose it."""
    present = 0
    for i in range(held):
        present += side[i] == 1
    gain = weights[held, present - 1] if present else 0.0
    loss = weights[held, present] if present < held else 0.0
    for o in range(value.shape[1]):
        w, at = value[node, o], o if into < 0 else into
        for i in range(held):
            total[at, who[i]] += w * gain if side[i] == 1 else -w * loss


@compiled
def _pair(
    root, into, x, b, feature, cut, kind, zero, set_of, sets, left, right, owner, value, weights,
    stack, who, side, state, total,
):  # fmt: skip
    """Walk two rows down one tree; how many nodes were looked at."""
    looked = held = 0
    stack[0, 0], stack[0, 1], stack[0, 2] = root, 0, -1
    top = 1
    while top:
        top -= 1
        node, keep, player = stack[top, 0], stack[top, 1], stack[top, 2]
        while held > keep:
            held -= 1
            state[who[held]] = 0
        if player >= 0:  # the second of two ways: without the player
            who[held], side[held], state[player] = player, 2, 2
            held += 1
        while feature[node] >= 0:
            looked += 1
            j = feature[node]
            player = owner[j]
            what = kind[node]
            if what < SPECIAL:
                most = np.uint32(cut[node] + what)
                with_x, with_b = np.uint32(x[j] + what) <= most, np.uint32(b[j] + what) <= most
            else:
                with_x = specially(x[j], node, feature, cut, kind, zero, set_of, sets)
                with_b = specially(b[j], node, feature, cut, kind, zero, set_of, sets)
            if state[player] == 0 and with_x != with_b:
                other = left[node] if with_b else right[node]
                stack[top, 0], stack[top, 1], stack[top, 2] = other, held, player
                top += 1
                who[held], side[held], state[player] = player, 1, 1
                held += 1
            goes = with_b if state[player] == 2 else with_x
            node = left[node] if goes else right[node]
        _credit(node, into, held, who, side, value, weights, total)
    while held:
        held -= 1
        state[who[held]] = 0
    return looked


@compiled
def _pairs(
    roots, target, feature, cut, kind, zero, set_of, sets, left, right, owner, value, weights,
    codes, pool, total,
):  # fmt: skip
    """total: [rows, outputs, players], summed over the pool."""
    players = total.shape[2]
    stack = np.empty((players + 1, 3), np.int64)
    who, side = np.empty(players, np.int64), np.empty(players, np.int64)
    state = np.zeros(players, np.int64)
    looked = 0
    for r in range(len(codes)):
        for t in range(len(roots)):
            for b in range(len(pool)):
                looked += _pair(
                    roots[t], target[t], codes[r], pool[b], feature, cut, kind, zero, set_of, sets,
                    left, right, owner, value, weights, stack, who, side, state, total[r],
                )  # fmt: skip
    return looked


def pairs(
    ensemble: TreeEnsemble,
    owner: Int[np.ndarray, " features"],
    trees: Int[np.ndarray, " trees"],
    weights: Float[np.ndarray, "_ _"],
    codes: UInt[np.ndarray, "rows features"],
    pool: UInt[np.ndarray, "members features"],
    total: Float[np.ndarray, "rows outputs players"],
) -> int:
    """Add what these trees give to each row's players, on the mean over the pool.

    Args:
        ensemble: where the trees are.
        owner: which player each feature belongs to.
        trees: which of them.
        weights: [m, s], the index's weight of a coalition of s among m players.
        codes: of the rows to explain, row by row.
        pool: of the background.
        total: what is added to.

    Returns:
        How many nodes were looked at: what it cost.
    """
    rest = (ensemble.left, ensemble.right, owner, ensemble.value, weights)
    roots, target = ensemble.root[trees], ensemble.target[trees]
    looked = np.zeros(len(codes), dtype=np.int64)

    def row(r: int) -> None:
        mine = np.zeros((1, *total.shape[1:]))
        one = codes[r : r + 1]
        looked[r] = _pairs(roots, target, *deciding(ensemble), *rest, one, pool, mine)
        total[r] += mine[0] / len(pool)

    spread(row, range(len(codes)))
    return int(looked.sum())
