"""Results on disk: a zip of one JSON header and plain npy arrays, versioned. Never pickle.

What is in it, and when its version goes up: see `record`.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from .archive import Content
from .as_dict import read_dict
from .atomic import write_file
from .errors import ResultError
from .kinds import KINDS, TRACE, Kind
from .record import Answer, Arrays, Record, kind_named, put_together, reading, take_apart
from .scalars import plain, restored

_JSON = (b"{", b"[")


def save(result: Answer, path: str | Path) -> Path:
    """Write a result.

    Raises:
        ResultError: the folder does not exist, or cannot be written.
    """
    target = as_path(path)
    record = take_apart(result)
    arrays = {**record.arrays, **dict(_members(record))}
    tables = {name: list(table) for name, table in record.tables.items() if name != "trace"}
    words = {name: plain(array) for name, array in arrays.items() if _is_words(array)}
    header = {**record.header, "tables": tables, "words": words}
    return write_file(target, packed(header, {n: a for n, a in arrays.items() if n not in words}))


def packed(header: Mapping[str, Any], arrays: Arrays) -> bytes:
    """The content of a file: a header that JSON can hold, and arrays by name."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_entry("header.json"), json.dumps(header, indent=1, allow_nan=False))
        for name, array in arrays.items():
            archive.writestr(_entry(f"{name}.npy"), _npy(array))
    return content.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    """A member without a date: zip has none before 1980, and equal answers make equal files."""
    made = zipfile.ZipInfo(name)  # of 1980-01-01
    made.compress_type, made.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
    return made


def _members(record: Record) -> Iterator[tuple[str, np.ndarray]]:
    for table, arrays in record.tables.items():
        for place, (name, array) in enumerate(arrays.items()):
            yield _member(table, name, place), array


def _member(table: str, name: str, place: int) -> str:
    """Names of columns may be anything; those of a trace are ours."""
    return f"{table}-{name if table == 'trace' else place}"


def _is_words(array: np.ndarray) -> bool:
    """Objects (text, and what is missing from it) stand in the header: they are never pickled."""
    return array.dtype == object


def _npy(array: np.ndarray) -> bytes:
    block = BytesIO()
    np.save(block, array, allow_pickle=False)
    return block.getvalue()


def load(path: str | Path) -> Answer:
    """Read a result: what `save` wrote, or what `to_dict` told as JSON.

    Raises:
        ResultError: no such file, not a result, a damaged one, or one of a newer version.
    """
    source = existing(path)
    found = told(source)
    return rebuilt(*unpacked(source), source) if found is None else found


def told(source: Path) -> "Answer | None":
    """What `to_dict` told as JSON; None of a file that is no JSON.

    Raises:
        ResultError: JSON of something else, or a damaged one.
    """
    with _whatever(source):
        return _dictionary(source) if _starts(source).lstrip()[:1] in _JSON else None


def _starts(source: Path) -> bytes:
    """Its first bytes say what a file is: the rest may be more than there is room for."""
    with source.open("rb") as file:
        return file.read(1024)


def unpacked(source: Path) -> tuple[Any, Arrays]:
    """The header and the arrays of a file.

    Raises:
        ResultError: a file that is something else, or damaged.
    """
    with _whatever(source), zipfile.ZipFile(source) as archive:
        content = Content(archive, source.stat().st_size)
        header = json.loads(content.text("header.json"))
        there = [name for name in _held(header) if f"{name}.npy" in content.members]
        return header, {name: content.array(f"{name}.npy") for name in there}


def _held(header: Any) -> list[str]:
    """The arrays that may be in a file with this header; who needs one will miss it."""
    from .lds_file import ARRAYS, is_one

    if is_one(header):
        return list(ARRAYS)
    kind = KINDS.get(str(header.get("format"))) if isinstance(header, Mapping) else None
    if kind is None:  # whoever knows the format says what is wrong
        return []
    tables = header["tables"]
    names = [_member(t, name, i) for t, of in tables.items() for i, name in enumerate(of)]
    names += [f"trace-{name}" for name in TRACE if "trace" in kind.tables]
    return [name for name in (*kind.arrays, *names) if name not in header.get("words", {})]


@contextmanager
def _whatever(source: Path) -> Iterator[None]:
    """Whatever damage does to zip, deflate, npy and JSON: the file is no result."""
    try:
        yield
    except ResultError:
        raise
    except Exception as error:
        raise no_result(source, error) from error


def existing(path: Any) -> Path:
    """The path of a file that is there.

    Raises:
        ResultError: no path, no such file, or a folder.
    """
    source = as_path(path)
    try:
        is_there = source.is_file()
        what = f"{source} is a folder" if source.is_dir() else f"there is no file {source}"
        if source.exists() and not source.is_dir():
            what = f"{source} is a pipe or a device"
    except (OSError, ValueError) as error:
        is_there, what = False, f"{source}: {getattr(error, 'strerror', None) or error}"
    if not is_there:
        raise ResultError(f"{what}: give the path of a result that was saved")
    return source


def no_result(source: object, error: object) -> ResultError:
    """What to say of a file that is something else."""
    why = " ".join(str(error).split())[:200]
    return ResultError(
        f"{source} is not a whence result, or it is damaged ({why}). "
        "Results are written by `save`, or by the command line's --out."
    )


def as_path(path: Any) -> Path:
    """Where a result is, or goes to.

    Raises:
        ResultError: no path.
    """
    if not isinstance(path, (str, PathLike)) or not str(path):
        raise ResultError(f"a result is saved to a path, and read from one; given {path!r}")
    return Path(path)


def _dictionary(source: Path) -> Answer:
    read = json.loads(source.read_bytes())
    if not isinstance(read, Mapping) or "format" not in read:
        raise no_result(source, "its JSON is no result")
    return read_dict(read, source)


def rebuilt(header: Any, arrays: Arrays, source: Path) -> Answer:
    """The result that a file's header and arrays are of.

    Raises:
        ResultError: something else, a damaged one, or one of a newer version.
    """
    kind = kind_named(header, source)
    with reading(source):
        words = restored(header.get("words", {}))
        every = {**arrays, **{name: np.array(entries, object) for name, entries in words.items()}}
        record = Record(header, every, _tables(header["tables"], every, kind))
    return put_together(record, source)


def _are_names(named: Any) -> bool:
    return (
        isinstance(named, list)
        and all(isinstance(name, str) for name in named)
        and len(set(named)) == len(named)
    )


def _tables(names: Mapping[str, list[str]], arrays: Arrays, kind: Kind) -> dict[str, Arrays]:
    if not all(_are_names(named) for named in names.values()):
        raise ResultError("names in tables are texts, each once")
    tables: dict[str, Arrays] = {
        table: {name: arrays[_member(table, name, i)] for i, name in enumerate(named)}
        for table, named in names.items()
    }
    looks = {name: arrays[f"trace-{name}"] for name in TRACE if "trace-asked" in arrays}
    return tables | ({"trace": looks} if "trace" in kind.tables else {})
