"""The structured projection: random signs, a Walsh-Hadamard transform, and some of its numbers.

    P g = (H D g)[chosen] / sqrt(dim)

with D of random signs, H the matrix of +1 and -1 whose rows are orthogonal, and `dim` different
rows of it by chance. The cost is rows * size * log(size), whatever dim is; the gradient is filled
up with zeros to a power of two. The variance is below that of dense signs, and none is left where
dim is that power.

Source: Ailon & Chazelle (2009); Tropp (2011). Ours: the transform is a product with small Hadamard
matrices, axis by axis, which is quicker than butterflies.
"""

from dataclasses import dataclass
from math import sqrt
from typing import final

import torch

from whence.models.gradients._signs import order, signs
from whence.models.gradients._tiles import tile, tiles
from whence.models.gradients.random_projection import RandomProjection, check_sizes

_STREAM = 1103
_SIGN, _CHOSEN = range(2)
_SIDE = 7  # bits: a small matrix has up to 128 rows


@final
@dataclass(frozen=True, slots=True)
class Hadamard(RandomProjection):
    """Some numbers of a Walsh-Hadamard transform.

    Args:
        size: numbers in a gradient.
        dim: numbers in a projected gradient.
        seed: of the signs and the choice.
    """

    size: int
    dim: int
    seed: int = 0

    def __post_init__(self) -> None:
        check_sizes(self.size, self.dim, self.seed)

    def _project(self, gradients: torch.Tensor) -> torch.Tensor:
        bits, device = (self.size - 1).bit_length(), gradients.device
        wide = 1 << bits
        at = torch.zeros(1, dtype=torch.int64, device=device)
        sign = signs(at, self.size, gradients.dtype, _STREAM, self.seed, _SIGN)[0]
        chosen = order(wide, device, _STREAM, self.seed, _CHOSEN)[: self.dim]
        found = gradients.new_empty((len(gradients), self.dim))
        for span in tiles(len(gradients), wide):
            part = gradients.new_zeros((tile(wide), wide))
            part[: span.stop - span.start, : self.size] = gradients[span] * sign
            found[span] = _transformed(part, bits)[: span.stop - span.start, chosen]
        return found / sqrt(self.dim)


def _transformed(x: torch.Tensor, bits: int) -> torch.Tensor:
    """H x for each row, float [rows, 2 ** bits], in some order of the rows of H.

    H of a b rows is the Kronecker product of those of a and of b rows.
    """
    rows, left = len(x), bits
    while left:
        small = _hadamard(min(left, _SIDE), x)
        x = x.reshape(-1, len(small)) @ small
        x = x.reshape(rows, -1, len(small)).transpose(1, 2)
        left -= min(left, _SIDE)
    return x.reshape(rows, -1)


def _hadamard(bits: int, like: torch.Tensor) -> torch.Tensor:
    """Sylvester's matrix, [2 ** bits, 2 ** bits]."""
    matrix = like.new_ones((1, 1))
    for _ in range(bits):
        matrix = torch.cat([torch.cat([matrix, matrix], 1), torch.cat([matrix, -matrix], 1)])
    return matrix
