"""An LDS on disk: a zip of one JSON header and plain npy arrays, versioned, as results are.

A damaged file must not become a number: arrays have the shapes that the names say, and the score is
computed anew from what it rests on.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from .atomic import write_file
from .errors import ResultError
from .lds import LDS, Beside
from .ranks import rank_correlations
from .record import Arrays, refuse_newer
from .scalars import plain, restored
from .store import as_path, existing, no_result, packed, unpacked

FORMAT, VERSION = "whence LDS", 1
_ARRAYS = ("by_test", "told", "outputs", "keep_masks", "seeds")
_CLOSE = 1e-5  # ranks are summed in single precision


def save(result: LDS, path: str | Path) -> Path:
    """Write it: see `LDS.save`."""
    target = as_path(path)
    words = {f.name: getattr(result, f.name) for f in fields(LDS) if f.name not in _ARRAYS}
    words["baselines"] = {name: asdict(one) for name, one in result.baselines.items()}
    header = {"format": FORMAT, "version": VERSION, **plain(words)}
    return write_file(target, packed(header, {name: getattr(result, name) for name in _ARRAYS}))


def is_one(header: Any) -> bool:
    """Whether a header says that it is of an LDS."""
    return isinstance(header, Mapping) and header.get("format") == FORMAT


def load(path: str | Path) -> LDS:
    """Read it: see `LDS.load`."""
    source = existing(path)
    try:
        header, arrays = unpacked(source)
    except ResultError as error:
        raise no_result(source, "it is no LDS") from error
    if not is_one(header):
        raise no_result(source, "it is no LDS")
    return rebuilt(header, arrays, source)


def rebuilt(header: Any, arrays: Arrays, source: Path) -> LDS:
    """The LDS that a file's header and arrays are of.

    Raises:
        ResultError: a damaged one, or one of a newer version.
    """
    refuse_newer(header, VERSION, source)
    try:
        found = _made(restored(header), arrays)
        _check(found)
    except Exception as error:
        raise ResultError(f"{source} is damaged: {error}") from error
    return found


def _made(header: dict[str, Any], arrays: Arrays) -> LDS:
    own: dict[str, Any] = {f.name: header[f.name] for f in fields(LDS) if f.name not in _ARRAYS}
    own["baselines"] = {
        name: Beside(one["value"], tuple(one["ci"]), one["less"], tuple(one["less_ci"]))
        for name, one in own["baselines"].items()
    }
    own |= {name: tuple(own[name]) for name in ("ci", "players", "tests")}
    return LDS(**(own | {name: arrays[name] for name in _ARRAYS}))


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
