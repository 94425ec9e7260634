"""What a network is made of: layers, attentions, MLPs, and what stands around them."""

from dataclasses import dataclass
from typing import final

from whence.models.hooked.sites import Cut


@final
@dataclass(frozen=True, slots=True)
class Block:
    """One layer.

    Attributes:
        stack: which stack it is in; "" where there is one.
        layer: its number there.
        path: its module.
        adds: what it gives is added to the stream outside of it; else it gives the stream itself.
        whole: whether it takes and gives the stream; an attention that is in no layer does not.
    """

    stack: str
    layer: int
    path: str
    whole: bool = True
    adds: bool = False


@final
@dataclass(frozen=True, slots=True)
class Projection:
    """The linear map that makes queries, keys or values: its module, and where they lie."""

    path: str
    cut: Cut


@final
@dataclass(frozen=True, slots=True)
class Attention:
    """One attention.

    Attributes:
        block: the layer that it is in.
        name: "attn", "cross_attn", or "attn_1" for the second in one layer.
        output: the path of its output projection, whose input is the heads side by side.
        heads: how many.
        width: of each: how many numbers it mixes.
        number: which it is, in the order in which attentions are computed.
        parts: how many computations it is: more than one where every head is a module.
        query, key, value: what makes them; None where that could not be told.
        norm: the path of the norm that it reads through; "" where it reads the stream itself.
    """

    block: Block
    name: str
    output: str
    heads: int
    width: int
    number: int
    query: Projection | None = None
    key: Projection | None = None
    value: Projection | None = None
    norm: str = ""
    parts: int = 1


@final
@dataclass(frozen=True, slots=True)
class Mlp:
    """One MLP, or what stands in its place (a mixture of experts).

    Attributes:
        block: the layer that it is in.
        path: the module whose output it writes.
        first: its first linear map; "" where there is none.
        last: its last linear map, whose input is its neurons.
        norm: the path of the norm that it reads through; "" where it reads the stream itself.
        parallel: it reads what the block takes, and nothing of the block's own attention.
    """

    block: Block
    path: str
    first: str = ""
    last: str = ""
    norm: str = ""
    parallel: bool = False

    @property
    def reader(self) -> str:
        """The path of the module that takes what it reads."""
        return self.first if self.path == self.last and self.first else self.path


@final
@dataclass(frozen=True, slots=True)
class Anatomy:
    """What a network is made of.

    Attributes:
        blocks: the layers.
        attentions: in the order in which they are computed.
        mlps: likewise.
        embeddings: the paths of the embeddings before the first block: of tokens, then others.
        final_norm: the path of the norm after the last block; "" where there is none.
        unembed: the path of the last linear map; "" where there is none.
    """

    blocks: tuple[Block, ...] = ()
    attentions: tuple[Attention, ...] = ()
    mlps: tuple[Mlp, ...] = ()
    embeddings: tuple[str, ...] = ()
    final_norm: str = ""
    unembed: str = ""
