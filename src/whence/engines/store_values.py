"""Values in a file of worths: SQLite takes anything in any column, and damage is anything."""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from whence._core.types import Worths

_SEAL = 16  # bytes


def typed(row: Sequence[Any] | None, *kinds: type | Callable[[Any], bool]) -> tuple[Any, ...]:
    """A row whose values are of these kinds.

    Raises:
        DatabaseError: they are not.
    """
    if row is None or len(row) != len(kinds):
        raise sqlite3.DatabaseError("a row is gone")
    for value, kind in zip(row, kinds, strict=True):
        if not (isinstance(value, kind) if isinstance(kind, type) else kind(value)):
            raise sqlite3.DatabaseError(f"{str(value)[:40]!r} stands where something else belongs")
    return tuple(row)


def instant(value: Any) -> bool:
    """It is a time, with its zone."""
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


def told(names: Iterable[str]) -> str:
    """Names as they stand in a column."""
    return json.dumps(list(names))


def names(value: str) -> tuple[str, ...]:
    """What `told` said.

    Raises:
        DatabaseError: something else.
    """
    try:
        found = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise sqlite3.DatabaseError(f"{value[:40]!r} stands where names belong") from error
    if not (isinstance(found, list) and all(isinstance(name, str) for name in found)):
        raise sqlite3.DatabaseError(f"{value[:40]!r} stands where names belong")
    return tuple(found)


def numbers(content: bytes, shape: tuple[int, int]) -> Worths:
    """Worths, [questions, outputs].

    Raises:
        DatabaseError: another number of them, or some that are not finite.
    """
    if min(shape) < 0 or len(content) != 8 * shape[0] * shape[1]:
        raise sqlite3.DatabaseError(f"{len(content)} bytes where {shape} worths belong")
    found = np.frombuffer(content, "<f8").reshape(shape)
    if not np.isfinite(found).all():
        raise sqlite3.DatabaseError("a worth is not finite")
    return found


def seal(name: str, keys: bytes, worths: bytes) -> bytes:
    """16 bytes that say whether a byte of a batch has changed, or the game that it belongs to."""
    digest = hashlib.blake2b(digest_size=_SEAL, person=b"whence batch 2")
    digest.update(len(name.encode()).to_bytes(8, "little") + name.encode())
    digest.update(keys)
    digest.update(worths)
    return digest.digest()


def sealed(name: str | None, mark: bytes, keys: bytes, worths: bytes) -> bool:
    """Whether a batch is as it was written; seals of the first format know no game."""
    if name is not None and mark == seal(name, keys, worths):
        return True
    return mark == hashlib.blake2b(keys + worths, digest_size=_SEAL).digest()
