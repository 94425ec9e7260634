"""Arrays of numbers from whatever a user has: lists, numpy arrays, torch tensors on the CPU."""

from typing import Any

import numpy as np

from .errors import OptionError
from .shaped import Float


def figures(given: Any, name: str, shape: str) -> Float[np.ndarray, "*shape"]:
    """As floats, all of them finite.

    Args:
        given: whatever numpy can read.
        name: what it is called, for messages.
        shape: its axes in words, such as "[pairs, d]".

    Raises:
        OptionError: no numbers, or NaN or infinity among them.
    """
    try:
        array = np.asarray(given).astype(
            float, casting="same_kind"
        )  # never words, nor half a number
    except Exception as error:  # tensors on a GPU or under autograd say how to bring them here
        raise OptionError(f"{name} must be an array of numbers, {shape}: {error}") from error
    if not np.isfinite(array).all():
        bad = int((~np.isfinite(array)).sum())
        raise OptionError(
            f"{name} has {bad:,} NaN or infinite of {array.size:,} numbers: mend what made them"
        )
    return array
