"""Rows explained: each row looks its patterns up, and adds what its players are given."""

from typing import Any

import numpy as np

from whence._core.forms import TreeEnsemble
from whence._core.shaped import Float, Int, UInt
from whence.kernels.compiled import compiled, spread
from whence.kernels.patterns import rows_a_task, see, seeing
from whence.kernels.twigs import Twigs


@compiled
def _look_up(
    steps, first_step, first_twig, looks, players, first_player, table, place, depth,
    target, codes, shares, total,
):  # fmt: skip
    n, most = codes.shape[1], 0
    for t in range(len(first_twig) - 1):
        most = max(most, first_twig[t + 1] - first_twig[t])
    left = np.empty(n, np.uint8)
    pattern = np.empty((depth + 1, n), np.uint16)
    seen = np.empty((most, n), np.uint16)
    for t in range(len(first_twig) - 1):
        if first_twig[t] == first_twig[t + 1]:
            continue
        outputs = np.uintp(total.shape[0] if target[t] < 0 else 1)
        see(n, steps[first_step[t] : first_step[t + 1]], *looks, codes, left, pattern, seen)
        for twig in range(first_twig[t], first_twig[t + 1]):
            at = np.uintp(twig - first_twig[t])
            patterns = np.uintp(table[twig + 1] - table[twig])
            begin = np.uintp(place[twig])
            for o in range(outputs):
                into = np.uintp(o if target[t] < 0 else target[t])
                for i in range(first_player[twig], first_player[twig + 1]):
                    who = np.uintp(players[i])
                    for r in range(n):  # unsigned, so that no index is looked at twice
                        total[into, who, r] += shares[begin + np.uintp(seen[at, r])]
                    begin += patterns


def look_up(
    twigs: Twigs,
    ensemble: TreeEnsemble,
    codes: UInt[np.ndarray, "features rows"],
    shares: Float[np.ndarray, " shares"],
    place: Int[np.ndarray, " twigs_and_end"],
    total: Float[np.ndarray, "outputs players rows"],
) -> None:
    """Add what these trees give to each row's players.

    Args:
        twigs: of the trees.
        ensemble: where the trees are.
        codes: of the rows to explain.
        shares: what each pattern gives, twig by twig.
        place: where each twig's begin.
        total: what is added to.
    """
    looks: tuple[Any, ...] = seeing(twigs, ensemble)
    target = ensemble.target[twigs.trees]
    rows = codes.shape[1]
    size = rows_a_task(rows)

    def block(start: int) -> None:
        cut = slice(start, start + size)
        here = np.ascontiguousarray(codes[:, cut])
        mine = np.zeros((*total.shape[:2], here.shape[1]))
        _look_up(
            twigs.steps, twigs.first_step, twigs.first_twig, looks, twigs.players,
            twigs.first_player, twigs.table, place, twigs.depth, target, here, shares, mine,
        )  # fmt: skip
        total[:, :, cut] += mine

    spread(block, range(0, rows, size))
