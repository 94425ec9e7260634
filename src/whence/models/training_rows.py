"""Training rows as players: their names, their labels, and groups of them that leave together."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from whence._core.errors import OptionError, PlayersError, TableError, did_you_mean, some
from whence._core.players import Players
from whence._core.shaped import Float, Int
from whence.models.cells import inferred, is_missing
from whence.models.entry import kind_of
from whence.models.labels import as_labels, as_targets, refuse_length, refuse_other_rows

Task = Literal["classes", "numbers"]
KIND = "training row"
_FEW = 20  # different whole numbers that are taken for classes: ten digits are, prices are not


def row_names(data: Any, rows: int) -> tuple[str, ...]:
    """A frame's index where its labels differ and are not just 0, 1, 2; else "row 0" and so on."""
    if kind_of(data) == "pandas.DataFrame":
        labels = tuple(map(str, data.index))
        if len(set(labels)) == rows and labels != tuple(map(str, range(rows))):
            return labels
    return tuple(f"row {i}" for i in range(rows))


def row_players(data: Any, labels: np.ndarray) -> Players:
    """One player for each row, with its label in the column "label"."""
    column = {"label": tuple(labels.tolist())}
    return Players(row_names(data, len(labels)), KIND, columns=column)


def group_players(data: Any, rows: int, groups: Any) -> tuple[Players, Int[np.ndarray, " rows"]]:
    """One player for each group of rows, and which player each row belongs to.

    Args:
        data: the rows, for their names.
        rows: how many there are.
        groups: name -> positions of rows (rows in no group are players of their own), or each
            row's group, [rows].

    Raises:
        PlayersError: groups that overlap, are empty, or have the name of a row.
        TableError: rows that are not there, or not one group for each row.
    """
    if isinstance(groups, Mapping):
        own = _owners(groups, rows)
    else:
        refuse_other_rows(data, groups, "groups")
        column = as_labels(groups, "groups")
        refuse_length(column, rows, "groups")
        if column.ndim != 1 or any(is_missing(g) for g in column.tolist()):
            raise TableError("groups hold one name for each row, and none may be missing")
        own = [str(g) for g in column.tolist()]
    alone = row_names(data, rows)
    clash = sorted(
        {g for g in own if g is not None} & {alone[i] for i in range(rows) if own[i] is None}
    )
    if clash:
        raise PlayersError(f"a group has the name of a row: {some(clash)}. Rename the group.")
    named = [alone[i] if g is None else g for i, g in enumerate(own)]
    place = {name: i for i, name in enumerate(dict.fromkeys(named))}
    owner = np.array([place[name] for name in named], np.int32)
    sizes = tuple(np.bincount(owner).tolist())
    return Players(tuple(place), "group of training rows", columns={"rows": sizes}), owner


def _owners(groups: Mapping[str, Any], rows: int) -> list[str | None]:
    if not groups:
        raise PlayersError("groups are empty: name one at least, or leave groups= out")
    own: list[str | None] = [None] * rows
    for name, members in groups.items():
        at = np.asarray(members)
        if at.ndim != 1 or not at.size:
            raise PlayersError(f"group {name!r} has no rows: give positions such as [0, 3]")
        if at.dtype.kind not in "iu" or at.min() < 0 or at.max() >= rows:
            raise TableError(
                f"group {name!r} holds {some(at.tolist())}; rows are positions 0 to {rows - 1}"
            )
        for row in at.tolist():
            if own[row] is not None:
                raise PlayersError(
                    f"groups overlap: row {row} stands in {own[row]!r} and in {str(name)!r}. "
                    "A row belongs to one player."
                )
            own[row] = str(name)
    return own


def flat_labels(y: Any, rows: int, what: str = "y") -> np.ndarray:
    """One label for each row, none missing.

    Raises:
        TableError: something else.
    """
    array = as_labels(y, what)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise TableError(f"{what} has shape {array.shape}; it must be one label for each row")
    refuse_length(array, rows, what)
    gone = [i for i, v in enumerate(array.tolist()) if is_missing(v)]
    if gone:
        raise TableError(
            f"{what} is missing in {len(gone)} rows (first: row {gone[0]}). Drop those rows."
        )
    return inferred(array).data if array.dtype.kind == "O" else array


def task_of(labels: np.ndarray, task: str | None) -> Task:
    """What the labels are: classes, or numbers to be predicted.

    Words are classes; numbers of which some have a fraction are numbers; up to 20 different whole
    numbers are classes. More of them could be either (prices, or codes of products), and an answer
    of the wrong kind looks like any other, so the caller must say.

    Raises:
        OptionError: no such task, or labels that could be either.
    """
    if not (task is None or (isinstance(task, str) and task in _TASKS)):
        raise OptionError(f"task is 'classes' or 'numbers'. {did_you_mean(task, _TASKS)}")
    if task is not None:
        return "classes" if task == "classes" else "numbers"
    plain = np.array(labels.tolist())
    if plain.dtype.kind not in "iuf":
        return "classes"
    if (plain % 1 != 0).any():
        return "numbers"
    different = np.unique(plain)
    if len(different) > _FEW:
        few = ", ".join(f"{value:g}" for value in different[:3])
        raise OptionError(
            f"y holds {len(different):,} different whole numbers ({few}, and more): they may be "
            "numbers to predict or codes of classes. Say task='numbers' or task='classes'."
        )
    return "classes"


_TASKS = ("classes", "numbers")


def coded(
    y: np.ndarray, y_test: np.ndarray
) -> tuple[Int[np.ndarray, " rows"], Int[np.ndarray, " tests"]]:
    """Both sets of labels as numbers of their classes: equal labels, equal numbers.

    Raises:
        TableError: no label of one is a label of the other.
    """
    seen: dict[object, int] = {}
    both = [
        np.array([seen.setdefault(label, len(seen)) for label in labels.tolist()], np.int32)
        for labels in (y, y_test)
    ]
    if not np.isin(both[1], both[0]).any():
        raise TableError(
            f"no label of y_test ({some(dict.fromkeys(y_test.tolist()))}) is one of y "
            f"({some(dict.fromkeys(y.tolist()))}). Give both the same labels, of the same type."
        )
    return both[0], both[1]


def as_numbers(y: np.ndarray, what: str) -> Float[np.ndarray, " rows"]:
    """Labels that are numbers."""
    return np.asarray(as_targets(y, len(y), what), dtype=float)
