"""Where players stand inside a network, read from their columns; and the picture that suits them.

`layer` and `head` are whole numbers (a block's MLP has no head). `source` is the position of the
token that a head reads, or, of an edge, the name of what writes; `target` names what reads it.
"""

from collections import Counter
from typing import TypeAlias

import numpy as np

from whence._core.errors import ResultError, some
from whence._core.players import Players
from whence.models.training_rows import KIND as ROW
from whence.report.numbers import clean

Whole: TypeAlias = tuple[int | None, ...]
ARROW = " <- "
_SPACE, _NEW_LINE = "\N{MIDDLE DOT}", "\N{DOWNWARDS ARROW WITH CORNER LEFTWARDS}"


def wholes(players: Players, name: str) -> Whole:
    """A column as whole numbers; None for whatever is none, everywhere if there is no column."""
    return tuple(_whole(entry) for entry in players.columns.get(name, (None,) * len(players)))


def texts(players: Players, name: str) -> tuple[str | None, ...]:
    """A column as texts; None for whatever is none, everywhere if there is no column."""
    entries = players.columns.get(name, (None,) * len(players))
    return tuple(str(e) if isinstance(e, str) else None for e in entries)


def _whole(entry: object) -> int | None:
    if isinstance(entry, bool) or not isinstance(entry, (int, np.integer)):
        return None
    return int(entry)


def picture_of(players: Players) -> str:
    """The picture that suits players inside a network; nothing for all others.

    Edges make a circuit, heads by the token that they read a matrix, heads of several layers (with
    or without what has a layer and no head, such as MLPs) a map. Training rows have the columns of
    their table, whatever these are called, and no place.
    """
    if players.kind == ROW:
        return ""
    if all(t is not None for name in ("source", "target") for t in texts(players, name)):
        return "circuit"
    layers, heads = wholes(players, "layer"), wholes(players, "head")
    reading = [s is not None and at is not None for s, at in
               zip(wholes(players, "source"), layers, strict=True)]  # fmt: skip
    if any(reading):
        return "sources" if not _twice(rows_of(players), wholes(players, "source")) else ""
    several = min(len({at for at in column if at is not None}) for column in (layers, heads)) > 1
    apart = not _twice(layers, lanes(players))
    return "heads" if several and apart and None not in layers else ""


def lanes(players: Players) -> tuple[int | str | None, ...]:
    """Where in its layer each player stands: its head, or what it is called less the layer.

    None for those without a layer.
    """
    columns = wholes(players, "layer"), wholes(players, "head")
    return tuple(
        None if layer is None else head if head is not None else lane(name, layer)
        for name, layer, head in zip(players.names, *columns, strict=True)
    )


def lane(name: str, layer: int) -> str:
    """What a name says beside its layer.

    >>> lane("mlp 3", 3), lane("blocks.3.attn", 3)
    ('mlp', 'blocks attn')
    """
    words = clean(name).replace(".", " ").split()
    return " ".join(w for w in words if w != str(layer)) or "all"


def rows_of(players: Players) -> tuple[str, ...]:
    """What reads: the name of each player before its arrow."""
    return tuple(clean(name.partition(ARROW)[0]) for name in players.names)


def token(text: str) -> str:
    r"""A token, with the spaces and line ends that are part of it.

    >>> token(" the"), token("\n"), token("a\tb")
    ('·the', '↵', 'a·b')
    """
    return clean(text.replace("\n", _NEW_LINE).replace(" ", _SPACE).replace("\t", _SPACE))


def _twice(*columns: tuple[object, ...]) -> list[tuple[object, ...]]:
    """The cells that several players would share."""
    cells = [cell for cell in zip(*columns, strict=True) if None not in cell]
    return [cell for cell, times in Counter(cells).items() if times > 1]


def one_each(players: Players, *columns: tuple[object, ...]) -> None:
    """Refuse players that would share a cell.

    Raises:
        ResultError: two of them have the same place in every column.
    """
    shared = set(_twice(*columns))
    if not shared:
        return
    cells = zip(*columns, strict=True)
    names = [n for n, cell in zip(players.names, cells, strict=True) if cell in shared]
    raise ResultError(
        f"{some(names)} would share a cell of this picture. Choose some of them with "
        "att.select(site=...), or add them up with att.group(...)"
    )
