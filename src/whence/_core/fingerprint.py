"""A name for a game from its contents: equal contents, equal names; or an honest refusal.

Contents are what an object would be pickled as, read piece by piece. Code that is installed is
named with its version; code of the user's own is read (`usercode`), so that a function that was
edited, or typed at a prompt, is told from what it was.

A game that somebody named is read too, as far as it can be: see `comparable`.
"""

import hashlib
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from functools import cached_property
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, final

import numpy as np

from .errors import UnnamedGameError
from .usercode import code_parts, is_installed, named_or_read, unwrapped

_NUMBERS = (type(None), bool, int, float, complex, np.generic)
_PLAIN = (*_NUMBERS, str, bytes)


def fingerprint(thing: object) -> str:
    """32 hexadecimal digits, from the contents alone: the same in every process.

    Raises:
        UnnamedGameError: something inside has no contents to read.

    >>> fingerprint({"a": np.arange(3)}) == fingerprint({"a": np.arange(3)})
    True
    """
    return _Reader().digest(thing, ()).hex()


def comparable(thing: object) -> dict[str, str]:
    """Digests of an object's attributes that differ only where the attributes really do.

    A part without contents to read counts as equal to any other. So do numbers that code of the
    user's own keeps beside itself, in an attribute, a global, a closure or a container there: they
    may be counters, or a cache. Rows, labels, code and fitted models are all compared.

    >>> one, other = ({"y": np.arange(3), "asks": (i for i in "ab")} for _ in range(2))
    >>> comparable(one) == comparable(other)
    True
    >>> comparable(one) == comparable(one | {"y": np.arange(4)})
    False
    """
    read = _Reader(steady=True)
    loose = _is_users(type(thing))
    return {
        name: read.digest(value, (id(thing),), loose=loose).hex()
        for name, value in _attributes(thing).items()
    }


def _attributes(thing: object) -> dict[str, object]:
    if isinstance(thing, dict):
        return {str(name): value for name, value in thing.items()}
    try:
        contents: Any = _contents(thing)
    except UnnamedGameError:
        contents = ()
    made, state = contents[:2], contents[2] if len(contents) > 2 else None
    halves = state if isinstance(state, tuple) else (state,)  # what has slots has two
    named = {n: v for half in halves if isinstance(half, dict) for n, v in half.items()}
    return {"class": type(thing), "made from": made, **named}


def _is_users(kind: type) -> bool:
    return not is_installed(kind.__module__.split(".")[0])


@final
class _Reader:
    """Reads contents. Each object is read once, however many others hold it.

    Args:
        steady: read on past what cannot be read, and past numbers that may change by themselves.
    """

    __slots__ = ("known", "steady")

    def __init__(self, *, steady: bool = False) -> None:
        self.steady = steady
        self.known: dict[tuple[int, bool], tuple[object, bytes]] = {}  # objects: no id comes twice

    def digest(self, thing: object, inside: tuple[int, ...], *, loose: bool = False) -> bytes:
        """16 bytes; none for a number that may change by itself.

        Args:
            thing: what is read.
            inside: the containers on the way here.
            loose: it belongs to code of the user's own, which may count with its numbers.
        """
        if loose and isinstance(thing, _NUMBERS):
            return b""
        if isinstance(thing, _PLAIN):
            return _hashed([_kind(thing), repr(thing).encode()])
        if id(thing) in inside:  # a cycle: how far up it closes is all there is to say
            return _hashed([b"cycle", str(inside[::-1].index(id(thing))).encode()])
        if (id(thing), loose) not in self.known:
            within = (*inside, id(thing))
            given = self._steadily(thing, within, loose=loose) if self.steady else None
            pieces = self._pieces(thing, within) if given is None else given
            self.known[id(thing), loose] = thing, _hashed([_kind(thing), *pieces])
        return self.known[id(thing), loose][1]

    def _steadily(self, thing: Any, inside: tuple[int, ...], *, loose: bool) -> list[bytes]:
        """The pieces of a thing, as far as they can be read, and as what may change allows."""
        code = isinstance(thing, (FunctionType, type))
        users = code or _is_users(type(thing))
        try:
            if isinstance(thing, (CodeType, np.ndarray)) or not (loose or users):
                return list(self._pieces(thing, inside))
            if code:
                return list(self._code(named_or_read(thing), inside))
            if isinstance(thing, (dict, list, set, deque)):
                return sorted(set(self._loose(thing, inside)) - {b""})
            if users:
                thing = tuple(_attributes(unwrapped(thing)).values())
            if isinstance(thing, tuple):
                return list(self._loose(thing, inside))
            return list(self._pieces(thing, inside))
        except UnnamedGameError:
            return []

    def _loose(self, held: Any, inside: tuple[int, ...]) -> Iterator[bytes]:
        items = held.values() if isinstance(held, dict) else held
        return (self.digest(item, inside, loose=True) for item in items)

    def _code(self, read: Any, inside: tuple[int, ...]) -> Iterator[bytes]:
        """Instructions and names as they are, and loosely what stands beside them."""
        match read:
            case [CodeType() as code, defaults, named, cells, reads]:
                held = [defaults, named, *cells, *(value for _, value in reads)]
                yield self.digest([code, [name for name, _ in reads]], inside)
            case [str() as name, [*bases], [*body]]:
                held = [*bases, *(value for _, value in body)]
                yield self.digest([name, [name for name, _ in body]], inside)
            case versioned:
                held = []
                yield self.digest(versioned, inside)
        yield from self._loose(held, inside)

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
