"""Players: who could be responsible."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from math import isnan
from typing import Any, final

import numpy as np

from .arguments import check_arguments, check_fields
from .errors import PlayersError, did_you_mean, some
from .text import brief


@final
@dataclass(frozen=True, slots=True)
class Players:
    """A small table of players: their names, what they are, and any further columns.

    Args:
        names: one name for each player, all different.
        kind: what a player is, in the singular ("feature", "head", "source").
        ordered: only prefixes make sense (steps in time); the game refuses every other coalition.
        columns: further columns (layer, head, position), each with one entry for each player.

    Raises:
        PlayersError: nobody, a name given twice, or a column of another length.
    """

    names: tuple[str, ...]
    kind: str = "player"
    ordered: bool = False
    columns: Mapping[str, tuple[object, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(map(_called, listed(self.names, "names"))))
        if not self.names:
            raise PlayersError("a game needs at least one player, and no name was given")
        if len(set(self.names)) < len(self.names):
            twice = [n for n, times in Counter(self.names).items() if times > 1]
            raise PlayersError(
                f"players need different names; given more than once: {some(twice)}. Rename them."
            )
        if not isinstance(self.columns, Mapping):
            raise PlayersError(
                "columns are a mapping such as {'layer': [0, 0, 1]}; given "
                f"{type(self.columns).__name__}"
            )
        check_fields(self)
        columns = {k: listed(v, f"column {k!r}") for k, v in self.columns.items()}
        for name, column in columns.items():
            if len(column) != len(self.names):
                raise PlayersError(
                    f"column {name!r} has {len(column)} entries for {len(self.names)} players"
                )
        object.__setattr__(self, "columns", columns)

    def __len__(self) -> int:
        return len(self.names)

    def index(self, name: str | int) -> int:
        """Where a player stands.

        Raises:
            PlayersError: nobody has that name.
        """
        whole = isinstance(name, (int, np.integer)) and not isinstance(name, bool)
        if whole and -len(self) <= int(name) < len(self):
            return int(name) % len(self)
        if isinstance(name, str) and name in self.names:
            return self.names.index(name)
        raise PlayersError(
            f"no {self.kind} is called {brief(name)}. {did_you_mean(name, self.names)}"
        )

    def where(self, **columns: object) -> np.ndarray:
        """Positions of the players whose columns have these values.

        Raises:
            PlayersError: no such column.
        """
        keep = np.ones(len(self), dtype=bool)
        for name, value in columns.items():
            keep &= np.array([entry == value for entry in self.column(name)], dtype=bool)
        return np.flatnonzero(keep)

    @check_arguments
    def column(self, name: str) -> tuple[object, ...]:
        """One column of the table, `names` included.

        Raises:
            PlayersError: no such column.
        """
        if name == "names":
            return self.names
        if name not in self.columns:
            raise PlayersError(
                f"these players have no column {name!r}. "
                f"{did_you_mean(name, ['names', *self.columns])}"
            )
        return self.columns[name]

    @check_arguments
    def take(self, positions: Iterable[int]) -> "Players":
        """Some of the players, in this order.

        Raises:
            PlayersError: a position that is not there.
        """
        at, n = list(positions), len(self)
        if any(not -n <= i < n for i in at):
            raise PlayersError(f"players stand at positions 0 to {n - 1}; given {brief(at)}")
        columns = {k: tuple(v[i] for i in at) for k, v in self.columns.items()}
        return Players(tuple(self.names[i] for i in at), self.kind, self.ordered, columns)


def listed(names: Any, what: str) -> tuple[Any, ...]:
    """Names that came one by one; a string is one name, and not a name for each letter.

    Raises:
        PlayersError: something else.
    """
    alone = isinstance(names, (str, bytes)) or getattr(names, "ndim", 1) != 1
    if alone or not isinstance(names, Iterable):
        raise PlayersError(
            f"{what} must be a sequence, one entry for each player; given {brief(names)}"
        )
    if isinstance(names, (set, frozenset)) and what != "a group":
        raise PlayersError(
            f"{what} are a set, which has no order, so that numbers could land under other names: "
            f"give a list, such as {sorted(map(str, names))[:3]!r}"
        )
    if isinstance(names, Mapping):
        raise PlayersError(f"{what} must be a sequence; given a mapping: write list(...) around it")
    return tuple(names)


def _called(name: Any) -> str:
    """A name in words: of numbers, dates and tuples too, as frames have them.

    Raises:
        PlayersError: nothing, or what holds several.
    """
    missing = name is None or type(name).__name__ in {"NAType", "NaTType"}
    if missing or not isinstance(name, Hashable) or (isinstance(name, float) and isnan(name)):
        raise PlayersError(f"{brief(name)} is no name: players are called by words or numbers")
    return str(name)
