"""Orders of arrival: the coalitions along them, and what each player adds on the way.

An order may be walked backwards too (antithetic): the complements of the walk lead from everybody
back to nobody, and its two ends are shared. Ordered players (steps) have one order, which is time.
"""

import numpy as np

from .shaped import Bool, Float, Int


def chain(
    orders: Int[np.ndarray, "walks players"], *, antithetic: bool = True
) -> Bool[np.ndarray, "walks asked players"]:
    """Nobody, then one more at a time; and back, without the ends."""
    n = orders.shape[1]
    up = orders.argsort(axis=1)[:, None, :] < np.arange(n + 1)[:, None]
    return np.concatenate([up, ~up[:, 1:n]], axis=1) if antithetic else up


def gains(
    worth: Float[np.ndarray, "walks asked outputs"],
    orders: Int[np.ndarray, "walks players"],
    *,
    antithetic: bool = True,
) -> Float[np.ndarray, "walks outputs players"]:
    """What each player adds, given the worths along the chain; the mean of both ways."""
    n = orders.shape[1]
    steps = np.diff(worth[:, : n + 1], axis=1)
    if antithetic:
        back = np.concatenate([worth[:, n : n + 1], worth[:, n + 1 :], worth[:, :1]], axis=1)
        steps = (steps - np.diff(back, axis=1)) / 2
    added = np.empty((len(worth), worth.shape[2], n))
    added[np.arange(len(worth))[:, None], :, orders] = steps
    return added


def prefixes(players: int) -> Bool[np.ndarray, "asked players"]:
    """Nobody, the first, the first two, and so on to everybody."""
    return np.tri(players + 1, players, -1, dtype=bool)
