"""A name for a game from its contents: equal contents, equal names; or an honest refusal.

What has no contents to read (a closure, a function typed at a prompt) cannot be told from another
of its name, so it is refused, and somebody must name it.
"""

import dataclasses
import hashlib
import pickle
from collections.abc import Iterator, Mapping
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType

import numpy as np

from .errors import UnnamedGameError


def fingerprint(thing: object) -> str:
    """32 hexadecimal digits, from the contents alone: the same in every process.

    Raises:
        UnnamedGameError: something inside has no contents to read.

    >>> fingerprint({"a": np.arange(3)}) == fingerprint({"a": np.arange(3)})
    True
    """
    digest = hashlib.blake2b(digest_size=16)
    for piece in _pieces(thing, ()):
        digest.update(len(piece).to_bytes(8, "little") + piece)
    return digest.hexdigest()


def _pieces(thing: object, inside: tuple[int, ...]) -> Iterator[bytes]:
    """The contents in a fixed order; `inside` are the containers on the way here."""
    yield f"{type(thing).__module__}.{type(thing).__qualname__}".encode()
    if id(thing) in inside:  # a cycle: how far up it closes is all there is to say
        yield str(inside[::-1].index(id(thing))).encode()
        return
    inside = (*inside, id(thing))
    match thing:
        case np.ndarray():
            yield from _array(thing, inside)
        case None | bool() | int() | float() | complex() | str() | bytes() | np.generic():
            yield repr(thing).encode()
        case tuple() | list():
            yield str(len(thing)).encode()
            for item in thing:
                yield from _pieces(item, inside)
        case Mapping():
            yield from _pieces([[key, thing[key]] for key in sorted(thing, key=repr)], inside)
        case set() | frozenset():
            yield from sorted(fingerprint(item).encode() for item in thing)
        case MethodType() | BuiltinFunctionType() if _bound(thing):
            yield from _pieces([thing.__name__, thing.__self__], inside)
        case FunctionType() | BuiltinFunctionType() | type() | ModuleType():
            yield _importable(thing).encode()
        case _:
            yield from _contents(thing, inside)


def _array(array: np.ndarray, inside: tuple[int, ...]) -> Iterator[bytes]:
    yield f"{array.dtype.str}{array.shape}".encode()
    if array.dtype == object:
        yield from _pieces(array.reshape(-1).tolist(), inside)
    else:
        yield np.ascontiguousarray(array).tobytes()


def _bound(function: MethodType | BuiltinFunctionType) -> bool:
    """Of an object, and not of a module."""
    return not isinstance(function.__self__, ModuleType | None)


def _importable(thing: FunctionType | BuiltinFunctionType | type | ModuleType) -> str:
    if isinstance(thing, ModuleType):
        return thing.__name__
    name = f"{thing.__module__}.{thing.__qualname__}"
    if "<" in thing.__qualname__ or thing.__module__ == "__main__":
        raise UnnamedGameError(
            f"{name} has no contents to read, and another function may have its name: put it in a "
            "module, or give the game a name and change that when the function changes"
        )
    return name


def _contents(thing: object, inside: tuple[int, ...]) -> Iterator[bytes]:
    slots = [s for c in type(thing).__mro__ for s in _slots(c)]
    fields = [f.name for f in dataclasses.fields(thing)] if dataclasses.is_dataclass(thing) else []
    names = sorted({*slots, *fields, *getattr(thing, "__dict__", ())})
    if not names:
        yield _pickled(thing)
    for name in names:
        yield name.encode()
        yield from _pieces(getattr(thing, name, None), inside)


def _slots(kind: type) -> tuple[str, ...]:
    slots = getattr(kind, "__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _pickled(thing: object) -> bytes:
    try:
        return pickle.dumps(thing, protocol=4)
    except Exception as error:
        raise UnnamedGameError(
            f"{type(thing).__name__} has no contents to read ({error}): give the game a name"
        ) from error
