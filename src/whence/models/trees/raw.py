"""A tree model asked for its raw outputs: a Predictor in the space in which its trees add up."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.forms import TreeEnsemble
from whence.models.predictor import Predictor, predictor
from whence.models.table import Table
from whence.models.trees import read_trees
from whence.models.trees.faithful import raw
from whence.models.trees.leaf import opened


@final
@dataclass(frozen=True, slots=True, eq=False)
class Raw(Predictor):
    """A model's raw outputs, and its trees.

    Args:
        model: what is asked.
        trees: the same as plain arrays.
        predictions: the same, asked for what it predicts.
    """

    model: Any
    trees: TreeEnsemble
    predictions: Predictor

    def _predict(self, frame: Any) -> np.ndarray:
        return raw(self.model, frame)

    def numbers(self, table: Table) -> np.ndarray:
        """The cells of an aligned table as the trees compare them, float [rows, features]."""
        return self.trees.numbers(table.frame())


def raw_predictor(model: Any, *, like: Table) -> Raw:
    """How a tree model is asked for what its trees add up to.

    Args:
        model: as `read_trees` takes it, or a Predictor of it.
        like: the user's X.

    Raises:
        UnsupportedModelError: no sum of trees, or one that cannot be read exactly.
        ModelError: not fitted.
        TableError: columns that are not the model's.
    """
    if isinstance(model, Raw):
        return model
    owner = opened(model.source if isinstance(model, Predictor) else model)
    trees = read_trees(owner)
    asked = model if isinstance(model, Predictor) else predictor(owner, like=like)
    plain = trees.link == "identity" and len(asked.outputs) == len(trees.outputs)
    return Raw(
        asked.name,
        asked.outputs if plain else trees.outputs,
        asked.classes if plain else None,
        asked.space if plain else _SPACES.get(trees.link, "raw"),
        asked.intake,
        hard=False,
        model=owner,
        trees=trees,
        predictions=asked,
    )


_SPACES = {"logistic": "log-odds", "exp": "log"}
