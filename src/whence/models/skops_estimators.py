"""Estimators of scikit-learn whose compiled code trusts what they hold.

Trees, boosted trees, support vectors, neighbours, centres of clusters, sparse columns: what a
prediction walks or indexes is compared with the sizes of the arrays, once, after a file was read.
"""

import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from whence.models.trees.damage import DamageError
from whence.models.trees.shape import check_trees

_BITS = 256  # of a set of categories
_THREADS = 1024


def is_member(value: object) -> bool:
    """Whether an ensemble may hold this as one of its models."""
    from sklearn.base import BaseEstimator

    return isinstance(value, BaseEstimator) or type(value).__name__ in {
        *("_CalibratedClassifier", "Booster", "CatBoost", "CatBoostClassifier"),
        *("CatBoostRegressor", "CatBoostRanker"),
    }


def check_numbers(one: Any) -> None:
    """Refuse what is broken whoever holds it: a sparse matrix, a tree, a state of chance.

    Raises:
        DamageError: it is.
    """
    if _is(one, "scipy.sparse", "csr_matrix", "csc_matrix", "csr_array", "csc_array"):
        try:
            one.check_format(full_check=True)
        except ValueError as error:
            raise DamageError(f"it has a sparse matrix whose {error}") from error
    elif _is(one, "sklearn.tree._tree", "Tree"):
        _check_tree(one)
    elif _is(one, "sklearn.neighbors._kd_tree", "KDTree") or _is(
        one, "sklearn.neighbors._ball_tree", "BallTree"
    ):
        _check_space(one)
    elif isinstance(one, np.random.RandomState):
        state = one.get_state(legacy=False)
        if not 0 <= state.get("state", {}).get("pos", 0) <= 624:
            raise DamageError("it has a state of chance that is none")


def check_estimator(one: Any) -> None:
    """Refuse an estimator whose arrays do not fit one another.

    Raises:
        DamageError: they do not.
    """
    for module, names, check in _CHECKS:
        if _is(one, module, *names):
            check(one)
    threads = vars(one).get("_n_threads", 1)
    if not 1 <= threads <= _THREADS:
        raise DamageError(f"its {type(one).__name__} asks for {threads} threads")
    if is_member(one):
        _check_parameters(one)
    width = vars(one).get("n_features_in_")
    columns = vars(one).get("estimators_features_")
    for chosen in () if columns is None else columns:
        if not all(0 <= j < width for j in np.asarray(chosen).ravel().tolist()):
            raise DamageError(f"its {type(one).__name__} reads features that it does not have")
    for k, member in enumerate(_trees_of(one)):
        room = width if columns is None else len(columns[k])
        if not isinstance(room, int | np.integer) or member.tree_.n_features > room:
            raise DamageError(f"its {type(one).__name__} has fewer features than its trees")


def _check_parameters(one: Any) -> None:
    """What an estimator is asked before it is asked for predictions must be there."""
    from sklearn.base import BaseEstimator, is_classifier

    if not isinstance(one, BaseEstimator):
        return
    boosted = vars(one).get("_Booster") is not None  # LightGBM's, whose classes are a property
    try:
        if is_classifier(one) and boosted:
            _ = one.classes_
    except AttributeError as error:
        raise DamageError(
            f"{error}: its file is damaged, or of another version of its library"
        ) from error


def _is(one: object, module: str, *names: str) -> bool:
    """Whether it is of one of these classes, none of which need be imported."""
    home = sys.modules.get(module)
    return home is not None and any(
        isinstance(kind, type) and isinstance(one, kind)
        for kind in (vars(home).get(name) for name in names)
    )


def _trees_of(one: Any) -> Iterator[Any]:
    members = vars(one).get("estimators_", [])
    flat = members.ravel() if isinstance(members, np.ndarray) else members
    for member in flat if isinstance(flat, list | tuple | np.ndarray) else []:
        if _is(member, "sklearn.tree._classes", "BaseDecisionTree"):
            yield member


def _check_tree(tree: Any) -> None:
    if not 1 <= tree.node_count <= tree.capacity:
        raise DamageError(f"a tree in it has {tree.node_count} nodes, and room for {tree.capacity}")
    left, right = tree.children_left, tree.children_right
    inside = left != -1
    check_trees(left, right, inside, np.array([tree.node_count]))
    feature = tree.feature[inside]
    if ((feature < 0) | (feature >= tree.n_features)).any():
        raise DamageError(f"a tree in it asks of a feature that is none of its {tree.n_features}")
    if (tree.feature[~inside] >= 0).any() or (right[~inside] >= 0).any():
        raise DamageError("a tree in it has a leaf that splits")
    if not np.isfinite(tree.value[~inside]).all() or np.isnan(tree.threshold[inside]).any():
        raise DamageError("a tree in it has a leaf or a threshold that is not a number")


def _check_single(one: Any) -> None:
    tree = vars(one).get("tree_")
    if tree is None:
        return
    if not _is(tree, "sklearn.tree._tree", "Tree") or tree.n_features != vars(one).get(
        "n_features_in_"
    ):
        raise DamageError(f"its {type(one).__name__} has other features than its tree")


def _check_forest(one: Any) -> None:
    """A forest adds its trees' values up in arrays that the first one sizes."""
    shapes = {member.tree_.value.shape[1:] for member in _trees_of(one)}
    if len(shapes) > 1:
        raise DamageError(f"its {type(one).__name__} has trees of different outputs")


def _check_isolation(one: Any) -> None:
    """The depths that it keeps beside its trees are theirs."""
    from sklearn.ensemble._iforest import _average_path_length

    trees = [member.tree_ for member in _trees_of(one)]
    if not trees:
        return
    every = np.arange(one.n_features_in_)  # which it takes without looking, where it takes all
    if one._max_features == len(every) and not all(  # noqa: SLF001
        np.array_equal(each, every) for each in one.estimators_features_
    ):
        raise DamageError(f"its {type(one).__name__} has trees of other features than all")
    kept = one._decision_path_lengths, one._average_path_length_per_tree  # noqa: SLF001
    made = (
        [tree.compute_node_depths() for tree in trees],
        [_average_path_length(tree.n_node_samples) for tree in trees],
    )
    for lists, again in zip(kept, made, strict=True):
        if len(lists) != len(again) or not all(map(np.array_equal, lists, again)):
            raise DamageError(
                f"its {type(one).__name__} keeps other depths than those of its trees"
            )


def _check_gradient(one: Any) -> None:
    members = vars(one).get("estimators_")
    if members is None:
        return
    if not isinstance(members, np.ndarray) or members.ndim != 2:
        raise DamageError(f"its {type(one).__name__} has no table of trees")
    trees = list(_trees_of(one))
    first = one._raw_predict_init(np.zeros((1, one.n_features_in_)))  # noqa: SLF001
    if len(trees) != members.size or np.shape(first) != (1, members.shape[1]):
        raise DamageError(f"its {type(one).__name__} has other outputs than trees")
    if any(member.tree_.value.shape[1:] != (1, 1) for member in trees):
        raise DamageError(f"its {type(one).__name__} has trees of several outputs")


def _check_histograms(one: Any) -> None:
    rounds = vars(one).get("_predictors")
    if rounds is None:
        return
    width, mapper = one.n_features_in_, one._bin_mapper  # noqa: SLF001
    for name in ("is_categorical_", "_baseline_prediction"):
        if name not in vars(one):
            raise DamageError(f"its {type(one).__name__} has no {name}")
    apart = np.asarray(mapper.is_categorical_).astype(bool)
    if apart.shape != (width,) or len(mapper.bin_thresholds_) != width:
        raise DamageError(f"its {type(one).__name__} has other bins than features")
    for j in np.flatnonzero(apart):
        codes = np.asarray(mapper.bin_thresholds_[j])
        if codes.size and not (codes.min() >= 0 and codes.max() < _BITS):
            raise DamageError(f"its {type(one).__name__} has codes of categories beyond {_BITS}")
    if any(len(each) != one.n_trees_per_iteration_ for each in rounds):
        raise DamageError(f"its {type(one).__name__} has other trees in a round than outputs")
    for predictor in (p for each in rounds for p in each):
        _check_predictor(predictor, width, apart)
    _check_columns(one, apart)


def _check_predictor(predictor: Any, width: int, apart: np.ndarray) -> None:
    nodes, bits = predictor.nodes, predictor.raw_left_cat_bitsets
    inside = nodes["is_leaf"] == 0
    check_trees(nodes["left"], nodes["right"], inside, np.array([len(nodes)]))
    asked = nodes[inside]
    feature, named = asked["feature_idx"], nodes["feature_idx"]
    if ((named < 0) | (named >= width)).any():
        raise DamageError(f"a tree in it asks of a feature that is none of its {width}")
    sets = asked["is_categorical"] != 0
    if bits.ndim != 2 or bits.shape[1] * 32 != _BITS or not apart[feature[sets]].all():
        raise DamageError("a tree in it splits numbers by categories")
    if (asked["bitset_idx"][sets] >= len(bits)).any():
        raise DamageError("a tree in it has a split without its set of categories")
    if not np.isfinite(nodes["value"][~inside]).all() or np.isnan(asked["num_threshold"]).any():
        raise DamageError("a tree in it has a leaf or a threshold that is not a number")


def _check_columns(one: Any, apart: np.ndarray) -> None:
    """The step that numbers categories must hand on as many columns as it takes: one row shows."""
    step = vars(one).get("_preprocessor")
    if step is None:
        return
    row = np.zeros((1, len(apart)), object)
    parts = {part[0]: part[1:] for part in step.transformers_}
    if "encoder" not in parts:
        raise DamageError(f"its {type(one).__name__} numbers no categories")
    encoder, mask = parts["encoder"]
    if np.shape(mask) != apart.shape or np.sum(mask) != len(encoder.categories_):
        raise DamageError(f"its {type(one).__name__} numbers other categories than it has")
    row[0, mask] = [known[0] if len(known) else 0 for known in encoder.categories_]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = np.asarray(step.transform(row), float)
    if made.shape != row.shape:
        raise DamageError(f"its {type(one).__name__} makes {made.shape[1]} columns of {len(apart)}")


def _check_vectors(one: Any) -> None:
    """libsvm: as many coefficients and counts as there are support vectors and classes."""
    held = vars(one)
    if "support_vectors_" not in held:
        return
    vectors, counts = held["support_vectors_"], np.asarray(held["_n_support"])
    dual, width = held["_dual_coef_"], one.n_features_in_
    single = type(one).__name__ in {"SVR", "NuSVR", "OneClassSVM"}
    kinds = len(counts) if not single else 2
    pairs = kinds * (kinds - 1) // 2
    total = int(counts[:1].sum() if single else counts.sum())
    fits = (
        vectors.shape in {(total, width), (0, 0)}
        and (counts >= 0).all()
        and dual.shape == (kinds - 1, total)
        and held["_intercept_"].shape == (pairs,)
        and all(held[key].shape in {(0,), (pairs,), (1,)} for key in ("_probA", "_probB"))
        and held["support_"].shape == (total,)
    )
    known = held.get("classes_")
    if not fits or (not single and len(known) != kinds) or held["kernel"] not in _KERNELS:
        raise DamageError(f"its {type(one).__name__} has other coefficients than support vectors")


_KERNELS = {"linear", "poly", "rbf", "sigmoid"}


def _check_neighbours(one: Any) -> None:
    held = vars(one)
    rows, width = held.get("_fit_X"), held.get("n_features_in_")
    if rows is None:
        return
    if rows.ndim != 2 or rows.shape != (held.get("n_samples_fit_"), width):
        raise DamageError(f"its {type(one).__name__} has other rows than it was fitted on")
    answers = held.get("_y")
    if answers is not None and len(answers) != len(rows):
        raise DamageError(f"its {type(one).__name__} has other answers than rows")
    tree = held.get("_tree")
    if tree is not None and np.asarray(tree.data).shape != rows.shape:
        raise DamageError(f"its {type(one).__name__} has other rows than its tree")
    for value in (held.get("effective_metric_params_") or {}).values():
        if isinstance(value, np.ndarray) and value.shape[-1:] != (width,):
            raise DamageError(f"its {type(one).__name__} weighs other features than it has")


def _check_space(tree: Any) -> None:
    """A tree of regions: it is grown again, and its stretches of rows must be the same."""
    state = tree.__getstate__()
    data, order, nodes, bounds, leaf_size = (state[k] for k in range(5))
    if data.ndim != 2 or not 1 <= leaf_size <= 2**31 or len(order) != len(data):
        raise DamageError("a tree of neighbours in it has other rows than it says")
    again = type(tree)(data, leaf_size=leaf_size).__getstate__()
    same = all(np.array_equal(nodes[key], again[2][key]) for key in _STRETCHES)
    sized = np.shape(bounds) == np.shape(again[3]) and tuple(state[5:7]) == tuple(again[5:7])
    if not (same and sized and np.array_equal(np.sort(order), np.arange(len(data)))):
        raise DamageError("a tree of neighbours in it does not hold each row once")
    weights = state[12] if len(state) > 12 else None
    if weights is not None and len(weights) != len(data):
        raise DamageError("a tree of neighbours in it has other weights than rows")
    vector, matrix = state[11].__getstate__()[1:3]
    if max(np.size(vector), np.size(matrix)) > 1:
        raise DamageError("a tree of neighbours in it weighs features, which whence does not read")


_STRETCHES = ("idx_start", "idx_end", "is_leaf")


def _check_centres(one: Any) -> None:
    centres = vars(one).get("cluster_centers_")
    if centres is None:
        return
    if centres.ndim != 2 or centres.shape[1] != vars(one).get("n_features_in_"):
        raise DamageError(f"its {type(one).__name__} has centres of other features than its own")
    if vars(one).get("_bisecting_tree") is not None:
        stack = [one._bisecting_tree]  # noqa: SLF001
        while stack:
            node = stack.pop()
            if node is None:
                continue
            if node.center.shape != centres.shape[1:]:
                raise DamageError(
                    f"its {type(one).__name__} has centres of other features than its own"
                )
            stack += [node.left, node.right]


def _check_one_hot(one: Any) -> None:
    known = vars(one).get("_n_features_outs")
    if known is not None and list(known) != list(one._compute_n_features_outs()):  # noqa: SLF001
        raise DamageError(f"its {type(one).__name__} has other columns than categories")


def _check_words(one: Any) -> None:
    known = vars(one).get("vocabulary_")
    if known is not None and sorted(known.values()) != list(range(len(known))):
        raise DamageError(f"its {type(one).__name__} has words that are not one for each column")


_CHECKS: list[tuple[str, tuple[str, ...], Callable[[Any], None]]] = [
    ("sklearn.tree._classes", ("BaseDecisionTree",), _check_single),
    ("sklearn.ensemble._forest", ("BaseForest",), _check_forest),
    ("sklearn.ensemble._iforest", ("IsolationForest",), _check_isolation),
    ("sklearn.ensemble._gb", ("BaseGradientBoosting",), _check_gradient),
    (
        "sklearn.ensemble._hist_gradient_boosting.gradient_boosting",
        ("BaseHistGradientBoosting",),
        _check_histograms,
    ),
    ("sklearn.svm._base", ("BaseLibSVM",), _check_vectors),
    ("sklearn.neighbors._base", ("NeighborsBase",), _check_neighbours),
    ("sklearn.cluster._kmeans", ("_BaseKMeans",), _check_centres),
    ("sklearn.preprocessing._encoders", ("OneHotEncoder",), _check_one_hot),
    ("sklearn.feature_extraction.text", ("CountVectorizer",), _check_words),
]
