"""The plain projection: a dense matrix of random signs, made a block at a time.

    P = S / sqrt(dim),   S of independent signs, [dim, size]

The cost is rows * size * dim multiplications. S is never whole: a block of it is made from the key,
used, and forgotten. It is the one to compare others with.

Source: Achlioptas (2003); TRAK's projector (Park et al. 2023) has the same matrix.
"""

from dataclasses import dataclass
from math import sqrt
from typing import final

import torch

from whence.models.gradients._signs import signs
from whence.models.gradients._tiles import times
from whence.models.gradients.random_projection import RandomProjection, check_sizes

_STREAM = 1101
_SIGNS = 2**20  # in a block


@final
@dataclass(frozen=True, slots=True)
class Rademacher(RandomProjection):
    """Dense random signs.

    Args:
        size: numbers in a gradient.
        dim: numbers in a projected gradient.
        seed: of the signs.
    """

    size: int
    dim: int
    seed: int = 0

    def __post_init__(self) -> None:
        check_sizes(self.size, self.dim, self.seed)

    def _project(self, gradients: torch.Tensor) -> torch.Tensor:
        total = gradients.new_zeros((len(gradients), self.dim))
        step = max(1, _SIGNS // self.dim)
        for start in range(0, self.size, step):
            part = gradients[:, start : start + step]
            rows = torch.arange(start, start + part.shape[1], device=gradients.device)
            total += times(part, signs(rows, self.dim, gradients.dtype, _STREAM, self.seed))
        return total / sqrt(self.dim)
