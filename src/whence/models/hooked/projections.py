"""Which linear maps make queries, keys and values, and where they lie in one that makes several.

Maps of their own are told by their names; in a fused one, by its numbers: the layout is the one in
which its values are the values.
"""

from collections.abc import Sequence
from typing import TypeAlias

import torch

from whence.models.hooked.anatomy import Projection
from whence.models.hooked.attention import Attended
from whence.models.hooked.sites import Cut
from whence.models.hooked.trace import Call

Three: TypeAlias = "tuple[Projection | None, Projection | None, Projection | None]"


def projections(maps: list[Call], what: Attended) -> Three:
    """What makes queries, keys and values; None of what cannot be told.

    Args:
        maps: the linear maps that were done before an attention.
        what: the attention.
    """
    values, heads, width = what.values, what.mixed.shape[1], what.values.shape[-1]
    if len(maps) == 1:
        return _fused(maps[0], values, heads)
    if len(maps) == 2:
        return _half_fused(maps, values, heads)
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


def _fused(call: Call, values: torch.Tensor, heads: int) -> Three:
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


def _half_fused(maps: list[Call], values: torch.Tensor, heads: int) -> Three:
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


def _gives(out: torch.Tensor, cut: Cut, values: torch.Tensor) -> bool:
    """Whether the heads that lie there are the values, each of them or for several queries."""
    own = cut.take(out)
    if own.ndim != 4 or values.shape[1] % own.shape[-2]:
        return False
    own = own.transpose(1, 2).repeat_interleave(values.shape[1] // own.shape[-2], 1)
    return own.shape == values.shape and bool(torch.equal(own, values))


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
