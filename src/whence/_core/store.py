"""Results on disk: a zip of one JSON header and plain npy arrays, versioned. Never pickle."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, fields
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import index as indices
from .errors import ResultError, some
from .game import Question
from .players import Players

if TYPE_CHECKING:
    from .attribution import Attribution

FORMAT = "whence attribution"
VERSION = 1
_ARRAYS = ("values", "freedom", "empty", "full")
_TABLES = ("parts", "shared", "covariance", "data")
UNCERTAINTIES = ("exact", "sampled", "unquantified")
_PLAIN = ("outputs", "method", "uncertainty", "converged", "verdict", "averaged")


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
        what = "is a folder, not a file" if source.is_dir() else "does not exist"
        raise ResultError(f"{source} {what}: give the path of a result that was saved")
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
            f"{source} is not a whence result, or it is damaged ({error}). "
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
    header = {name: entry for name, entry in _header(result).items() if name != "tables"}
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
            "columns": {
                k: [str(v) if not isinstance(v, (int, float, str)) else v for v in c]
                for k, c in players.columns.items()
            },
        },
        "index": {"name": type(result.index).__name__, **_settings(result.index)},
        "cost": asdict(result.cost),
        "question": asdict(result.question),
        "provenance": dict(result.provenance),
        "tables": {table: list(getattr(result, table)) for table in _TABLES},
    }


def _settings(index: indices.Index) -> dict[str, Any]:
    return {f.name: getattr(index, f.name) for f in fields(index) if f.init}  # type: ignore[arg-type]


def _arrays(result: "Attribution") -> dict[str, np.ndarray]:
    arrays = {name: getattr(result, name) for name in _ARRAYS}
    for table in _TABLES:
        for place, array in enumerate(getattr(result, table).values()):
            arrays[f"{table}-{place}"] = _plain(array)
    return arrays


def _plain(array: np.ndarray) -> np.ndarray:
    return array.astype(str) if array.dtype == object else array


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
        settings = dict(header["index"])
        index = getattr(indices, settings.pop("name"))(**settings)
        players = header["players"]
        tables = {
            table: {name: arrays[f"{table}-{i}"] for i, name in enumerate(names)}
            for table, names in header["tables"].items()
        }
        question = {**header["question"], "classes": tuple(header["question"]["classes"])}
        plain: dict[str, Any] = {name: header[name] for name in _PLAIN}
        plain |= {name: arrays[name] for name in _ARRAYS} | tables
        result = Attribution(
            **{**plain, "outputs": tuple(header["outputs"])},
            players=Players(
                tuple(players["names"]), players["kind"], players["ordered"], players["columns"]
            ),
            index=index,
            cost=Cost(**header["cost"]),
            question=Question(**question),
            provenance=header["provenance"],
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ResultError(f"{source} is damaged: {error!r} is missing or wrong") from error
    _check(result, source)
    return result


def _check(result: "Attribution", source: Path) -> None:
    """A damaged file must not become a number."""
    shape = result.values.shape
    wanted = (len(result.freedom), len(result.outputs), len(result.players))
    tables = [*result.parts.values()]
    if shape != wanted or any(part.shape != shape for part in tables):
        raise ResultError(f"{source} is damaged: values of shape {shape}, header says {wanted}")
    numbers = {name: getattr(result, name) for name in _ARRAYS} | dict(result.parts)
    strange = [name for name, array in numbers.items() if array.dtype.kind != "f"]
    if strange:
        raise ResultError(f"{source} is damaged: no numbers in {some(strange)}")
    if any((part < 0).any() for part in tables):
        raise ResultError(f"{source} is damaged: it holds standard errors below zero")
    if result.uncertainty not in UNCERTAINTIES:
        raise ResultError(f"{source} is damaged: its uncertainty is {result.uncertainty!r}")
    if result.empty.shape != shape[:2] or result.full.shape != shape[:2]:
        raise ResultError(f"{source} is damaged: the ends do not fit the values")
