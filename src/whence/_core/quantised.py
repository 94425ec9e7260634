"""A tree ensemble from nodes as model files have them: thresholds, sets of categories, roots."""

from collections.abc import Mapping, Sequence

import numpy as np

from .errors import ModelError
from .forms import LEAF, SET, ZERO, TreeEnsemble

_TINY = float(np.float32(1e-35))  # what is no farther from zero is zero, if missing (LightGBM)


def tree_ensemble(
    *,
    feature: np.ndarray,
    threshold: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    value: np.ndarray,
    root: np.ndarray,
    names: Sequence[str],
    outputs: Sequence[str],
    target: np.ndarray | None = None,
    base: np.ndarray | None = None,
    cover: np.ndarray | None = None,
    kind: np.ndarray | None = None,
    sets: Mapping[int, Sequence[int] | np.ndarray] | None = None,
    categories: Mapping[int, tuple[object, ...]] | None = None,
    precision: str = "float64",
    sums: str = "float64",
    link: str = "identity",
    name: str = "tree ensemble",
) -> TreeEnsemble:
    """An ensemble from nodes as model files have them.

    Args:
        feature: of each node; below 0 at a leaf.
        threshold: a row goes left where its cell, in this precision, is `<=` this. (For `<` give
            the next number below, in that precision.)
        left: the node below each node for rows that go left, as a position in these same arrays.
        right: the other one.
        value: [nodes, outputs], or [nodes, 1] or [nodes] where each tree adds to one output.
        root: the first node of each tree.
        names: of the features.
        outputs: of the outputs.
        target: the output that each tree adds to; -1: all. By default the first, or all where
            values are as wide as the outputs.
        base: what is added to each output; 0 by default.
        cover: training weight of each node.
        kind: bits of `MISSING` and `ZERO`; `SET` is added where `sets` has the node.
        sets: the category codes that go left, by node; all other values go right.
        categories: a feature's categories in the order of their codes; `tuple(range(k))` where
            cells are the codes themselves.
        precision: in which cells are compared.
        sums: in which trees are added up.
        link: from raw outputs to predictions.
        name: the model in words.

    Raises:
        ModelError: nodes that make no tree, or values that are not numbers.
    """
    sets, categories = sets or {}, categories or {}
    feature = np.where(feature < 0, LEAF, feature).astype(np.int32)
    value = np.asarray(value, dtype=float)
    value = value[:, None] if value.ndim == 1 else value
    kind = np.zeros(len(feature), np.uint8) if kind is None else kind.astype(np.uint8)
    known = tuple(categories.get(j) for j in range(len(names)))
    grid, cut = _grids(feature, np.asarray(threshold, dtype=float), kind, known)
    set_of, table = _sets(sets, len(feature), known)
    kind[set_of >= 0] |= SET
    if target is None:
        whole = -1 if value.shape[1] == len(outputs) else 0
        target = np.full(len(root), whole)
    leaf = feature == LEAF
    if not np.isfinite(value[leaf]).all():
        raise ModelError(f"{name} has a leaf that is not a number")
    return TreeEnsemble(
        feature=feature,
        cut=cut,
        kind=kind,
        left=np.where(leaf, LEAF, left).astype(np.int32),
        right=np.where(leaf, LEAF, right).astype(np.int32),
        value=np.where(leaf[:, None], value, 0.0),
        cover=np.full(len(feature), np.nan) if cover is None else np.asarray(cover, float),
        root=np.asarray(root, np.int32),
        target=np.asarray(target, np.int32),
        base=np.zeros(len(outputs)) if base is None else np.asarray(base, float).reshape(-1),
        grid=grid,
        categories=known,
        set_of=set_of,
        sets=table,
        names=tuple(names),
        outputs=tuple(outputs),
        precision=precision,
        sums=sums,
        link=link,
        name=name,
    )


def _grids(
    feature: np.ndarray,
    threshold: np.ndarray,
    kind: np.ndarray,
    categories: tuple[tuple[object, ...] | None, ...],
) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Each feature's thresholds, and where each node's stands among them."""
    cut = np.full(len(feature), -1, dtype=np.int32)
    order = np.argsort(feature, kind="stable")
    ends = np.searchsorted(feature[order], np.arange(len(categories) + 1))
    grids = []
    for j, known in enumerate(categories):
        here = order[ends[j] : ends[j + 1]]
        grid = np.empty(0)
        if known is None and len(here):
            grid = np.unique(threshold[here])
            if (kind[here] & ZERO).any():  # zero needs a place of its own
                below = np.nextafter(-_TINY, -1.0)
                grid = np.unique(np.concatenate([grid, [below, _TINY]]))
            cut[here] = np.searchsorted(grid, threshold[here])
        grids.append(grid)
    return tuple(grids), cut


def _sets(
    sets: Mapping[int, Sequence[int] | np.ndarray],
    nodes: int,
    categories: tuple[tuple[object, ...] | None, ...],
) -> tuple[np.ndarray, np.ndarray]:
    set_of = np.full(nodes, -1, dtype=np.int32)
    width = 1 + max((len(c) for c in categories if c is not None), default=0)
    table = np.zeros((len(sets), width), dtype=bool)
    for place, (node, codes) in enumerate(sets.items()):
        set_of[node] = place
        table[place, np.asarray(codes, np.int64)] = True
    return set_of, table
