"""What boosters share: both classes' probabilities from one column, and what outputs mean."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from whence.models.answers import output_names

Meaning: TypeAlias = tuple[tuple[str, ...], tuple[object, ...] | None, str]


def both(positive: np.ndarray) -> np.ndarray:
    """The probabilities of both classes from that of the second, [rows] to [rows, 2]."""
    one = np.asarray(positive, float).reshape(len(positive))
    return np.column_stack([1 - one, one])


def softmax(margins: np.ndarray) -> np.ndarray:
    """Probabilities from scores, [rows, classes]."""
    shifted = np.exp(margins - margins.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def logistic(margins: np.ndarray) -> np.ndarray:
    """The probabilities of both classes from the log-odds of the second, [rows, 1] to [rows, 2]."""
    return softmax(np.column_stack([np.zeros(len(margins)), margins]))


def of_classes(labels: Sequence[object]) -> Meaning:
    """The probabilities of these labels."""
    return tuple(map(str, labels)), tuple(labels), "probability"


def of_numbers(columns: int, space: str) -> Meaning:
    """Numbers in this space."""
    return output_names(columns), None, space
