"""The nodes of XGBoost's trees, all trees after each other.

XGBoost numbers nodes within their tree, and saves the ones that it pruned along with the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.forms import MISSING

_PRUNED = 2**31 - 1  # the feature of a node that is no more


@final
@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Trees as they are saved, and where their nodes stand when put after each other.

    Attributes:
        trees: at least one.
        size: how many nodes each has.
        kept: which nodes are not pruned.
        place: the position of each node among those.
    """

    trees: Sequence[Mapping[str, Any]]
    size: np.ndarray
    kept: np.ndarray
    place: np.ndarray

    @classmethod
    def of(cls, trees: Sequence[Mapping[str, Any]]) -> "Stack":
        """Put them after each other."""
        size = np.array([len(tree["split_indices"]) for tree in trees])
        kept = joined(trees, "split_indices", np.int32) != _PRUNED
        return cls(trees, size, kept, np.cumsum(kept) - 1)

    @property
    def root(self) -> np.ndarray:
        """The first node of each tree."""
        return np.asarray(self.place[starts(self.size)])

    def each(self, key: str, kind: type[np.generic]) -> np.ndarray:
        """What each node has under this key."""
        return np.asarray(joined(self.trees, key, kind)[self.kept])

    def below(self, key: str) -> np.ndarray:
        """The position of the node that each node names; whatever it is for leaves."""
        own = np.maximum(joined(self.trees, key, np.int64), 0)
        at = np.minimum(own, np.repeat(self.size, self.size) - 1)
        return np.asarray(self.place[at + np.repeat(starts(self.size), self.size)][self.kept])


def joined(trees: Sequence[Mapping[str, Any]], key: str, kind: type[np.generic]) -> np.ndarray:
    """What all trees have under this key, after each other."""
    return np.concatenate([tree[key] for tree in trees], dtype=kind)


def starts(size: np.ndarray) -> np.ndarray:
    """Where each of several stretches begins."""
    return np.asarray(np.cumsum(size) - size)


def nodes(stack: Stack, weights: np.ndarray | None, width: int) -> dict[str, np.ndarray]:
    """What `tree_ensemble` asks of nodes.

    Args:
        stack: the trees.
        weights: what the values of each tree are multiplied by, for DART.
        width: how many outputs the model has.
    """
    leaf = stack.each("left_children", np.int32) < 0
    split = stack.each("split_conditions", np.float32)
    value = _vectors(stack, leaf, width) if vector(stack.trees) else split[:, None]
    if weights is not None:
        value = value * np.repeat(weights, stack.size)[stack.kept, None]
    return {
        "feature": np.where(leaf, -1, stack.each("split_indices", np.int32)),
        "threshold": np.nextafter(split, np.float32(-np.inf)),  # they compare by <, not <=
        "left": stack.below("left_children"),
        "right": stack.below("right_children"),
        "value": value,
        "root": stack.root,
        "cover": stack.each("sum_hessian", np.float32),
        "kind": stack.each("default_left", np.int64) * MISSING,
    }


def vector(trees: Sequence[Mapping[str, Any]]) -> bool:
    """Whether each leaf adds to all outputs."""
    return int(trees[0]["tree_param"]["size_leaf_vector"]) > 1


def _vectors(stack: Stack, leaf: np.ndarray, width: int) -> np.ndarray:
    """The values of leaves, which say in `right_children` which row of them is theirs."""
    rows = joined(stack.trees, "leaf_weights", np.float32).reshape(-1, width)
    many = np.array([len(tree["leaf_weights"]) // width for tree in stack.trees])
    own = joined(stack.trees, "right_children", np.int64) + np.repeat(starts(many), stack.size)
    value = np.zeros((len(leaf), width), np.float32)
    value[leaf] = rows[own[stack.kept][leaf]]
    return value
