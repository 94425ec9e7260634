"""Switches on the way back: what a layer adds keeps its value, and its slope can be turned off.

    out' = in + switch(out - in)      where a block gives the stream
    out' = switch(out)                where it gives what is to be added to it

One forward serves every layer: only the backward passes differ. (GradDrop: Kramar et al. 2024.)
"""

from collections.abc import Iterator, Sequence
from typing import Any, final

import torch

from whence.models.hooked.anatomy import Block
from whence.models.hooked.running import Edit
from whence.models.hooked.sites import Site


@final
class Switches:
    """A switch for each layer.

    Args:
        blocks: the layers.
    """

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = blocks
        self.off: int | None = None
        self.taken: dict[int, torch.Tensor] = {}

    def edits(self) -> dict[Site, Edit]:
        """The changes that put the switches in; values stay as they are, up to rounding."""
        made: dict[Site, Edit] = {}
        for layer, block in enumerate(self.blocks):
            if not block.adds:
                made[Site(f"{block.path} (taken)", block.path, "in")] = self._note(layer)
            made[Site(f"{block.path} (switch)", block.path)] = self._through(layer)
        return made

    def each_off(self) -> Iterator[int]:
        """Turn each switch off, one at a time."""
        for layer in range(len(self.blocks)):
            self.off = layer
            yield layer
        self.off = None

    def _note(self, layer: int) -> Edit:
        def note(here: torch.Tensor) -> torch.Tensor:
            self.taken[layer] = here
            return here

        return note

    def _through(self, layer: int) -> Edit:
        def through(here: torch.Tensor) -> torch.Tensor:
            taken = self.taken.get(layer)
            if taken is None:
                return _Switch.apply(here, self, layer)
            return taken + _Switch.apply(here - taken, self, layer)

        return through


@final
class _Switch(torch.autograd.Function):  # type: ignore[misc]
    """The identity, whose slope is 1 or, while its switch is off, 0."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, switches: Switches, layer: int) -> torch.Tensor:
        ctx.switches, ctx.layer = switches, layer
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, slope: torch.Tensor) -> tuple[torch.Tensor | None, None, None]:
        off = ctx.switches.off == ctx.layer
        return (torch.zeros_like(slope) if off else slope), None, None
