"""Models from files: only formats that run no code, unless the user says otherwise.

The suffix says what a file should be, its first bytes what it is: a pickle is a pickle under any
name, and opening it runs whatever it says. A file is checked by whence's own readers before the
library of its kind gets it, since these libraries trust what stands in files: a wrong byte in one
can end the process.
"""

import importlib
import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, final

from whence._core.arguments import PATH
from whence._core.errors import ModelFileError, UnsupportedModelError, did_you_mean, some
from whence.models.routes import reason
from whence.models.trees.damage import DamageError

_OBJECT = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
_PICKLES = {".pkl", ".pickle", ".joblib"}
_START = 4096  # bytes from which a file's kind is told
_LARGEST = 2**31  # bytes: protobuf and flatbuffers cannot hold more


def load(place: str | Path, *, unpickle: bool = False, trust: Collection[str] = ()) -> object:
    """The model in a file, or the object that "pkg.mod:object" names.

    Args:
        place: a path, or "pkg.mod:object".
        unpickle: open pickle and joblib files, which run code.
        trust: types of a .skops file, as "pkg.mod.Type", that may be rebuilt though whence does not
            know them; rebuilding a type may run code.

    Raises:
        ModelFileError: no such file, not a model, a damaged one, or one that would run code.
    """
    if isinstance(place, str) and _OBJECT.fullmatch(place) and not Path(place).exists():
        return _imported(place)
    path = Path(PATH(place, "model"))
    start = _start(path)
    if _is_pickle(start, path):
        return _unpickled(path, allowed=unpickle)
    kind = _KINDS.get(path.suffix.lower()) or _by_content(start, path)
    if kind is None:
        raise ModelFileError(
            f"{path} is not a model that whence can read: it starts with {start[:16]!r}. "
            f"Readable: {', '.join(sorted(_KINDS))}, and pickles with --unpickle."
        )
    if not kind.starts(start):
        raise ModelFileError(f"{path} is not {kind.name}: it starts with {_shown(start)!r}.")
    raw = _read(path)
    try:
        return kind.read(_File(path, raw, tuple(trust)))
    except (ModelFileError, UnsupportedModelError):
        raise
    except DamageError as damage:
        raise ModelFileError(
            f"{path} should be {kind.name}, and cannot be read: {reason(damage).partition(': ')[2]}"
        ) from damage
    except Exception as error:
        raise ModelFileError(
            f"{path} should be {kind.name}, and cannot be read: {reason(error)}"
        ) from error


@final
@dataclass(frozen=True, slots=True)
class _File:
    """A file that was read, and the types that the user trusts."""

    path: Path
    raw: bytes
    trust: tuple[str, ...]


_Reader: TypeAlias = Callable[[_File], object]


@final
@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of file: its name in a sentence, what it starts with, and how it is read."""

    name: str
    starts: Callable[[bytes], bool]
    read: _Reader


def _start(path: Path) -> bytes:
    if path.is_dir():
        raise ModelFileError(f"{path} is a folder, not a model file.")
    if path.exists() and not path.is_file():
        raise ModelFileError(f"{path} is a device or a pipe, not a model file.")
    if not path.exists():
        near = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = f" {did_you_mean(path.name, near)}" if near else ""
        raise ModelFileError(f"there is no file {path}.{hint}")
    try:
        with path.open("rb") as file:
            start = file.read(_START)
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {reason(error)}") from error
    if not start:
        raise ModelFileError(f"{path} is empty.")
    return start


def _read(path: Path) -> bytes:
    size = path.stat().st_size
    if size > _LARGEST:
        raise ModelFileError(
            f"{path} has {size:,} bytes, and whence reads models of up to {_LARGEST:,}."
        )
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {reason(error)}") from error


def _shown(start: bytes) -> str | bytes:
    """The start of a file: its first line, if that is text."""
    line = start.splitlines()[0][:60] if start.strip() else start[:8]
    return line.decode() if line.isascii() and line.decode().isprintable() else start[:8]


def _is_pickle(start: bytes, path: Path) -> bool:
    """By its first byte under any name; by name too, for compressed and ancient ones."""
    return path.suffix.lower() in _PICKLES or start[0] == 0x80


def _unpickled(path: Path, *, allowed: bool) -> object:
    if not allowed:
        raise ModelFileError(
            "this file would run code when opened (pickle). If you trust it: --unpickle. "
            f"Safer: save the model as .skops, .json or .onnx. ({path})"
        )
    import joblib

    try:
        return joblib.load(path)
    except Exception as error:
        raise ModelFileError(
            f"{path} should be a pickle, and cannot be read: {reason(error)}"
        ) from error


def _imported(place: str) -> object:
    module, _, names = place.partition(":")
    try:
        found: Any = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ModelFileError(
            f"there is no module {error.name!r} (asked for {place!r}). "
            "Run where it can be imported, or set PYTHONPATH."
        ) from error
    except Exception as error:
        raise ModelFileError(f"{module} cannot be imported: {reason(error)}") from error
    for name in names.split("."):
        if name not in dir(found):
            known = [n for n in dir(found) if not n.startswith("_")]
            raise ModelFileError(f"{module} has no {name!r}. {did_you_mean(name, known)}")
        found = getattr(found, name)
    return found


def _onnx(file: _File) -> object:
    from whence.models.onnx_session import Session

    return Session.of(file.raw, file.path.parent)


def _xgboost(file: _File) -> object:
    from whence.models.trees.xgboost_check import check_xgboost, read_document

    model = read_document(file.raw)
    keys = _keys(model)
    if "learner" not in keys:
        raise ModelFileError(
            f"{file.path} is JSON, but not an XGBoost model: it holds {some(keys)}, and no "
            "'learner'."
        )
    check_xgboost(model)
    import xgboost as xgb

    booster = xgb.Booster()
    booster.load_model(bytearray(file.raw))
    told = json.loads(model["learner"].get("attributes", {}).get("scikit_learn", "{}"))
    kinds = {"classifier": xgb.XGBClassifier, "regressor": xgb.XGBRegressor}
    kind = kinds.get(told.get("_estimator_type"))
    if kind is None:
        return booster
    estimator = kind()
    estimator.load_model(bytearray(file.raw))
    return estimator


def _keys(value: object) -> list[str]:
    return list(value) if isinstance(value, dict) else [f"a {type(value).__name__}"]


def _lightgbm(file: _File) -> object:
    from whence.models.trees.lightgbm_check import check_lightgbm

    check_lightgbm(file.raw)
    import lightgbm as lgb

    return lgb.Booster(model_str=file.raw.decode())


def _catboost(file: _File) -> object:
    from whence.models.trees.catboost_check import check_catboost

    check_catboost(file.raw)
    import catboost

    from whence.models.catboost_categories import vocabulary

    model = catboost.CatBoost().load_model(blob=file.raw)
    if "params" in model.get_metadata().keys():  # noqa: SIM118 (sums of models have none)
        model.get_all_params()
    _ = model.classes_, model.get_scale_and_bias()
    vocabulary(model, model.feature_names_)  # what is asked of it later must be there
    return model


def _skops(file: _File) -> object:
    from whence.models.skops_file import read_skops

    return read_skops(file.raw, file.trust, file.path)


def _by_content(start: bytes, path: Path) -> _Kind | None:
    if start.startswith(b"CBM1"):
        return _KINDS[".cbm"]
    if start.startswith(b"tree\n"):
        return _KINDS[".txt"]
    if start[:2] == b"{L" or (start.lstrip()[:1] == b"{" and b'"learner"' in _head(path)):
        return _KINDS[".json"]
    return _KINDS[".skops"] if start.startswith(b"PK") and _has_schema(path) else None


def _head(path: Path, most: int = 2_000_000) -> bytes:
    with path.open("rb") as file:
        return file.read(most)


def _has_schema(path: Path) -> bool:
    import zipfile

    try:
        with zipfile.ZipFile(path) as members:
            return "schema.json" in members.namelist()
    except Exception:
        return False


_BLANK = b" \t\r\n"
_XGBOOST = _Kind(
    "an XGBoost model", lambda start: start.lstrip(_BLANK)[:1] in {b"{", b"["}, _xgboost
)
_KINDS: dict[str, _Kind] = {
    ".onnx": _Kind("an ONNX model", lambda start: start[0] & 7 in {0, 2} and start[0] > 7, _onnx),
    ".json": _XGBOOST,
    ".ubj": _XGBOOST,
    ".model": _XGBOOST,
    ".txt": _Kind("a LightGBM model", lambda start: start.startswith(b"tree\n"), _lightgbm),
    ".cbm": _Kind("a CatBoost model", lambda start: start.startswith(b"CBM1"), _catboost),
    ".skops": _Kind("a skops file", lambda start: start.startswith(b"PK"), _skops),
}
