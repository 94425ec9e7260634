"""The Gauss-Newton matrix of a small model, inverted by its eigenvectors."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.errors import OptionError
from whence._core.shaped import Float
from whence.models.trainer.trainer import GradientTrainer

_BLOCK = 128  # rows whose slopes are held at once


@final
@dataclass(frozen=True, slots=True, eq=False)
class Curvature:
    """G / n + D / n, by its eigenvectors: a whole grid of dampings costs one decomposition."""

    values: Float[np.ndarray, " p"]
    vectors: Float[np.ndarray, "p p"]
    words: str

    @property
    def least(self) -> float:
        """A damping that changes nothing but what has no curvature at all."""
        return float(1e-6 * self.values.max())

    def solve(self, v: Float[np.ndarray, "rows p"], damping: float) -> Float[np.ndarray, "rows p"]:
        """(G / n + D / n + damping I)^-1 v, for each row of v."""
        return np.asarray(((v @ self.vectors) / (self.values + damping)) @ self.vectors.T)


def curvature(trainer: GradientTrainer[Any], model: Any, solver: str) -> Curvature:
    """Of the mean loss, at this model."""
    if solver not in ("auto", "dense"):
        raise OptionError(f"solver is 'auto' or 'dense'; given {solver!r}")
    n, bend = len(trainer.rows), np.diag(trainer.penalty)
    for at in range(0, n, _BLOCK):
        root = trainer.roots(model, slice(at, at + _BLOCK))
        bend = bend + root.T @ root
    values, vectors = np.linalg.eigh(bend / n)
    return Curvature(values.clip(min=0), vectors, "dense Gauss-Newton")


def candidates(bend: Curvature) -> tuple[float, ...]:
    """Dampings from a hundredth to a hundred times the mean curvature."""
    return tuple(float(bend.values.mean() * 10.0**k) for k in np.arange(-2, 2.1, 0.5))
