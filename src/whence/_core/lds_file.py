"""An LDS on disk: a zip of one JSON header and plain npy arrays, versioned, as results are.

A damaged file must not become a number: arrays have the shapes that the names say, and the score is
computed anew from what it rests on.
"""

import json
import zipfile
from dataclasses import asdict, fields
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from .errors import ResultError
from .lds import LDS, Beside
from .ranks import rank_correlations
from .scalars import plain, restored
from .store import as_path, existing, no_result, written

FORMAT, VERSION = "whence LDS", 1
_ARRAYS = ("by_test", "told", "outputs", "keep_masks", "seeds")
_CLOSE = 1e-5  # ranks are summed in single precision


def save(result: LDS, path: str | Path) -> Path:
    """Write it: see `LDS.save`."""
    target, content = as_path(path), BytesIO()
    told = {f.name: getattr(result, f.name) for f in fields(LDS) if f.name not in _ARRAYS}
    told["baselines"] = {name: asdict(one) for name, one in result.baselines.items()}
    header = {"format": FORMAT, "version": VERSION, **plain(told)}
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", json.dumps(header, indent=1, allow_nan=False))
        for name in _ARRAYS:
            block = BytesIO()
            np.save(block, getattr(result, name), allow_pickle=False)
            archive.writestr(f"{name}.npy", block.getvalue())
    written(target, content.getvalue())
    return target


def is_one(source: Path) -> bool:
    """Whether a file says that it is an LDS."""
    try:
        with zipfile.ZipFile(source) as archive:
            header = json.loads(archive.read("header.json"))
    except Exception:  # whatever damage does to zip, deflate and JSON: it is for others to refuse
        return False
    return isinstance(header, dict) and header.get("format") == FORMAT


def load(path: str | Path) -> LDS:
    """Read it: see `LDS.load`."""
    source = existing(path)
    if not is_one(source):
        raise no_result(source, "it is no LDS")
    try:
        with zipfile.ZipFile(source) as archive:
            header = json.loads(archive.read("header.json"))
            arrays = {
                name: np.load(BytesIO(archive.read(f"{name}.npy")), allow_pickle=False)
                for name in _ARRAYS
            }
    except Exception as error:  # whatever damage does to zip, deflate, npy and JSON
        raise no_result(source, error) from error
    _refuse_newer(header, source)
    try:
        found = _rebuilt(restored(header), arrays)
        _check(found)
    except Exception as error:
        raise ResultError(f"{source} is damaged: {error}") from error
    return found


def _refuse_newer(header: Any, source: Path) -> None:
    version = header.get("version")
    if not isinstance(version, int) or version < 1:
        raise ResultError(f"{source} is damaged: its version is {version!r}")
    if version > VERSION:
        raise ResultError(
            f"{source} was written by a newer whence (LDS {version}, this one reads up to "
            f"{VERSION}): upgrade whence to read it"
        )


def _rebuilt(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> LDS:
    own: dict[str, Any] = {f.name: header[f.name] for f in fields(LDS) if f.name not in _ARRAYS}
    own["baselines"] = {
        name: Beside(one["value"], tuple(one["ci"]), one["less"], tuple(one["less_ci"]))
        for name, one in own["baselines"].items()
    }
    own |= {name: tuple(own[name]) for name in ("ci", "players", "tests")}
    return LDS(**(own | arrays))


def _check(found: LDS) -> None:
    subsets, tests = found.told.shape
    wanted = {
        "by_test": (tests,),
        "outputs": (len(found.seeds), subsets, tests),
        "keep_masks": (subsets, len(found.players)),
        "tests": (len(found.tests),),
    }
    given = {
        "by_test": found.by_test.shape,
        "outputs": found.outputs.shape,
        "keep_masks": found.keep_masks.shape,
        "tests": (tests,),
    }
    for name, shape in wanted.items():
        if given[name] != shape:
            raise ResultError(f"{name} has shape {given[name]}, and the rest says {shape}")
    moves = np.isfinite(found.by_test)
    if not moves.any():
        return
    value = float(rank_correlations(found.told, found.truth)[moves].mean())
    if not abs(value - found.value) <= _CLOSE:
        raise ResultError(f"the score is told to be {found.value}, and its trainings say {value}")
