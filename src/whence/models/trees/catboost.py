"""CatBoost: a model's trees, from its own binary file.

A row goes right where its cell, as float32, is `>` the split's border; missing cells go left, or
right where `nan_mode` is "Max". Leaves are multiplied by the model's scale, and its bias is what is
added to. Sums are in float64; CatBoost adds the bias last, which may differ in the last bit.
CatBoost keeps hashes of categories, not their values, so splits on categories are refused, and so
are those on what it makes of categories, text and embeddings.
Source: https://catboost.ai/docs/en/concepts/algorithm-missing-values-processing.
"""

import tempfile
from pathlib import Path
from typing import Any

import catboost
import numpy as np

from whence._core.errors import ModelError, UnsupportedModelError, some
from whence._core.forms import TreeEnsemble
from whence._core.quantised import tree_ensemble
from whence.models.answers import plain
from whence.models.catboost import fitted_to
from whence.models.trees.catboost_core import Core
from whence.models.trees.catboost_nodes import nodes

_LINKS = {
    "Logloss": "logistic",
    "CrossEntropy": "logistic",
    "Focal": "logistic",
    "MultiClass": "softmax",
    "MultiClassOneVsAll": "logistic",
    "MultiLogloss": "logistic",
    "MultiCrossEntropy": "logistic",
    "Poisson": "exp",
    "Tweedie": "exp",
    "RMSEWithUncertainty": "uncertainty",
}


def read(model: Any) -> TreeEnsemble:
    """The trees of a fitted model.

    Raises:
        ModelError: it is not fitted, or has no trees.
        UnsupportedModelError: it splits on categories, text or embeddings.
    """
    name = "CatBoost model" if type(model) is catboost.CatBoost else type(model).__name__
    if not model.is_fitted():
        raise ModelError(f"{name} is not fitted: call .fit(X, y) before explaining it.")
    core = Core.of(_saved(model))
    if not len(core.size):
        raise ModelError(f"{name} has no trees: fit it for at least one round.")
    _refuse(model, core, name)
    found = nodes(core)
    scale, bias = model.get_scale_and_bias()
    found["value"] = scale * found["value"]
    loss = fitted_to(model)
    return tree_ensemble(
        **found,
        sets={},
        base=np.broadcast_to(np.asarray(bias, float), core.width),
        names=_names(model),
        outputs=_outputs(model, loss, core.width),
        categories=dict.fromkeys(model.get_cat_feature_indices(), ()),
        precision="float32",
        sums="float64",
        link=_LINKS.get(loss, "identity"),
        name=name,
    )


def raw(model: Any, frame: Any) -> np.ndarray:
    """The library's own raw values, float [rows, outputs]."""
    answer = catboost.CatBoost.predict(model, frame, prediction_type="RawFormulaVal")
    return np.asarray(answer, float).reshape(len(frame), -1)


def _saved(model: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.cbm"
        model.save_model(str(path), format="cbm")
        return path.read_bytes()


def _refuse(model: Any, core: Core, name: str) -> None:
    """Borders of numbers come first; beyond them are splits on anything else."""
    names = model.feature_names_
    made = [*model.get_text_feature_indices(), *model.get_embedding_feature_indices()]
    if made:
        raise UnsupportedModelError(
            f"{name} reads text or embeddings ({some(names[j] for j in made)}), and whence's trees "
            "read numbers. Make numbers of them before it, or attribute a function of rows."
        )
    if core.split.max(initial=-1) >= len(core.borders.border):
        known = some(names[j] for j in model.get_cat_feature_indices())
        raise UnsupportedModelError(
            f"{name} splits on categories ({known}), of which CatBoost keeps hashes, not values. "
            "Give it numbers in their place (one column for each category), or attribute a "
            "function that predicts with it."
        )


def _names(model: Any) -> tuple[str, ...]:
    """The names of columns; an array's are called "0", "1", …."""
    names = tuple(map(str, model.feature_names_))
    unnamed = names == tuple(map(str, range(len(names))))
    return tuple(f"x{j}" for j in range(len(names))) if unnamed else names


def _outputs(model: Any, loss: str, count: int) -> tuple[str, ...]:
    labels = tuple(map(str, plain(model.classes_)))
    if count == 1:
        binary = _LINKS.get(loss) == "logistic"
        return (labels or ("1",))[-1:] if binary else ("value",)
    return labels if len(labels) == count else tuple(f"value {k}" for k in range(count))
