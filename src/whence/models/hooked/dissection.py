"""What a network is made of, found by watching one forward: no list of architectures is kept.

An attention is where a softmax meets values. The linear map that takes what they mix is the output
projection, and the linear maps before them make queries, keys and values: which lies where in a
fused one is settled by comparing numbers. A block is an element of the outermost list of modules in
which attentions stand; an MLP is what else in a block writes into the stream. Norms are known by
their names, and by whose output is whose input.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import final

import torch

from whence.models.hooked.anatomy import Anatomy, Attention, Block, Mlp
from whence.models.hooked.attention import Attended
from whence.models.hooked.paths import (
    common,
    container,
    containers,
    numbered,
    prefixes,
    stack_names,
    within,
)
from whence.models.hooked.projections import projections
from whence.models.hooked.trace import Call, Trace


def dissected(module: torch.nn.Module, seen: Trace) -> Anatomy:
    """What a module is made of, from one forward."""
    return _Dissection(module, seen).all()


@final
@dataclass(frozen=True, slots=True)
class _Mixing:
    """What one output projection takes: an attention, or several that lie side by side in it."""

    number: int
    parts: int
    time: int
    path: str
    what: Attended
    output: Call | None


@final
class _Dissection:
    """Reads a trace."""

    def __init__(self, module: torch.nn.Module, seen: Trace) -> None:
        self.parts = dict(module.named_modules())
        self.seen = seen
        self.makers: dict[int, list[Call]] = {}  # by what they gave
        for call in seen.calls:
            self.makers.setdefault(id(call.out), []).append(call)
        self.mixings = self._mixings()
        paths = [one.path for one in self.mixings]
        self.named = not containers(paths, named=False)  # no lists: layer0, layer1 stand for one
        self.outer = containers(paths, named=self.named)

    def all(self) -> Anatomy:
        blocks = self._blocks()
        attentions = tuple(self._attentions(blocks))
        mlps = tuple(m for m in (self._mlp(b, attentions) for b in blocks) if m is not None)
        last = max((self._last(b.path).end for b in blocks), default=-1)
        norm = self._final_norm(last)
        return Anatomy(
            blocks, attentions, mlps, self._embeddings(blocks), norm, self._unembed(last, norm)
        )

    # -- blocks --

    def _blocks(self) -> tuple[Block, ...]:
        if self.mixings:
            paths = [self._block_of(one.path) for one in self.mixings]
        else:
            paths = self._repeated()
        order = sorted(dict.fromkeys(paths), key=lambda path: self._last(path).start)
        stacks = list(dict.fromkeys(path.rpartition(".")[0] for path in order))
        names = stack_names(stacks)
        made: list[Block] = []
        for stack in stacks:
            own = [path for path in order if path.rpartition(".")[0] == stack]
            adds = len(own) > 1 and self._adds(own[0], own[1])
            for layer, path in enumerate(own):
                whole = not self.mixings or container(path, named=self.named) in self.outer
                made.append(Block(names[stack], layer, path, whole, adds))
        return tuple(sorted(made, key=lambda block: order.index(block.path)))

    def _block_of(self, path: str) -> str:
        """The element of the outermost list that this is in; where there is none, itself."""
        for prefix in prefixes(path):
            if container(prefix, named=self.named) in self.outer:
                return prefix
        return path

    def _repeated(self) -> list[str]:
        """Elements of the longest list of modules of one kind that keep the shape of the stream."""
        lists: dict[str, list[str]] = {}
        for call in self.seen.calls:
            given, out = call.given, call.out
            kept = given is not None and out is not None and given.shape == out.shape
            if kept and numbered(call.path) and any(self.parts[call.path].children()):
                lists.setdefault(call.path.rpartition(".")[0], []).append(call.path)
        alike = [
            paths
            for paths in lists.values()
            if len(paths) > 1 and len({type(self.parts[path]) for path in paths}) == 1
        ]
        return max(alike, key=len, default=[])

    def _adds(self, path: str, after: str | None) -> bool:
        """Whether the next block takes what this one took and gave, added up."""
        own, following = self._last(path), self._last(after).given if after else None
        given, out = own.given, own.out
        if given is None or out is None or following is None or given.shape != out.shape:
            return False
        return (
            following.shape == out.shape
            and not torch.equal(following, out)
            and torch.allclose(following, given + out, rtol=1e-3, atol=1e-5)
        )

    def _last(self, path: str) -> Call:
        return self.seen.of(path)[-1]

    # -- attentions --

    def _attentions(self, blocks: Sequence[Block]) -> Sequence[Attention]:
        known, found, names = {b.path: b for b in blocks}, [], set[tuple[str, str]]()
        since = -1
        for one in self.mixings:
            block, what, output = known[self._block_of(one.path)], one.what, one.output
            if output is None:
                since = one.time
                continue
            start = max(since, self._inside(one.path, one.time))
            maps = [c for c in self._maps(one.path, one.time) if c.start > start]
            query, key, value = projections(maps, what) if one.parts == 1 else (None, None, None)
            crossed = any(word in output.path.lower() for word in ("cross", "encdec"))
            name = _free("cross_attn" if crossed else "attn", block.path, names)
            norm = self._norm_before(maps[0], block) if maps else ""
            found.append(
                Attention(block, name, output.path, what.mixed.shape[1], what.mixed.shape[-1],
                          one.number, query, key, value, norm, one.parts)
            )  # fmt: skip
            since = one.time
        return found

    def _mixings(self) -> list[_Mixing]:
        """Every attention; several make one where together they are what the next map takes."""
        found: list[_Mixing] = []
        for number, (time, stack, what) in enumerate(self.seen.attended):
            found.append(_Mixing(number, 1, time, stack[-1], what, self._output(time, what.mixed)))
            waiting = list(takewhile(lambda one: one.output is None, reversed(found)))[::-1]
            for k in range(len(waiting) - 1):
                joined = self._joined(waiting[k:])
                if joined is not None:
                    found[-len(waiting[k:]) :] = [joined]
                    break
        return found

    def _joined(self, heads: list[_Mixing]) -> _Mixing | None:
        """Heads that are modules of their own, side by side."""
        if len({one.what.mixed.shape for one in heads}) > 1:
            return None
        what = Attended.joined([one.what for one in heads])
        output = self._output(heads[-1].time, what.mixed)
        path = common([one.path for one in heads])
        first = heads[0]
        return output and _Mixing(first.number, len(heads), heads[-1].time, path, what, output)

    def _inside(self, path: str, time: int) -> int:
        """When the innermost module began."""
        return max((c.start for c in self.seen.of(path) if c.start < time), default=-1)

    def _output(self, time: int, mixed: torch.Tensor) -> Call | None:
        """The linear map that takes the heads side by side."""
        rows = mixed.transpose(1, 2)
        for call in self.seen.calls:
            if call.start < time or call.given is None or not self._linear(call.path):
                continue
            if call.given.numel() != rows.numel():
                return None
            same = torch.equal(call.given.reshape(rows.shape), rows.to(call.given.dtype))
            return call if same else None
        return None

    def _maps(self, path: str, time: int) -> list[Call]:
        """The linear maps that were done before an attention, in the module that it is in."""
        return [
            call
            for call in self.seen.calls
            if call.end <= time
            and call.path.startswith(f"{path}." if path else "")
            and self._linear(call.path)
        ]

    # -- the rest of a block --

    def _mlp(self, block: Block, attentions: Sequence[Attention]) -> Mlp | None:
        own = [a for a in attentions if a.block == block]
        taken = {a.output for a in own}
        taken |= {p.path for a in own for p in (a.query, a.key, a.value) if p is not None}
        whole = self._last(block.path)
        inside = [c for c in self.seen.calls if whole.start < c.start and c.end < whole.end]
        shape = whole.given.shape if whole.given is not None else None
        free = [c for c in inside if not any(within(path, c.path) for path in taken)]
        writers = [c for c in free if c.out is not None and c.out.shape == shape]
        outermost: list[Call] = []
        for call in writers:
            if self._is_mlp(call.path) and not any(within(call.path, o.path) for o in outermost):
                outermost.append(call)
        found = outermost[-1] if outermost else None  # what cannot be seen through comes before
        maps = [c for c in free if self._linear(c.path)]
        if found is None:
            lasts = [c for c in maps if c.out is not None and c.out.shape == shape]
            if not lasts:
                return None
            found = lasts[-1]
            before = [c for c in maps if c.end < found.start] or [found]
            return self._made(block, found.path, before[-1].path, found.path, before[-1])
        maps = [c for c in maps if found.start <= c.start and c.end <= found.end]
        first, last = (maps[0].path, maps[-1].path) if maps else ("", "")
        return self._made(block, found.path, first, last, found)

    def _made(self, block: Block, path: str, first: str, last: str, reader: Call) -> Mlp:
        norm = self._norm_before(reader, block)
        read = self._last(norm).given if norm else reader.given
        whole = self._last(block.path).given
        same = read is not None and whole is not None and read.shape == whole.shape
        return Mlp(block, path, first, last, norm, same and torch.equal(read, whole))

    def _is_mlp(self, path: str) -> bool:
        """At least two matrices, and no norm inside."""
        part = self.parts[path]
        if isinstance(part, torch.nn.MultiheadAttention):
            return False
        matrices = sum(p.ndim >= 2 for p in part.parameters())
        return matrices >= 2 and not any(_is_norm(sub) for sub in part.modules())

    def _norm_before(self, call: Call, block: Block) -> str:
        """The norm in this block whose output the call takes, as it is."""
        since = self._last(block.path).start
        for maker in self.makers.get(id(call.given), ()):
            if maker.start > since and _is_norm(self.parts[maker.path]):
                return maker.path
        return ""

    # -- around the blocks --

    def _embeddings(self, blocks: Sequence[Block]) -> tuple[str, ...]:
        first = min((self._last(b.path).start for b in blocks), default=0)
        before = [call for call in self.seen.calls if call.end < first]
        tables = [c for c in before if isinstance(self.parts[c.path], torch.nn.Embedding)]
        if not tables and blocks:  # of images: what gives the first layer what it takes
            enters = self._last(blocks[0].path).given
            tables = [call for call in before if call.out is enters][:1]
        return tuple(call.path for call in tables)

    def _final_norm(self, last: int) -> str:
        norms = [c for c in self.seen.calls if c.start > last >= 0 and _is_norm(self.parts[c.path])]
        return norms[-1].path if norms else ""

    def _unembed(self, last: int, norm: str) -> str:
        after = max([last, *(c.end for c in self.seen.of(norm) if norm)])
        maps = [c for c in self.seen.calls if c.start > after and self._linear(c.path)]
        return maps[-1].path if maps else ""

    def _linear(self, path: str) -> bool:
        part = self.parts[path]
        weight = getattr(part, "weight", None)
        plain = isinstance(weight, torch.Tensor) and weight.ndim == 2
        return plain and not isinstance(part, torch.nn.Embedding)


def _is_norm(part: torch.nn.Module) -> bool:
    return "norm" in type(part).__name__.lower()


def _free(name: str, block: str, taken: set[tuple[str, str]]) -> str:
    """A name that no other attention of this layer has."""
    number, free = 0, name
    while (block, free) in taken:
        number += 1
        free = f"{name}_{number}"
    taken.add((block, free))
    return free
