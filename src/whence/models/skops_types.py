"""Which types a skops file may name, each in the kind of node in which it stands.

skops rebuilds objects from names in the file, and some kinds of node call what they name with the
file's own arguments. Packages re-export much that is not theirs (`sklearn.datasets._base.Path` is
pathlib's), so a name proves nothing: it is resolved, and trusted where it is a class that lies in
the module that is named, and is an estimator, or one of the written list of parts that estimators
are made of. Anything else must be named by whoever opens the file.
"""

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

_PACKAGES = ("sklearn", "xgboost", "lightgbm", "catboost")
_ASIDE = {"tests", "testing", "conftest", "externals", "datasets", "dask", "spark", "__main__"}
_PLAIN = {
    "DictNode": {"builtins.dict", "collections.OrderedDict", "sklearn.utils._bunch.Bunch"},
    "DefaultDictNode": {"collections.defaultdict"},
    "ListNode": {"builtins.list"},
    "SetNode": {"builtins.set"},
    "TupleNode": {"builtins.tuple", "sklearn.impute._iterative._ImputerTriplet"},
    "BytesNode": {"builtins.bytes"},
    "BytearrayNode": {"builtins.bytearray"},
    "SliceNode": {"builtins.slice"},
    "DTypeNode": {"numpy.dtype"},
    "NdArrayNode": {"numpy.ndarray"},
    "MaskedArrayNode": {"numpy.ma.MaskedArray", "numpy.ma.core.MaskedArray"},
    "RandomStateNode": {"numpy.random.mtrand.RandomState"},
    "RandomGeneratorNode": {"numpy.random._generator.Generator"},
    "TreeNode": {"sklearn.tree._tree.Tree"},
    "TypeNode": {
        *(f"builtins.{name}" for name in ("str", "int", "float", "bool", "object", "dict")),
        "builtins.list",
        "builtins.tuple",
        "collections.OrderedDict",
    },
    "SparseMatrixNode": {
        f"scipy.sparse._{kind}.{kind}_{end}"
        for kind in ("csr", "csc", "coo")
        for end in ("matrix", "array")
    },
}
_PARTS = {
    "sklearn._loss.link.Interval",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.cluster._bisect_k_means._BisectingTree",
    "sklearn.compose._column_transformer.make_column_selector",
    "sklearn.compose._column_transformer._RemainderColsList",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.metrics._scorer._CurveScorer",
    "sklearn.metrics._scorer._MultimetricScorer",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.metrics._scorer._Scorer",
    "sklearn.neighbors._ball_tree.BallTree",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.utils._metadata_requests.MetadataRequest",
    "sklearn.utils._metadata_requests.MethodMetadataRequest",
    "xgboost.core.Booster",
    "lightgbm.basic.Booster",
    "catboost.core.CatBoost",
    "catboost.core.CatBoostClassifier",
    "catboost.core.CatBoostRegressor",
    "catboost.core.CatBoostRanker",
}
_METRICS = {"Euclidean", "Manhattan", "Chebyshev", "Minkowski"}
_METRIC_PARTS = {f"{name}Distance{bits}" for name in _METRICS for bits in ("", "32", "64")}
_FAMILIES = {
    "sklearn._loss.link": "BaseLink",
    "sklearn._loss.loss": "BaseLoss",
    "sklearn.gaussian_process.kernels": "Kernel",
    "sklearn.model_selection._split": "BaseCrossValidator",
}
_SCORES = {"f_classif", "f_oneway", "f_regression", "r_regression", "chi2"}
_FUNCTIONS = {
    "numpy.mean",
    "sklearn.cluster._kmeans._kmeans_single_lloyd",
    "sklearn.cluster._kmeans._kmeans_single_elkan",
    *(f"sklearn.feature_selection._univariate_selection.{name}" for name in _SCORES),
    "sklearn.feature_selection._mutual_info.mutual_info_classif",
    "sklearn.feature_selection._mutual_info.mutual_info_regression",
    "sklearn.utils.validation.check_array",  # boosting on histograms prepares columns with it
}


def name_of(node: Mapping[str, Any]) -> str:
    """What a node names, "module.name"."""
    return f"{node['__module__']}.{node['__class__']}"


def trusted_by_default(node: Mapping[str, Any]) -> bool:
    """Whether a node may be rebuilt though nobody said that its type is trusted."""
    loader = node["__loader__"]
    rule = _RULES.get(loader)
    plain = loader == "JsonNode" or name_of(node) in _PLAIN.get(loader, ())
    return plain or (rule is not None and rule(node))


def _is_known_function(node: Mapping[str, Any]) -> bool:
    return name_of(node) in _FUNCTIONS or _is_ufunc(node) or _is_metric(node)


def _is_known_partial(node: Mapping[str, Any]) -> bool:
    """Whether what a partial function calls is a function on the list."""
    content = node.get("content")
    func = content.get("func") if isinstance(content, dict) else None
    if name_of(node) != "functools.partial" or not isinstance(func, dict):
        return False
    return func.get("__loader__") == "FunctionNode" and name_of(func) in _FUNCTIONS


def _is_scalar(node: Mapping[str, Any]) -> bool:
    """A type of numpy's numbers, texts and times."""
    found = getattr(np, node["__class__"], None) if node["__module__"] == "numpy" else None
    return isinstance(found, type) and issubclass(found, np.generic)


def _is_loss(node: Mapping[str, Any]) -> bool:
    return node["__module__"] in {"sklearn.linear_model._sgd_fast", "sklearn._loss._loss"}


def _is_ufunc(node: Mapping[str, Any]) -> bool:
    """An elementwise function of numpy or scipy, which computes and no more."""
    name = str(node["__module__"])
    module = sys.modules.get(name)
    if module is None or not (name == "numpy" or name.startswith(("numpy.", "scipy.special"))):
        return False  # skops would import a module that nobody has imported, which runs it
    return isinstance(vars(module).get(node["__class__"]), np.ufunc)


def _is_metric(node: Mapping[str, Any]) -> bool:
    """One of the functions that scikit-learn's scorers are made of."""
    from sklearn import metrics

    name, module = str(node["__class__"]), str(node["__module__"])
    if not module.startswith("sklearn.metrics.") or name not in metrics.__all__:
        return False
    found = vars(metrics).get(name)
    return callable(found) and not isinstance(found, type) and found.__module__ == module


def _is_model(node: Mapping[str, Any]) -> bool:
    """An estimator of a known package, or one of the parts that estimators are made of."""
    module, name = node["__module__"], node["__class__"]
    parts = module.split(".")
    if parts[0] not in _PACKAGES or _ASIDE.intersection(parts):
        return False
    try:
        found = vars(importlib.import_module(module)).get(name)
    except ImportError:
        return False
    if not isinstance(found, type) or (found.__module__, found.__qualname__) != (module, name):
        return False
    return f"{module}.{name}" in _PARTS or _is_estimator(found) or _is_of_a_family(found)


def _is_estimator(found: type) -> bool:
    from sklearn.base import BaseEstimator

    return issubclass(found, BaseEstimator)


def _is_of_a_family(found: type) -> bool:
    if found.__module__ == "sklearn.metrics._dist_metrics":
        return found.__name__ in _METRIC_PARTS
    base = vars(sys.modules[found.__module__]).get(_FAMILIES.get(found.__module__, ""))
    return isinstance(base, type) and issubclass(found, base)


_RULES: dict[str, Callable[[Mapping[str, Any]], bool]] = {
    "NdArrayNode": _is_scalar,
    "TypeNode": _is_scalar,
    "FunctionNode": _is_known_function,
    "PartialNode": _is_known_partial,
    "LossNode": _is_loss,
    "ObjectNode": _is_model,
}
