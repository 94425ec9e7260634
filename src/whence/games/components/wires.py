"""Who writes into the stream and who reads it, and which edges there are between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from whence._core.errors import HookError, did_you_mean
from whence._core.players import Players
from whence.models.hooked.anatomy import Attention, Mlp, Projection
from whence.models.hooked.model import HookedModel, check_hooked
from whence.models.hooked.points import mlp_out, z
from whence.models.hooked.sites import Site
from whence.models.hooked.stream import Stream, head_names

CHANNELS = ("q", "k", "v")


def edges(
    hooked: HookedModel,
    *,
    sources: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
) -> Players:
    """Every edge from a part that writes to a part that reads after it.

    Args:
        hooked: a pre-norm network.
        sources: only from these: "embed", "0.1" (a head), "mlp 0".
        targets: only to these: "1.0.q", "1.0.k", "1.0.v", "mlp 1", "logits"; "1.0" is all three.

    Returns:
        Players with columns source, target, channel ("q", "k", "v" or "in") and layer (of the
        target).

    Raises:
        HookError: no such part, or no layers that whence can see.
    """
    check_hooked(hooked)
    wires = Wires(hooked)
    writers, readers = wires.writers, wires.readers
    for given, known in ((sources, writers), (targets, {**readers, **wires.heads})):
        for name in given or ():
            if name not in known:
                raise HookError(f"no part is called {name!r}. {did_you_mean(name, known)}")
    wanted = {t for name in targets or readers for t in wires.heads.get(name, [name])}
    rows = [
        (s, t)
        for s, written in writers.items()
        if sources is None or s in sources
        for t, read in readers.items()
        if t in wanted and written.moment < read.moment
    ]
    return Players(
        tuple(f"{s} -> {t}" for s, t in rows),
        "edge",
        columns={
            "source": tuple(s for s, _ in rows),
            "target": tuple(t for _, t in rows),
            "channel": tuple(readers[t].channel for _, t in rows),
            "layer": tuple(readers[t].layer for _, t in rows),
        },
    )


@final
@dataclass(frozen=True, slots=True)
class Writer:
    """A part that writes.

    Attributes:
        site: where what it writes, or mixes, is seen.
        head: which head of it.
        moment: in which half of which layer.
    """

    site: Site
    head: int | None
    moment: float


@final
@dataclass(frozen=True, slots=True)
class Reader:
    """A part that reads.

    Attributes:
        channel: "q", "k", "v" or "in".
        layer: which layer; the number of layers for the logits.
        head: which head of its projection.
        part: whose it is; None for the logits.
        moment: in which half of which layer.
    """

    channel: str
    layer: int
    head: int | None
    part: Attention | Mlp | None
    moment: float


@final
class Wires:
    """Who writes and who reads, by name."""

    def __init__(self, hooked: HookedModel) -> None:
        self.stream = Stream(hooked)
        points = hooked.points
        self.writers = {"embed": Writer(self.stream.first, None, -1.0)}
        self.readers: dict[str, Reader] = {}
        self.heads: dict[str, list[str]] = {}
        for attention in self.stream.attentions:
            moment = attention.block.layer + (0.25 if _crosses(attention) else 0.0)
            for h, name in enumerate(head_names(attention, self.stream.attentions)):
                self.writers[name] = Writer(points[z(attention)], h, moment)
                self._reads(attention, name, h, moment)
        for mlp in self.stream.mlps:
            layer = mlp.block.layer
            half = 0.0 if mlp.parallel else 0.5
            self.writers[f"mlp {layer}"] = Writer(points[mlp_out(mlp)], None, layer + half)
            self.readers[f"mlp {layer}"] = Reader("in", layer, None, mlp, layer + half)
        last = len(self.stream.blocks)
        self.readers["logits"] = Reader("in", last, None, None, float(last))

    def _reads(self, attention: Attention, name: str, head: int, moment: float) -> None:
        layer = attention.block.layer
        for channel in CHANNELS[:1] if _crosses(attention) else CHANNELS:
            made = projection(attention, channel)
            if made is None:
                raise HookError(
                    f"where {name} makes its {channel} could not be told, so its edges are not "
                    "known: an adapter says it"
                )
            if head < made.cut.heads:
                label = f"{name}.{channel}"
                self.readers[label] = Reader(channel, layer, head, attention, moment)
                self.heads.setdefault(name, []).append(label)


def _crosses(attention: Attention) -> bool:
    """Whether its keys and values are of another stack's stream; it stands between two halves."""
    return attention.name.startswith("cross")


def projection(attention: Attention, channel: str) -> Projection | None:
    """What makes an attention's queries, keys or values."""
    return {"q": attention.query, "k": attention.key, "v": attention.value}[channel]
