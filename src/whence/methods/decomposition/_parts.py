"""The parts of the last stream, and what each adds along a reader: a sum without a remainder.

    z[q] = sum over s of pattern[q, s] values[s]

splits what a head adds by the position s that it read: its pattern sums values, so it sums what
they add. A bias of the values is carried along by the pattern.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import torch

from whence._core.errors import HookError
from whence._core.shaped import Float
from whence.methods.decomposition._final_stream import FinalStream
from whence.models.hooked.anatomy import Attention, Mlp
from whence.models.hooked.points import mlp_out, z
from whence.models.hooked.stream import Stream, Write, head_names

_FEW = 3  # linear maps in a plain MLP, with a gate; where there are more, they are experts
_FITS = 1e-5  # of the largest number: some softmaxes are taken in float32, whatever the model is


@final
@dataclass(frozen=True, slots=True)
class Part:
    """One part of the stream.

    Attributes:
        name: "1.0", "1.0 <- 2", "1 bias", "mlp 1", "mlp 1 bias", "token embedding".
        part: "embed", "head", "bias" or "mlp"; "constant" for what is no part of the stream.
        adds: what it adds to what is asked, of each prompt.
        layer: which layer.
        head: which head.
        site: the hook point where it is written.
        source: the position that is read, where heads are split.
    """

    name: str
    part: str
    adds: Float[torch.Tensor, " prompts"]
    layer: int | None = None
    head: int | None = None
    site: str | None = None
    source: int | None = None


def looked_at(stream: Stream) -> list[str]:
    """The paths of modules to be kept for `parts`: embeddings, and the last maps of MLPs."""
    return [*stream.hooked.anatomy.embeddings, *(m.last for m in stream.mlps if _plain(stream, m))]


def parts(
    stream: Stream,
    seen: FinalStream,
    reader: Float[torch.Tensor, "prompts width"],
    *,
    by_source: bool,
) -> list[Part]:
    """Every part, layer by layer.

    Args:
        stream: of which network.
        seen: what was seen of it.
        reader: what a part's numbers are multiplied with.
        by_source: heads are split by the positions that they read.

    Raises:
        HookError: a head is not its pattern times its values.
    """
    writes = stream.writes(seen.here)
    sites = {name: z(a) for a in stream.attentions for name in head_names(a, stream.attentions)}
    found = list(_embeddings(stream, seen, reader, next(w for w in writes if w.kind == "embed")))
    found += _by_source(stream, seen, reader) if by_source else []
    for write in writes:
        if write.kind == "head" and not by_source:
            site = sites[write.name]
            adds = _along(write.value, reader)
            found.append(Part(write.name, "head", adds, write.layer, write.head, site))
        elif write.kind == "bias":
            found.append(Part(write.name, "bias", _along(write.value, reader), write.layer))
    written = [w for w in writes if w.kind == "mlp"]
    for mlp, write in zip(stream.mlps, written, strict=True):
        found += _mlp(stream, seen, reader, mlp, write)
    return sorted(found, key=lambda part: -1 if part.layer is None else part.layer)


def _along(value: torch.Tensor, reader: torch.Tensor) -> torch.Tensor:
    """What a part [prompts, 1, width] adds."""
    return (value[:, 0].cpu().double() * reader).sum(-1)


def _embeddings(
    stream: Stream, seen: FinalStream, reader: torch.Tensor, first: Write
) -> Iterator[Part]:
    """Each embedding of tokens where their sum is what the first block takes; else all of it."""
    points = stream.hooked.points
    names = {points[p].module: p for p in ("hook_embed", "hook_pos_embed") if p in points}
    paths = stream.hooked.anatomy.embeddings
    values = [seen.kept[path] for path in paths if path in seen.kept]
    close = len(values) == len(paths) > 0 and torch.allclose(
        sum(values[1:], start=values[0]), first.value, rtol=0, atol=_rounding(first.value)
    )
    of_tokens = isinstance(_module(stream, paths[0]), torch.nn.Embedding) if paths else False
    if not close or not of_tokens:
        yield Part("embed", "embed", _along(first.value, reader), site=stream.first.name)
        return
    called = {"hook_embed": "token embedding", "hook_pos_embed": "position embedding"}
    for path, value in zip(paths, values, strict=True):
        site = names.get(path, path)
        yield Part(called.get(site, f"embedding {path}"), "embed", _along(value, reader), site=site)


def _mlp(
    stream: Stream, seen: FinalStream, reader: torch.Tensor, mlp: Mlp, write: Write
) -> Iterator[Part]:
    """What an MLP writes, its last map's bias apart where that is what it writes last."""
    layer, site, adds = mlp.block.layer, mlp_out(mlp), _along(write.value, reader)
    bias, last = _bias(stream, mlp), seen.kept.get(mlp.last)
    if bias is not None and last is not None and torch.equal(last, write.value):
        constant = reader @ bias
        yield Part(write.name, "mlp", adds - constant, layer, site=site)
        yield Part(f"{write.name} bias", "bias", constant, layer)
    else:
        yield Part(write.name, "mlp", adds, layer, site=site)


def _module(stream: Stream, path: str) -> torch.nn.Module:
    return dict(stream.hooked.module.named_modules())[path]


def _plain(stream: Stream, mlp: Mlp) -> bool:
    """An MLP of two maps, or three; of many experts nobody knows here which were asked."""
    inside = _module(stream, mlp.path).modules()
    return bool(mlp.last) and sum(p.ndim == 2 for m in inside for p in m.parameters(False)) <= _FEW


def _bias(stream: Stream, mlp: Mlp) -> torch.Tensor | None:
    part = dict(stream.hooked.module.named_modules()).get(mlp.last)
    bias = None if part is None else dict(part.named_parameters()).get("bias")
    if bias is None or bias.ndim != 1 or not bool(bias.any()):
        return None
    return bias.detach().cpu().double()


def _by_source(stream: Stream, seen: FinalStream, reader: torch.Tensor) -> list[Part]:
    """Heads, each split by position; positions that nobody reads at the end are left out."""
    patterns = [seen.attended[a.number][0] for a in stream.attentions if a.number in seen.attended]
    read = [int(torch.nonzero(p.abs().sum((0, 1))).max()) + 1 for p in patterns]
    most = max(read, default=0)
    found = []
    for attention in stream.attentions:
        adds = _sources(stream, attention, seen, reader)  # prompt, head, position
        name, layer = z(attention), attention.block.layer
        for h, head in enumerate(head_names(attention, stream.attentions)):
            number = int(head.rpartition(".")[2])
            for s in range(min(most, adds.shape[2])):
                said = f"{head} <- {s}"
                found.append(Part(said, "head", adds[:, h, s], layer, number, name, s))
    return found


def _sources(
    stream: Stream, attention: Attention, seen: FinalStream, reader: torch.Tensor
) -> torch.Tensor:
    """What each head adds by way of each position: [prompts, heads, positions]."""
    pattern, values = (t.cpu().double() for t in seen.attended[attention.number])
    mixed = seen.here[z(attention)][:, 0].cpu().double()  # prompt, head, width
    off = torch.einsum("bhs,bhsw->bhw", pattern, values) - mixed
    if not float(off.abs().max()) <= _rounding(seen.here[z(attention)], _FITS):
        raise HookError(
            f"{z(attention)}: what its heads hand on is not their pattern times their values (off "
            f"by up to {float(off.abs().max()):.3g}), so it cannot be split by the position read: "
            "leave by_source out"
        )
    weight, _ = stream.output(attention)  # head, width, stream
    along = torch.einsum("hwd,bd->bhw", weight.cpu().double(), reader)
    return pattern * torch.einsum("bhsw,bhw->bhs", values, along)


def _rounding(like: torch.Tensor, least: float = 0.0) -> float:
    """What rounding leaves of a sum of numbers of this size."""
    return float(max(least, 100 * torch.finfo(like.dtype).eps) * float(like.abs().max()))
