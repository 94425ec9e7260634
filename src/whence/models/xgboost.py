"""XGBoost: the estimators of its scikit-learn API, and raw boosters.

A booster says in its own configuration what it was trained for: `binary:*` gives the probabilities
of classes 0 and 1, `multi:*` those of 0, 1, …; `reg:*` and `count:*` a value; ranking, survival and
objectives of the user's own are raw. Columns fitted as categories are given as pandas categories.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import xgboost as xgb

from whence._core.errors import ModelError, some
from whence.models.answers import plain
from whence.models.boosted import Meaning, both, of_classes, of_numbers, softmax
from whence.models.categories import Known, Listed, kinds_of
from whence.models.intake import intake
from whence.models.predictor import Predictor
from whence.models.routes import Route, first_sane
from whence.models.table import Table


@final
@dataclass(frozen=True, slots=True, eq=False)
class Boosted(Predictor):
    """A booster, or an estimator around one."""

    model: Any
    objective: str

    @property
    def source(self) -> object:
        """The model itself."""
        return self.model

    def _predict(self, frame: Any) -> np.ndarray:
        return ask(self.model, self.objective, frame)


def adapt(model: Any, like: Table) -> Predictor:
    """Decide how an XGBoost model is asked.

    Raises:
        ModelError: it is not fitted.
    """
    name = "XGBoost booster" if isinstance(model, xgb.Booster) else type(model).__name__
    booster = _booster(model, name)
    known = None if booster.feature_names is None else tuple(booster.feature_names)
    categories = {} if known is None else _categories(booster)
    given = intake(
        like,
        known,
        "numpy" if known is None else "pandas",
        numeric=known is None,
        categories=None if known is None else categories,
        vocabulary=Listed(known_categories(booster) if categories else {}),
    )
    learner = json.loads(booster.save_config())["learner"]
    objective = str(learner["objective"]["name"])
    route = Route("predict", given, lambda frame: ask(model, objective, frame))
    _, answer = first_sane([route], like, name)
    outputs, classes, space = _meaning(model, objective, answer.shape[1])
    named = objective == "binary:logitraw" and isinstance(model, xgb.XGBClassifier)
    return Boosted(
        name,
        outputs,
        classes,
        space,
        given,
        False,
        model,
        objective,
        labels=plain(model.classes_) if named else None,
        scores={"log-odds": "logits", "raw": "order"}.get(space, ""),
    )


def _booster(model: Any, name: str) -> Any:
    if isinstance(model, xgb.Booster):
        return model
    try:
        return model.get_booster()
    except Exception as error:
        raise ModelError(f"{name} is not fitted: call .fit(X, y) before explaining it.") from error


def _categories(booster: Any) -> Mapping[str, None]:
    types = booster.feature_types or []
    found = {n: None for n, t in zip(booster.feature_names, types, strict=False) if t == "c"}
    if found and not remembers(xgb.__version__):
        raise ModelError(
            f"columns {some(found)} are categories, and XGBoost {xgb.__version__} keeps only their "
            "codes, which another table numbers otherwise. Use XGBoost 3.1 or later."
        )
    return found


def known_categories(booster: Any) -> Known:
    """The values of its pandas categories, by column; XGBoost tells them by way of pyarrow alone.

    Text that is not ASCII is left out: XGBoost cuts it when it saves a model.
    """
    try:
        told = booster.get_categories(export_to_arrow=True).to_arrow()
    except ImportError:
        return {}
    lists = {name: values.to_pylist() for name, values in told if values is not None}
    return {name: v for name, v in lists.items() if all(str(c).isascii() for c in v)}


def remembers(version: str) -> bool:
    """Whether this XGBoost matches categories by value (3.1 and later), not by code.

    >>> remembers("3.0.5"), remembers("3.1.0"), remembers("10.0")
    (False, True, True)
    """
    major, minor = version.split(".")[:2]
    return (int(major), int(minor)) >= (3, 1)


def ask(model: Any, objective: str, frame: Any) -> np.ndarray:
    """The answer of a booster or an estimator, as probabilities where it has classes."""
    if isinstance(model, xgb.XGBClassifier):
        if objective == "binary:logitraw":  # whose "probabilities" are log-odds
            return np.asarray(model.predict(frame, output_margin=True))
        return np.asarray(model.predict_proba(frame))
    if not isinstance(model, xgb.Booster):
        return np.asarray(model.predict(frame))
    types = model.feature_types if isinstance(frame, np.ndarray) else None
    rows = xgb.DMatrix(frame, enable_categorical=True, feature_types=types)
    if objective in {"multi:softprob", "multi:softmax"}:
        return softmax(np.asarray(model.predict(rows, output_margin=True)))
    answer = np.asarray(model.predict(rows))
    return both(answer) if objective == "binary:logistic" else answer


def _meaning(model: Any, objective: str, columns: int) -> Meaning:
    if objective == "binary:logitraw":
        return of_numbers(columns, "log-odds")
    if isinstance(model, xgb.XGBClassifier):
        return of_classes(plain(model.classes_))
    if isinstance(model, xgb.Booster) and objective in _CLASSES:
        return of_classes(range(columns))
    return of_numbers(columns, "value" if objective.startswith(("reg:", "count:")) else "raw")


_CLASSES = {"binary:logistic", "multi:softprob", "multi:softmax"}


def kinds(model: Any) -> Mapping[str, str]:
    """What each named column holds: "text" or "number"."""
    booster = _booster(model, type(model).__name__)
    types = dict(zip(booster.feature_names or (), booster.feature_types or (), strict=False))
    numbers = {n: "number" for n, kind in types.items() if kind != "c"}
    categories = len(numbers) < len(types) and remembers(xgb.__version__)
    return numbers | (kinds_of(known_categories(booster)) if categories else {})
