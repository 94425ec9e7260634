"""Results on disk: a zip of one JSON header and plain npy arrays, versioned. Never pickle."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import index as indices
from .errors import ResultError
from .game import Question
from .players import Players
from .trace import Trace

if TYPE_CHECKING:
    from .attribution import Attribution

FORMAT = "whence attribution"
VERSION = 2  # 2: the trace of a run
_ARRAYS = ("values", "freedom", "empty", "full")
_TABLES = ("parts", "shared", "covariance", "data")
_PLAIN = ("outputs", "method", "uncertainty", "converged", "verdict", "averaged")

_KINDS = {"method": str, "verdict": str, "converged": bool, "averaged": int}


def save(result: "Attribution", path: str | Path) -> Path:
    """Write a result.

    Raises:
        ResultError: the folder does not exist, or cannot be written.
    """
    target = _path(path)
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", json.dumps(_header(result), indent=1))
        for name, array in _arrays(result).items():
            block = BytesIO()
            np.save(block, array, allow_pickle=False)
            archive.writestr(f"{name}.npy", block.getvalue())
    try:
        target.write_bytes(content.getvalue())
    except OSError as error:
        raise ResultError(f"cannot write {target}: {error.strerror}. Nothing was saved.") from error
    return target


def load(path: str | Path) -> "Attribution":
    """Read a result.

    Raises:
        ResultError: no such file, not a result, a damaged one, or one of a newer version.
    """
    source = _path(path)
    if not source.is_file():
        what = f"{source} is a folder" if source.is_dir() else f"there is no file {source}"
        raise ResultError(f"{what}: give the path of a result that was saved")
    try:
        with zipfile.ZipFile(source) as archive:
            header = json.loads(archive.read("header.json"))
            arrays = {
                name.removesuffix(".npy"): np.load(BytesIO(archive.read(name)), allow_pickle=False)
                for name in archive.namelist()
                if name.endswith(".npy")
            }
    except Exception as error:  # whatever damage does to zip, deflate, npy and JSON
        raise ResultError(
            f"{source} is not a whence result, or it is damaged ({str(error)[:200]}). "
            "Results are written by `save`, or by the command line's --out."
        ) from error
    return _rebuild(header, arrays, source)


def _path(path: Any) -> Path:
    if not isinstance(path, (str, Path)):
        raise ResultError(f"a result is saved to a path, and read from one; given {path!r}")
    return Path(path)


def to_dict(result: "Attribution") -> dict[str, Any]:
    """The whole result as plain lists, numbers and strings; NaN becomes None."""
    low, high = result.ci()
    arrays = {"stderr": result.stderr, "low": low, "high": high, "gap": result.gap}
    arrays |= {name: getattr(result, name) for name in _ARRAYS}
    header = {
        name: entry for name, entry in _header(result).items() if name not in {"tables", "words"}
    }
    parts = {name: _listed(part) for name, part in result.parts.items()}
    return {**header, **{name: _listed(array) for name, array in arrays.items()}, "parts": parts}


def _listed(array: np.ndarray) -> Any:
    if array.dtype.kind != "f":
        return array.tolist()
    plain = array.astype(object)
    plain[~np.isfinite(array)] = None
    return plain.tolist()


def _header(result: "Attribution") -> dict[str, Any]:
    players = result.players
    return {
        "format": FORMAT,
        "version": VERSION,
        **{name: getattr(result, name) for name in _PLAIN},
        "players": {
            "names": players.names,
            "kind": players.kind,
            "ordered": players.ordered,
            "columns": {k: [_entry(v) for v in c] for k, c in players.columns.items()},
        },
        "index": {"name": type(result.index).__name__, **_settings(result.index)},
        "cost": asdict(result.cost),
        "question": asdict(result.question),
        "provenance": dict(result.provenance),
        "tables": {table: list(getattr(result, table)) for table in _TABLES},
        "words": {name: [_entry(v) for v in a] for name, a in _tables(result) if _words(a)},
    }


def _entry(value: object) -> Any:
    """As JSON has it; anything else in words."""
    plain = value.item() if isinstance(value, np.generic) else value
    return plain if plain is None or isinstance(plain, (int, float, str)) else str(plain)


def _settings(index: indices.Index) -> dict[str, Any]:
    return {f.name: getattr(index, f.name) for f in fields(index) if f.init}  # type: ignore[arg-type]


def _arrays(result: "Attribution") -> dict[str, np.ndarray]:
    arrays = {name: getattr(result, name) for name in _ARRAYS}
    if result.trace is not None:
        arrays |= {f"trace-{f.name}": getattr(result.trace, f.name) for f in fields(Trace)}
    return arrays | {name: array for name, array in _tables(result) if not _words(array)}


def _tables(result: "Attribution") -> Iterator[tuple[str, np.ndarray]]:
    for table in _TABLES:
        for place, array in enumerate(getattr(result, table).values()):
            yield f"{table}-{place}", array


def _words(array: np.ndarray) -> bool:
    """Objects (text, and what is missing from it) stand in the header: they are never pickled."""
    return array.dtype == object


def _rebuild(header: Any, arrays: Mapping[str, np.ndarray], source: Path) -> "Attribution":
    from .attribution import Attribution, Cost

    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ResultError(f"{source} is not a whence result")
    version = header.get("version")
    if not isinstance(version, int) or version < 1:
        raise ResultError(f"{source} is damaged: its version is {version!r}")
    if version > VERSION:
        raise ResultError(
            f"{source} was written by a newer whence (format {version}, this one reads "
            f"up to {VERSION}): upgrade whence to read it"
        )
    try:
        players, arrays = header["players"], {**arrays, **_texts(header.get("words", {}))}
        columns = {name: tuple(column) for name, column in players["columns"].items()}
        tables = {
            table: {name: arrays[f"{table}-{i}"] for i, name in enumerate(names)}
            for table, names in header["tables"].items()
        }
        question = {**header["question"], "classes": tuple(header["question"]["classes"])}
        plain: dict[str, Any] = {name: header[name] for name in _PLAIN}
        plain |= {name: arrays[name] for name in _ARRAYS} | tables
        result = Attribution(
            **{**plain, "outputs": tuple(header["outputs"])},
            players=Players(tuple(players["names"]), players["kind"], players["ordered"], columns),
            index=_index(**header["index"]),
            cost=Cost(**header["cost"]),
            question=Question(**question),
            provenance=header["provenance"],
            trace=_trace(arrays),
        )
        _check(result, source)
    except ResultError:
        raise
    except Exception as error:  # whatever a header that was tampered with may bring about
        raise ResultError(f"{source} is damaged: {error!r} is missing or wrong") from error
    return result


def _trace(arrays: Mapping[str, np.ndarray]) -> Trace | None:
    """Since version 2, and only of what was sampled."""
    if "trace-asked" not in arrays:
        return None
    return Trace(**{f.name: arrays[f"trace-{f.name}"] for f in fields(Trace)})


def _texts(words: Mapping[str, list[Any]]) -> dict[str, np.ndarray]:
    return {name: np.array(entries, dtype=object) for name, entries in words.items()}


def _index(name: str, **settings: Any) -> indices.Index:
    kind = getattr(indices, name, None)
    if not isinstance(kind, type) or not issubclass(kind, indices.Index):
        raise TypeError(f"the index {name!r}")
    index: indices.Index = kind(**settings)
    return index


def _check(result: "Attribution", source: Path) -> None:
    """A damaged file must not become a number."""
    cases, outputs, players = len(result.freedom), len(result.outputs), len(result.players)
    wanted = {
        "values": (cases, outputs, players),
        "freedom": (cases,),
        "empty": (cases, outputs),
        "full": (cases, outputs),
        "parts": (cases, outputs, players),
        "shared": (1, outputs, players),
        "covariance": (outputs, players, players),
        "data": (cases,),
    }
    for name, shape in wanted.items():
        held = getattr(result, name)
        for array in held.values() if isinstance(held, Mapping) else [held]:
            if name != "data" and array.dtype.kind != "f":
                raise ResultError(f"{source} is damaged: no numbers in {name!r}")
            if array.shape != shape:
                raise ResultError(
                    f"{source} is damaged: {name} of shape {array.shape}, header says {shape}"
                )
    _check_trace(result.trace, (outputs, players), source)
    if not result.parts and result.uncertainty != "unquantified":
        raise ResultError(f"{source} is damaged: it lacks its error parts")
    for name, kinds in _KINDS.items():
        if not isinstance(getattr(result, name), kinds):
            raise ResultError(f"{source} is damaged: {name}={getattr(result, name)!r}")
    if result.uncertainty not in {"exact", "sampled", "unquantified"}:
        raise ResultError(f"{source} is damaged: its uncertainty is {result.uncertainty!r}")
    if any((part < 0).any() for part in result.parts.values()):
        raise ResultError(f"{source} is damaged: it holds standard errors below zero")


def _check_trace(trace: Trace | None, each: tuple[int, int], source: Path) -> None:
    if trace is None:
        return
    for f in fields(Trace):
        array: np.ndarray = getattr(trace, f.name)
        wanted = (len(trace.asked), *(each if f.name in {"values", "stderr"} else ()))
        if array.dtype.kind not in "fi" or array.shape != wanted:
            raise ResultError(
                f"{source} is damaged: its trace has {f.name} of shape {array.shape} and type "
                f"{array.dtype}, where {wanted} numbers belong"
            )
