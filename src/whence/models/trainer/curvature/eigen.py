"""Eigenvalues of large symmetric matrices: by torch's LAPACK where a network brought torch along.

Torch is shipped with a LAPACK of one kind, numpy with one of several, some of which take three
times as long. Where nobody loaded torch, numpy's is used; they differ in the last digits.
"""

import sys

import numpy as np

from whence._core.shaped import Float

_LARGE = 256  # columns; below, neither takes any time


def eigh(
    matrix: Float[np.ndarray, "p p"],
) -> tuple[Float[np.ndarray, " p"], Float[np.ndarray, "p p"]]:
    """Eigenvalues in rising order, and eigenvectors in columns."""
    torch = sys.modules.get("torch")
    if torch is None or len(matrix) < _LARGE:
        values, vectors = np.linalg.eigh(matrix)
        return values, vectors
    found = torch.linalg.eigh(torch.from_numpy(np.ascontiguousarray(matrix)))
    return np.asarray(found[0].numpy()), np.asarray(found[1].numpy())
