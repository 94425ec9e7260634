"""The nodes of scikit-learn's trees, end to end, as `tree_ensemble` takes them.

A row goes left where its cell, as float32, is `<=` a float64 threshold; a missing cell goes where
the node says, also in trees that met none when they grew (they send it to the larger side).
Source: `sklearn/tree/_tree.pyx`, `_apply_dense`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from whence._core.forms import MISSING


def joined(trees: Sequence[Any], columns: Sequence[np.ndarray] | None = None) -> dict[str, Any]:
    """Every tree's nodes, one tree after the other.

    Args:
        trees: fitted `tree_` objects.
        columns: for each tree, which columns of the table its features are; None: all, in order.
    """
    count = np.array([tree.node_count for tree in trees])
    root = np.cumsum(count) - count
    shift = np.repeat(root, count)
    features = [tree.feature for tree in trees]
    if columns is not None:
        features = [
            np.where(own < 0, own, np.asarray(of)[np.maximum(own, 0)])
            for own, of in zip(features, columns, strict=True)
        ]
    return {
        "feature": np.concatenate(features),
        "threshold": np.concatenate([tree.threshold for tree in trees]),
        "left": np.concatenate([tree.children_left for tree in trees]) + shift,
        "right": np.concatenate([tree.children_right for tree in trees]) + shift,
        "kind": (np.concatenate([tree.missing_go_to_left for tree in trees]) != 0) * MISSING,
        "cover": np.concatenate([tree.weighted_n_node_samples for tree in trees]),
        "root": root,
        "precision": "float32",
    }
