"""Players of a table: its columns, or groups of them that leave together."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from whence._core.errors import PlayersError, TableError, did_you_mean, some
from whence._core.players import Players
from whence._core.shaped import Int

Groups = Mapping[str, Sequence[str | int]] | Sequence[Sequence[str | int]] | None


def players_of(names: Sequence[str], groups: Groups) -> tuple[Players, Int[np.ndarray, " columns"]]:
    """The players, and which player each column belongs to.

    Columns in no group are players of their own.

    Args:
        names: the columns.
        groups: name -> columns, or lists of columns (then a group is named by its columns).

    Raises:
        PlayersError: groups that overlap, or that are empty.
        TableError: a group names a column that is not there.
    """
    if groups is None:
        return Players(tuple(names), kind="feature"), np.arange(len(names))
    named = _named(groups, names)
    owner_name = {column: group for group, columns in named.items() for column in columns}
    order = dict.fromkeys(owner_name.get(n, n) for n in names)
    clash = [g for g in named if g in names and named[g] != [g]]
    if clash:
        raise PlayersError(f"a group has the name of a column: {some(clash)}. Rename the group.")
    place = {name: i for i, name in enumerate(order)}
    owner = np.array([place[owner_name.get(n, n)] for n in names])
    return Players(tuple(order), kind="feature"), owner


def _named(groups: Any, names: Sequence[str]) -> dict[str, list[str]]:
    if not isinstance(groups, (Mapping, list, tuple)):
        raise PlayersError(
            "groups are a mapping such as {'size': ['height', 'width']}; "
            f"given {type(groups).__name__}"
        )
    pairs = groups.items() if isinstance(groups, Mapping) else ((None, c) for c in groups)
    named = {}
    for given, members in pairs:
        columns = _members(members, names, given)
        named[" + ".join(columns) if given is None else str(given)] = columns
    seen: dict[str, str] = {}
    for group, columns in named.items():
        if not columns:
            raise PlayersError(f"group {group!r} has no columns: leave it out")
        for column in columns:
            if column not in names:
                raise TableError(
                    f"group {group!r} names the column {column!r}, which is not in the table. "
                    f"{did_you_mean(column, names)}"
                )
            if column in seen:
                raise PlayersError(
                    f"groups overlap: {column!r} stands in {seen[column]!r} and in {group!r}. "
                    "A column belongs to one player."
                )
            seen[column] = group
    return named


def _members(members: Any, names: Sequence[str], group: object) -> list[str]:
    if isinstance(members, str) and group is not None:
        return [members]
    if isinstance(members, str) or not isinstance(members, Iterable):
        where = "a group" if group is None else f"group {group!r}"
        raise PlayersError(
            f"{where} must be a list of columns, such as ['height', 'width']; given {members!r}"
        )
    return [_column(c, names) for c in members]


def _column(column: Any, names: Sequence[str]) -> str:
    if isinstance(column, (int, np.integer)) and column not in names and 0 <= column < len(names):
        return names[int(column)]
    return str(column)
