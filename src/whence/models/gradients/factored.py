"""The projection of a layer's gradient that never builds it.

For a layer y = W a, the gradient of one example is a sum over its positions t of outer products of
the slope at the output and the input; both are projected apart:

    G = sum_t d_t a_t^T,   P G = B G A^T = sum_t (B d_t) (A a_t)^T

with B and A small matrices of random signs, so that P is their Kronecker product. A layer costs
positions * (out * side + in * side) where the gradient alone has out * in numbers. Where a side is
not shorter than the layer's own, nothing is projected on that side.

Source: Choe et al. (2024), LoGra. Departure: random signs, not the leading directions of the
layer's covariances, so that a store needs no pass over the data before it is filled.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import final

import torch

from whence._core.errors import OptionError, positive
from whence.models.gradients._signs import signs
from whence.models.gradients._tiles import times
from whence.models.gradients.random_projection import RandomProjection, check_seed, finite

_STREAM = 1104
_OUT, _IN = range(2)
Pair = tuple[torch.Tensor, torch.Tensor]


@final
@dataclass(frozen=True, slots=True)
class Factored(RandomProjection):
    """Two small projections for each layer.

    Args:
        shapes: (out, in) of each layer's weights, in the order of the gradient.
        sides: what they become, (out, in), or less where a layer is smaller.
        seed: of the signs.
    """

    shapes: tuple[tuple[int, int], ...]
    sides: tuple[int, int] = (16, 16)
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.shapes or any(len(shape) != 2 for shape in (*self.shapes, self.sides)):
            raise OptionError(
                f"shapes are (out, in) for each layer, and sides are one such pair; given "
                f"{self.shapes!r} and {self.sides!r}"
            )
        for shape in (*self.shapes, self.sides):
            for length in shape:
                positive(length, "a side", "of the weights of a layer")
        check_seed(self.seed)

    @property
    def size(self) -> int:
        """Numbers in a gradient: all layers one after the other."""
        return sum(out * into for out, into in self.shapes)

    @property
    def dim(self) -> int:
        """Numbers in a projected gradient."""
        return sum(out * into for out, into in self._short())

    def project_pairs(self, pairs: Sequence[Pair]) -> torch.Tensor:
        """Project gradients that are given by their factors.

        Args:
            pairs: for each layer, the slopes at its outputs, float [rows, out] or
                [rows, positions, out], and its inputs, float [rows, in] or [rows, positions, in].

        Returns:
            float [rows, dim]: what `project` gives of the gradients themselves.

        Raises:
            OptionError: other shapes.
            ModelError: factors that are not finite.
        """
        self._check(pairs)
        made = []
        for layer, (slopes, inputs) in enumerate(pairs):
            d, a = (
                _floats(x).unsqueeze(1) if x.ndim == 2 else _floats(x) for x in (slopes, inputs)
            )
            d, a = self._side(d, layer, _OUT), self._side(a, layer, _IN)
            made.append(_sums(d, a).flatten(1))
        return finite(torch.cat(made, dim=1))

    def _project(self, gradients: torch.Tensor) -> torch.Tensor:
        made, start = [], 0
        for layer, (out, into) in enumerate(self.shapes):
            part = gradients[:, start : start + out * into].reshape(-1, out, into)
            half = self._side(part, layer, _IN)
            made.append(self._side(half.transpose(1, 2), layer, _OUT).transpose(1, 2).flatten(1))
            start += out * into
        return torch.cat(made, dim=1)

    def _short(self) -> Iterator[tuple[int, int]]:
        for out, into in self.shapes:
            yield min(out, self.sides[_OUT]), min(into, self.sides[_IN])

    def _side(self, x: torch.Tensor, layer: int, side: int) -> torch.Tensor:
        """Shorten the last axis: float [rows, positions, long] -> [rows, positions, short]."""
        long, short = self.shapes[layer][side], self.sides[side]
        if short >= long:
            return x
        numbers = torch.arange(long, device=x.device)
        matrix = signs(numbers, short, x.dtype, _STREAM, self.seed, layer, side)
        return times(x.reshape(-1, long), matrix).view(*x.shape[:2], short) / sqrt(short)

    def _check(self, pairs: Sequence[Pair]) -> None:
        if len(pairs) != len(self.shapes):
            raise OptionError(f"{len(self.shapes)} layers are projected here; given {len(pairs)}")
        rows = {len(x) for pair in pairs for x in pair}
        for layer, (shape, pair) in enumerate(zip(self.shapes, pairs, strict=True)):
            axes = [tuple(x.shape) for x in pair]
            same = axes[0][:-1] == axes[1][:-1] and len(axes[0]) in {2, 3} and len(rows) == 1
            if not same or (axes[0][-1], axes[1][-1]) != tuple(shape):
                raise OptionError(
                    f"layer {layer} has slopes [rows, (positions,) {shape[0]}] and inputs "
                    f"[rows, (positions,) {shape[1]}], with as many rows as the other layers; "
                    f"given {axes[0]} and {axes[1]}"
                )


def _floats(x: torch.Tensor) -> torch.Tensor:
    x = x.detach()
    return x if x.dtype == torch.float64 else x.float()


def _sums(d: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
    """Sum over positions of d a^T: float [rows, out, in]."""
    if d.shape[1] == 1:
        return d.transpose(1, 2) * a
    return d.transpose(1, 2) @ a
