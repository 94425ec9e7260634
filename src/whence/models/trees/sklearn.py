"""scikit-learn's trees, forests and bags of trees; boosting and isolation have files of their own.

The raw output of a forest is what it averages: values, or the probabilities of classes. Each leaf
holds its share of the mean, so that trees add up.
"""

from collections.abc import Callable, Sequence
from typing import Any

import joblib
import numpy as np
from sklearn.base import is_classifier
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.tree import BaseDecisionTree

from whence._core.errors import ModelError, UnsupportedModelError
from whence._core.forms import TreeEnsemble
from whence._core.quantised import tree_ensemble
from whence.models.trees.estimator import classes, names, refuse_unfitted, values
from whence.models.trees.gradient import read_gradient
from whence.models.trees.isolation import raw_isolation, read_isolation
from whence.models.trees.sklearn_nodes import joined


def read(model: Any) -> TreeEnsemble:
    """The nodes of a fitted tree, forest, bag of trees, gradient boosting or isolation forest.

    Raises:
        ModelError: it is not fitted.
        UnsupportedModelError: no sum of trees, or one that whence does not read.
    """
    for kinds, reader in _READERS:
        if isinstance(model, kinds):
            refuse_unfitted(model)
            return reader(model)
    if isinstance(model, BaseSearchCV):  # one that found something was opened before
        raise ModelError(
            f"{type(model).__name__} holds no best_estimator_: call .fit(X, y), with refit=True, "
            "before reading it."
        )
    raise UnsupportedModelError(_refusal(model))


def raw(model: Any, frame: Any) -> np.ndarray:
    """The model's own raw outputs, float [rows, outputs], from its public methods.

    Args:
        model: as `read` takes it.
        frame: rows, of the kind that the model takes.
    """
    with joblib.parallel_config(backend="sequential"):
        if isinstance(model, IsolationForest):
            answer = raw_isolation(model, frame)
        elif isinstance(model, GradientBoostingClassifier):
            answer = model.decision_function(frame)
        else:
            answer = model.predict_proba(frame) if is_classifier(model) else model.predict(frame)
    return np.asarray(answer, float).reshape(len(answer), -1)


def _tree(model: Any) -> TreeEnsemble:
    return _mean(model, [model], 1)


def _forest(model: Any) -> TreeEnsemble:
    return _mean(model, model.estimators_, len(model.estimators_))


def _bag(model: Any) -> TreeEnsemble:
    odd = [e for e in model.estimators_ if not isinstance(e, BaseDecisionTree)]
    if odd:
        raise UnsupportedModelError(
            f"{type(model).__name__} averages {type(odd[0]).__name__}s, and whence reads bags of "
            f"single decision trees only. {_OTHERWISE}"
        )
    return _mean(model, model.estimators_, model.n_estimators, model.estimators_features_)


def _mean(
    model: Any, members: Sequence[Any], count: int, columns: Sequence[np.ndarray] | None = None
) -> TreeEnsemble:
    """Each leaf holds its value, divided by how many trees are averaged."""
    if is_classifier(model):
        outputs = classes(model)
        value = [e.tree_.value[:, 0, :] for e in members]
    else:
        value = [e.tree_.value[:, :, 0] for e in members]
        outputs = values(value[0].shape[1])
    return tree_ensemble(
        **joined([e.tree_ for e in members], columns),
        value=np.concatenate(value) / count,
        target=np.full(len(members), -1),
        names=names(model),
        outputs=outputs,
        name=type(model).__name__,
    )


_FORESTS = (
    RandomForestClassifier,
    RandomForestRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
)
_READERS: list[tuple[Any, Callable[[Any], TreeEnsemble]]] = [
    (BaseDecisionTree, _tree),
    (_FORESTS, _forest),
    ((GradientBoostingClassifier, GradientBoostingRegressor), read_gradient),
    (IsolationForest, read_isolation),
    ((BaggingClassifier, BaggingRegressor), _bag),
]

_OTHERWISE = "Otherwise take a method that only asks the model, which serves any."


def _refusal(model: Any) -> str:
    name = type(model).__name__
    if isinstance(model, Pipeline):
        return (
            f"{name} changes columns before its last step, and a tree only knows the changed ones. "
            "Give whence the last step and the changed columns: model[-1] and "
            f"model[:-1].transform(X). {_OTHERWISE}"
        )
    return (
        f"{name} is no sum of trees that whence reads. Of scikit-learn it reads decision and extra "
        "trees, random forests, extra-trees, bags of single trees, gradient boosting (also "
        f"histogram-based) and isolation forests. {_OTHERWISE}"
    )
