"""Random signs and orders on any device, as functions of their key.

SplitMix64, as `whence._core.keyed` has it, in the integers that torch has: the same bits on a
processor, on a GPU, and in numpy. Nothing is consumed and nothing is kept, so any block of a matrix
can be made alone.
"""

import torch

_GOLDEN = 0x9E3779B97F4A7C15 - 2**64  # torch has signed integers, which wrap around
_A = 0xBF58476D1CE4E5B9 - 2**64
_B = 0x94D049BB133111EB - 2**64


def hashes(device: torch.device, *key: int | torch.Tensor) -> torch.Tensor:
    """Int64: one hash for each broadcast element of the key.

    >>> import numpy as np
    >>> from whence._core.keyed import hashed
    >>> ours = hashes(torch.device("cpu"), 7, torch.arange(5))
    >>> bool((hashed(7, np.arange(5)).view(np.int64) == ours.numpy()).all())
    True
    """
    h = torch.zeros((), dtype=torch.int64, device=device)
    for k in key:
        h = _mix(h + _GOLDEN + (_signed(k) if isinstance(k, int) else k))
    return h


def signs(rows: torch.Tensor, columns: int, dtype: torch.dtype, *key: int) -> torch.Tensor:
    """Plus or minus one, [rows, columns]; each row a function of the key and its own number.

    Args:
        rows: their numbers, int64 [rows].
        columns: how many signs in a row: 64 come from one hash.
        dtype: of the answer.
        key: whatever else they are a function of.
    """
    words = torch.arange(-(-columns // 64), device=rows.device)
    packed = hashes(rows.device, *key, rows[:, None], words[None, :]).view(torch.uint8)
    shifts = torch.arange(8, dtype=torch.uint8, device=rows.device)
    bits = (packed[:, :, None] >> shifts) & 1
    return bits.reshape(len(rows), -1)[:, :columns].to(dtype).mul_(2).sub_(1)


def order(size: int, device: torch.device, *key: int) -> torch.Tensor:
    """A random order of 0, 1, …, size - 1: int64 [size]."""
    return hashes(device, *key, torch.arange(size, device=device)).argsort(stable=True)


def _mix(h: torch.Tensor) -> torch.Tensor:
    h = (h ^ _right(h, 30)) * _A
    h = (h ^ _right(h, 27)) * _B
    return h ^ _right(h, 31)


def _right(h: torch.Tensor, by: int) -> torch.Tensor:
    """A shift that brings in zeros, as that of an unsigned integer does."""
    return (h >> by) & ((1 << (64 - by)) - 1)


def _signed(k: int) -> int:
    word = k & 0xFFFFFFFFFFFFFFFF
    return word - 2**64 if word >= 2**63 else word
