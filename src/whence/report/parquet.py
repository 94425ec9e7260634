"""The whole result as one Parquet file: a tidy table for any tool, and what only whence reads.

A row is one case, output and player. Its columns are those of `to_frame`, and `empty`, `full` and
`freedom` of its case, and `data` or `data_text`, its player's own value there. The file's metadata
has the rest of the dictionary (see `whence/schema/`), as JSON under "whence", and under
"whence_digest" a digest of all that is read back: a table that another tool has sorted, cut or
changed is no longer the result, and is refused.

Floats are stored as they are, never by a dictionary, which would make one of every NaN.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from whence._core import store
from whence._core.as_dict import lists, record_of
from whence._core.attribution import Attribution
from whence._core.errors import ResultError
from whence._core.record import (
    Arrays,
    Record,
    kind_named,
    put_together,
    reading,
    take_apart,
)
from whence.report.export import installed, keys, numbers

_JSON, _DIGEST = b"whence", b"whence_digest"
_LARGEST = 2**30  # bytes of metadata that are read: ten times what readers take by themselves
_EXACT = 2**53  # whole numbers up to here are floats, exactly
_ENDS = ("empty", "full")
_NAMED = ("output", "player")


def to_parquet(att: Attribution, path: str | Path) -> Path:
    """Write the whole result as one table.

    Raises:
        OptionError: pyarrow is not installed.
        ResultError: the folder does not exist, or cannot be written.
    """
    pa, pq = installed("pyarrow"), installed("pyarrow.parquet")
    target, record = store.as_path(path), take_apart(att)
    tidy = {name: c for name, c in att.data.items() if name in att.players.names and _fits(c)}
    rest = {name: c for name, c in att.data.items() if name not in tidy}
    kept = {"shared", "covariance", "trace"}
    tables = {name: table for name, table in record.tables.items() if name in kept}
    header = {
        **lists(Record(record.header, {}, {**tables, "data": rest})),
        "columns": {
            "parts": list(att.parts),
            "data": {name: column.dtype.str for name, column in tidy.items()},
            "order": list(att.data),
        },
        "cases": len(att.values),
    }
    text = json.dumps(header, allow_nan=False)
    columns = {**_named(att, pa), **numbers(att), **_repeated(att), **_data(att, tidy, pa)}
    said = {_JSON: text.encode(), _DIGEST: _digest(text, record.arrays, att.parts, tidy)}
    table = pa.table(columns)
    words = [name for name in ("output", "player", "data_text") if name in columns]
    content = pa.BufferOutputStream()
    how = {"compression": "zstd", "use_dictionary": words, "store_schema": False}
    with pq.ParquetWriter(content, table.schema, **how) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata(said)
    store.written(target, content.getvalue().to_pybytes())
    return target


def _fits(column: np.ndarray) -> bool:
    """It stands in the tidy columns, to the last bit: numbers that are floats, or words."""
    kind = column.dtype.kind
    if kind in "iu":
        return bool(((column <= _EXACT) & (column >= -_EXACT)).all())
    if kind == "O":
        return all(entry is None or type(entry) is str for entry in column)
    return kind in "bU" or (kind == "f" and column.dtype.itemsize <= 8)


def _is_words(column: np.ndarray) -> bool:
    return column.dtype.kind in "UO"


def _named(att: Attribution, pa: Any) -> dict[str, Any]:
    case, output, player = keys(att)
    words = {"output": (output, att.outputs), "player": (player, att.players.names)}
    return {"case": case} | {
        name: pa.DictionaryArray.from_arrays(at.astype(np.int32), pa.array(names, pa.string()))
        for name, (at, names) in words.items()
    }


def _repeated(att: Attribution) -> dict[str, np.ndarray]:
    """What is known of each case, in every row of it."""
    shape = att.values.shape
    spread = {name: np.broadcast_to(getattr(att, name)[:, :, None], shape) for name in _ENDS}
    spread["freedom"] = np.broadcast_to(att.freedom[:, None, None], shape)
    return {name: array.ravel() for name, array in spread.items()}


def _data(att: Attribution, tidy: Arrays, pa: Any) -> dict[str, Any]:
    """Each player's own value in each case: numbers in one column, words in another."""
    cases, _, players = shape = att.values.shape
    numeric, words = np.zeros((cases, players)), np.full((cases, players), None, dtype=object)
    unknown = np.ones(players, dtype=bool)
    for name, column in tidy.items():
        player = att.players.index(name)
        if _is_words(column):
            words[:, player] = column
        else:
            numeric[:, player], unknown[player] = column, False
    every = {
        "data": (numeric, pa.float64(), np.broadcast_to(unknown, shape).ravel()),
        "data_text": (words, pa.string(), None),
    }
    kinds = {"data_text" if _is_words(column) else "data" for column in tidy.values()}
    return {
        name: pa.array(np.broadcast_to(array[:, None], shape).ravel(), kind, mask=mask)
        for name, (array, kind, mask) in every.items()
        if name in kinds
    }


def _digest(text: str, arrays: Arrays, parts: Arrays, tidy: Arrays) -> bytes:
    """32 hex digits of everything that is read back."""
    state = blake2b(text.encode(), digest_size=16)
    for array in (*(arrays[name] for name in sorted(arrays)), *parts.values(), *tidy.values()):
        told = array.tolist() if _is_words(array) else None
        state.update(np.ascontiguousarray(array).tobytes() if told is None else repr(told).encode())
    return state.hexdigest().encode()


def from_parquet(source: Path) -> Attribution:
    """Read what `to_parquet` wrote.

    Raises:
        OptionError: pyarrow is not installed.
        ResultError: another table, a damaged one, one that was changed, or of a newer version.
    """
    metadata, columns = _read(source)
    if columns is None:
        raise ResultError(
            f"{source} is a Parquet table, and not a whence result: those are written by to_parquet"
        )
    try:
        text = metadata[_JSON].decode()
        header = json.loads(text)
    except ValueError as error:
        raise store.no_result(source, error) from error
    kind_named(header, source)
    with reading(source):
        rest = record_of(header, source)
        record = _whole(rest, columns, source)
        tidy = {name: record.tables["data"][name] for name in header["columns"]["data"]}
        digest = _digest(text, record.arrays, record.tables["parts"], tidy)
    if digest != metadata.get(_DIGEST):
        raise _changed(source)
    found = put_together(record, source)
    if not isinstance(found, Attribution):
        raise store.no_result(source, "no attribution")
    return found


def _read(source: Path) -> tuple[Mapping[bytes, bytes], Any]:
    """The metadata, and the columns of a table that whence wrote; None of any other.

    Raises:
        ResultError: damage.
    """
    pq, how = installed("pyarrow.parquet"), {"thrift_string_size_limit": _LARGEST}
    try:
        metadata = pq.ParquetFile(source, **how).metadata.metadata or {}
        if _JSON not in metadata:
            return metadata, None
        return metadata, pq.ParquetFile(source, **how, read_dictionary=list(_NAMED)).read()
    except Exception as error:  # whatever damage does to Parquet
        raise store.no_result(source, error) from error


def _changed(source: Path) -> ResultError:
    return ResultError(
        f"{source} is not as whence wrote it: its rows or its metadata were changed, by damage or "
        "by another tool. Numbers from elsewhere are no result; read them as a table."
    )


def _whole(rest: Record, columns: Any, source: Path) -> Record:
    """The record, its arrays from the columns.

    Raises:
        ResultError: some of the rows are gone, or stand elsewhere.
    """
    header = rest.header
    told = header["columns"]
    shape = header["cases"], len(header["outputs"]), len(header["players"]["names"])
    names = header["outputs"], header["players"]["names"]
    if not _in_order(columns, shape, names):
        raise _changed(source)

    def cells(name: str) -> np.ndarray:
        return np.array(columns[name].to_numpy(zero_copy_only=False)).reshape(shape)

    arrays = {"values": cells("value"), "freedom": cells("freedom")[:, 0, 0]}
    arrays |= {name: cells(name)[:, :, 0] for name in _ENDS}
    parts = {name: cells(f"stderr_{name}") for name in told["parts"]}
    tidy = {name: _column(cells, names[1].index(name), kind) for name, kind in told["data"].items()}
    data = {**rest.tables["data"], **tidy}
    tables = {**rest.tables, "parts": parts, "data": {name: data[name] for name in told["order"]}}
    return replace(rest, arrays=arrays, tables=tables)


def _in_order(columns: Any, shape: tuple[int, ...], names: tuple[list[str], list[str]]) -> bool:
    """The rows are those that were written, one after the other."""
    if columns.num_rows != np.prod(shape):
        return False
    places = [_places(columns[name], known) for name, known in zip(_NAMED, names, strict=True)]
    wanted = np.indices(shape).reshape(3, -1)
    return np.array_equal([columns["case"].to_numpy(), *places], wanted)


def _places(column: Any, names: list[str]) -> np.ndarray:
    """Positions of these names, of a column that is dictionary encoded; -1 of another name."""
    known = {name: i for i, name in enumerate(names)}
    at = [
        np.array([known.get(name, -1) for name in chunk.dictionary.to_pylist()], dtype=int)
        for chunk in column.chunks
    ]
    chunks = [a[c.indices.to_numpy()] for a, c in zip(at, column.chunks, strict=True)]
    return np.concatenate([*chunks, np.zeros(0, dtype=int)])


def _column(cells: Any, player: int, kind: str) -> np.ndarray:
    words = np.dtype(kind).kind in "UO"
    return np.array(cells("data_text" if words else "data")[:, 0, player].tolist(), dtype=kind)
