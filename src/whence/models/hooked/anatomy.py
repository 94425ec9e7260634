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

from whence.models.hooked.attention import Attended
from whence.models.hooked.sites import Cut
from whence.models.hooked.trace import Call, Trace


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
class _Mixing:
    """What one output projection takes: an attention, or several that lie side by side in it."""

    number: int
    parts: int
    time: int
    path: str
    what: Attended
    output: Call | None


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


def anatomy(module: torch.nn.Module, seen: Trace) -> Anatomy:
    """What a module is made of, from one forward."""
    return _Dissection(module, seen).all()


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
        self.named = not _containers(paths, named=False)  # no lists: layer0, layer1 stand for one
        self.outer = _containers(paths, named=self.named)

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
        names = _stack_names(stacks)
        made: list[Block] = []
        for stack in stacks:
            own = [path for path in order if path.rpartition(".")[0] == stack]
            adds = len(own) > 1 and self._adds(own[0], own[1])
            for layer, path in enumerate(own):
                whole = not self.mixings or _container(path, named=self.named) in self.outer
                made.append(Block(names[stack], layer, path, whole, adds))
        return tuple(sorted(made, key=lambda block: order.index(block.path)))

    def _block_of(self, path: str) -> str:
        """The element of the outermost list that this is in; where there is none, itself."""
        for prefix in _prefixes(path):
            if _container(prefix, named=self.named) in self.outer:
                return prefix
        return path

    def _repeated(self) -> list[str]:
        """Elements of the longest list of modules of one kind that keep the shape of the stream."""
        lists: dict[str, list[str]] = {}
        for call in self.seen.calls:
            given, out = call.given, call.out
            kept = given is not None and out is not None and given.shape == out.shape
            if kept and _numbered(call.path) and any(self.parts[call.path].children()):
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
            query, key, value = (
                self._projections(maps, what) if one.parts == 1 else (None, None, None)
            )
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
        path = _common([one.path for one in heads])
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

    def _projections(
        self, maps: list[Call], what: Attended
    ) -> tuple[Projection | None, Projection | None, Projection | None]:
        values, heads, width = what.values, what.mixed.shape[1], what.values.shape[-1]
        if len(maps) == 1:
            return self._fused(maps[0], values, heads)
        if len(maps) == 2:
            return self._half_fused(maps, values, heads)
        named = {letter: _named(maps, letter) for letter in "qkv"}
        if not all(named.values()):
            return None, None, None
        got = []
        for call in named.values():
            size = call.out.shape[-1] if call is not None and call.out is not None else 0
            if size % width:
                return None, None, None
            got.append(Projection(call.path, Cut(1, size // width, 0, size // width)))  # type: ignore[union-attr]
        return got[0], got[1], got[2]

    def _fused(
        self, call: Call, values: torch.Tensor, heads: int
    ) -> tuple[Projection | None, Projection | None, Projection | None]:
        """Queries, keys and values of one map: the layout in which its values are the values."""
        width = values.shape[-1]
        slots = 0 if call.out is None else call.out.shape[-1] // width
        keys = (slots - heads) // 2
        if call.out is None or keys < 1 or heads % keys:
            return None, None, None
        share = heads // keys
        side_by_side = (Cut(1, slots, 0, heads), Cut(1, slots, heads, heads + keys),
                        Cut(1, slots, heads + keys, slots))  # fmt: skip
        in_groups = (Cut(keys, share + 2, 0, share), Cut(keys, share + 2, share, share + 1),
                     Cut(keys, share + 2, share + 1, share + 2))  # fmt: skip
        for cuts in (side_by_side, in_groups):
            if _gives(call.out, cuts[2], values):
                query, key, value = (Projection(call.path, cut) for cut in cuts)
                return query, key, value
        return None, None, None

    def _half_fused(
        self, maps: list[Call], values: torch.Tensor, heads: int
    ) -> tuple[Projection | None, Projection | None, Projection | None]:
        """Queries of one map, keys and values of another."""
        width = values.shape[-1]
        for query, both in (maps, maps[::-1]):
            sizes = [0 if call.out is None else call.out.shape[-1] for call in (query, both)]
            keys = sizes[1] // (2 * width)
            if both.out is None or sizes[0] != heads * width or keys < 1 or heads % keys:
                continue
            for cuts in ((Cut(1, 2 * keys, 0, keys), Cut(1, 2 * keys, keys, 2 * keys)),
                         (Cut(keys, 2, 0, 1), Cut(keys, 2, 1, 2))):  # fmt: skip
                if _gives(both.out, cuts[1], values):
                    key, value = (Projection(both.path, cut) for cut in cuts)
                    return Projection(query.path, Cut(1, heads, 0, heads)), key, value
        return None, None, None

    # -- the rest of a block --

    def _mlp(self, block: Block, attentions: Sequence[Attention]) -> Mlp | None:
        own = [a for a in attentions if a.block == block]
        taken = {a.output for a in own}
        taken |= {p.path for a in own for p in (a.query, a.key, a.value) if p is not None}
        whole = self._last(block.path)
        inside = [c for c in self.seen.calls if whole.start < c.start and c.end < whole.end]
        shape = whole.given.shape if whole.given is not None else None
        free = [c for c in inside if not any(_within(path, c.path) for path in taken)]
        writers = [c for c in free if c.out is not None and c.out.shape == shape]
        outermost: list[Call] = []
        for call in writers:
            if self._is_mlp(call.path) and not any(_within(call.path, o.path) for o in outermost):
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


def _numbered(path: str) -> bool:
    return path.rpartition(".")[2].isdigit()


def _gives(out: torch.Tensor, cut: Cut, values: torch.Tensor) -> bool:
    """Whether the heads that lie there are the values, each of them or for several queries."""
    own = cut.take(out)
    if own.ndim != 4 or values.shape[1] % own.shape[-2]:
        return False
    own = own.transpose(1, 2).repeat_interleave(values.shape[1] // own.shape[-2], 1)
    return own.shape == values.shape and bool(torch.equal(own, values))


def _common(paths: Sequence[str]) -> str:
    """The innermost module in which all of these are."""
    pieces = zip(*(path.split(".") for path in paths), strict=False)
    return ".".join(piece[0] for piece in takewhile(lambda p: len(set(p)) == 1, pieces))


def _container(path: str, *, named: bool) -> str | None:
    """The list that this is an element of: "h" of "h.3", or by its name "layer" of "layer3"."""
    before, _, last = path.rpartition(".")
    stem = last.rstrip("0123456789")
    if stem == last or bool(stem) != named:
        return None
    return ".".join(filter(None, [before, stem]))


def _within(path: str, other: str) -> bool:
    """Whether one is inside the other, either way, or they are the same."""
    return path == other or path.startswith(f"{other}.") or other.startswith(f"{path}.")


def _prefixes(path: str) -> list[str]:
    """Of a path, from the shortest."""
    pieces = path.split(".")
    return [".".join(pieces[:k]) for k in range(1, len(pieces) + 1)]


def _containers(paths: Sequence[str], *, named: bool) -> set[str]:
    """The outermost lists in which attentions stand: of two or more elements, else of one."""
    elements: dict[str, set[str]] = {}
    for path in paths:
        for prefix in _prefixes(path):
            container = _container(prefix, named=named)
            if container is not None:
                elements.setdefault(container, set()).add(prefix)
    many = {c for c, inside in elements.items() if len(inside) > 1}
    outer = many | {c for c in elements if not any(_within(c, other) for other in many)}
    return {
        c for c in outer if not any(c != o and _within(o, c) and len(o) < len(c) for o in outer)
    }


def _stack_names(stacks: Sequence[str]) -> dict[str, str]:
    """What tells stacks apart: "encoder" and "decoder"; nothing where there is one."""
    if len(stacks) < 2:
        return dict.fromkeys(stacks, "")
    pieces = [stack.split(".") for stack in stacks]
    for place in range(min(map(len, pieces))):
        names = [piece[place] for piece in pieces]
        if len(set(names)) == len(names):
            return dict(zip(stacks, names, strict=True))
    return {stack: stack for stack in stacks}


def _named(maps: Sequence[Call], letter: str) -> Call | None:
    """The one map that is called after queries, keys or values."""
    word = {"q": "query", "k": "key", "v": "value"}[letter]
    found = []
    for call in maps:
        name = call.path.rpartition(".")[2].lower()
        pieces = name.replace("-", "_").split("_")
        if (
            word in name
            or letter in pieces
            or name in (f"w{letter}", f"{letter}proj", f"to{letter}")
        ):
            found.append(call)
    return found[0] if len(found) == 1 else None


def _free(name: str, block: str, taken: set[tuple[str, str]]) -> str:
    """A name that no other attention of this layer has."""
    number, free = 0, name
    while (block, free) in taken:
        number += 1
        free = f"{name}_{number}"
    taken.add((block, free))
    return free
