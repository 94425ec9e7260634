"""LightGBM's own text of a model: for each tree, lines of `key=numbers`.

Numbers that matter are written with seventeen digits, which hold a double exactly. All trees' lines
of one key are joined and read at once. A child below 0 is a leaf: ~child counts leaves.
Source: `Tree::ToString` of LightGBM 4.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.forms import MISSING, ZERO

_TINY = float(np.float32(1e-35))  # what is no farther from zero is zero


@final
@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A model's text, by key.

    Attributes:
        head: what is said once; a word that stands alone is a key without a value.
        trees: what each tree says; of a key that some trees lack, there are fewer.
        settings: what it was trained with, as one text.
    """

    head: dict[str, str]
    trees: dict[str, list[str]]
    settings: str

    @classmethod
    def of(cls, text: str) -> "Text":
        """Take a model's text apart."""
        body, _, settings = text.partition("end of trees")
        head, _, trees = body.partition("\nTree=")
        lines = defaultdict(list)
        for line in trees.split("\n"):
            key, _, words = line.partition("=")
            lines[key].append(words)
        said = (line.partition("=") for line in head.split("\n"))
        return cls({key: words for key, _, words in said}, dict(lines), settings)

    def each(self, key: str, kind: Any = np.float64) -> np.ndarray:
        """The numbers that trees have under this key, after each other."""
        words = " ".join(self.trees.get(key, ())).strip()
        return np.fromstring(words, kind, sep=" ") if words else np.empty(0, kind)

    def setting(self, key: str) -> str:
        """What a parameter was set to; "" where nothing is said."""
        return self.settings.partition(f"[{key}: ")[2].partition("]")[0]


def nodes(text: Text) -> dict[str, np.ndarray]:
    """What `tree_ensemble` asks of nodes: of each tree the splits, then the leaves."""
    leaves = text.each("num_leaves", np.int64)
    size = 2 * leaves - 1
    root = np.cumsum(size) - size
    inside = np.arange(size.sum()) - np.repeat(root, size) < np.repeat(leaves - 1, size)
    first = np.repeat(root, leaves - 1)  # of each split's tree
    below = np.repeat(root + leaves - 1, leaves - 1)  # the first leaf of each split's tree
    threshold, said = text.each("threshold"), text.each("decision_type", np.int64)

    def spread(splits: Any, ends: Any = 0) -> np.ndarray:
        both = np.empty(len(inside), np.result_type(splits, ends))
        both[inside], both[~inside] = splits, ends
        return both

    def child(key: str) -> np.ndarray:
        own = text.each(key, np.int64)
        return spread(np.where(own < 0, below + ~own, first + own), -1)

    return {
        "feature": spread(text.each("split_feature", np.int64), -1),
        "threshold": spread(np.where(threshold == -_TINY, np.nextafter(-_TINY, -1), threshold)),
        "left": child("left_child"),
        "right": child("right_child"),
        "value": spread(0.0, text.each("leaf_value")),
        "root": root,
        "cover": spread(text.each("internal_count"), text.each("leaf_count")),
        "kind": spread(_kinds(said, threshold)),
    }


def _kinds(said: np.ndarray, threshold: np.ndarray) -> np.ndarray:
    """Bits of `MISSING` and `ZERO`, from LightGBM's: of categories, default left, missing type."""
    missing = (said >> 2) & 3
    left = np.where(missing == 0, threshold >= 0, said & 2 > 0)  # NaN is 0 where none is missing
    return np.where(said & 1, 0, MISSING * left + ZERO * (missing == 1))
