"""Losses that no row can dominate: the Brier score of probabilities, and the absolute error."""

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from whence.games.features.loss import Loss, OwnLoss, Squared, both_labels, of_probabilities
from whence.models.class_answers import probabilities
from whence.models.predictor import Predictor
from whence.models.table import Table


@final
@dataclass(frozen=True, slots=True)
class Brier(Loss):
    """The Brier score: squared error of probabilities, as scikit-learn's `brier_score_loss` has it.

    Of two classes (p - y)^2 with the probability of the second; of more, the squares summed over
    the classes. However sure a forecast was, a row loses 1 (or 2) at most. What is said of one
    number a row, and of raw outputs, at `LogLoss` holds here too.
    """

    name: str = field(default="brier", init=False)
    unit: str = field(default="Brier score", init=False)
    sample: int = field(default=4, init=False)
    smooth: bool = field(default=True, init=False)

    def form(self, predictor: Predictor, X: Table | None) -> Predictor:
        """Raw outputs that may be log-odds as probabilities."""
        del X
        return probabilities(predictor) or predictor

    def targets(self, y: Any, predictor: Predictor, rows: int) -> np.ndarray:
        """Positions of the labels among the model's classes."""
        return of_probabilities("the Brier score", y, predictor, rows)

    def plain(self, y: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Sum over classes of (p - [it is the label's])^2; of two classes half of that."""
        return _squares(y, both_labels("the Brier score", p))

    def of_proxy(self) -> Loss:
        """The same squares, of what may lie a little outside of [0, 1]."""
        return OwnLoss(_squares, self.sample, name=self.name, unit=self.unit)


@final
@dataclass(frozen=True, slots=True)
class AbsoluteError(Loss):
    """Absolute error, summed over outputs. Draws need many background rows, as it has a corner."""

    name: str = field(default="absolute error", init=False)
    unit: str = field(default="absolute error", init=False)
    sample: int = field(default=64, init=False)
    smooth: bool = field(default=False, init=False)

    def targets(self, y: Any, predictor: Predictor, rows: int) -> np.ndarray:
        """As for the squared error."""
        return Squared().targets(y, predictor, rows)

    def plain(self, y: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Sum over outputs of |p - y|."""
        return np.asarray(np.abs(p - y).sum(axis=1))

    def of_proxy(self) -> Loss:
        """Itself: what is nearly right is worth nearly the same."""
        return self


def _squares(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    second = p if p.ndim == 1 else p[:, 1]
    if p.ndim == 1 or p.shape[1] == 2:
        return np.asarray((second - y) ** 2)
    return np.asarray(((p - np.eye(p.shape[1])[y]) ** 2).sum(axis=1))
