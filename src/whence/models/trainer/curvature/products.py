"""H v without H: by the roots of the rows' curvature, a block of rows at a time.

    G v = sum over blocks of R'(R v)          R'R = Gauss-Newton of the block's rows

Of several models the mean: what a stretch of training was like.
"""

import abc
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, final

import numpy as np

from whence._core.errors import OptionError
from whence._core.shaped import Float, Int
from whence.models.trainer.gradient_trainer import GradientTrainer

_CELLS = 2**24  # of the roots that are held at once


class Product(abc.ABC):
    """H v, in a scope.

    Attributes:
        width: how many parameters there are.
        at: the places of those in the scope.
    """

    width: int
    at: Int[np.ndarray, " scope"]

    @abc.abstractmethod
    def __call__(self, v: Float[np.ndarray, "vectors scope"]) -> Float[np.ndarray, "vectors scope"]:
        """H v for each row of v."""

    @abc.abstractmethod
    def trace(self) -> float:
        """The sum of the eigenvalues."""


@final
class Given(Product):
    """The product with a matrix that is there."""

    def __init__(self, matrix: Float[np.ndarray, "p p"]) -> None:
        self.matrix, self.width, self.at = matrix, len(matrix), np.arange(len(matrix))

    def __call__(self, v: Float[np.ndarray, "vectors scope"]) -> Float[np.ndarray, "vectors scope"]:
        """One product."""
        return np.asarray(v @ self.matrix)

    def trace(self) -> float:
        """Of the matrix."""
        return float(np.trace(self.matrix))


class TrainedProduct(Product):
    """The product with the mean curvature of what a trainer learned.

    Args:
        trainer: whose rows.
        models: parameters; at least one.
        at: the scope.

    Raises:
        OptionError: no model.
    """

    trainer: GradientTrainer[Any]
    models: Sequence[Any]

    def __init__(
        self,
        trainer: GradientTrainer[Any],
        models: Sequence[Any],
        at: Int[np.ndarray, " scope"],
    ) -> None:
        if not models:
            raise OptionError("curvature is that of at least one model; given none")
        self.trainer, self.models, self.at = trainer, models, at
        self.width = len(trainer.penalty)
        self.penalty = trainer.penalty[at] / len(trainer.rows)

    @final
    def trace(self) -> float:
        """The sum of the squares of the roots, and the penalty."""
        return self._trace

    @cached_property
    def _trace(self) -> float:
        every = blocks(self.trainer, self.models, self.at)
        return float(self.penalty.sum()) + sum(float((r * r).sum()) for r in every)


@final
class RootsProduct(TrainedProduct):
    """The product by roots, which every trainer of gradients gives."""

    def __call__(self, v: Float[np.ndarray, "vectors scope"]) -> Float[np.ndarray, "vectors scope"]:
        """Block by block."""
        total = v * self.penalty
        for root in blocks(self.trainer, self.models, self.at):
            total += (v @ root.T) @ root
        return np.asarray(total)


def blocks(
    trainer: GradientTrainer[Any], models: Sequence[Any], at: Int[np.ndarray, " scope"]
) -> Iterator[Float[np.ndarray, "roots scope"]]:
    """Roots whose squares add up to G/n in the scope, the mean over the models.

    Raises:
        OptionError: no model.
    """
    if not models:
        raise OptionError("curvature is that of at least one model; given none")
    n, width = len(trainer.rows), len(trainer.penalty)
    share = (n * len(models)) ** -0.5
    whole = len(at) == width
    for model in models:
        each = len(trainer.roots(model, slice(0, 1)))
        rows = max(1, _CELLS // (each * width))
        for start in range(0, n, rows):
            root = trainer.roots(model, slice(start, start + rows))
            yield np.asarray(root if whole else root[:, at]) * share
