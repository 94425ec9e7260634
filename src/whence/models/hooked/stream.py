"""The residual stream: what each part of a pre-norm network writes into it, as a sum.

    stream after the last block = embeddings + every head's z W_O + every output bias + every MLP

This is checked on the numbers at hand, block by block, and refused where it does not hold: where a
norm stands between the writing and the stream (post-norm networks), parts do not add up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import torch

from whence._core.errors import HookError
from whence.models.hooked.anatomy import Attention
from whence.models.hooked.model import HookedModel
from whence.models.hooked.points import mlp_out, stem, z
from whence.models.hooked.sites import Site
from whence.models.hooked.weights import affine


@final
@dataclass(frozen=True, slots=True)
class Write:
    """One part's writing.

    Attributes:
        name: "embed", "0.1" (a head), "0 bias" (an attention's output bias), "mlp 0".
        kind: "embed", "head", "bias" or "mlp".
        layer: which layer; None for the embeddings.
        head: which head.
        value: [prompts, positions, width].
    """

    name: str
    kind: str
    layer: int | None
    head: int | None
    value: torch.Tensor


@final
class Stream:
    """The stream of a network's last stack of blocks.

    Args:
        hooked: the network.

    Raises:
        HookError: no blocks were found.
    """

    def __init__(self, hooked: HookedModel) -> None:
        found = hooked.anatomy
        if not any(block.whole for block in found.blocks):
            raise HookError(
                f"{hooked.name} has no layers that whence can see, so no residual stream: it is "
                "the sum of what blocks in a list write. An adapter says where they are."
                + (f" (A forward failed: {hooked.watched}.)" if hooked.watched else "")
            )
        self.hooked, self.stack = hooked, found.blocks[-1].stack
        self.blocks = [b for b in found.blocks if b.stack == self.stack]
        self.attentions = [a for a in found.attentions if a.block.stack == self.stack]
        self.mlps = [m for m in found.mlps if m.block.stack == self.stack]
        self.first = hooked.points[f"{stem(self.blocks[0])}.hook_resid_pre"]
        end = f"{stem(self.blocks[-1])}.hook_resid_post"
        if found.final_norm:
            self.last = Site("ln_final.hook_in", found.final_norm, "in")
        elif end in hooked.points:
            self.last = hooked.points[end]
        else:
            raise HookError(f"where the stream of {hooked.name} ends cannot be seen")

    @property
    def sites(self) -> list[Site]:
        """Every place to read, for `writes` and `check`."""
        points = self.hooked.points
        borders = [
            points[f"{stem(b)}.hook_resid_{e}"] for b in self.blocks for e in ("pre", "post")
        ]
        heads = [points[z(a)] for a in self.attentions]
        return list(
            dict.fromkeys([*borders, *heads, *(points[mlp_out(m)] for m in self.mlps), self.last])
        )

    def names(self) -> list[str]:
        """What heads are called, and the rest, in the order of `writes`."""
        return [w for a in self.attentions for w in head_names(a, self.attentions)]

    def output(self, attention: Attention) -> tuple[torch.Tensor, torch.Tensor]:
        """W_O of each head [heads, width, stream], and the bias [stream]."""
        part = dict(self.hooked.module.named_modules())[attention.output]
        weight, bias = affine(part, attention.heads * attention.width)
        return weight.reshape(attention.heads, attention.width, -1), bias

    def writes(self, seen: Mapping[str, torch.Tensor]) -> list[Write]:
        """What each part wrote, from what was seen at `sites`."""
        made = [Write("embed", "embed", None, None, seen[self.first.name])]
        for attention in self.attentions:
            made += self._of_attention(attention, seen)
        for mlp in self.mlps:
            layer = mlp.block.layer
            made.append(Write(f"mlp {layer}", "mlp", layer, None, seen[mlp_out(mlp)]))
        return made

    def _of_attention(self, attention: Attention, seen: Mapping[str, torch.Tensor]) -> list[Write]:
        weight, bias = self.output(attention)
        layer, heads = attention.block.layer, seen[z(attention)]
        names = head_names(attention, self.attentions)
        first = _first_number(attention, self.attentions)
        made = [
            Write(names[h], "head", layer, first + h, heads[..., h, :] @ weight[h])
            for h in range(attention.heads)
        ]
        if bool(bias.any()):
            label = names[0].rpartition(".")[0]
            own = bias.expand_as(made[0].value)
            made.append(Write(f"{label} bias", "bias", layer, None, own))
        return made

    def check(self, seen: Mapping[str, torch.Tensor]) -> None:
        """Refuse a network whose parts do not add up to its stream.

        Raises:
            HookError: in some block something else is added, or a norm comes after the sum.
        """
        written = self.writes(seen)
        for block in self.blocks:
            before, after = (seen[f"{stem(block)}.hook_resid_{end}"] for end in ("pre", "post"))
            own = [w.value for w in written if w.layer == block.layer]
            off = after - before - sum(own)
            if float(off.abs().max()) > _slack(after):
                raise HookError(
                    f"{self.hooked.name} is not a pre-norm network: what block {block.layer} gives "
                    f"is not what it takes plus what its attention and MLP write (off by up to "
                    f"{float(off.abs().max()):.3g}; the stream is up to "
                    f"{float(after.abs().max()):.3g}). Its parts do not add up to its answer, so "
                    "direct effects and edges are not defined. Patch or ablate its heads instead."
                )
        total = sum(w.value for w in written)
        if float((total - seen[self.last.name]).abs().max()) > _slack(total):
            raise HookError(
                f"{self.hooked.name}: something between the last block and the final norm changes "
                "the stream, so parts do not add up to the answer"
            )


def _slack(stream: torch.Tensor) -> float:
    """What rounding leaves of a sum of this size: never a tenth of it, in however few digits."""
    eps = float(torch.finfo(stream.dtype).eps)
    return min(1e4 * eps, 0.1) * float(stream.abs().max())


def _first_number(attention: Attention, every: Sequence[Attention]) -> int:
    """The number of an attention's first head, where a layer has several attentions alike."""
    before = [a for a in every if a.block == attention.block and a.number < attention.number]
    plain = attention.name.partition("_")[0] == "attn"
    return sum(a.heads for a in before if a.name.partition("_")[0] == "attn") if plain else 0


def head_names(attention: Attention, every: Sequence[Attention]) -> list[str]:
    """What an attention's heads are called: "layer.head"."""
    first = _first_number(attention, every)
    return [f"{label(attention)}.{first + h}" for h in range(attention.heads)]


def label(attention: Attention) -> str:
    """What the names of an attention's heads begin with: "3", "decoder.3", "decoder.3.cross"."""
    block = attention.block
    pieces = [block.stack, str(block.layer), "cross" if attention.name.startswith("cross") else ""]
    return ".".join(piece for piece in pieces if piece)
