"""Which two players meet: those with conditions on one path of a tree. All others never interact.

A leaf is a game of the players on its path, and a player who is not in a game interacts with
nobody in it.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.forms import TreeEnsemble
from whence._core.shaped import Int
from whence.kernels.compiled import compiled
from whence.kernels.twigs import Twigs, nodes_of


@compiled
def _meet(root, nodes, feature, left, right, owner, met):
    """Mark the pairs of one tree, [players, players], above the diagonal."""
    stack = np.empty((nodes + 1, 2), np.int64)  # node, players above it
    path = np.empty(len(met) + 1, np.int64)
    stack[0, 0], stack[0, 1] = root, 0
    top = 1
    while top:
        top -= 1
        node, held = stack[top, 0], stack[top, 1]
        if feature[node] < 0:
            continue
        player, known = owner[feature[node]], False
        for i in range(held):
            known |= path[i] == player
        if not known:
            for i in range(held):
                met[min(path[i], player), max(path[i], player)] = True
            path[held] = player
            held += 1
        stack[top, 0], stack[top, 1] = right[node], held
        stack[top + 1, 0], stack[top + 1, 1] = left[node], held
        top += 2


def meeting_in(
    ensemble: TreeEnsemble, owner: Int[np.ndarray, " features"], tree: int, nodes: int
) -> Int[np.ndarray, "pairs 2"]:
    """Pairs of players who meet in one tree, the lower first, in order."""
    root = int(ensemble.root[tree])
    asked = ensemble.feature[root : root + nodes]
    players, place = np.unique(owner[asked[asked >= 0]]), np.zeros(int(owner.max()) + 1, np.int64)
    place[players] = np.arange(len(players))
    met = np.zeros((len(players), len(players)), bool)
    _meet(root, nodes, ensemble.feature, ensemble.left, ensemble.right, place[owner], met)
    return np.asarray(players[np.argwhere(met)], dtype=np.int64)


def meeting(
    ensemble: TreeEnsemble, owner: Int[np.ndarray, " features"]
) -> Int[np.ndarray, "pairs 2"]:
    """Pairs of players who meet in some tree, the lower first, in order."""
    every = [np.empty((0, 2), np.int64)]
    for tree, nodes in enumerate(nodes_of(ensemble)):
        every.append(meeting_in(ensemble, owner, tree, int(nodes)))
        if len(every) > 64:  # few trees bring a pair that no other has
            every = [np.unique(np.concatenate(every), axis=0)]
    return np.unique(np.concatenate(every), axis=0)


def column(
    pairs: Int[np.ndarray, "pairs 2"], some: Int[np.ndarray, "some 2"]
) -> Int[np.ndarray, " some"]:
    """Where some of the pairs stand among all of them."""
    many = int(pairs.max(initial=0)) + 1
    return np.asarray(np.searchsorted(pairs @ [many, 1], some @ [many, 1]))


@final
@dataclass(frozen=True, slots=True, eq=False)
class Meetings:
    """The pairs of players who meet in each twig.

    Attributes:
        place: [meetings, 2], their places in their twig, the lower first.
        players: [meetings, 2], who they are, the lower first.
        first: of each twig, and the end of the last.
    """

    place: Int[np.ndarray, "meetings 2"]
    players: Int[np.ndarray, "meetings 2"]
    first: Int[np.ndarray, " twigs_and_end"]


@compiled
def _meet_in_twigs(first_player, first_leaf, cell, first_cell, place, owner, first):
    n = 0
    for twig in range(len(first_leaf) - 1):
        places = first_player[twig + 1] - first_player[twig]
        met = np.zeros((places, places), np.bool_)
        for l in range(first_leaf[twig], first_leaf[twig + 1]):
            for i in range(first_cell[l], first_cell[l + 1]):
                for j in range(i + 1, first_cell[l + 1]):
                    met[cell[i, 0], cell[j, 0]] = True  # places ascend
        for i in range(places):
            for j in range(i + 1, places):
                if met[i, j]:
                    place[n, 0], place[n, 1] = i, j
                    owner[n] = twig
                    n += 1
        first[twig + 1] = n
    return n


def meetings(twigs: Twigs) -> Meetings:
    """Who meets in these twigs."""
    places = np.diff(twigs.first_player)
    most = int((places * (places - 1) // 2).sum())
    place, owner = np.empty((most, 2), np.int64), np.empty(most, np.int64)
    first = np.zeros(len(places) + 1, np.int64)
    leaves = (twigs.first_leaf, twigs.cell, twigs.first_cell)
    n = _meet_in_twigs(twigs.first_player, *leaves, place, owner, first)
    players = twigs.players[twigs.first_player[owner[:n], None] + place[:n]].astype(np.int64)
    return Meetings(place[:n], np.sort(players, axis=1), first)
