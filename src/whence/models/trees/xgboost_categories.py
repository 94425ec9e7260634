"""XGBoost's categories: what they are, and which of them go left where.

A split on categories names those that go right; all others go left, unknown and negative ones among
them. From 3.1 on a model keeps the values of categories that came in a frame; those of an array,
and of older models, are codes.
Source: https://xgboost.readthedocs.io/en/stable/tutorials/categorical.html.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, final

import numpy as np

from whence._core.errors import UnsupportedModelError
from whence.models.trees.xgboost_nodes import Stack, joined, starts


@final
@dataclass(frozen=True, slots=True, eq=False)
class Splits:
    """Splits on categories.

    Attributes:
        node: where each is.
        feature: what each asks of.
        size: how many categories each sends right.
        codes: these, split after split.
    """

    node: np.ndarray
    feature: np.ndarray
    size: np.ndarray
    codes: np.ndarray

    @classmethod
    def of(cls, stack: Stack) -> "Splits":
        """The splits on categories that are not pruned."""
        own = joined(stack.trees, "categories_nodes", np.int64)
        many = [len(tree["categories_nodes"]) for tree in stack.trees]
        node = own + np.repeat(starts(stack.size), many)
        size = joined(stack.trees, "categories_sizes", np.int64)
        codes = joined(stack.trees, "categories", np.int64)
        kept = stack.kept[node]
        feature = joined(stack.trees, "split_indices", np.int64)[node]
        codes = codes[np.repeat(kept, size)]
        return cls(stack.place[node[kept]], feature[kept], size[kept], codes)

    def categories(
        self, types: Sequence[str], saved: Mapping[str, Any], names: Sequence[str]
    ) -> dict[int, tuple[object, ...]]:
        """Each categorical feature's values, or codes where the model has no values.

        Args:
            types: of the features; "c" for categories.
            saved: the values that the model keeps, feature by feature.
            names: of the features.

        Raises:
            UnsupportedModelError: text that is not ASCII.
        """
        many = np.zeros(len(names), np.int64)
        np.maximum.at(many, np.repeat(self.feature, self.size), self.codes + 1)
        coded = set(self.feature.tolist()) | {j for j, kind in enumerate(types) if kind == "c"}
        found: dict[int, tuple[object, ...]] = {j: tuple(range(many[j])) for j in sorted(coded)}
        for j, entry in enumerate(saved.get("enc", ())):
            if len(entry["values"]):
                found[j] = _values(entry, names[j])
        return found

    def left(self, categories: Mapping[int, tuple[object, ...]]) -> dict[int, np.ndarray]:
        """The codes that go left at each node, and the one that stands for all others."""
        known = np.array([len(categories[j]) for j in self.feature.tolist()], np.int64)
        goes = np.arange(known.max(initial=0) + 1) <= known[:, None]
        goes[np.repeat(np.arange(len(known)), self.size), self.codes] = False
        return {n: np.flatnonzero(row) for n, row in zip(self.node.tolist(), goes, strict=True)}


def _values(entry: Mapping[str, Any], name: str) -> tuple[object, ...]:
    values = np.asarray(entry["values"])
    if "offsets" not in entry:
        return tuple(values.tolist())
    text = values.astype(np.uint8).tobytes()
    if not text.isascii():
        raise UnsupportedModelError(
            f"the categories of {name!r} are not all plain ASCII, and XGBoost cuts such text when "
            "it saves a model. Rename them, or give their codes as numbers."
        )
    ends = np.asarray(entry["offsets"]).tolist()
    return tuple(text[a:b].decode() for a, b in pairwise(ends))
