"""XGBoost: a booster's trees, from the bytes in which it saves itself.

A row goes left where its cell, as float32, is `<` the split's, and a missing cell where its default
says. Margins are added up in float32: the base score first, then tree by tree. The base score is
saved as a prediction, so it goes back through the objective's link; XGBoost keeps probabilities
away from 0 and 1.
Source: https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html; the order of sums and
the base scores' forms are as XGBoost 3.2 was seen to have them.
"""

import json
from typing import Any

import numpy as np
import xgboost as xgb

from whence._core.errors import ModelError, UnsupportedModelError
from whence._core.forms import TreeEnsemble
from whence._core.quantised import tree_ensemble
from whence.models.answers import plain
from whence.models.trees.ubjson import loads
from whence.models.trees.xgboost_categories import Splits
from whence.models.trees.xgboost_nodes import Stack, nodes, vector

_LINKS = {
    "binary:logistic": "logistic",
    "reg:logistic": "logistic",
    "binary:hinge": "hinge",
    "multi:softprob": "softmax",
    "multi:softmax": "softmax",
    **dict.fromkeys(
        ["count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft"], "exp"
    ),
}
_EDGE = 1e-6


def read(model: Any) -> TreeEnsemble:
    """The trees of a fitted booster or estimator.

    An estimator that stopped early has the trees that its `predict` uses; a booster has all.

    Raises:
        ModelError: it is not fitted, or has no trees.
        UnsupportedModelError: it is linear; counts another value than NaN as missing; or has
            categories whose names XGBoost does not keep whole.
    """
    name = "XGBoost booster" if isinstance(model, xgb.Booster) else type(model).__name__
    booster = _booster(model, name)
    _refuse_missing(model, name)
    learner = loads(booster.save_raw("ubj"))["learner"]
    forest, weights = _forest(learner["gradient_booster"], name)
    used = _used(model, forest)
    if not used:
        raise ModelError(f"{name} has no trees: fit it for at least one round.")
    stack = Stack.of(forest["trees"][:used])
    objective = str(learner["objective"]["name"])
    base = _base(learner["learner_model_param"], objective)
    width = int(learner["learner_model_param"]["num_feature"])
    names = learner["feature_names"] or [f"x{j}" for j in range(width)]
    splits = Splits.of(stack)
    categories = splits.categories(learner["feature_types"], forest.get("cats", {}), names)
    whole = np.full(len(stack.trees), -1)
    return tree_ensemble(
        **nodes(stack, weights, len(base)),
        sets=splits.left(categories),
        target=whole if vector(stack.trees) else np.asarray(forest["tree_info"][:used]),
        base=base,
        names=names,
        outputs=_outputs(model, objective, len(base)),
        categories=categories,
        precision="float32",
        sums="float32",
        link=_LINKS.get(objective, "identity"),
        name=name,
    )


def raw(model: Any, frame: Any) -> np.ndarray:
    """The library's own margins, float [rows, outputs]."""
    if isinstance(model, xgb.Booster):
        types = model.feature_types if isinstance(frame, np.ndarray) else None
        rows = xgb.DMatrix(frame, enable_categorical=True, feature_types=types)
        return _columns(model.predict(rows, output_margin=True))
    return _columns(model.predict(frame, output_margin=True))


def _columns(answer: Any) -> np.ndarray:
    return np.asarray(answer, float).reshape(len(answer), -1)


def _booster(model: Any, name: str) -> Any:
    if isinstance(model, xgb.Booster):
        return model
    try:
        return model.get_booster()
    except Exception as error:
        raise ModelError(f"{name} is not fitted: call .fit(X, y) before explaining it.") from error


def _refuse_missing(model: Any, name: str) -> None:
    missing = getattr(model, "missing", None)
    if missing is not None and not np.isnan(missing):
        raise UnsupportedModelError(
            f"{name} counts {missing!r} as missing beside NaN, and whence's trees know NaN alone. "
            f"Put NaN where rows have {missing!r}, and fit it with missing=nan."
        )


def _forest(booster: dict[str, Any], name: str) -> tuple[dict[str, Any], np.ndarray | None]:
    """The trees and what is saved with them, and what DART multiplies each tree by."""
    if booster["name"] == "dart":
        return booster["gbtree"]["model"], np.asarray(booster["weight_drop"], np.float32)
    if booster["name"] != "gbtree":
        raise UnsupportedModelError(
            f"{name} was fitted with booster={booster['name']!r}, which makes no trees. Fit it "
            "with booster='gbtree', or attribute a function that predicts with it."
        )
    return booster["model"], None


def _used(model: Any, forest: dict[str, Any]) -> int:
    """How many trees its `predict` uses."""
    best = None if isinstance(model, xgb.Booster) else getattr(model, "best_iteration", None)
    return len(forest["trees"]) if best is None else int(forest["iteration_indptr"][best + 1])


def _base(parameters: dict[str, str], objective: str) -> np.ndarray:
    """The base score of each output, as a margin."""
    outputs = max(1, *(int(parameters.get(k, 1)) for k in ("num_class", "num_target")))
    score = np.asarray(json.loads(parameters["base_score"]), np.float32).reshape(-1)
    vectors = parameters["base_score"].startswith("[")  # since 3.1: logitraw saves a margin
    if _LINKS.get(objective) == "logistic" or (objective == "binary:logitraw" and not vectors):
        odds = 1 / np.clip(score, _EDGE, 1 - _EDGE, dtype=np.float32) - 1
        score = -np.log(odds.astype(float))
    elif _LINKS.get(objective) == "exp":
        score = np.log(score.astype(float))
    return np.broadcast_to(score.astype(np.float32), outputs).astype(float)


def _outputs(model: Any, objective: str, count: int) -> tuple[str, ...]:
    kind = objective.split(":", maxsplit=1)[0]
    classes = isinstance(model, xgb.XGBClassifier) or kind in {"binary", "multi"}
    if not classes:
        return ("value",) if count == 1 else tuple(f"value {k}" for k in range(count))
    known = plain(model.classes_) if isinstance(model, xgb.XGBClassifier) else range(max(count, 2))
    labels = tuple(map(str, known))
    return labels[-1:] if count == 1 else labels
