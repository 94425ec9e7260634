"""Two rows walked down a tree together: the leaves that their mixtures reach, and who chose them.

A node where the rows part is a player's choice: with it present the explained row decides, absent
the background row. A leaf reached when players P are present and Q absent is the game [P within S,
Q outside S], with p and q of them. Each player alone gets (see `pairs`)

    w_(p - 1) in P,  -w_p in Q,

by the weights of a coalition among p + q players; each pair of them interacts by (see
`interaction_cubes`)

    w_(p - 2) within P,    -w_(p - 1) across,    w_p within Q,

by the weights among p + q - 1.
"""

import numpy as np

from whence.kernels.compiled import compiled, inner
from whence.kernels.nodes import SPECIAL, specially

_PRESENT, _ABSENT = 1, 2


@inner
def _of_players(node, into, held, who, side, value, weights, total):
    """What a leaf gives the players that had to choose it."""
    present = 0
    for i in range(held):
        present += side[i] == _PRESENT
    gain = weights[held, present - 1] if present else 0.0
    loss = weights[held, present] if present < held else 0.0
    for o in range(value.shape[1]):
        w, at = value[node, o], o if into < 0 else into
        for i in range(held):
            total[at, who[i]] += w * gain if side[i] == _PRESENT else -w * loss


@inner
def _of_pairs(node, into, held, who, side, value, weight, slot, total):
    """What a leaf gives the pairs of players that had to choose it."""
    present = 0
    for i in range(held):
        present += side[i] == _PRESENT
    for i in range(held):
        for j in range(i + 1, held):
            with_i, with_j = side[i] == _PRESENT, side[j] == _PRESENT
            size = present - with_i - with_j
            gift = weight[size] if with_i == with_j else -weight[size]
            at = slot[who[i], who[j]]
            for o in range(value.shape[1]):
                total[o if into < 0 else into, at] += value[node, o] * gift


@inner
def _walk(
    root, into, x, b, feature, cut, kind, zero, set_of, sets, left, right, owner, value, weights,
    slot, stack, who, side, state, total,
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
            who[held], side[held], state[player] = player, _ABSENT, _ABSENT
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
                who[held], side[held], state[player] = player, _PRESENT, _PRESENT
                held += 1
            goes = with_b if state[player] == _ABSENT else with_x
            node = left[node] if goes else right[node]
        if not len(slot):
            _of_players(node, into, held, who, side, value, weights, total)
        elif held > 1:
            _of_pairs(node, into, held, who, side, value, weights[held - 1], slot, total)
    while held:
        held -= 1
        state[who[held]] = 0
    return looked


@compiled
def mixtures(
    roots, target, feature, cut, kind, zero, set_of, sets, left, right, owner, value, weights, slot,
    codes, pool, total,
):  # fmt: skip
    """Add what all leaves that mixtures reach give, summed over the pool; nodes looked at.

    slot: int64 [players, players], where each pair stands in `total`; [0, 0]: players alone get.
    total: [rows, outputs, players or pairs].
    """
    players = len(slot) or total.shape[2]
    stack = np.empty((players + 1, 3), np.int64)
    who, side = np.empty(players, np.int64), np.empty(players, np.int64)
    state = np.zeros(players, np.int64)
    looked = 0
    for r in range(len(codes)):
        for t in range(len(roots)):
            for b in range(len(pool)):
                looked += _walk(
                    roots[t], target[t], codes[r], pool[b], feature, cut, kind, zero, set_of, sets,
                    left, right, owner, value, weights, slot, stack, who, side, state, total[r],
                )  # fmt: skip
    return looked
