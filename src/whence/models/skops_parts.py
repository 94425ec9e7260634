"""Parts of a skops file that are compiled code's own: trees' sizes, and boosters as bytes.

They are checked before skops makes anything of them, since making them is where they do harm.
"""

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from whence.models.skops_types import name_of
from whence.models.trees.catboost_check import check_catboost
from whence.models.trees.damage import DamageError
from whence.models.trees.lightgbm_check import check_lightgbm
from whence.models.trees.xgboost_check import check_xgboost_snapshot

_MOST = 2**24  # classes or outputs of a tree


def check_part(node: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    """Refuse a node whose numbers compiled code would trust.

    Raises:
        DamageError: they cannot be.
    """
    if node["__loader__"] == "TreeNode":
        _check_tree(node, files)
    elif node["__loader__"] == "ObjectNode" and name_of(node) in _BOOSTERS:
        key, loader, check = _BOOSTERS[name_of(node)]
        attributes = node.get("content", {})
        held = attributes.get("content", {}) if isinstance(attributes, dict) else {}
        one = held.get(key) if isinstance(held, dict) else None
        if (
            not isinstance(one, dict)
            or one.get("__loader__") != loader
            or "handle" in (held.keys() - {key})
        ):
            raise DamageError(f"its {node['__class__']} holds no model")
        check(_bytes(one, files))


def _bytes(node: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    if "file" in node:
        return files[node["file"]]
    text = json.loads(node["content"])
    if not isinstance(text, str):
        raise DamageError("a booster in it holds no text")
    return text.encode()


_BOOSTERS: dict[str, tuple[str, str, Callable[[bytes], Any]]] = {
    "xgboost.core.Booster": ("handle", "BytearrayNode", check_xgboost_snapshot),
    "lightgbm.basic.Booster": ("_handle", "JsonNode", check_lightgbm),
    **{
        f"catboost.core.CatBoost{kind}": ("__model", "BytesNode", check_catboost)
        for kind in ("", "Classifier", "Regressor", "Ranker")
    },
}


def _check_tree(node: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    """How many features, classes and outputs scikit-learn's Tree is made for."""
    features, classes, outputs = node["__reduce__"]["args"]["content"]
    counts = np.load(io.BytesIO(files[classes["file"]]), allow_pickle=False)
    many = json.loads(outputs["content"])
    whole = [type(json.loads(part["content"])) is int for part in (features, outputs)]
    if not all(whole) or counts.shape != (many,) or counts.dtype.kind not in "iu" or not many:
        raise DamageError("a tree in it has other numbers of classes than of outputs")
    if counts.min() < 1 or counts.max() * many > _MOST or json.loads(features["content"]) < 1:
        raise DamageError("a tree in it has no features or no classes")
    if node["content"]["__loader__"] != "DictNode":
        raise DamageError("a tree in it has no nodes")
