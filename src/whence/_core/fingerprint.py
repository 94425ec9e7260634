"""A name for a game from its contents: equal contents, equal names; or an honest refusal.

Contents are what an object would be pickled as, read piece by piece. Code that is installed is
named with its version; code of the user's own is read (`usercode`), so that a function that was
edited, or typed at a prompt, is told from what it was.
"""

import hashlib
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, final

import numpy as np

from .errors import UnnamedGameError
from .usercode import code_parts, named_or_read, unwrapped

_PLAIN = (type(None), bool, int, float, complex, str, bytes, np.generic)


def fingerprint(thing: object) -> str:
    """32 hexadecimal digits, from the contents alone: the same in every process.

    Raises:
        UnnamedGameError: something inside has no contents to read.

    >>> fingerprint({"a": np.arange(3)}) == fingerprint({"a": np.arange(3)})
    True
    """
    return _Reader().digest(thing, ()).hex()


@final
class _Reader:
    """Reads contents. Each object is read once, however many others hold it."""

    __slots__ = ("known",)

    def __init__(self) -> None:
        self.known: dict[int, tuple[object, bytes]] = {}  # objects too, so that no id is used twice

    def digest(self, thing: object, inside: tuple[int, ...]) -> bytes:
        """16 bytes; `inside` are the containers on the way here."""
        if isinstance(thing, _PLAIN):
            return _hashed([_kind(thing), repr(thing).encode()])
        if id(thing) in inside:  # a cycle: how far up it closes is all there is to say
            return _hashed([b"cycle", str(inside[::-1].index(id(thing))).encode()])
        if id(thing) not in self.known:
            pieces = [_kind(thing), *self._pieces(thing, (*inside, id(thing)))]
            self.known[id(thing)] = thing, _hashed(pieces)
        return self.known[id(thing)][1]

    def _pieces(self, thing: object, inside: tuple[int, ...]) -> Iterator[bytes]:
        match thing:
            case np.ndarray():
                yield from self._array(thing, inside)
            case _ if _is_tensor(thing):
                yield from _tensor(thing)
            case tuple() | list():
                yield from (self.digest(item, inside) for item in thing)
            case Mapping():
                yield from sorted(self.digest([k, thing[k]], inside) for k in thing)
            case set() | frozenset():
                yield from sorted(self.digest(item, inside) for item in thing)
            case MethodType() | BuiltinFunctionType() if _bound(thing):
                yield self.digest([thing.__name__, thing.__self__], inside)
            case CodeType():
                yield self.digest(code_parts(thing), inside)
            case FunctionType() | BuiltinFunctionType() | type() | ModuleType():
                yield self.digest(named_or_read(thing), inside)
            case _:
                yield self.digest(_contents(unwrapped(thing)), inside)

    def _array(self, array: np.ndarray, inside: tuple[int, ...]) -> Iterator[bytes]:
        yield f"{array.dtype.str}{array.shape}".encode()
        if array.dtype == object:
            yield self.digest(array.reshape(-1).tolist(), inside)
        elif array.dtype.fields:  # the bytes between fields are nobody's
            for name in array.dtype.fields:
                yield self.digest([name, array[name]], inside)
        else:
            yield np.ascontiguousarray(array).tobytes()


def _is_tensor(thing: object) -> bool:
    """Of torch, where somebody has imported it."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(thing, torch.Tensor)


def _tensor(tensor: Any) -> Iterator[bytes]:
    """Its type, its shape and its bytes: how torch stores them is nobody's."""
    dense = tensor.detach().cpu().contiguous()
    yield f"{dense.dtype}{tuple(dense.shape)}".encode()
    yield dense.reshape(-1).view(sys.modules["torch"].uint8).numpy().tobytes()


def _hashed(pieces: Any) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for piece in pieces:
        digest.update(len(piece).to_bytes(8, "little"))
        digest.update(piece)
    return digest.digest()


def _kind(thing: object) -> bytes:
    return f"{type(thing).__module__}.{type(thing).__qualname__}".encode()


def _bound(function: MethodType | BuiltinFunctionType) -> bool:
    """Of an object, and not of a module."""
    return not isinstance(function.__self__, ModuleType | None)


def _contents(thing: object) -> object:
    """What it would be pickled as: how it is made again, and from what."""
    if isinstance(thing, FunctionType):
        return [thing]
    try:
        reduced = thing.__reduce_ex__(4)
    except Exception as error:
        raise UnnamedGameError(
            f"{type(thing).__name__} has no contents to read ({error}), and another of its kind "
            "cannot be told from it: give the game a name, and change that when the game changes"
        ) from error
    if isinstance(reduced, str):
        return reduced
    make, given, state, items, pairs = (*reduced, None, None, None)[:5]
    return [make, given, _settled(thing, state), list(items or ()), list(pairs or ())]


def _settled(thing: object, state: object) -> object:
    """Without what is only remembered: it is there or not, as it happens."""
    if not isinstance(state, dict):
        return state
    kinds = type(thing).__mro__
    remembered = {n for k in kinds for n, v in vars(k).items() if isinstance(v, cached_property)}
    return {name: value for name, value in state.items() if name not in remembered} or None
