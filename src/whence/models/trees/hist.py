"""scikit-learn's HistGradientBoosting: float64 thresholds, sets of categories, baseline plus trees.

Its own encoder numbers the categories and puts their columns first; nodes speak of columns in that
order. A category that it never saw is missing to it, so it goes where missing cells go. The cover
of a node counts its training rows, without weights: it keeps no others.
Source: `sklearn/ensemble/_hist_gradient_boosting/_predictor.pyx`.
"""

import math
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from whence._core.forms import MISSING, TreeEnsemble
from whence._core.quantised import tree_ensemble
from whence.models.trees.estimator import link, margins, names, refuse_unfitted, values

_BITS = 256  # of a set of categories


def read(model: Any) -> TreeEnsemble:
    """The nodes of a fitted HistGradientBoostingClassifier or HistGradientBoostingRegressor.

    Raises:
        ModelError: it is not fitted.
    """
    refuse_unfitted(model)
    rounds = model._predictors  # noqa: SLF001
    width = model.n_trees_per_iteration_
    trees = [tree for one_round in rounds for tree in one_round]
    nodes = np.concatenate([tree.nodes for tree in trees], dtype=trees[0].nodes.dtype)
    count = np.array([len(tree.nodes) for tree in trees])
    root = np.cumsum(count) - count
    shift = np.repeat(root, count)
    known = _categories(model)
    feature = np.where(nodes["is_leaf"], -1, _columns(model)[nodes["feature_idx"]])
    return tree_ensemble(
        feature=feature,
        threshold=nodes["num_threshold"],
        left=nodes["left"] + shift,
        right=nodes["right"] + shift,
        kind=(nodes["missing_go_to_left"] != 0) * MISSING,
        value=nodes["value"],
        cover=nodes["count"],
        root=root,
        target=np.tile(np.arange(width), len(rounds)),
        base=model._baseline_prediction,  # noqa: SLF001
        sets=_sets(trees, nodes, count, feature, known),
        categories=known,
        names=names(model),
        outputs=margins(model) if is_classifier(model) else values(width),
        link=link(model),
        name=type(model).__name__,
    )


def raw(model: Any, frame: Any) -> np.ndarray:
    """The model's own raw outputs, float [rows, outputs], from its public methods."""
    if is_classifier(model):
        answer = model.decision_function(frame)
    else:
        answer = model._loss.link.link(model.predict(frame))  # noqa: SLF001
    return np.asarray(answer, float).reshape(len(answer), -1)


def _columns(model: Any) -> np.ndarray:
    """Which column of the table each of the nodes' features is."""
    apart = model.is_categorical_
    if apart is None:
        return np.arange(model.n_features_in_)
    return np.concatenate([np.flatnonzero(apart), np.flatnonzero(~apart)])


def _categories(model: Any) -> dict[int, tuple[object, ...]]:
    """The categories of each column that has some, in the order of their codes.

    Numbers are given as floats: a cell is one of them by value, never a code.
    """
    apart = model.is_categorical_
    if apart is None or not apart.any():
        return {}
    encoder = model._preprocessor.named_transformers_["encoder"]  # noqa: SLF001
    return {
        int(j): tuple(_plain(c) for c in known.tolist() if not _is_nan(c))
        for j, known in zip(np.flatnonzero(apart), encoder.categories_, strict=True)
    }


def _plain(category: object) -> object:
    whole = isinstance(category, int) and not isinstance(category, bool)
    return float(category) if whole else category  # type: ignore[arg-type]


def _is_nan(category: object) -> bool:
    return isinstance(category, float) and math.isnan(category)


def _sets(
    trees: list[Any],
    nodes: np.ndarray,
    count: np.ndarray,
    feature: np.ndarray,
    known: dict[int, tuple[object, ...]],
) -> dict[int, list[int]]:
    """The codes that go left, by node; with "any other" among them where missing cells do."""
    asks = np.flatnonzero((nodes["is_categorical"] != 0) & (nodes["is_leaf"] == 0))
    if not len(asks):
        return {}
    each = np.array([len(tree.raw_left_cat_bitsets) for tree in trees])
    words = np.concatenate([tree.raw_left_cat_bitsets for tree in trees])
    row = np.repeat(np.cumsum(each) - each, count)[asks] + nodes["bitset_idx"][asks]
    octets = np.ascontiguousarray(words.astype("<u4")).view(np.uint8)
    bits = np.unpackbits(octets, axis=1, bitorder="little")[row]
    other = np.array([len(known[j]) for j in feature[asks]])
    bits = np.pad(bits, ((0, 0), (0, 1)))  # a place for "any other", should all codes be in use
    bits[np.arange(len(asks)), other] = nodes["missing_go_to_left"][asks]
    at, codes = np.nonzero(bits)
    ends = np.searchsorted(at, np.arange(len(asks) + 1))
    return {
        int(node): codes[a:b].tolist() for node, a, b in zip(asks, ends[:-1], ends[1:], strict=True)
    }
