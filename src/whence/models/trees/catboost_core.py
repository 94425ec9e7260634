"""The core of a CatBoost model: its trees, as its binary file has them.

A split is the number of a border, counted over all features. A *symmetric* tree asks the same of
all nodes at one depth: its first split is the root's, and the lowest bit of a leaf's number. In
other trees a node says how far on its children are; where a child is no farther than the node, it
is the leaf that the node names.
Source: `model.fbs`, `features.fbs` and the evaluators in catboost/libs/model.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.errors import UnsupportedModelError
from whence._core.forms import MISSING
from whence.models.trees.flatbuffer import Table

_FORMAT = "FlabuffersModel_v1"
_GAPS_GO_RIGHT = 2  # how a feature treats NaN: as it is (no border is below), as false, as true
_STEP = np.dtype([("left", "<u2"), ("right", "<u2")])


@final
@dataclass(frozen=True, slots=True, eq=False)
class Borders:
    """All borders of all features: [borders].

    Attributes:
        feature: whose each is, among the columns.
        border: a row goes right where its cell is above it.
        kind: `MISSING` where missing cells go left.
    """

    feature: np.ndarray
    border: np.ndarray
    kind: np.ndarray


@final
@dataclass(frozen=True, slots=True, eq=False)
class Core:
    """Trees as they are kept.

    Attributes:
        width: how many outputs a leaf adds to.
        split: the borders that trees ask, tree after tree.
        size: how many of them each tree has.
        step: how far nodes' children are, for trees that are not symmetric.
        leaf: the first number of the leaf that each node names, for such trees.
        value: of leaves, [leaves, outputs].
        weight: of leaves, or NaN.
        borders: of all features.
    """

    width: int
    split: np.ndarray
    size: np.ndarray
    step: np.ndarray
    leaf: np.ndarray
    value: np.ndarray
    weight: np.ndarray
    borders: Borders

    @classmethod
    def of(cls, raw: bytes) -> "Core":
        """Read a model's file.

        Raises:
            UnsupportedModelError: its format is another.
        """
        root = Table.root(raw[8:])  # after four letters and a length
        if root.text(0) != _FORMAT:
            raise UnsupportedModelError(
                f"the model's format is {root.text(0)!r}, and whence reads {_FORMAT!r}. Attribute "
                "a function that predicts with it."
            )
        trees = root.table(1)
        width = trees.number(0, "<i4")
        value = trees.numbers(8, "<f8").reshape(-1, width)
        weight = trees.numbers(9, "<f8")
        return cls(
            width,
            trees.numbers(1, "<i4"),
            trees.numbers(2, "<i4").astype(np.int64),
            trees.numbers(10, _STEP),
            trees.numbers(11, "<u4"),
            value,
            weight if len(weight) == len(value) else np.full(len(value), np.nan),
            _borders(trees.tables(5)),
        )


def _borders(features: list[Table]) -> Borders:
    each = [feature.numbers(3, "<f4") for feature in features]
    many = [len(borders) for borders in each]
    column = [feature.number(2, "<i4", -1) for feature in features]
    right = np.array([feature.number(5, "<i1") == _GAPS_GO_RIGHT for feature in features], bool)
    return Borders(
        np.repeat(np.array(column, np.int64), many),
        np.concatenate([np.empty(0, np.float32), *each]),
        np.repeat(np.where(right, 0, MISSING), many),
    )
