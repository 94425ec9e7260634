"""LightGBM: the estimators of its scikit-learn API, and raw boosters.

A booster's own dump says its objective: `binary` gives the probabilities of classes 0 and 1,
`multiclass` those of 0, 1, …; ranking and objectives of the user's own are raw; others are values.
LightGBM does not look at the names of columns when it predicts: whence matches them first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import lightgbm as lgb
import numpy as np

from whence._core.errors import ModelError
from whence.models.answers import plain
from whence.models.boosted import Meaning, both, of_classes, of_numbers
from whence.models.intake import intake
from whence.models.predictor import Predictor
from whence.models.routes import Route, first_sane
from whence.models.table import Table


@final
@dataclass(frozen=True, slots=True, eq=False)
class Boosted(Predictor):
    """A booster, or an estimator around one: the booster is asked, so that nothing warns."""

    booster: Any
    objective: str

    @property
    def source(self) -> object:
        """The model itself."""
        return self.booster

    def _predict(self, frame: Any) -> np.ndarray:
        return ask(self.booster, self.objective, frame)


def adapt(model: Any, like: Table) -> Predictor:
    """Decide how a LightGBM model is asked.

    Raises:
        ModelError: it is not fitted.
    """
    name = "LightGBM booster" if isinstance(model, lgb.Booster) else type(model).__name__
    booster = _booster(model, name)
    known = _names(booster)
    given = intake(
        like,
        known,
        "numpy" if known is None else "pandas",
        numeric=known is None,
        categories=None if known is None else _categories(booster, known),
    )
    objective = _objective(booster)
    route = Route("predict", given, lambda frame: ask(booster, objective, frame))
    _, answer = first_sane([route], like, name)
    outputs, classes, space = _meaning(model, objective, answer.shape[1])
    return Boosted(name, outputs, classes, space, given, False, booster, objective)


def _booster(model: Any, name: str) -> Any:
    if isinstance(model, lgb.Booster):
        return model
    try:
        return model.booster_
    except Exception as error:
        raise ModelError(f"{name} is not fitted: call .fit(X, y) before explaining it.") from error


def _names(booster: Any) -> tuple[str, ...] | None:
    """The names that it was fitted with; an array's columns are called Column_0, Column_1, …."""
    names = tuple(booster.feature_name())
    return None if names == tuple(f"Column_{j}" for j in range(len(names))) else names


def _objective(booster: Any) -> str:
    words = str(booster.dump_model(num_iteration=1).get("objective", "")).split()
    return words[0] if words else ""


def _categories(booster: Any, names: tuple[str, ...]) -> Mapping[str, tuple[object, ...] | None]:
    """Which columns were pandas categories, and which values each had."""
    lists = booster.pandas_categorical or []
    infos = booster.dump_model(num_iteration=1)["feature_infos"]
    split = [n for n in names if infos.get(n, {}).get("values")]
    if len(split) != len(lists):
        return {}
    return {n: tuple(values) for n, values in zip(split, lists, strict=True)}


def ask(booster: Any, objective: str, frame: Any) -> np.ndarray:
    """A booster's answer, as probabilities where it has classes."""
    answer = np.asarray(booster.predict(frame))
    return both(answer) if objective == "binary" else answer


def _meaning(model: Any, objective: str, columns: int) -> Meaning:
    if objective in {"binary", "multiclass", "multiclassova"}:
        if isinstance(model, lgb.LGBMClassifier):
            return of_classes(plain(model.classes_))
        return of_classes(range(columns))
    ranked = objective in {"lambdarank", "rank_xendcg", "", "custom", "none"}
    return of_numbers(columns, "raw" if ranked else "value")
