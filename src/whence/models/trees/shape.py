"""The shape of trees from a file: what their libraries walk without looking.

Each child must lie in its parent's tree, have no other parent, and be no root; then a walk from a
root ends. Every node must be met by it, or have been pruned, and no walk may be longer than the
recursions that go down a tree can bear.
"""

import numpy as np

from whence.models.trees.damage import DamageError

MAX_DEPTH = 10_000


def check_trees(
    left: np.ndarray,
    right: np.ndarray,
    inside: np.ndarray,
    size: np.ndarray,
    *,
    pruned: np.ndarray | None = None,
    deepest: int = MAX_DEPTH,
) -> None:
    """Refuse what are no trees, one after the other.

    Args:
        left: the position of each node's left child in its own tree, [nodes]; anything at leaves.
        right: the other one.
        inside: whether a node has children, [nodes].
        size: how many nodes each tree has, [trees].
        pruned: whether a node is no part of its tree, [nodes].
        deepest: how many splits may lie above a node.

    Raises:
        DamageError: they are not.
    """
    if (size < 1).any() or int(size.sum()) != len(inside):
        raise DamageError("a tree has no nodes")
    root = np.cumsum(size) - size
    first, room = np.repeat(root, size), np.repeat(size, size)
    splits = np.flatnonzero(inside)
    children = np.concatenate([left[splits], right[splits]]).astype(np.int64)
    wrong = (children <= 0) | (children >= np.tile(room[splits], 2))
    if wrong.any():
        tree = _tree_of(size, splits[np.flatnonzero(wrong)[0] % len(splits)])
        raise DamageError(f"tree {tree} has a split that leads to node {children[wrong][0]}")
    below = children + np.tile(first[splits], 2)
    parents = np.bincount(below, minlength=len(inside))
    if (parents > 1).any():
        raise DamageError(
            f"tree {_tree_of(size, int(parents.argmax()))} has a node with two parents"
        )
    alone = parents == 0
    alone[root] = False
    if pruned is not None:
        alone &= ~pruned
    if alone.any():
        raise DamageError(f"tree {_tree_of(size, int(alone.argmax()))} has a node without a parent")
    up = np.arange(len(inside))
    up[below] = np.tile(splits, 2)
    _check_depth(up, root, size, deepest, pruned)


def _check_depth(
    up: np.ndarray, root: np.ndarray, size: np.ndarray, deepest: int, pruned: np.ndarray | None
) -> None:
    """Follow parents, twice as far at each step, to the root of each node's own tree."""
    depth = (up != np.arange(len(up))).astype(np.int64)
    for _ in range(int(size.max()).bit_length()):
        depth = depth + depth[up]
        up = up[up]
    lost = up != np.repeat(root, size)
    if pruned is not None:
        lost &= ~pruned
    if lost.any():
        raise DamageError(f"tree {_tree_of(size, int(lost.argmax()))} goes in a circle")
    if depth.max(initial=0) > deepest:
        tree = _tree_of(size, int(depth.argmax()))
        raise DamageError(
            f"tree {tree} is {depth.max():,} splits deep, and {deepest:,} can be read"
        )


def _tree_of(size: np.ndarray, node: int | np.integer) -> int:
    return int(np.searchsorted(np.cumsum(size), node, side="right"))
