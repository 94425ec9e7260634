"""Blocks of H: of a layer in the eigenbasis of its Kronecker factors, or as they are.

A block reads its own places of v, and knows its eigenvalues; f(H) is then f of each block.
"""

import abc
from typing import final

import numpy as np

from whence._core.shaped import Float, Int


class Block(abc.ABC):
    """Some parameters that H is taken not to mix with any others.

    Attributes:
        at: their places.
        values: their eigenvalues.
    """

    at: Int[np.ndarray, " block"]
    values: Float[np.ndarray, " block"]

    @abc.abstractmethod
    def scaled(
        self, by: Float[np.ndarray, " block"], v: Float[np.ndarray, "vectors block"]
    ) -> Float[np.ndarray, "vectors block"]:
        """U diag(by) U'v for each row of v."""


@final
class Kronecker(Block):
    """One layer: eigenvectors are products of those of its outputs and those of its inputs."""

    def __init__(
        self,
        at: Int[np.ndarray, "outputs inputs"],
        outputs: Float[np.ndarray, "outputs outputs"],
        inputs: Float[np.ndarray, "inputs inputs"],
        values: Float[np.ndarray, "outputs inputs"],
    ) -> None:
        self.at, self.values = at.reshape(-1), values.reshape(-1)
        self.shape, self.outputs, self.inputs = values.shape, outputs, inputs

    def scaled(
        self, by: Float[np.ndarray, " block"], v: Float[np.ndarray, "vectors block"]
    ) -> Float[np.ndarray, "vectors block"]:
        """Q_S [(Q_S' V Q_A) * by] Q_A', the columns of Q_S and Q_A being eigenvectors."""
        V = v.reshape(len(v), *self.shape)
        turned = self.outputs.T @ V @ self.inputs * by.reshape(self.shape)
        return np.asarray((self.outputs @ turned @ self.inputs.T).reshape(len(v), -1))


@final
class Whole(Block):
    """A few parameters with all their curvature."""

    def __init__(
        self,
        at: Int[np.ndarray, " block"],
        values: Float[np.ndarray, " block"],
        vectors: Float[np.ndarray, "block block"],
    ) -> None:
        self.at, self.values, self.vectors = at, values, vectors

    def scaled(
        self, by: Float[np.ndarray, " block"], v: Float[np.ndarray, "vectors block"]
    ) -> Float[np.ndarray, "vectors block"]:
        """In their eigenbasis."""
        return np.asarray(((v @ self.vectors) * by) @ self.vectors.T)


@final
class Diagonal(Block):
    """Many parameters, none of them mixed with any other."""

    def __init__(self, at: Int[np.ndarray, " block"], values: Float[np.ndarray, " block"]) -> None:
        self.at, self.values = at, values

    def scaled(
        self, by: Float[np.ndarray, " block"], v: Float[np.ndarray, "vectors block"]
    ) -> Float[np.ndarray, "vectors block"]:
        """One by one."""
        return np.asarray(v * by)
