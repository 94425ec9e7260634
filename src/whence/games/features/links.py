"""Links: from what a model adds up to what it predicts."""

import numpy as np

from whence._core.errors import UnsupportedModelError
from whence._core.shaped import Float


def linked(
    raw: Float[np.ndarray, "rows outputs"], link: str
) -> Float[np.ndarray, "rows predictions"]:
    """Predictions from raw outputs; of two classes both.

    Raises:
        UnsupportedModelError: a link that whence does not apply.
    """
    match link:
        case "identity":
            return raw
        case "exp":
            return np.asarray(np.exp(raw))
        case "softmax":
            shifted = np.exp(raw - raw.max(axis=1, keepdims=True))
            return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
        case "logistic" if raw.shape[1] == 1:
            positive = 1 / (1 + np.exp(-raw[:, 0]))
            return np.column_stack([1 - positive, positive])
    raise UnsupportedModelError(
        f"whence does not apply the link {link!r} to averaged raw outputs. Leave average='raw' out."
    )
