"""H as it is, and all its eigenvalues: one decomposition, then every damping is two products.

    H = U diag(s) U',        f(H) v = U f(s) U'v

The yardstick of the other solvers, and the solver of choice up to a few thousand parameters.
"""

from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np

from whence._core.errors import OptionError
from whence._core.shaped import Float, Int
from whence.models.trainer.curvature.eigen import eigh
from whence.models.trainer.curvature.inverse import Spectral, upright
from whence.models.trainer.curvature.products import blocks
from whence.models.trainer.gradient_trainer import GradientTrainer

MOST = 8192  # parameters: the matrix alone is then half a gigabyte


@final
class Dense(Spectral):
    """The eigenvectors and eigenvalues of H.

    Attributes:
        values: the eigenvalues, in rising order.
        vectors: the eigenvectors, in columns.
    """

    def __init__(
        self,
        matrix: Float[np.ndarray, "scope scope"],
        at: Int[np.ndarray, " scope"] | None = None,
        width: int | None = None,
    ) -> None:
        self.solver, self.provenance = "dense", {"solver": "dense"}
        self.pseudo = False
        self.at = np.arange(len(matrix)) if at is None else at
        self.width = len(matrix) if width is None else width
        values, self.vectors = eigh(matrix)
        self.values = upright(values)

    @staticmethod
    def of(
        trainer: GradientTrainer[Any], models: Sequence[Any], at: Int[np.ndarray, " scope"]
    ) -> "Dense":
        """Of what a trainer learned; of several models, their mean curvature.

        Raises:
            OptionError: more parameters than a matrix should have.
        """
        if len(at) > MOST:
            raise OptionError(
                f"the curvature of {len(at):,} parameters is a matrix of {len(at) ** 2:,} numbers; "
                f"'dense' goes up to {MOST:,}. Use 'ekfac' or 'cg', or a scope of fewer parameters."
            )
        return Dense(matrix_of(trainer, models, at), at, len(trainer.penalty))

    def eigenvalues(self) -> Float[np.ndarray, " scope"]:
        """In rising order."""
        return self.values

    def _apply(
        self, function: Callable[[np.ndarray], np.ndarray], v: Float[np.ndarray, "vectors scope"]
    ) -> Float[np.ndarray, "vectors scope"]:
        return np.asarray(((v @ self.vectors) * function(self.values)) @ self.vectors.T)


def matrix_of(
    trainer: GradientTrainer[Any], models: Sequence[Any], at: Int[np.ndarray, " scope"]
) -> Float[np.ndarray, "scope scope"]:
    """H itself, added up in double precision."""
    total = np.diag(trainer.penalty[at] / len(trainer.rows))
    for root in blocks(trainer, models, at):
        total += root.T @ root
    return total
