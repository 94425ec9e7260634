"""Functions of a curvature: what a matrix does to vectors, once its eigenvalues are changed.

    through(V, f) = V U f(sigma) U',      curvature = U sigma U'

A method that needs no more than this works with any curvature that can be taken apart: dense here.
"""

import abc
from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np

from whence._core.errors import OptionError
from whence._core.shaped import Float

Change = Callable[[np.ndarray], np.ndarray]
DENSE = 4_000  # parameters up to which a matrix of them is held
_TOGETHER = 256


class Spectrum(abc.ABC):
    """A curvature that is taken apart."""

    @abc.abstractmethod
    def through(
        self, vectors: Float[np.ndarray, "some p"], change: Change
    ) -> Float[np.ndarray, "some p"]:
        """Vectors, through the curvature with its eigenvalues changed.

        Args:
            vectors: one a row.
            change: of eigenvalues of any shape, none negative, to as many numbers.
        """


@final
class DenseSpectrum(Spectrum):
    """A matrix, by its eigenvectors; what rounding made negative is 0."""

    def __init__(self, matrix: Float[np.ndarray, "p p"]) -> None:
        values, self._vectors = np.linalg.eigh(matrix)
        self._values = np.maximum(values, 0.0)

    def through(
        self, vectors: Float[np.ndarray, "some p"], change: Change
    ) -> Float[np.ndarray, "some p"]:
        turned = vectors @ self._vectors
        return np.asarray((turned * change(self._values)) @ self._vectors.T)


def dense(
    trainer: Any,
    states: Sequence[Any],
    shares: Float[np.ndarray, " states"],
    scale: Float[np.ndarray, " p"] | None,
) -> Spectrum:
    """The mean curvature of the mean loss and its weight decay, over some states of a run.

    Args:
        trainer: whose loss it is; its Gauss-Newton matrix is taken.
        states: parameters.
        shares: how much each counts.
        scale: of each parameter: the curvature is seen as if they were divided by its root.

    Raises:
        OptionError: too many parameters.
    """
    p, n = len(trainer.penalty), len(trainer.rows)
    if p > DENSE:
        raise OptionError(
            f"{trainer.name} has {p:,} parameters, and the curvature is held as a matrix up to "
            f"{DENSE:,}: use `tracin` or `magic`, which need none, or a smaller network"
        )
    root = np.ones(p) if scale is None else np.sqrt(scale)
    found = np.diag(trainer.penalty / n * root**2)
    for state, share in zip(states, shares, strict=True):
        for a in range(0, n, _TOGETHER):
            R = trainer.roots(state, slice(a, a + _TOGETHER)) * root
            found += share / n * (R.T @ R)
    return DenseSpectrum(found)
