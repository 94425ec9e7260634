"""Numbers on their way into a block: of the right shape, finite, and held well by their dtype."""

import numpy as np

from whence._core.errors import OptionError, StoreError

_LOST = 0.01  # of a row's length, at most, may be lost to a shorter dtype


def fitting(array: np.ndarray, shape: tuple[int, int], what: str, span: range) -> np.ndarray:
    """The same array, if it can be rows of a block.

    Raises:
        OptionError: another shape, no floats, or numbers that are not finite.
    """
    if array.shape != shape or array.dtype.kind != "f":
        raise OptionError(
            f"{what} of this block are floats of shape {shape}; given {array.dtype} of shape "
            f"{array.shape}"
        )
    wrong = np.flatnonzero(~np.isfinite(array).all(axis=1))
    if len(wrong):
        raise OptionError(
            f"{what} of {len(wrong)} rows are not finite, the first of which is row "
            f"{span[wrong[0]]}: mend what makes them"
        )
    return array


def shortened(array: np.ndarray, dtype: np.dtype, span: range) -> np.ndarray:
    """In the dtype of a store, if that holds each row well enough.

    Raises:
        StoreError: numbers too large or too small for it.
    """
    if array.dtype == dtype:
        return array
    with np.errstate(over="ignore", under="ignore"):
        short = array.astype(dtype)
        lost = np.linalg.norm(short.astype(np.float64) - array, axis=1)
        wrong = np.flatnonzero(~(lost <= _LOST * np.linalg.norm(array.astype(np.float64), axis=1)))
    if len(wrong):
        raise StoreError(
            f"{dtype.name} cannot hold the gradients of {len(wrong)} rows, the first of which is "
            f"row {span[wrong[0]]}: they are too large or too small for it. Scale the gradients, "
            "or use dtype='float32'."
        )
    return short
