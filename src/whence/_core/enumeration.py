"""All coalitions of a few players, and what any semivalue makes of their worths.

Coalition number m holds the players whose bits m has.
"""

import numpy as np

from .index import Semivalue
from .shaped import Bool, Float, Int


def coalitions(n: int) -> Bool[np.ndarray, "coalitions players"]:
    """All 2^n of them, by number."""
    return np.asarray((np.arange(2**n)[:, None] >> np.arange(n)) & 1 == 1)


def gray(n: int) -> Int[np.ndarray, " coalitions"]:
    """Their numbers in an order in which one player comes or goes at a time (Gray 1953)."""
    number = np.arange(2**n)
    return np.asarray(number ^ (number >> 1))


def semivalues(
    worth: Float[np.ndarray, "cases coalitions outputs"], index: Semivalue
) -> Float[np.ndarray, "cases outputs players"]:
    """What each player adds to coalitions without it, by the index's weights of their sizes."""
    cases, many, outputs = worth.shape
    n = many.bit_length() - 1
    sizes = coalitions(n).sum(axis=1)
    weight = np.array([index.weight(s, n) for s in range(n)])
    values = np.empty((cases, outputs, n))
    for i in range(n):
        out = np.flatnonzero((np.arange(many) >> i) & 1 == 0)
        gain = worth[:, out + (1 << i)] - worth[:, out]  # case, coalition, output
        values[:, :, i] = np.einsum("s,cso->co", weight[sizes[out]], gain)
    return values
