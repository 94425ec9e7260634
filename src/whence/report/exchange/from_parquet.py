"""A result from the Parquet file that `to_parquet` wrote, or a refusal."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from whence._core import store
from whence._core.as_dict import record_of
from whence._core.attribution import Attribution
from whence._core.errors import ResultError
from whence._core.record import (
    Record,
    kind_named,
    put_together,
    reading,
)
from whence.report.exchange.to_frame import installed
from whence.report.exchange.to_parquet import DIGEST, ENDS, JSON, NAMED, digest

_LARGEST = 2**30  # bytes of metadata that are read: ten times what readers take by themselves


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
        text = metadata[JSON].decode()
        header = json.loads(text)
    except ValueError as error:
        raise store.no_result(source, error) from error
    kind_named(header, source)
    with reading(source):
        rest = record_of(header, source)
        record = _whole(rest, columns, source)
        tidy = {name: record.tables["data"][name] for name in header["columns"]["data"]}
        now = digest(text, record.arrays, record.tables["parts"], tidy)
    if now != metadata.get(DIGEST):
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
        if JSON not in metadata:
            return metadata, None
        return metadata, pq.ParquetFile(source, **how, read_dictionary=list(NAMED)).read()
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
    arrays |= {name: cells(name)[:, :, 0] for name in ENDS}
    parts = {name: cells(f"stderr_{name}") for name in told["parts"]}
    tidy = {name: _column(cells, names[1].index(name), kind) for name, kind in told["data"].items()}
    data = {**rest.tables["data"], **tidy}
    tables = {**rest.tables, "parts": parts, "data": {name: data[name] for name in told["order"]}}
    return replace(rest, arrays=arrays, tables=tables)


def _in_order(columns: Any, shape: tuple[int, ...], names: tuple[list[str], list[str]]) -> bool:
    """The rows are those that were written, one after the other."""
    if columns.num_rows != np.prod(shape):
        return False
    case, *wanted = np.indices(shape).reshape(3, -1)
    return np.array_equal(columns["case"].to_numpy(), case) and all(
        _said(columns[name], at, said) for name, at, said in zip(NAMED, wanted, names, strict=True)
    )


def _said(column: Any, wanted: np.ndarray, names: list[str]) -> bool:
    """A column that is dictionary encoded says these of the names, which need not differ."""
    known = {name: i for i, name in enumerate(names)}
    at = [
        np.array([known.get(name, -1) for name in chunk.dictionary.to_pylist()], dtype=int)
        for chunk in column.chunks
    ]
    chunks = [a[c.indices.to_numpy()] for a, c in zip(at, column.chunks, strict=True)]
    places = np.concatenate([*chunks, np.zeros(0, dtype=int)])
    return np.array_equal(places, np.array([known[name] for name in names])[wanted])


def _column(cells: Any, player: int, kind: str) -> np.ndarray:
    words = np.dtype(kind).kind in "UO"
    return np.array(cells("data_text" if words else "data")[:, 0, player].tolist(), dtype=kind)
