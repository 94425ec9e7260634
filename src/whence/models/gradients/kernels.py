"""The kernel of a store, Phi^T Phi: computed once in float64, kept beside the blocks.

It is kept with a seal over the seals of all blocks: a block that was made anew makes the kernel
anew. A ridge is added when a question is asked, so that any number of ridges share one kernel.
"""

from pathlib import Path

import numpy as np

from whence._core.errors import OptionError, StoreError
from whence._core.shaped import Float
from whence.models.gradients._files import SEAL, npy, put, seal, told
from whence.models.gradients.planning import part_rows
from whence.models.gradients.store import GradientStore

Kernel = Float[np.ndarray, "dim dim"]
_FILE = "kernel.npy"


def kernel(store: GradientStore) -> Kernel:
    """Phi^T Phi of all rows, float64 [dim, dim], from the store or for it.

    Raises:
        StoreError: blocks are missing or damaged, or the kernel cannot be kept.
    """
    state = seal([store.seal(block) for block in range(store.blocks)])
    file = store.path / _FILE
    kept = _kept(store, file, state)
    if kept is not None:
        return kept
    total = np.zeros((store.dim, store.dim))
    step = part_rows(store.layout, 1)
    for block in range(store.blocks):
        rows = store.read(block)
        for start in range(0, len(rows), step):
            part = rows[start : start + step].astype(np.float64)
            total += part.T @ part
    parts = [*npy(total), state]
    put(file, [*parts, seal(parts)])
    return total


def _kept(store: GradientStore, file: Path, state: bytes) -> Kernel | None:
    """The kernel of these very blocks, where it is there and whole."""
    if not file.exists():
        return None
    with told(file, "read"):
        if file.stat().st_size != store.layout.kernel_bytes:
            return None
        content = file.read_bytes()
    told_of, sealed = content[-2 * SEAL : -SEAL], content[-SEAL:]
    if told_of != state or seal([content[:-SEAL]]) != sealed:
        return None
    numbers = content[-2 * SEAL - 8 * store.dim**2 : -2 * SEAL]
    return np.frombuffer(numbers, "<f8").reshape(store.dim, store.dim)


def solved(
    store: GradientStore, queries: Float[np.ndarray, "queries dim"], ridge: float
) -> Float[np.ndarray, "queries dim"]:
    """Q (Phi^T Phi + ridge I)^-1.

    Args:
        store: of Phi.
        queries: Q.
        ridge: added to each number of the diagonal.

    Raises:
        OptionError: a ridge that is negative, or too small for this kernel.
        StoreError: blocks are missing or damaged.
    """
    if not (np.isfinite(ridge) and ridge >= 0):
        raise OptionError(f"a ridge is not negative, and finite; given {ridge!r}")
    full = kernel(store) + ridge * np.eye(store.dim)
    try:
        pivots = np.diagonal(np.linalg.cholesky(full)) ** 2
    except np.linalg.LinAlgError:
        pivots = np.zeros(1)
    if pivots.min() <= np.finfo(float).eps * store.dim * np.diagonal(full).max():
        raise OptionError(
            f"the kernel of {store.rows:,} rows and {store.dim:,} numbers cannot be inverted with "
            f"ridge={ridge:g}: its mean eigenvalue is {np.diagonal(full).mean():.3g}. Give a "
            "larger ridge."
        )
    return np.asarray(np.linalg.solve(full, queries.T).T)


def refuse_incomplete(store: GradientStore) -> None:
    """Refuse to answer from some of the rows.

    Raises:
        StoreError: blocks are missing.
    """
    missing = store.missing
    if missing:
        raise StoreError(
            f"{len(missing)} of {store.blocks} blocks of {store.path} are missing, the first of "
            f"which is block {missing[0]}. Fill the store first."
        )
