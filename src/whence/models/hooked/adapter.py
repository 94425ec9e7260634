"""Where things are, said by hand: for a module whose parts cannot be found by watching it."""

from dataclasses import dataclass
from typing import final

import torch

from whence._core.errors import HookError, did_you_mean
from whence.models.hooked.anatomy import Anatomy, Attention, Block, Mlp, Projection
from whence.models.hooked.sites import Cut
from whence.models.hooked.weights import inputs_of


@final
@dataclass(frozen=True, slots=True)
class Adapter:
    """The paths of a network's parts; those of a layer's parts are inside its block.

    Args:
        blocks: the layers, with {} for the number: "net.cells.{}".
        output: in a block, the linear map that takes the heads side by side: "mix.join".
        heads: how many there are.
        query, key, value: in a block, the linear maps that make them; leave out what is not there.
        kv_heads: how many keys and values there are, where fewer than heads.
        mlp: in a block, the module that writes the MLP's output.
        mlp_first, mlp_last: in a block, its first and its last linear map.
        norm_attention, norm_mlp: in a block, the norms that they read through.
        adds: what a block gives is added to the stream outside of it; else it gives the stream.
        parallel: the MLP reads what the block takes, and nothing of the block's own attention.
        embeddings: paths of the embeddings, that of tokens first.
        final_norm: path of the norm after the last block.
        unembed: path of the last linear map.

    >>> Adapter("net.cells.{}", output="mix.join", heads=4, mlp="feed").heads
    4
    """

    blocks: str = ""
    output: str = ""
    heads: int = 0
    query: str = ""
    key: str = ""
    value: str = ""
    kv_heads: int | None = None
    mlp: str = ""
    mlp_first: str = ""
    mlp_last: str = ""
    norm_attention: str = ""
    norm_mlp: str = ""
    parallel: bool = False
    adds: bool = False
    embeddings: tuple[str, ...] = ()
    final_norm: str = ""
    unembed: str = ""

    def anatomy(self, module: torch.nn.Module) -> Anatomy:
        """What the module is made of, by this.

        Raises:
            HookError: a path that the module does not have, or an output without heads.
        """
        if self.output and self.heads < 1:
            raise HookError("an adapter that names output= says how many heads= lie in its input")
        parts = dict(module.named_modules())
        blocks = tuple(self._blocks(parts))
        here = [*self.embeddings, self.final_norm, self.unembed]
        for path in [p for p in here if p]:
            _there(path, parts)
        attentions = tuple(self._attention(b, parts) for b in blocks) if self.output else ()
        mlps = tuple(self._mlp(b, parts) for b in blocks) if self.mlp else ()
        return Anatomy(
            blocks, attentions, mlps, tuple(self.embeddings), self.final_norm, self.unembed
        )

    def _blocks(self, parts: dict[str, torch.nn.Module]) -> list[Block]:
        if "{}" not in self.blocks:
            one = Block("", 0, _there(self.blocks, parts), adds=self.adds) if self.blocks else None
            return [one] if one is not None else []
        layer, found = 0, []
        while self.blocks.format(layer) in parts:
            found.append(Block("", layer, self.blocks.format(layer), adds=self.adds))
            layer += 1
        if not found:
            _there(self.blocks.format(0), parts)
        return found

    def _attention(self, block: Block, parts: dict[str, torch.nn.Module]) -> Attention:
        few = self.kv_heads or self.heads
        query, key, value = (
            self._projection(block, path, heads, parts)
            for path, heads in ((self.query, self.heads), (self.key, few), (self.value, few))
        )
        output = self._in(block, self.output, parts)
        return Attention(
            block,
            "attn",
            output,
            self.heads,
            inputs_of(parts[output]) // self.heads,
            block.layer,
            query,
            key,
            value,
            self._in(block, self.norm_attention, parts),
        )

    def _projection(
        self, block: Block, path: str, heads: int, parts: dict[str, torch.nn.Module]
    ) -> Projection | None:
        if not path:
            return None
        return Projection(self._in(block, path, parts), Cut(1, heads, 0, heads))

    def _mlp(self, block: Block, parts: dict[str, torch.nn.Module]) -> Mlp:
        places = (self.mlp, self.mlp_first, self.mlp_last, self.norm_mlp)
        path, first, last, norm = (self._in(block, path, parts) for path in places)
        return Mlp(block, path, first, last, norm, self.parallel)

    def _in(self, block: Block, path: str, parts: dict[str, torch.nn.Module]) -> str:
        return _there(f"{block.path}.{path}" if block.path else path, parts) if path else ""


def _there(path: str, parts: dict[str, torch.nn.Module]) -> str:
    if path not in parts:
        raise HookError(f"the module has no part {path!r}. {did_you_mean(path, parts)}")
    return path
