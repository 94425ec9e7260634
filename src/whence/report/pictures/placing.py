"""Labels one below another: each as near to its own place as the others allow."""

import numpy as np


def spread(wanted: np.ndarray, gap: float) -> np.ndarray:
    """Places at least `gap` apart, in the same order, around where they were wanted.

    Neighbours that would overlap become a block around the mean of what they wanted.

    Args:
        wanted: float [labels].
        gap: the least distance.

    >>> spread(np.array([0.0, 0.1, 5.0]), 1.0)
    array([-0.45,  0.55,  5.  ])
    """
    blocks: list[list[float]] = []  # [where its first label would stand, how many], from below
    for at in np.sort(wanted):
        blocks.append([float(at), 1.0])
        while len(blocks) > 1 and blocks[-2][0] + gap * blocks[-2][1] > blocks[-1][0]:
            first, many = blocks.pop()
            low, few = blocks.pop()
            blocks.append([(low * few + (first - gap * few) * many) / (few + many), few + many])
    found = np.concatenate([b + gap * np.arange(int(n)) for b, n in blocks] or [np.zeros(0)])
    places = np.empty(len(wanted))
    places[np.argsort(wanted, kind="stable")] = found
    return places
