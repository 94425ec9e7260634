"""Trainers that give gradients: what influence functions and their kin are made of.

Gradients of many rows are never held at once: whatever runs over all of them does so in blocks.
"""

import abc
from collections.abc import Iterator
from typing import TypeVar, final

import numpy as np

from whence._core.shaped import Float
from whence.models.trainer.examples import Examples
from whence.models.trainer.trainer import Trainer

M = TypeVar("M")
_TOGETHER = 256  # rows whose gradients are held at once


class GradientTrainer(Trainer[M]):
    """A trainer that gives gradients and curvature at what it learned.

    Training makes   F(b) = sum_i w_i loss_i(b) + 1/2 sum_j penalty_j b_j^2   small.

    Attributes:
        scaled: w_i is counted as w_i n / sum(w): the loss is a mean over the rows that are there.
        penalty: of each parameter, float [parameters].
    """

    scaled: bool
    penalty: Float[np.ndarray, " parameters"]

    @abc.abstractmethod
    def gradients(self, model: M, rows: slice = slice(None)) -> Float[np.ndarray, "rows p"]:
        """Of each training row's loss, without the penalty."""

    @abc.abstractmethod
    def measured_gradients(self, model: M, tests: Examples) -> Float[np.ndarray, "tests p"]:
        """Of what is measured."""

    @abc.abstractmethod
    def roots(self, model: M, rows: slice = slice(None)) -> Float[np.ndarray, "roots p"]:
        """R with R'R = the Gauss-Newton matrix of these rows' losses, summed."""

    @abc.abstractmethod
    def parameters(self, model: M) -> Float[np.ndarray, " p"]:
        """What was learned, as one vector."""

    @abc.abstractmethod
    def untrained(self) -> M:
        """The model before anything was learned."""

    # -- what everybody asks --

    @final
    def blocks(self, model: M) -> Iterator[tuple[slice, Float[np.ndarray, "rows p"]]]:
        """The gradients, a few rows at a time, and which rows they are of."""
        n = len(self.rows)
        for at in range(0, n, _TOGETHER):
            rows = slice(at, min(at + _TOGETHER, n))
            yield rows, self.gradients(model, rows)

    @final
    def total(self, model: M) -> Float[np.ndarray, " p"]:
        """The sum of all gradients."""
        return np.asarray(sum(gradients.sum(axis=0) for _, gradients in self.blocks(model)))

    @final
    def against(
        self, model: M, vectors: Float[np.ndarray, "vectors p"]
    ) -> Float[np.ndarray, "vectors rows"]:
        """Inner products of vectors with the gradient of each row."""
        found = np.empty((len(vectors), len(self.rows)))
        for rows, gradients in self.blocks(model):
            found[:, rows] = vectors @ gradients.T
        return found

    @final
    def weighed(self, slopes: Float[np.ndarray, "some rows"]) -> Float[np.ndarray, "some rows"]:
        """From slopes by what rows count to slopes by what they weigh.

        Where weights w count as w n / sum(w), that has the derivative I - 11'/n at w = 1, so that
        slopes add up to 0.
        """
        return slopes - slopes.mean(axis=1, keepdims=True) if self.scaled else slopes

    @final
    def objective(self, model: M) -> float:
        """F / n, with all rows there."""
        b = self.parameters(model)
        return float(self.losses(model).mean() + (self.penalty * b) @ b / (2 * len(self.rows)))
