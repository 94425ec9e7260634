"""The whole result as one Parquet file: a tidy table for any tool, and what only whence reads.

A row is one case, output and player. Its columns are those of `to_frame`, but that `case` is its
number, and `case_name` what it is called, where it is called anything; then `empty`, `full` and
`freedom` of its case, and `data` or `data_text`, its player's own value there. The file's metadata
has the rest of the dictionary (see `whence/schema/`), as JSON under "whence", and under
"whence_digest" a digest of all that is read back: a table that another tool has sorted, cut or
changed is no longer the result, and is refused.
"""

import json
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from whence._core import store
from whence._core.as_dict import lists
from whence._core.atomic import write_file
from whence._core.attribution import Attribution
from whence._core.record import (
    Arrays,
    Record,
    take_apart,
)
from whence.report.exchange.to_frame import called, installed, keys, numbers

JSON, DIGEST = b"whence", b"whence_digest"
_EXACT = 2**53  # whole numbers up to here are floats, exactly
ENDS = ("empty", "full")
NAMED = ("output", "player")


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
    said = {JSON: text.encode(), DIGEST: digest(text, record.arrays, att.parts, tidy)}
    table = pa.table(columns)
    content = pa.BufferOutputStream()
    how = {"compression": "zstd", "store_schema": False}
    with pq.ParquetWriter(content, table.schema, **how) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata(said)
    return write_file(target, content.getvalue().to_pybytes())


def _fits(column: np.ndarray) -> bool:
    """It stands in the tidy columns, to the last bit: numbers that are floats, or words."""
    kind = column.dtype.kind
    if kind in "iu":
        return bool(((column <= _EXACT) & (column >= -_EXACT)).all())
    if kind == "O":
        return all(entry is None or type(entry) is str for entry in column)
    return kind in "bU" or (kind == "f" and column.dtype.itemsize <= 8)


def is_words(column: np.ndarray) -> bool:
    """It stands in the column of words."""
    return column.dtype.kind in "UO"


def _named(att: Attribution, pa: Any) -> dict[str, Any]:
    case, output, player = keys(att)
    words = {"output": (output, att.outputs), "player": (player, att.players.names)}
    case_name = {"case_name": pa.array(called(att, case))} if att.case_names else {}
    return (
        {"case": case}
        | case_name
        | {
            name: pa.DictionaryArray.from_arrays(at.astype(np.int32), pa.array(names, pa.string()))
            for name, (at, names) in words.items()
        }
    )


def _repeated(att: Attribution) -> dict[str, np.ndarray]:
    """What is known of each case, in every row of it."""
    shape = att.values.shape
    spread = {name: np.broadcast_to(getattr(att, name)[:, :, None], shape) for name in ENDS}
    spread["freedom"] = np.broadcast_to(att.freedom[:, None, None], shape)
    return {name: array.ravel() for name, array in spread.items()}


def _data(att: Attribution, tidy: Arrays, pa: Any) -> dict[str, Any]:
    """Each player's own value in each case: numbers in one column, words in another."""
    cases, _, players = shape = att.values.shape
    numeric, words = np.zeros((cases, players)), np.full((cases, players), None, dtype=object)
    unknown = np.ones(players, dtype=bool)
    for name, column in tidy.items():
        player = att.players.index(name)
        if is_words(column):
            words[:, player] = column
        else:
            numeric[:, player], unknown[player] = column, False
    every = {
        "data": (numeric, pa.float64(), np.broadcast_to(unknown, shape).ravel()),
        "data_text": (words, pa.string(), None),
    }
    kinds = {"data_text" if is_words(column) else "data" for column in tidy.values()}
    return {
        name: pa.array(np.broadcast_to(array[:, None], shape).ravel(), kind, mask=mask)
        for name, (array, kind, mask) in every.items()
        if name in kinds
    }


def digest(text: str, arrays: Arrays, parts: Arrays, tidy: Arrays) -> bytes:
    """32 hex digits of everything that is read back."""
    state = blake2b(text.encode(), digest_size=16)
    for array in (*(arrays[name] for name in sorted(arrays)), *parts.values(), *tidy.values()):
        told = array.tolist() if is_words(array) else None
        state.update(np.ascontiguousarray(array).tobytes() if told is None else repr(told).encode())
    return state.hexdigest().encode()
