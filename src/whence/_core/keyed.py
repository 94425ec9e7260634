"""Chance as a function of its key: the same key, the same numbers, in any batch or process.

SplitMix64 (Steele, Lea & Flood 2014), chained over the words of the key. Nothing is consumed, so no
batch, engine or neighbour can change what a walk draws, and numpy's global state is never touched.
"""

import numpy as np

from .shaped import Float, UInt64

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_A = np.uint64(0xBF58476D1CE4E5B9)
_B = np.uint64(0x94D049BB133111EB)
_WORD = 0xFFFFFFFFFFFFFFFF


def _mix(h: UInt64[np.ndarray, "*shape"]) -> UInt64[np.ndarray, "*shape"]:
    h = (h ^ (h >> np.uint64(30))) * _A
    h = (h ^ (h >> np.uint64(27))) * _B
    return np.asarray(h ^ (h >> np.uint64(31)))


def hashed(*key: int | np.ndarray) -> UInt64[np.ndarray, "*shape"]:
    """One 64-bit hash for each broadcast element of the key."""
    h = np.zeros(np.broadcast_shapes(*(np.shape(k) for k in key)) or (1,), np.uint64)
    with np.errstate(over="ignore"):
        for k in key:
            word = np.uint64(k & _WORD) if isinstance(k, int) else k.astype(np.uint64)
            h = _mix(h + _GOLDEN + word)
    return h


def uniforms(size: int, *key: int | np.ndarray) -> Float[np.ndarray, "*shape size"]:
    """`size` uniform numbers in [0, 1) for each broadcast element of the key.

    >>> bool((uniforms(2, 7, np.arange(5))[3] == uniforms(2, 7, np.array([3]))[0]).all())
    True
    """
    h = hashed(*key)
    with np.errstate(over="ignore"):
        bits = _mix(h[..., None] + _GOLDEN * np.arange(1, size + 1, dtype=np.uint64))
    return (bits >> np.uint64(11)).astype(float) * 2.0**-53
