"""Models from files: only formats that run no code, unless the user says otherwise.

The suffix says what a file should be, its content what it is: a pickle is a pickle under any name,
and opening it runs whatever it says.
"""

import importlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from whence._core.errors import ModelFileError, did_you_mean, some
from whence.models.routes import reason

_OBJECT = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
_PICKLES = {".pkl", ".pickle", ".joblib"}
_TRUSTED = re.compile(r"(sklearn|xgboost|lightgbm|catboost)\.([\w.]+\.)?_?[A-Z]\w*")  # classes only
_PLAIN = {"numpy.dtype", "builtins.slice", "collections.OrderedDict"}


def load(place: str | Path, *, unpickle: bool = False) -> object:
    """The model in a file, or the object that "pkg.mod:object" names.

    Raises:
        ModelFileError: no such file, not a model, or one that would run code.
    """
    if isinstance(place, str) and _OBJECT.fullmatch(place) and not Path(place).exists():
        return _imported(place)
    path = Path(place)
    raw = _read(path)
    if _is_pickle(raw, path):
        return _unpickled(path, allowed=unpickle)
    reader = _READERS.get(path.suffix.lower()) or _by_content(raw)
    if reader is None:
        raise ModelFileError(
            f"{path} is not a model that whence can read: it starts with {raw[:16]!r}. "
            f"Readable: {', '.join(sorted(_READERS))}, and pickles with --unpickle."
        )
    return reader(path, raw)


def _read(path: Path) -> bytes:
    if path.is_dir():
        raise ModelFileError(f"{path} is a folder, not a model file.")
    if not path.is_file():
        near = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = f" {did_you_mean(path.name, near)}" if near else ""
        raise ModelFileError(f"there is no file {path}.{hint}")
    raw = path.read_bytes()
    if not raw:
        raise ModelFileError(f"{path} is empty.")
    return raw


def _is_pickle(raw: bytes, path: Path) -> bool:
    """By its first byte under any name; by name too, for compressed and ancient ones."""
    return path.suffix.lower() in _PICKLES or raw[0] == 0x80


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
        raise _broken(path, "a pickle", error) from error


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


def _onnx(path: Path, raw: bytes) -> object:
    from whence.models.onnx_session import Session

    try:
        return Session(raw)
    except Exception as error:
        raise _broken(path, "an ONNX model", error) from error


def _xgboost(path: Path, raw: bytes) -> object:
    if path.suffix.lower() == ".json" or raw[:2] in {b'{"', b"{\n"}:
        _check_json(path, raw)
    import xgboost as xgb

    booster = xgb.Booster()
    try:
        booster.load_model(bytearray(raw))
    except Exception as error:
        raise _broken(path, "an XGBoost model", error) from error
    told = booster.attr("scikit_learn")
    if told is None:
        return booster
    kinds = {"classifier": xgb.XGBClassifier, "regressor": xgb.XGBRegressor}
    kind = kinds.get(json.loads(told).get("_estimator_type"))
    if kind is None:
        return booster
    estimator = kind()
    estimator.load_model(bytearray(raw))
    return estimator


def _check_json(path: Path, raw: bytes) -> None:
    try:
        keys = _keys(json.loads(raw))
    except ValueError as error:
        raise _broken(path, "JSON", error) from error
    if "learner" not in keys:
        raise ModelFileError(
            f"{path} is JSON, but not an XGBoost model: it holds {some(keys)}, and no 'learner'."
        )


def _keys(value: object) -> list[str]:
    return list(value) if isinstance(value, dict) else [f"a {type(value).__name__}"]


def _lightgbm(path: Path, raw: bytes) -> object:
    if not raw.lstrip().startswith(b"tree"):
        first = raw.splitlines()[0][:60].decode(errors="replace")
        raise ModelFileError(f"{path} is not a LightGBM model: it starts with {first!r}.")
    import lightgbm as lgb

    try:
        return lgb.Booster(model_file=path)
    except Exception as error:
        raise _broken(path, "a LightGBM model", error) from error


def _catboost(path: Path, raw: bytes) -> object:
    if not raw.startswith(b"CBM1"):
        raise ModelFileError(f"{path} is not a CatBoost model: it starts with {raw[:8]!r}.")
    import catboost

    try:
        return catboost.CatBoost().load_model(str(path))
    except Exception as error:
        raise _broken(path, "a CatBoost model", error) from error


def _skops(path: Path, _raw: bytes) -> object:
    from skops.io import get_untrusted_types, load

    try:
        types = get_untrusted_types(file=path)
    except Exception as error:
        raise _broken(path, "a skops file", error) from error
    strange = [t for t in types if t not in _PLAIN and not _TRUSTED.fullmatch(t)]
    if strange:
        raise ModelFileError(
            f"{path} holds types that whence does not trust by itself: {some(strange, 12)}. "
            "If you trust them: skops.io.load(path, trusted=[...]), and give whence the model."
        )
    try:
        return load(path, trusted=types)
    except Exception as error:
        raise _broken(path, "a skops file", error) from error


def _broken(path: Path, kind: str, error: Exception) -> ModelFileError:
    return ModelFileError(f"{path} should be {kind}, and cannot be read: {reason(error)}")


def _by_content(raw: bytes) -> Callable[[Path, bytes], object] | None:
    if raw.startswith(b"CBM1"):
        return _catboost
    if raw.startswith(b"tree\n"):
        return _lightgbm
    if raw.lstrip()[:1] == b"{" and b'"learner"' in raw[:2_000_000]:
        return _xgboost
    return _skops if raw.startswith(b"PK") and b"schema.json" in raw else None


_READERS: dict[str, Callable[[Path, bytes], object]] = {
    ".onnx": _onnx,
    ".json": _xgboost,
    ".ubj": _xgboost,
    ".model": _xgboost,
    ".txt": _lightgbm,
    ".cbm": _catboost,
    ".skops": _skops,
}
