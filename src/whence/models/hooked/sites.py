"""Hook points: a place in a network, on which side of which module, and how its heads lie there."""

from dataclasses import dataclass
from typing import Literal, final

import torch


@final
@dataclass(frozen=True, slots=True)
class Cut:
    """Heads inside a last axis that is laid out as [groups, slots, width].

    Separate projections have one group; fused ones have the slots of queries, keys and values side
    by side, in one group (GPT-2) or in one for each key (NeoX).

    Attributes:
        groups: how many groups.
        slots: heads of every kind in each group.
        first: the first slot of these heads.
        last: the slot after them.
    """

    groups: int
    slots: int
    first: int
    last: int

    @property
    def heads(self) -> int:
        """How many heads there are."""
        return self.groups * (self.last - self.first)

    def take(self, x: torch.Tensor) -> torch.Tensor:
        """[..., heads, width]."""
        parts = self._parts(x)[..., self.first : self.last, :]
        return parts.reshape(*x.shape[:-1], self.heads, -1)

    def put(self, x: torch.Tensor, heads: torch.Tensor) -> torch.Tensor:
        """The last axis again, with these heads in it."""
        parts = self._parts(x)
        own = heads.reshape(*parts.shape[:-2], self.last - self.first, parts.shape[-1])
        pieces = [parts[..., : self.first, :], own, parts[..., self.last :, :]]
        return torch.cat(pieces, dim=-2).reshape(x.shape)

    def _parts(self, x: torch.Tensor) -> torch.Tensor:
        return x.reshape(*x.shape[:-1], self.groups, self.slots, -1)


@final
@dataclass(frozen=True, slots=True)
class Site:
    """One hook point.

    Attributes:
        name: what people call it: "blocks.0.attn.hook_z".
        module: the path of the module that it is at.
        end: whether it is what that module takes, or what it gives.
        cut: how heads lie in it; None where there are none.
        layer: which layer, where it is in one.
        stack: which stack of layers, where there are several ("encoder", "decoder").
        at: which attention is computed there, where it is not a module's ("hook_pattern").
    """

    name: str
    module: str
    end: Literal["in", "out", "scores", "pattern"] = "out"
    cut: Cut | None = None
    layer: int | None = None
    stack: str = ""

    @property
    def heads(self) -> int | None:
        """How many heads lie here; None where there are none."""
        return None if self.cut is None else self.cut.heads

    def take(self, x: torch.Tensor) -> torch.Tensor:
        """What is at this point, heads on an axis of their own: [prompts, ..., heads, width]."""
        return x if self.cut is None else self.cut.take(x)

    def put(self, x: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
        """The module's own tensor, with this at this point."""
        return new if self.cut is None else self.cut.put(x, new)
