"""CatBoost's trees as nodes.

A symmetric tree becomes a full binary one, its nodes in the order of depth: at depth k, node p is
where the first k answers are the bits of p, from the lowest.
"""

import numpy as np

from whence.models.trees.catboost_core import Core


def nodes(core: Core) -> dict[str, np.ndarray]:
    """What `tree_ensemble` asks of nodes."""
    found = _stepped(core) if len(core.step) else _symmetric(core)
    inside = found["split"] >= 0
    at = np.where(inside, found.pop("split"), 0)
    borders = core.borders
    return {
        **found,
        "feature": np.where(inside, _of(borders.feature, at), -1),
        "threshold": _of(borders.border, at),
        "kind": np.where(inside, _of(borders.kind, at), 0),
    }


def _of(each: np.ndarray, at: np.ndarray) -> np.ndarray:
    return each[at] if len(each) else np.zeros(len(at), each.dtype)


def _symmetric(core: Core) -> dict[str, np.ndarray]:
    """Trees of one depth at a time."""
    depth, leaves = core.size, 2**core.size
    many = 2 * leaves - 1
    root = np.cumsum(many) - many
    first_split, first_leaf = np.cumsum(depth) - depth, np.cumsum(leaves) - leaves
    split = np.full(many.sum(), -1)
    left, right = split.copy(), split.copy()
    value = np.zeros((len(split), core.width))
    cover = np.empty(len(split))
    for d in np.unique(depth):
        trees = np.flatnonzero(depth == d)
        ends = first_leaf[trees, None] + np.arange(2**d)
        for k in range(d + 1):
            here = root[trees, None] + 2**k - 1 + np.arange(2**k)
            cover[here] = core.weight[ends].reshape(len(trees), -1, 2**k).sum(axis=1)
            if k < d:
                split[here] = core.split[first_split[trees, None] + k]
                left[here] = here + 2**k
                right[here] = here + 2 ** (k + 1)
        value[here] = core.value[ends]
    return {
        "split": split, "left": left, "right": right, "root": root, "value": value, "cover": cover
    }  # fmt: skip


def _stepped(core: Core) -> dict[str, np.ndarray]:
    """Trees whose nodes step to their children; a leaf beside a child gets a node of its own."""
    count = len(core.step)
    here = np.arange(count)
    left, right = (core.step[side].astype(np.int64) for side in ("left", "right"))
    ends = (left == 0) & (right == 0)
    beside = np.flatnonzero((left == 0) != (right == 0))
    own = np.full(count, -1)
    own[beside] = count + np.arange(len(beside))
    more = np.full(len(beside), -1)
    leaf = np.concatenate([np.where(ends, core.leaf, 0), core.leaf[beside]]) // core.width
    found = {
        "split": np.concatenate([np.where(ends, -1, core.split), more]),
        "left": np.concatenate([np.where(left > 0, here + left, own), more]),
        "right": np.concatenate([np.where(right > 0, here + right, own), more]),
        "root": np.cumsum(core.size) - core.size,
        "value": core.value[leaf],
    }
    return {**found, "cover": _summed(found, core.weight[leaf])}


def _summed(found: dict[str, np.ndarray], weight: np.ndarray) -> np.ndarray:
    """The weight of all nodes from that of leaves, layer by layer from below."""
    layers, at = [], found["root"]
    while len(at):
        inside = at[found["left"][at] >= 0]
        layers.append(inside)
        at = np.concatenate([found["left"][inside], found["right"][inside]])
    total = weight.copy()
    for inside in reversed(layers):
        total[inside] = total[found["left"][inside]] + total[found["right"][inside]]
    return total
