"""scikit-learn's GradientBoosting: raw = what its first guess says + rate times its trees.

The first guess ("init") is folded into the base where it is a constant: a dummy estimator, or zero.
"""

from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.dummy import DummyClassifier, DummyRegressor

from whence._core.errors import UnsupportedModelError
from whence._core.forms import TreeEnsemble
from whence._core.quantised import tree_ensemble
from whence.models.trees.estimator import link, margins, names, values
from whence.models.trees.sklearn_nodes import joined

_CONSTANT = {"prior", "most_frequent", "constant"}  # a dummy classifier's other strategies draw


def read_gradient(model: Any) -> TreeEnsemble:
    """The nodes of a fitted GradientBoostingClassifier or GradientBoostingRegressor.

    Raises:
        UnsupportedModelError: its first guess is a model of its own.
    """
    rounds, width = model.estimators_.shape
    trees = [e.tree_ for e in model.estimators_.ravel()]
    value = np.concatenate([tree.value[:, 0, 0] for tree in trees])
    return tree_ensemble(
        **joined(trees),
        value=model.learning_rate * value,
        target=np.tile(np.arange(width), rounds),
        base=_first(model),
        names=names(model),
        outputs=margins(model) if is_classifier(model) else values(width),
        link=link(model),
        name=type(model).__name__,
    )


def _first(model: Any) -> np.ndarray:
    """The first guess as raw outputs, float [outputs]: the same for every row."""
    first = model.init_
    drawn = isinstance(first, DummyClassifier) and first.strategy not in _CONSTANT
    if first != "zero" and (drawn or not isinstance(first, DummyClassifier | DummyRegressor)):
        raise UnsupportedModelError(
            f"{type(model).__name__} starts from init={first}, which is no constant, so the model "
            "is more than its trees. Fit it with init=None or init='zero'."
        )
    anywhere = np.zeros((1, model.n_features_in_))
    return np.asarray(model._raw_predict_init(anywhere)[0], float)  # noqa: SLF001
