"""CatBoost: classifiers, regressors, rankers and models from .cbm files.

A model with classes gives their probabilities; a regressor a value; a ranker a raw score. Columns
fitted as categories may be text or whole numbers: an array of floats is given with whole numbers
there, as CatBoost wants it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import catboost
import numpy as np

from whence._core.errors import ModelError
from whence.models.answers import plain
from whence.models.boosted import Meaning, of_classes, of_numbers
from whence.models.catboost_categories import vocabulary
from whence.models.intake import intake
from whence.models.predictor import Predictor
from whence.models.routes import Route, first_sane
from whence.models.table import Table


@final
@dataclass(frozen=True, slots=True, eq=False)
class Boosted(Predictor):
    """A CatBoost model."""

    model: Any

    @property
    def source(self) -> object:
        """The model itself."""
        return self.model

    def _predict(self, frame: Any) -> np.ndarray:
        return ask(self.model, frame)


def adapt(model: Any, like: Table) -> Predictor:
    """Decide how a CatBoost model is asked.

    Raises:
        ModelError: it is not fitted.
    """
    name = "CatBoost model" if type(model) is catboost.CatBoost else type(model).__name__
    if not model.is_fitted():
        raise ModelError(f"{name} is not fitted: call .fit(X, y) before explaining it.")
    known = _names(model)
    given = intake(
        like,
        known,
        "numpy" if known is None else "pandas",
        vocabulary=vocabulary(model, known or like.names),
    )
    route = Route("predict", given, lambda frame: ask(model, frame))
    _, answer = first_sane([route], like, name)
    outputs, classes, space = _meaning(model, answer.shape[1])
    scores = _SCORES.get(fitted_to(model), "order") if space == "raw" else ""
    return Boosted(name, outputs, classes, space, given, False, model, scores=scores)


def _names(model: Any) -> tuple[str, ...] | None:
    """The names that it was fitted with; an array's columns are called "0", "1", …."""
    names = tuple(map(str, model.feature_names_))
    return None if names == tuple(map(str, range(len(names)))) else names


def _has_classes(model: Any) -> bool:
    return len(model.classes_) > 1


def ask(model: Any, frame: Any) -> np.ndarray:
    """A model's answer, as probabilities where it has classes."""
    rows = _whole_categories(frame, model.get_cat_feature_indices())
    kind = "Probability" if _has_classes(model) else "RawFormulaVal"
    if not _has_classes(model) and isinstance(model, catboost.CatBoostRegressor):
        return np.asarray(model.predict(rows))
    return np.asarray(catboost.CatBoost.predict(model, rows, prediction_type=kind))


def _whole_categories(frame: Any, categories: list[int]) -> Any:
    """An array of floats whose categories are whole numbers, as CatBoost wants it."""
    if not categories or not isinstance(frame, np.ndarray) or frame.dtype.kind != "f":
        return frame
    cells = frame[:, categories]
    if not (np.isfinite(cells).all() and (cells == np.round(cells)).all()):
        return frame  # not whole numbers: CatBoost says so in its own words
    rows = frame.astype(object)
    rows[:, categories] = cells.astype(np.int64)
    return rows


def _meaning(model: Any, columns: int) -> Meaning:
    if _has_classes(model):
        return of_classes(plain(model.classes_))
    return of_numbers(columns, "value" if fitted_to(model) in _VALUES else "raw")


def fitted_to(model: Any) -> str:
    """The loss that it was fitted to, in a word; "" where it does not say.

    A sum of models (`catboost.sum_models`) has no parameters, and says it in its metadata.
    """
    try:
        words = str(model.get_all_params().get("loss_function", ""))
    except catboost.CatBoostError:
        words = _in_metadata(model)
    return words.split(":", maxsplit=1)[0]


def _in_metadata(model: Any) -> str:
    try:
        return str(json.loads(model.get_metadata()["loss_function"])["type"])
    except (catboost.CatBoostError, KeyError, ValueError, TypeError):
        return ""


_SCORES = {"PythonUserDefinedPerObject": "logits", "": "logits"}  # others rank, or tell hazards


_VALUES = {
    "RMSE", "MAE", "Quantile", "MultiQuantile", "LogLinQuantile", "Poisson", "MAPE", "Lq", "Huber",
    "Expectile", "Tweedie", "LogCosh", "MultiRMSE", "MultiRMSEWithMissingValues",
}  # fmt: skip


def kinds(model: Any) -> Mapping[str, str]:
    """What each named column holds: "text" for categories, to which numbers are text too."""
    names = _names(model) if model.is_fitted() else None
    if names is None:
        return {}
    words = {*model.get_cat_feature_indices(), *model.get_text_feature_indices()}
    return {n: "text" if j in words else "number" for j, n in enumerate(names)}
