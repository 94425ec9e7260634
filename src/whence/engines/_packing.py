"""A game as bytes, to be sent; for one that cannot be, what is in the way is named."""

from collections.abc import Iterator
from types import FunctionType
from typing import Any

import cloudpickle

from whence._core.errors import EngineError, some
from whence._core.game import Game

_DEEP = 8  # a chain of attributes longer than this names nothing that a reader would know


def packed(game: Game, engine: object) -> bytes:
    """The game as bytes.

    Raises:
        EngineError: some part of it cannot be pickled.
    """
    try:
        data: bytes = cloudpickle.dumps(game)
    except Exception as error:
        raise EngineError(
            f"{engine} cannot send this game to its workers: {_where(game)} cannot be pickled "
            f"({type(error).__name__}: {error}). Use wh.engines.Threads, or build what cannot "
            "travel (a connection, a lock, an open file) where it is used."
        ) from error
    return data


def _where(game: Game) -> str:
    """The innermost part that cannot be pickled, by its path from the game."""
    path, part = [type(game).__name__], game
    for _ in range(_DEEP):
        found = next(((n, p) for n, p in _parts(part) if not _travels(p)), None)
        if found is None:
            break
        name, part = found
        path.append(name)
    return f"{'.'.join(path)} ({some([type(part).__name__])[1:-1]})"


def _travels(part: Any) -> bool:
    try:
        cloudpickle.dumps(part)
    except Exception:
        return False
    return True


def _parts(thing: Any) -> Iterator[tuple[str, Any]]:
    """What a thing holds: attributes, items, and what a function closes over."""
    yield from getattr(thing, "__dict__", {}).items()
    for kind in type(thing).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            yield name, getattr(thing, name, None)
    if isinstance(thing, dict):
        yield from ((repr(key), value) for key, value in thing.items())
    if isinstance(thing, (list, tuple)):
        yield from ((str(place), item) for place, item in enumerate(thing))
    if isinstance(thing, FunctionType):
        cells = (cell.cell_contents for cell in thing.__closure__ or ())
        yield from zip(thing.__code__.co_freevars, cells, strict=True)
        used = (n for n in thing.__code__.co_names if n in thing.__globals__)
        yield from ((name, thing.__globals__[name]) for name in used)
