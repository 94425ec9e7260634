"""XGBoost's JSON and UBJSON, checked before XGBoost reads them.

XGBoost trusts the nodes of trees, the numbers of features, outputs and trees, and what groups them:
a child beyond the last node is read all the same. So the file is read here first, strictly (no key
twice, nothing behind the end), and all lists and counts are compared with one another.
Source: `RegTree::LoadModel`, `GBTreeModel::LoadModel` and `LearnerIO::LoadModel` of XGBoost 3.2;
https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html.
"""

import json
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from whence._core.errors import ModelFileError
from whence.models.trees.damage import DamageError
from whence.models.trees.shape import check_trees
from whence.models.trees.ubjson import loads

_PRUNED = 2**31 - 1
_MOST = 2**24  # features, outputs and codes of categories that XGBoost can tell apart as float32
_WHOLE = re.compile(r"-?\d{1,10}")
_NODES = {
    "left_children": "i", "right_children": "i", "parents": "i", "split_indices": "i",
    "default_left": "i", "split_type": "i", "split_conditions": "f", "sum_hessian": "f",
}  # fmt: skip
_CATEGORIES = ("categories", "categories_nodes", "categories_segments", "categories_sizes")
_OUTPUTS = {"multi:softprob", "multi:softmax"}


def read_document(raw: bytes) -> Any:
    """What a JSON or UBJSON file holds; XGBoost's UBJSON always starts with a long key.

    Raises:
        DamageError: neither of them.
    """
    return _ubjson(raw) if raw.startswith(b"{L") else _json(raw)


def check_xgboost(model: dict[str, Any]) -> None:
    """Refuse a document that XGBoost could not read as it is meant.

    Args:
        model: as `read_document` gives it.

    Raises:
        DamageError: what is wrong, and where.
    """
    _check_learner(_part(model, "learner"))


def _ubjson(raw: bytes) -> Any:
    try:
        return loads(raw)
    except ModelFileError as error:
        raise DamageError(str(error)) from error


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw, object_pairs_hook=_once)
    except RecursionError as error:
        raise DamageError("its JSON is nested too deeply") from error
    except DamageError:
        raise
    except ValueError as error:
        raise DamageError(f"its JSON is broken: {error}") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise DamageError("its JSON has a key twice")
    return found


def _part(value: Any, *keys: str) -> dict[str, Any]:
    """The object below these keys."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    if not isinstance(value, dict):
        raise DamageError(f"it has no {'.'.join(keys)}")
    return value


def _number(
    table: Mapping[str, Any], key: str, default: str | None = None, most: int = _MOST
) -> int:
    """A count, which XGBoost keeps as text."""
    word = table.get(key, default)
    if not isinstance(word, str) or not _WHOLE.fullmatch(word) or not 0 <= int(word) <= most:
        raise DamageError(f"its {key} is {str(word)[:20]!r}")
    return int(word)


def _list(table: Mapping[str, Any], key: str, kind: str = "i") -> np.ndarray:
    """A list of numbers of this kind."""
    value = table.get(key)
    if not isinstance(value, list | np.ndarray):
        raise DamageError(f"it has no list {key}")
    try:
        found = np.asarray(value) if len(value) else np.empty(0, np.int64)
    except (ValueError, OverflowError) as error:
        raise DamageError(f"{key} is no list of numbers") from error
    if found.ndim != 1 or found.dtype.kind not in ("iub" if kind == "i" else "iuf"):
        raise DamageError(f"{key} is no list of numbers")
    if kind == "i" and len(found) and not -(2**31) <= found.min() <= found.max() < 2**31:
        raise DamageError(f"{key} has a number that is too large")
    return found.astype(np.int64 if kind == "i" else np.float64)


def _check_learner(learner: dict[str, Any]) -> None:
    parameters = _part(learner, "learner_model_param")
    features = _number(parameters, "num_feature")
    classes, targets = _number(parameters, "num_class", "0"), _number(parameters, "num_target", "1")
    outputs = max(classes, targets, 1)
    if min(classes, targets) > 1:
        raise DamageError(f"it has {classes} classes and {targets} targets at once")
    _check_names(learner, features)
    _check_objective(learner, classes)
    booster = _part(learner, "gradient_booster")
    name = booster.get("name")
    if name == "gblinear":
        weights = _list(_part(booster, "model"), "weights", "f")
        if len(weights) != (features + 1) * outputs or not np.isfinite(weights).all():
            raise DamageError("its weights are not one for each feature and output")
        rounds = None
    elif name in {"gbtree", "dart"}:
        model = _part(booster, "gbtree", "model") if name == "dart" else _part(booster, "model")
        rounds = _check_forest(model, features, outputs)
        if name == "dart":
            drops = _list(booster, "weight_drop", "f")
            if len(drops) != len(model["trees"]) or not np.isfinite(drops).all():
                raise DamageError("its weight_drop is not one number for each tree")
    else:
        raise DamageError(f"its booster is {str(name)[:20]!r}")
    _check_base(parameters, outputs)
    _check_attributes(learner, rounds)


def _check_names(learner: Mapping[str, Any], features: int) -> None:
    for key in ("feature_names", "feature_types"):
        words = learner.get(key, [])
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise DamageError(f"its {key} are no list of words")
        if len(words) not in {0, features}:
            raise DamageError(f"it has {features} features and {len(words)} {key}")


def _check_objective(learner: Mapping[str, Any], classes: int) -> None:
    objective = _part(learner, "objective")
    if not isinstance(objective.get("name"), str):
        raise DamageError("its objective has no name")
    for key, value in objective.items():
        if not isinstance(value, str | dict) or (
            isinstance(value, dict) and not all(isinstance(word, str) for word in value.values())
        ):
            raise DamageError(f"its objective's {key[:20]!r} is neither a word nor a list of them")
    several = objective["name"] in _OUTPUTS
    if several:
        own = _number(_part(objective, "softmax_multiclass_param"), "num_class")
        if own != classes or classes < 1:
            raise DamageError(f"its objective has {own} classes, and the model {classes}")


def _check_base(parameters: Mapping[str, Any], outputs: int) -> None:
    try:
        score = np.atleast_1d(np.asarray(json.loads(parameters["base_score"]), np.float64))
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise DamageError("its base_score is no number") from error
    if score.ndim != 1 or len(score) not in {1, outputs} or not np.isfinite(score).all():
        raise DamageError(f"its base_score is not one number, or one for each of {outputs} outputs")


def _check_attributes(learner: Mapping[str, Any], rounds: int | None) -> None:
    attributes = learner.get("attributes", {})
    if not isinstance(attributes, dict) or not all(isinstance(v, str) for v in attributes.values()):
        raise DamageError("its attributes are not words")
    best = attributes.get("best_iteration")
    if best is not None and rounds is not None:
        _number(attributes, "best_iteration", most=rounds - 1)
    said = attributes.get("scikit_learn")
    try:
        estimator = {} if said is None else json.loads(said)
    except (ValueError, RecursionError) as error:
        raise DamageError("what it says of its estimator is no JSON") from error
    if not isinstance(estimator, dict):
        raise DamageError("what it says of its estimator is no JSON object")


def _check_forest(model: dict[str, Any], features: int, outputs: int) -> int:
    """How many rounds it has."""
    trees = model.get("trees")
    if not isinstance(trees, list) or not all(isinstance(tree, dict) for tree in trees):
        raise DamageError("it has no list of trees")
    parameters = _part(model, "gbtree_model_param")
    if _number(parameters, "num_trees", most=2**31) != len(trees):
        raise DamageError(
            f"it says that it has {parameters['num_trees']} trees, and has {len(trees)}"
        )
    _number(parameters, "num_parallel_tree", "1", most=max(len(trees), 2**16))
    groups = _list(model, "tree_info")
    if len(groups) != len(trees) or ((groups < 0) | (groups >= outputs)).any():
        raise DamageError("its tree_info does not say of each tree which output it adds to")
    rounds = len(trees)
    if "iteration_indptr" in model:
        starts = _list(model, "iteration_indptr")
        rounds = len(starts) - 1
        if rounds < 0 or starts[0] or starts[-1] != len(trees) or (np.diff(starts) < 0).any():
            raise DamageError("its iteration_indptr does not divide its trees into rounds")
    for k, tree in enumerate(trees):
        _check_counts(k, tree, features, outputs)
    if trees:
        _check_nodes(trees, features)
        _check_sets(trees)
    _check_known(model.get("cats", {}), features)
    return rounds


def _check_counts(k: int, tree: Mapping[str, Any], features: int, outputs: int) -> None:
    """That one tree's lists are as long as it says."""
    parameters = _part(tree, "tree_param")
    count = _number(parameters, "num_nodes", most=2**31)
    width = max(_number(parameters, "size_leaf_vector", "0"), 1)
    if _number(parameters, "num_feature") != features or width not in {1, outputs}:
        raise DamageError(f"tree {k} is of another number of features or outputs than the model")
    if tree.get("id", k) != k:
        raise DamageError(f"tree {k} says that it is another")
    for key in [*_NODES, "loss_changes"]:
        values = tree.get(key)
        if not isinstance(values, list | np.ndarray) or len(values) != count:
            raise DamageError(f"tree {k} has {count} nodes, and another number of {key}")
    many = len(_list(tree, "base_weights", "f"))
    if many != count * width:
        raise DamageError(f"tree {k} has {count} nodes, and {many} base_weights")
    if width == 1:
        ends = _list(tree, "left_children") < 0
        if (_list(tree, "right_children")[ends] != -1).any():
            raise DamageError(f"tree {k} has a leaf with a child")
    else:
        weights = _list(tree, "leaf_weights", "f")
        leaves = _list(tree, "left_children") < 0
        rows = _list(tree, "right_children")[leaves]
        if len(weights) % width or ((rows < 0) | (rows >= len(weights) // width)).any():
            raise DamageError(f"tree {k} has a leaf without its leaf_weights")
        if not np.isfinite(weights).all():
            raise DamageError(f"tree {k} has a leaf that is not a number")


def _check_nodes(trees: Sequence[Mapping[str, Any]], features: int) -> None:
    each = {
        key: np.concatenate([_list(t, key, kind) for t in trees]) for key, kind in _NODES.items()
    }
    size = np.array([len(tree["left_children"]) for tree in trees])
    pruned = each["split_indices"] == _PRUNED
    inside = (each["left_children"] >= 0) & ~pruned
    check_trees(each["left_children"], each["right_children"], inside, size, pruned=pruned)
    _check_parents(each, inside, pruned, size)
    asked = each["split_indices"][~pruned]
    if ((asked < 0) | (asked >= max(features, 1))).any():
        raise DamageError(f"a split asks of a feature that is none of its {features}")
    if (
        not np.isin(each["default_left"], (0, 1)).all()
        or not np.isin(each["split_type"], (0, 1)).all()
    ):
        raise DamageError("a split is of no type, or sends missing cells nowhere")
    if not np.isfinite(each["split_conditions"][~pruned]).all():
        raise DamageError("a leaf or a threshold is not a number")
    deleted = [_number(tree["tree_param"], "num_deleted", "0", most=2**31) for tree in trees]
    starts = np.cumsum(size) - size
    if (np.add.reduceat(pruned, starts) != deleted).any() or pruned[starts].any():
        raise DamageError("a tree has other nodes pruned than it says")


def _check_parents(
    each: Mapping[str, np.ndarray], inside: np.ndarray, pruned: np.ndarray, size: np.ndarray
) -> None:
    """Nodes say who is above them, and leaves that nobody is below; XGBoost follows either."""
    root = np.cumsum(size) - size
    first, splits = np.repeat(root, size), np.flatnonzero(inside)
    wanted = np.full(len(inside), _PRUNED, np.int64)
    for side in ("left_children", "right_children"):
        wanted[each[side][splits] + first[splits]] = splits - first[splits]
    above = each["parents"].copy()
    above[root[above[root] == -1]] = _PRUNED  # as roots of trees with vectors as leaves have it
    wrong = (above != wanted) & ~pruned
    leaves = ~inside & ~pruned
    wrong |= leaves & (each["left_children"] != -1)
    room = np.repeat(size, size)
    for key, lowest in (("left_children", -1), ("right_children", -1), ("parents", 0)):
        wrong |= pruned & ((each[key] < lowest) | (each[key] >= room))
    if wrong.any():
        tree = int(np.searchsorted(np.cumsum(size), wrong.argmax(), side="right"))
        raise DamageError(f"tree {tree} has nodes whose parents are not theirs")


def _check_sets(trees: Sequence[Mapping[str, Any]]) -> None:
    """The categories of splits: each split on them has its own stretch of the tree's list."""
    for k, tree in enumerate(trees):
        if not any(len(tree.get(key, ())) for key in _CATEGORIES):
            if np.any(_list(tree, "split_type")):
                raise DamageError(f"tree {k} splits on categories, and has none")
            continue
        codes, nodes, first, size = (_list(tree, key) for key in _CATEGORIES)
        asks = np.flatnonzero(_list(tree, "split_type"))
        stretches = len(first) == len(size) == len(nodes) and (np.diff(nodes) > 0).all()
        if not stretches or not np.array_equal(asks, nodes):
            raise DamageError(f"tree {k} has other sets of categories than splits on them")
        if (size < 0).any() or (first != np.cumsum(size) - size).any() or size.sum() != len(codes):
            raise DamageError(f"tree {k} has sets of categories that are no stretches of its list")
        if ((codes < 0) | (codes >= _MOST)).any():
            raise DamageError(f"tree {k} has a category with the code {codes.max()}")


def _check_known(saved: Any, features: int) -> None:
    """The values of categories, since XGBoost 3.1: one entry for each feature, and their order."""
    entries = saved.get("enc", []) if isinstance(saved, dict) else None
    if not isinstance(entries, list) or len(entries) not in {0, features}:
        raise DamageError("its values of categories are not one list for each feature")
    if not entries:
        return
    many = np.array([_known(j, entry) for j, entry in enumerate(entries)])
    ends, order = _list(saved, "feature_segments"), _list(saved, "sorted_idx")
    if not np.array_equal(ends, np.append(0, np.cumsum(many))) or len(order) != many.sum():
        raise DamageError("its values of categories are not those of its features")
    for a, b in pairwise(ends.tolist()):
        if not np.array_equal(np.sort(order[a:b]), np.arange(b - a)):
            raise DamageError("its order of categories is none")


def _known(j: int, entry: Any) -> int:
    """How many categories a feature has."""
    values = entry.get("values") if isinstance(entry, dict) else None
    if not isinstance(values, list | np.ndarray):
        raise DamageError(f"feature {j} has no list of categories")
    if "offsets" not in entry:
        return len(values)
    ends = _list(entry, "offsets")
    if not len(ends) and not len(values):
        return 0
    if not len(ends) or ends[0] or ends[-1] != len(values) or (np.diff(ends) < 0).any():
        raise DamageError(f"the categories of feature {j} do not fill their text")
    text = (_list(entry, "values") % 256).astype(np.uint8).tobytes()
    try:
        for a, b in pairwise(ends.tolist()):
            text[a:b].decode()
    except UnicodeDecodeError as error:
        raise DamageError(
            f"the categories of feature {j} are no text; XGBoost cuts what is not ASCII when it "
            "saves a model"
        ) from error
    return len(ends) - 1


def check_xgboost_snapshot(raw: bytes) -> None:
    """Refuse what a booster pickles itself as: a model, and the settings of its training.

    Raises:
        DamageError: what is wrong, and where.
    """
    snapshot = _ubjson(raw)
    if not isinstance(snapshot, dict) or set(snapshot) != {"Config", "Model"}:
        raise DamageError("its XGBoost model is no snapshot of one")
    _check_learner(_part(snapshot["Model"], "learner"))
    _check_settings(snapshot["Config"])


def _check_settings(value: Any) -> None:
    """Settings are words, in objects and lists of them."""
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            _check_settings(one)
    elif not isinstance(value, str | int | float | np.ndarray):
        raise DamageError("its settings of training are not words")
