"""LightGBM's categories: what they are, and which of them go left where.

A split on categories counts its tree's sets, and a set is of bits, 32 to a word: the codes that go
left. Columns that came as pandas categories have their values in lists beside the model, in the
order of columns, without names; ordered ones are numbers to LightGBM, but have a list too.
Source: `Tree::ToString` of LightGBM 4, and its Python package's `basic.py`.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from whence._core.errors import UnsupportedModelError
from whence.models.trees.lightgbm_text import Text

_WORD = 32


def sets_of(text: Text, root: np.ndarray) -> dict[int, np.ndarray]:
    """The codes that go left, by node.

    Args:
        text: the model.
        root: the first node of each tree; splits are the first nodes of a tree.
    """
    splits, many = text.each("num_leaves", np.int64) - 1, text.each("num_cat", np.int64)
    asks = np.flatnonzero(text.each("decision_type", np.int64) & 1)
    tree = np.repeat(np.arange(len(splits)), splits)[asks]
    node = root[tree] + asks - _starts(splits)[tree]
    ends = text.each("cat_boundaries", np.int64)  # of sets, in words: one more than there are sets
    first = _starts(np.where(many > 0, many + 1, 0))
    words = np.zeros(len(many), np.int64)
    words[many > 0] = ends[(first + many)[many > 0]]
    bits = np.unpackbits(
        text.each("cat_threshold", np.int64).astype("<u4").view(np.uint8), bitorder="little"
    )
    at = first[tree] + text.each("threshold")[asks].astype(np.int64)
    shift = _starts(words)[tree]
    begin, end = (shift + ends[at]) * _WORD, (shift + ends[at + 1]) * _WORD
    return {
        n: np.flatnonzero(bits[a:b])
        for n, a, b in zip(node.tolist(), begin.tolist(), end.tolist(), strict=True)
    }


def _starts(size: np.ndarray) -> np.ndarray:
    return np.asarray(np.cumsum(size) - size)


def categories_of(
    text: Text,
    lists: Sequence[Sequence[object]],
    feature: np.ndarray,
    sets: Mapping[int, np.ndarray],
) -> dict[int, tuple[object, ...]]:
    """Each categorical feature's values, or codes where they did not come from pandas.

    Args:
        text: the model.
        lists: the values of pandas categories.
        feature: of each node.
        sets: the codes that go left, by node.

    Raises:
        UnsupportedModelError: more or fewer lists than categorical columns.
    """
    many: dict[int, int] = {}
    for node, codes in sets.items():
        j = int(feature[node])
        many[j] = max(many.get(j, 0), int(codes.max(initial=-1)) + 1)
    found: dict[int, tuple[object, ...]] = {j: tuple(range(k)) for j, k in many.items()}
    if not lists:
        return found
    for columns in (_declared(text), _binned(text)):
        if len(columns) == len(lists):
            return found | {j: tuple(v) for j, v in zip(columns, lists, strict=True)}
    raise UnsupportedModelError(
        f"the model has the values of {len(lists)} pandas categories, for {len(_declared(text))} "
        "categorical columns, and does not say which are whose. Make ordered categories unordered "
        "(or numbers), leave categorical_feature at 'auto', and fit it again."
    )


def _declared(text: Text) -> list[int]:
    """The columns that were given, or found, as categorical."""
    words = text.setting("categorical_feature").split(",")
    return sorted(int(word) for word in words if word.isdecimal())


def _binned(text: Text) -> list[int]:
    """The columns whose bins are categories: `3:1:2`, where a number has `[low:high]`."""
    infos = text.head["feature_infos"].split()
    return [j for j, info in enumerate(infos) if info != "none" and not info.startswith("[")]
