"""The sparse projection: each number of a gradient is added, with a sign, to few sums.

    (P g)_b = (1 / sqrt(per)) sum over the numbers i in bucket b of s_i g_i

once for each of `per` groups of dim / per buckets. The cost is rows * size * per additions,
whatever dim is. The bound on the variance is that of dense signs for any `per`; more than one makes
it rarer that two large numbers of a sparse gradient meet.

Source: Kane & Nelson (2014); per = 1 is the count sketch (Charikar et al. 2002). Ours: buckets are
not hashed. A stretch of numbers is put in random order and cut into equal buckets, and the order of
the next stretch is that one, turned by a random number of buckets. Two numbers share a bucket with
probability 1 / dim or less, which is all that the bound needs, and no sum depends on which of many
additions came first: a GPU repeats its bits, which it would not with atomic additions.
"""

from dataclasses import dataclass
from math import sqrt
from typing import final

import torch

from whence._core.errors import OptionError, positive
from whence._core.keyed import hashed
from whence.models.gradients._signs import order, signs
from whence.models.gradients._tiles import tiles
from whence.models.gradients.random_projection import RandomProjection, check_sizes

_STREAM = 1102
_STRETCH = 2**16  # numbers, about: as many as the cache of a processor holds for a few rows
_ORDER, _SIGN, _TURN = range(3)


@final
@dataclass(frozen=True, slots=True)
class SJLT(RandomProjection):
    """Sparse random signs.

    Args:
        size: numbers in a gradient.
        dim: numbers in a projected gradient.
        seed: of the signs and the buckets.
        per: how many buckets a number is added to; it divides dim.
    """

    size: int
    dim: int
    seed: int = 0
    per: int = 1

    def __post_init__(self) -> None:
        check_sizes(self.size, self.dim, self.seed)
        positive(self.per, "per", "buckets that a number is added to")
        if self.dim % self.per:
            raise OptionError(f"per divides dim, {self.dim}; given {self.per}")

    def _project(self, gradients: torch.Tensor) -> torch.Tensor:
        groups = [self._group(gradients, group) for group in range(self.per)]
        return torch.cat(groups, dim=1) / sqrt(self.per)

    def _group(self, gradients: torch.Tensor, group: int) -> torch.Tensor:
        """One number of each column of P: float [rows, dim / per]."""
        buckets, device = self.dim // self.per, gradients.device
        deep = -(-min(self.size, max(_STRETCH, buckets)) // buckets)  # numbers in a bucket
        width = buckets * deep
        total = gradients.new_zeros((len(gradients), buckets))
        mixed = order(width, device, _STREAM, self.seed, group, _ORDER)
        for number, start in enumerate(range(0, self.size, width)):
            part = gradients[:, start : start + width]
            key = _STREAM, self.seed, group, _SIGN
            at = torch.tensor([number], device=device)
            sign = signs(at, width, gradients.dtype, *key)[0]
            sign[mixed >= part.shape[1]] = 0  # the last stretch is not full
            taken = mixed.clamp(max=part.shape[1] - 1)
            turn = int(hashed(_STREAM, self.seed, group, _TURN, number)[0]) % buckets
            for span in tiles(len(gradients), width):
                signed = part[span].index_select(1, taken).mul_(sign)
                sums = signed.view(-1, buckets, deep).sum(dim=-1)
                total[span] += sums.roll(turn, dims=1)
        return total
