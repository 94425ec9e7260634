"""Twigs a piece at a time: a deep tree's tables together may be larger than memory."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from whence.kernels.twigs import Twigs


def pieces(twigs: Twigs, wide: int, most: int) -> Iterator[Twigs]:
    """The same trees with some of their twigs each.

    Args:
        twigs: of some trees.
        wide: values in each leaf.
        most: entries of the tables of one piece, if it has more than one twig.
    """
    entries = np.diff(twigs.table) * np.diff(twigs.first_player) * wide
    before = np.concatenate([[0], np.cumsum(entries)])
    first, end = 0, len(entries)
    while first < end:
        last = int(np.searchsorted(before, before[first] + most, side="right")) - 1
        last = min(max(last, first + 1), end)
        yield twigs if last - first == end else _some(twigs, first, last)
        first = last


def _some(twigs: Twigs, first: int, last: int) -> Twigs:
    steps = twigs.steps.copy()
    twig = steps[:, 5]
    steps[:, 5] = np.where((first <= twig) & (twig < last), twig - first, -1)
    ends = slice(first, last + 1)
    return replace(
        twigs,
        steps=steps,
        first_twig=np.clip(twigs.first_twig, first, last) - first,
        path=twigs.path[first:last],
        first_inner=twigs.first_inner[ends],
        first_player=twigs.first_player[ends],
        first_leaf=twigs.first_leaf[ends],
        table=twigs.table[ends] - twigs.table[first],
    )
