"""Which file reads a model: it is imported only when such a model turns up."""

import importlib
from pathlib import Path
from typing import Any

from whence._core.errors import UnsupportedModelError

_LEAVES = {
    "sklearn.ensemble._hist_gradient_boosting": "hist",
    "sklearn": "sklearn",
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "catboost": "catboost",
}


def opened(model: object) -> object:
    """The model in a file, and of a search the model that it found.

    Raises:
        ModelFileError: no such file, not a model, or one that would run code.
    """
    if isinstance(model, str | Path):
        from whence.models.files import load

        model = load(model)
    best = getattr(model, "best_estimator_", None) if _is_search(model) else None
    return model if best is None else opened(best)


def _is_search(model: object) -> bool:
    """Whether it is one of scikit-learn's, which answers as what it found does.

    Anything else may keep a model of that name and answer otherwise.
    """
    return any(kind.__name__ == "BaseSearchCV" for kind in type(model).__mro__)


def leaf(model: object) -> Any:
    """The file that reads this kind of model: the nearest parent class decides.

    Raises:
        UnsupportedModelError: none does.
    """
    for parent in type(model).__mro__:
        for home, file in _LEAVES.items():
            if f"{parent.__module__}.".startswith(f"{home}."):
                return importlib.import_module(f"whence.models.trees.{file}")
    raise UnsupportedModelError(_refusal(model))


def _refusal(model: object) -> str:
    name = getattr(model, "__name__", None) or type(model).__name__
    if getattr(model, "__self__", None) is not None:
        return f"{name} is a method: give whence the model itself, so that its trees can be read."
    return (
        f"{name} has no trees that whence can read. It reads trees, forests, gradient boosting and "
        "isolation forests of scikit-learn, and the models of XGBoost, LightGBM and CatBoost. "
        "For other models, take a method that only asks the model, which serves any."
    )
