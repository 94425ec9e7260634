"""An LDS on disk: a zip of one JSON header and plain npy arrays, versioned, as results are.

A damaged file must not become a number: arrays have the shapes that the names say, and the score is
computed anew from what it rests on.

    1   the first
    2   a digest, which every reader must check
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from .atomic import write_file
from .digest import digest
from .errors import ResultError
from .lds import LDS, Beside
from .ranks import rank_correlations
from .record import Arrays, refuse_newer
from .scalars import plain, restored
from .store import as_path, existing, no_result, packed, unpacked

FORMAT, VERSION = "whence LDS", 2
ARRAYS = ("by_test", "told", "outputs", "keep_masks", "seeds")
_CLOSE = 1e-5  # ranks are summed in single precision


def save(result: LDS, path: str | Path) -> Path:
    """Write it: see `LDS.save`."""
    target = as_path(path)
    words = {f.name: getattr(result, f.name) for f in fields(LDS) if f.name not in ARRAYS}
    words["baselines"] = {name: asdict(one) for name, one in result.baselines.items()}
    header = {"format": FORMAT, "version": VERSION, **plain(words)}
    arrays = {name: getattr(result, name) for name in ARRAYS}
    return write_file(target, packed({**header, "digest": digest(header, arrays, {})}, arrays))


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
        _check_words(found)
        _check(found)
        _check_digest(header, arrays)
    except Exception as error:
        said = " ".join(str(error).split())[:200]
        raise ResultError(f"{source} is damaged: {said}") from error
    return found


def _made(header: dict[str, Any], arrays: Arrays) -> LDS:
    own: dict[str, Any] = {f.name: header[f.name] for f in fields(LDS) if f.name not in ARRAYS}
    own["baselines"] = {
        name: Beside(one["value"], tuple(one["ci"]), one["less"], tuple(one["less_ci"]))
        for name, one in own["baselines"].items()
    }
    own |= {name: tuple(own[name]) for name in ("ci", "players", "tests")}
    return LDS(**(own | {name: arrays[name] for name in ARRAYS}))


def _check_digest(header: Mapping[str, Any], arrays: Arrays) -> None:
    if header["version"] < 2 and "digest" not in header:
        return
    whole = {name: entry for name, entry in header.items() if name != "digest"}
    if header["digest"] != digest(whole, arrays, {}):
        raise ResultError("it is not as whence wrote it")


def _check_words(found: LDS) -> None:
    """What is printed and counted with is of its type.

    Raises:
        ResultError: it is not.
    """
    texts = (*found.players, *found.tests, found.method, found.measurement, found.model)
    intervals = [found.ci, *(end for b in found.baselines.values() for end in (b.ci, b.less_ci))]
    figures = [found.value, found.ceiling, found.keep, *(n for ci in intervals for n in ci)]
    figures += [n for b in found.baselines.values() for n in (b.value, b.less)]
    counts = (found.seed, found.resamples)
    fits = (
        all(isinstance(text, str) for text in texts)
        and all(len(ci) == 2 for ci in intervals)
        and all(type(figure) in {int, float} for figure in figures)
        and all(type(count) is int and count >= 0 for count in counts)
        and len(set(found.players)) == len(found.players) > 0
        and 0 < found.keep < 1
        and found.resamples > 0
    )
    if not fits:
        raise ResultError("its header holds something else than an LDS does")


def _check(found: LDS) -> None:
    letters = {"keep_masks": "b", "seeds": "iu"}
    for name in ARRAYS:
        array = getattr(found, name)
        if array.dtype.kind not in letters.get(name, "f") or array.itemsize > 8:
            raise ResultError(f"{name} holds {array.dtype}")
    if found.outputs.ndim != 3 or not found.outputs.size:
        raise ResultError("no training is in it")
    if not (np.isfinite(found.told).all() and np.isfinite(found.outputs).all()):
        raise ResultError("what was told or measured is not finite")
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
    moves, by_test = np.isfinite(found.by_test), rank_correlations(found.told, found.truth)
    if not np.allclose(found.by_test[moves], by_test[moves], rtol=0, atol=_CLOSE):
        raise ResultError("the scores of its tests are not what its trainings say")
    value = float(by_test[moves].mean()) if moves.any() else np.nan
    if not np.isclose(value, found.value, rtol=0, atol=_CLOSE, equal_nan=True):
        raise ResultError(f"the score is told to be {found.value}, and its trainings say {value}")
