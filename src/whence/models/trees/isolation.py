"""scikit-learn's IsolationForest: how soon a row is alone, in units of the usual.

    raw = mean over trees of (depth of the leaf + c(rows in the leaf)) / c(rows of a tree)

where c(n) is the mean depth of n rows in a random tree. The link "isolation" is
`score_samples = -2**(-raw)`; `decision_function` is that less `offset_`.
Source: Liu, Ting & Zhou (2008), "Isolation Forest", ICDM.
"""

from typing import Any

import numpy as np

from whence._core.forms import TreeEnsemble
from whence._core.quantised import tree_ensemble
from whence.models.trees.estimator import names
from whence.models.trees.sklearn_nodes import joined


def read_isolation(model: Any) -> TreeEnsemble:
    """The nodes of a fitted IsolationForest."""
    trees = [e.tree_ for e in model.estimators_]
    nodes = joined(trees, model.estimators_features_)
    rows = np.concatenate([tree.n_node_samples for tree in trees])
    value = _depths(nodes["left"], nodes["right"], nodes["root"], nodes["feature"])
    value += usual_depth(rows)
    unit = len(trees) * usual_depth(np.array([model._max_samples]))[0]  # noqa: SLF001
    return tree_ensemble(
        **nodes,
        value=value / unit if unit else np.zeros(len(rows)),
        base=np.zeros(1) if unit else np.ones(1),  # trees of one row: scikit-learn says 1
        names=names(model),
        outputs=("value",),
        link="isolation",
        name=type(model).__name__,
    )


def raw_isolation(model: Any, frame: Any) -> np.ndarray:
    """The model's own raw output, float [rows]."""
    return np.asarray(-np.log2(-model.score_samples(frame)))


def usual_depth(rows: np.ndarray) -> np.ndarray:
    """The mean depth at which one of this many rows is alone, in a random tree.

    >>> usual_depth(np.array([1, 2, 256])).round(3).tolist()
    [0.0, 1.0, 10.245]
    """
    n = np.maximum(rows, 3).astype(float)
    many = 2 * (np.log(n - 1) + np.euler_gamma) - 2 * (n - 1) / n
    return np.asarray(np.where(rows > 2, many, rows == 2), float)


def _depths(
    left: np.ndarray, right: np.ndarray, root: np.ndarray, feature: np.ndarray
) -> np.ndarray:
    """How many splits are above each node, float [nodes]; one level of all trees at a time."""
    depth = np.zeros(len(feature))
    level, at = root, 0
    while len(level):
        depth[level] = at
        inside = level[feature[level] >= 0]
        level, at = np.concatenate([left[inside], right[inside]]), at + 1
    return depth
