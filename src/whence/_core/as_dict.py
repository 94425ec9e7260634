"""A result as one dictionary, ready for strict JSON, and back. Nothing is lost.

Arrays are nested lists. JSON has no NaN and no infinity: both are null where they stand, and
`infinities` says which were infinite, so that every entry of a list is a number or null. What can
be worked out from the rest (`stderr`, `low`, `high`, `gap`) is there to be read, and is not read
back, but must agree with what is. The schema is `whence/schema/`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast, final

import numpy as np

from .errors import ResultError, some
from .kinds import ATTRIBUTION, SELECTION, Axes, Kind
from .record import Answer, Arrays, Record, kind_named, kind_of, put_together, reading, take_apart
from .scalars import plain, restored

if TYPE_CHECKING:
    from .attribution import Attribution
    from .interactions import Interactions
    from .selection import Selection

_KINDS = "fiubUOMm"  # numpy's letters for what columns of data may be
_CLOSE = 1e-6  # of the largest: quantiles may be computed otherwise in another version
_ENTRIES = {int, float, type(None)}


def to_dict(result: Answer) -> dict[str, Any]:
    """The whole result as plain lists, numbers and strings."""
    return _derived(result) | lists(take_apart(result))


def lists(record: Record) -> dict[str, Any]:
    """A record, or what there is of it, as plain lists, numbers and strings."""
    infinite = {path: places for path, array in _floats(record) if (places := _infinite(array))}
    return {
        **record.header,
        **{name: _listed(array) for name, array in record.arrays.items()},
        **{name: _table(name, table) for name, table in record.tables.items()},
        "infinities": infinite,
    }


def _derived(result: Answer) -> dict[str, Any]:
    if kind_of(result) is SELECTION:
        return _shares(cast("Selection", result))
    arrays = {"gap": cast("Attribution | Interactions", result).gap}
    if kind_of(result) is ATTRIBUTION:
        att = cast("Attribution", result)
        low, high = att.ci()
        arrays |= {"stderr": att.stderr, "low": low, "high": high}
    return {name: _listed(array) for name, array in arrays.items()}


def _shares(found: "Selection") -> dict[str, Any]:
    """The three criteria, each [output] or [output][player]; null where no share is defined."""
    try:
        told = {
            "faithfulness": found.share(found.worth),
            "completeness": found.share(found.without),
            "minimality": found.lost(),
        }
    except ResultError:
        return dict.fromkeys(("faithfulness", "completeness", "minimality"))
    ends = {name: one.ci() for name, one in told.items()}
    return {
        name: {
            "value": _listed(one.value),
            "stderr": _listed(one.stderr),
            "low": _listed(ends[name][0]),
            "high": _listed(ends[name][1]),
        }
        for name, one in told.items()
    }


def _table(name: str, table: Arrays) -> dict[str, Any] | None:
    if name == "trace" and not table:
        return None
    write = column if name == "data" else _listed
    return {name: write(array) for name, array in table.items()}


def _floats(record: Record) -> Iterator[tuple[str, np.ndarray]]:
    """Where an infinity may stand: "freedom", "parts/estimation"."""
    inner = {
        f"{table}/{name}": array
        for table, arrays in record.tables.items()
        for name, array in arrays.items()
    }
    every = {**record.arrays, **inner}
    return ((path, array) for path, array in every.items() if array.dtype.kind == "f")


def _infinite(array: np.ndarray) -> dict[str, list[int]]:
    """Sign -> positions, counted along the rows."""
    flat = array.ravel()
    signs = {"inf": flat == np.inf, "-inf": flat == -np.inf}
    return {sign: np.flatnonzero(at).tolist() for sign, at in signs.items() if at.any()}


def _listed(array: np.ndarray) -> Any:
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return array.tolist()
    entries = array.astype(object)
    entries[~np.isfinite(array)] = None
    return entries.tolist()


def column(array: np.ndarray) -> dict[str, Any]:
    """A column of data: its numpy type, and its entries; dates in ISO form.

    Raises:
        ResultError: a type that JSON has no form for.
    """
    kind = array.dtype.kind
    if kind not in _KINDS or (kind == "f" and array.dtype.itemsize > 8):
        raise ResultError(f"JSON has no form for a column of {array.dtype}: convert it first")
    forms = {"M": lambda: array.astype(str).tolist(), "m": lambda: array.astype(np.int64).tolist()}
    entries = forms.get(kind, lambda: plain(array) if kind == "O" else _listed(array))()
    return {"type": array.dtype.str, "entries": entries}


def from_dict(dictionary: Mapping[str, Any]) -> Answer:
    """The result that `to_dict` wrote; entries that nobody asked for are left alone.

    Args:
        dictionary: what `to_dict` wrote, perhaps by way of JSON.

    Raises:
        ResultError: not a result, of a newer version, or damaged.
    """
    return read_dict(dictionary, "this dictionary")


def read_dict(dictionary: Mapping[str, Any], source: object) -> Answer:
    """The result that `to_dict` wrote.

    Args:
        dictionary: what was read.
        source: where from, in words.

    Raises:
        ResultError: not a result, of a newer version, or damaged.
    """
    kind_named(dictionary, source)
    with reading(source):
        record = record_of(dictionary, source)
    found = put_together(record, source)
    with reading(source):
        _check_derived(dictionary, found, source)
    return found


def _check_derived(dictionary: Mapping[str, Any], found: Answer, source: object) -> None:
    """What is there to be read must be what it is worked out from.

    Values that changed places are seen by it, in files of before there was a digest.

    Raises:
        ResultError: something is not.
    """
    for name, wanted in _derived(found).items():
        if name in dictionary and not _agree(dictionary[name], wanted):
            raise ResultError(
                f"{source} is damaged: its {name} is not what follows from its values and errors"
            )


def _agree(told: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(told, Mapping) and all(
            name in told and _agree(told[name], wanted[name]) for name in wanted
        )
    if told is None or wanted is None:
        return told is wanted
    ours, theirs = np.array(wanted, dtype=float), np.array(told, dtype=float)
    if ours.shape != theirs.shape:
        return not ours.size and not theirs.size
    scale = np.abs(ours[np.isfinite(ours)]).max(initial=0.0)
    return bool(np.allclose(ours, theirs, rtol=_CLOSE, atol=_CLOSE * scale, equal_nan=True))


def record_of(dictionary: Mapping[str, Any], source: object) -> Record:
    """The record of a dictionary, or of what there is of it.

    Raises:
        ResultError: not a result, or of a newer version.
    """
    kind = kind_named(dictionary, source)
    read = _Reader(kind, dictionary.get("infinities", {}), _sizes(dictionary, kind))
    held = {name: axes for name, axes in kind.arrays.items() if name in dictionary}
    arrays = {name: read.numbers(name, dictionary[name], axes) for name, axes in held.items()}
    # the first version's dictionaries held no tables but the parts of the error
    tables = {name: read.table(name, dictionary.get(name) or {}) for name in kind.tables}
    inner = {f"{table}/{name}" for table, held in tables.items() for name in held}
    strange = read.infinite.keys() - arrays.keys() - inner
    if strange:
        raise ResultError(f"{source} is damaged: it has infinities of {some(strange)}")
    return Record(dictionary, arrays, tables)


def _sizes(dictionary: Mapping[str, Any], kind: Kind) -> dict[str, int]:
    return {
        "cases": len(dictionary.get(kind.cases, ())),
        "outputs": len(dictionary["outputs"]),
        "players": len(dictionary["players"]["names"]),
        "pairs": len(dictionary.get("pairs", ())),
        "steps": 0,
    }


@final
@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads lists as arrays.

    Attributes:
        kind: of the result.
        infinite: path of an array -> sign -> positions.
        sizes: of the axes.
    """

    kind: Kind
    infinite: Mapping[str, Mapping[str, list[int]]]
    sizes: Mapping[str, int]

    def table(self, table: str, lists: Mapping[str, Any]) -> Arrays:
        axes = self.kind.tables[table]
        if axes == ("cases",):
            return {name: self.column(f"{table}/{name}", told) for name, told in lists.items()}
        each = axes if isinstance(axes, Mapping) else dict.fromkeys(lists, axes)
        return {name: self.numbers(f"{table}/{name}", lists[name], each[name]) for name in lists}

    def numbers(self, path: str, listed: Any, axes: Axes) -> np.ndarray:
        """Numbers and nulls; counts stay whole numbers."""
        entries = np.array(listed, dtype=object)
        kinds = set(map(type, entries.ravel().tolist()))
        if path in {"trace/asked", "trace/rows"} and kinds <= {int}:
            return entries.astype(np.int64)
        if not kinds <= _ENTRIES:
            raise TypeError(f"{path or 'data'}, which are numbers in lists of one length,")
        array = entries.astype(float)
        if not array.size:  # the nesting of nothing is cut short
            array = array.reshape([self.sizes[axis] for axis in axes])
        return self._restored(path, array)

    def column(self, path: str, told: Mapping[str, Any]) -> np.ndarray:
        kind, entries = np.dtype(told["type"]), told["entries"]
        if kind.kind not in _KINDS or not isinstance(entries, list):
            raise TypeError(f"a column of {kind}")
        if kind.kind == "f":
            return self._restored(path, self.numbers("", entries, ("cases",))).astype(kind)
        made = np.array(restored(entries), dtype=kind)
        if column(made)["entries"] != entries:  # a type that makes something else of them
            raise TypeError(f"entries that are no {kind}")
        return made

    def _restored(self, path: str, array: np.ndarray) -> np.ndarray:
        flat = array.reshape(-1)
        for sign, at in self.infinite.get(path, {}).items():
            places = np.array(at)
            if sign not in {"inf", "-inf"} or places.dtype.kind != "i" or places.ndim != 1:
                raise ValueError(f"infinities {sign!r}")
            if not ((places >= 0) & np.isnan(flat[places])).all():
                raise ValueError(f"infinities in {path!r} where numbers stand")
            flat[places] = float(sign)
        return array
