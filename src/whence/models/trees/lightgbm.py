"""LightGBM: a booster's trees, from its own text.

A row goes left where its cell, as float64, is `<=` the split's, and where its category is one of
the split's; categories that are missing, negative or unknown go right. What a missing number does,
each split says: it is 0; or it goes where the default says, alone or with zeros. Whatever is within
float32's 1e-35 of zero is zero. Trees are added up in float64 from nothing: the average that
boosting starts from is in the first trees. A random forest's trees are averaged here, as in its
predictions; LightGBM's own `raw_score` is their sum.
Source: https://lightgbm.readthedocs.io/en/latest/Advanced-Topics.html; `Tree` of LightGBM 4.
"""

from typing import Any

import lightgbm as lgb
import numpy as np

from whence._core.errors import ModelError, UnsupportedModelError
from whence._core.forms import TreeEnsemble
from whence._core.quantised import tree_ensemble
from whence.models.answers import plain
from whence.models.trees.lightgbm_categories import categories_of, sets_of
from whence.models.trees.lightgbm_text import Text, nodes

_LINKS = {
    "multiclass": "softmax",
    "cross_entropy": "logistic",
    "cross_entropy_lambda": "softplus",
    "poisson": "exp",
    "gamma": "exp",
    "tweedie": "exp",
}


def read(model: Any) -> TreeEnsemble:
    """The trees of a fitted booster or estimator: those that its `predict` uses.

    Raises:
        ModelError: it is not fitted, or has no trees.
        UnsupportedModelError: its leaves are linear, or it does not say which columns its pandas
            categories are of.
    """
    name = "LightGBM booster" if isinstance(model, lgb.Booster) else type(model).__name__
    booster = _booster(model, name)
    text = Text.of(booster.model_to_string())
    _refuse(text, name)
    per_round = int(text.head["num_tree_per_iteration"])
    found = nodes(text)
    rounds = len(found["root"]) // per_round
    if "average_output" in text.head:
        found["value"] /= rounds
    names = _names(booster)
    sets = sets_of(text, found["root"])
    categories = categories_of(text, booster.pandas_categorical or (), found["feature"], sets)
    return tree_ensemble(
        **found,
        sets=sets,
        target=np.tile(np.arange(per_round), rounds),
        names=names,
        outputs=_outputs(model, text.head.get("objective", ""), per_round),
        categories=categories,
        precision="float64",
        sums="float64",
        link=_link(text.head.get("objective", "")),
        name=name,
    )


def raw(model: Any, frame: Any) -> np.ndarray:
    """The library's own raw scores, averaged where its predictions are, float [rows, outputs]."""
    booster = _booster(model, type(model).__name__)
    answer = np.asarray(booster.predict(frame, raw_score=True), float).reshape(len(frame), -1)
    text = booster.model_to_string(num_iteration=1)
    averaged = "\naverage_output" in text[: text.find("\nTree=")]
    return answer / booster.current_iteration() if averaged else answer


def _booster(model: Any, name: str) -> Any:
    if isinstance(model, lgb.Booster):
        return model
    try:
        return model.booster_
    except Exception as error:
        raise ModelError(f"{name} is not fitted: call .fit(X, y) before explaining it.") from error


def _refuse(text: Text, name: str) -> None:
    if not text.trees:
        raise ModelError(f"{name} has no trees: fit it for at least one round.")
    if "1" in text.trees.get("is_linear", ()):
        raise UnsupportedModelError(
            f"{name} has linear models in its leaves, where whence's trees have numbers. Fit it "
            "with linear_tree=False, or attribute a function that predicts with it."
        )


def _names(booster: Any) -> tuple[str, ...]:
    """The names of columns; an array's are called Column_0, Column_1, …."""
    names = tuple(booster.feature_name())
    unnamed = names == tuple(f"Column_{j}" for j in range(len(names)))
    return tuple(f"x{j}" for j in range(len(names))) if unnamed else names


def _link(objective: str) -> str:
    """The objective's words are its name and, for some, how steep it is, or that it has roots."""
    kind, *more = objective.split() or [""]
    if kind in {"binary", "multiclassova"}:
        return "logistic" if float(_after("sigmoid:", more)) == 1 else "steep logistic"
    return "signed square" if "sqrt" in more else _LINKS.get(kind, "identity")


def _after(start: str, words: list[str]) -> str:
    return next((word.removeprefix(start) for word in words if word.startswith(start)), "1")


def _outputs(model: Any, objective: str, count: int) -> tuple[str, ...]:
    classifier = isinstance(model, lgb.LGBMClassifier)
    if not classifier and not objective.startswith(("binary", "multiclass")):
        return ("value",) if count == 1 else tuple(f"value {k}" for k in range(count))
    labels = tuple(map(str, plain(model.classes_) if classifier else range(max(count, 2))))
    return labels[-1:] if count == 1 else labels
