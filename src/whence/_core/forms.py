"""Plain-array forms of models, which the wings share: a sum of trees.

A tree only ever compares: what a cell *is* matters less than between which thresholds it lies. So
each feature's thresholds, over all trees, form a grid, and a cell becomes a small integer, its
*code*: how many thresholds of the grid are below it. Precision and missing values are settled once,
when rows are encoded, and everything after that is comparing integers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, final

import numpy as np

from .errors import TableError, some
from .shaped import Bool, Float, Int, UInt8

MISSING, ZERO, SET = 1, 2, 4  # bits of a node's kind
LEAF = -1


@final
@dataclass(frozen=True, slots=True, eq=False)
class TreeEnsemble:
    """f(x) = base + the sum of what each tree says of x: raw outputs, before any link.

    A node sends a row left where `code <= cut`; where its kind has `SET`, where the category is in
    its set. `MISSING`: cells that are missing go left (else right). `ZERO`: zeros go where missing
    cells go.

    Attributes:
        feature: of each node; -1 at a leaf.
        cut: of each node, a code.
        kind: of each node, bits of `MISSING`, `ZERO` and `SET`.
        left, right: the nodes below each node.
        value: what each leaf adds, [nodes, outputs], or [nodes, 1] where each tree adds to one
            output alone.
        cover: the training rows, or their weight, that came by each node; NaN where unknown.
        root: the first node of each tree.
        target: the output that each tree adds to; -1: all of them.
        base: what is added to each output.
        grid: each feature's thresholds, ascending.
        categories: each feature's categories in the order of their codes; None for numbers.
        set_of: which of `sets` a node asks; -1 where it asks none.
        sets: which categories go left, [sets, categories and one for every other value].
        names: of the features.
        outputs: of the outputs.
        precision: in which cells are compared, "float32" or "float64".
        sums: in which the model adds up its trees.
        link: from raw outputs to the model's predictions: "identity", "logistic", "softmax", "exp",
            or another word where whence does not invert it.
        name: the model in words.
    """

    feature: Int[np.ndarray, " nodes"]
    cut: Int[np.ndarray, " nodes"]
    kind: UInt8[np.ndarray, " nodes"]
    left: Int[np.ndarray, " nodes"]
    right: Int[np.ndarray, " nodes"]
    value: Float[np.ndarray, "nodes width"]
    cover: Float[np.ndarray, " nodes"]
    root: Int[np.ndarray, " trees"]
    target: Int[np.ndarray, " trees"]
    base: Float[np.ndarray, " outputs"]
    grid: tuple[np.ndarray, ...]
    categories: tuple[tuple[object, ...] | None, ...]
    set_of: Int[np.ndarray, " nodes"]
    sets: Bool[np.ndarray, "sets codes"]
    names: tuple[str, ...]
    outputs: tuple[str, ...]
    precision: str = "float64"
    sums: str = "float64"
    link: str = "identity"
    name: str = "tree ensemble"
    _zero: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        zeros = [np.searchsorted(grid, 0.0) for grid in self.grid]
        object.__setattr__(self, "_zero", np.array(zeros, dtype=np.int32))

    @property
    def n_features(self) -> int:
        """How many columns a row has."""
        return len(self.names)

    @property
    def zero(self) -> Int[np.ndarray, " features"]:
        """The code of zero, for each feature."""
        return self._zero

    @property
    def missing(self) -> Int[np.ndarray, " features"]:
        """The code of a missing cell, for each feature: above all others."""
        known = [len(g) if c is None else len(c) for g, c in zip(self.grid, self.categories)]  # noqa: B905
        return np.array(known, dtype=np.int32) + 1

    def only(self, outputs: Sequence[int]) -> "TreeEnsemble":
        """The same trees for some of the outputs."""
        chosen = list(outputs)
        if chosen == list(range(len(self.outputs))):
            return self
        place = np.full(len(self.outputs) + 1, LEAF, dtype=np.int32)  # the last: all outputs
        place[chosen] = np.arange(len(chosen))
        trees = (self.target < 0) | (place[self.target] >= 0)
        return replace(
            self,
            root=self.root[trees],
            target=place[self.target[trees]],
            value=self.value[:, chosen] if self.value.shape[1] > 1 else self.value,
            base=self.base[chosen],
            outputs=tuple(self.outputs[c] for c in chosen),
        )

    def numbers(self, X: Any) -> Float[np.ndarray, "rows features"]:
        """Cells as numbers, categories as the codes that the model gave them; NaN: missing.

        A category that the model never saw is -1.

        Raises:
            TableError: another number of columns, or cells that are not numbers.
        """
        cells = np.asarray(X)
        if cells.ndim != 2 or cells.shape[1] != self.n_features:
            raise TableError(
                f"{self.name} reads {self.n_features} columns ({some(self.names)}); given an array "
                f"of shape {cells.shape}"
            )
        named = [j for j, known in enumerate(self.categories) if _by_value(known)]
        if cells.dtype.kind in "biuf" and not named:
            return cells.astype(float, copy=False)
        columns = [self._column(cells[:, j], j) for j in range(self.n_features)]
        return np.column_stack(columns)

    def _column(self, cells: np.ndarray, j: int) -> np.ndarray:
        known = self.categories[j]
        try:
            if _by_value(known):
                return _coded(cells, known or ())
            if cells.dtype.kind in "biuf":
                return np.asarray(cells, float)
            return np.array([np.nan if _absent(x) else x for x in cells], dtype=float)
        except (TypeError, ValueError) as error:
            wanted = "categories" if _by_value(known) else "numbers"
            raise TableError(f"column {self.names[j]!r} should hold {wanted}: {error}") from error

    def encode(self, numbers: Float[np.ndarray, "rows features"]) -> Int[np.ndarray, "rows codes"]:
        """Each cell's code: how many thresholds are below it; a category's own; or `missing`."""
        codes = np.empty(numbers.shape, dtype=np.int32)
        for j, (grid, missing) in enumerate(zip(self.grid, self.missing, strict=True)):
            with np.errstate(over="ignore"):  # too large for the precision: infinite, to the model
                column = numbers[:, j].astype(self.precision).astype(float)
            codes[:, j] = np.where(np.isnan(column), missing, self._codes(column, j, grid))
        return codes

    def _codes(self, column: np.ndarray, j: int, grid: np.ndarray) -> np.ndarray:
        known = self.categories[j]
        if known is None:
            return np.asarray(np.searchsorted(grid, column, side="left"))
        with np.errstate(invalid="ignore"):
            whole = np.trunc(column)
            codes = np.where((whole >= 0) & (whole < len(known)), whole, len(known))
        return np.asarray(codes, dtype=np.int64)

    def goes_left(
        self, node: Int[np.ndarray, " rows"], codes: Int[np.ndarray, "rows codes"]
    ) -> Bool[np.ndarray, " rows"]:
        """Whether each row goes left at its node."""
        j, kind = self.feature[node], self.kind[node]
        code = np.take_along_axis(codes, j[:, None].astype(np.int64), axis=1)[:, 0]
        missing = code == self.missing[j]
        missing |= (kind & ZERO > 0) & (code == self.zero[j])
        left = np.asarray(code <= self.cut[node])
        asks = kind & SET > 0
        if asks.any():
            at = np.minimum(code[asks], self.sets.shape[1] - 1)
            left[asks] = self.sets[self.set_of[node[asks]], at]
        return np.asarray(np.where(missing, kind & MISSING > 0, left))

    def leaves(self, codes: Int[np.ndarray, "rows codes"]) -> Int[np.ndarray, "rows trees"]:
        """The leaf that each row ends in, in each tree."""
        at = np.tile(self.root, (len(codes), 1))
        for tree in range(len(self.root)):
            node = at[:, tree]
            inside = np.flatnonzero(self.feature[node] != LEAF)
            while len(inside):
                here = node[inside]
                left = self.goes_left(here, codes[inside])
                node[inside] = np.where(left, self.left[here], self.right[here])
                inside = inside[self.feature[node[inside]] != LEAF]
        return at

    def predict(self, X: Any) -> Float[np.ndarray, "rows outputs"]:
        """Raw outputs of each row, added up in the model's own order and precision.

        Args:
            X: numbers [rows, features], or a frame whose categories are known by value.

        Raises:
            TableError: another number of columns, or cells that are not numbers.
        """
        leaf = self.leaves(self.encode(self.numbers(X)))
        kind = np.dtype(self.sums)
        total = np.tile(self.base.astype(kind), (len(leaf), 1))
        for tree, target in enumerate(self.target):
            into = slice(None) if target < 0 else slice(target, target + 1)
            total[:, into] += self.value[leaf[:, tree]].astype(kind)
        return total.astype(float)


def _by_value(known: tuple[object, ...] | None) -> bool:
    """Categories that are not their own codes. Floats never are (1.5 is not category 1)."""
    if not known:
        return known is not None
    return known != tuple(range(len(known))) or any(type(value) is not int for value in known)


def _coded(cells: np.ndarray, known: tuple[object, ...]) -> np.ndarray:
    """Each cell's place among the categories; NaN: missing, and none of them; -1: another value."""
    if cells.dtype.kind != "O":  # few values, many cells
        values, back = np.unique(cells, return_inverse=True)
        return _coded(values.astype(object), known)[back]
    code = {value: float(c) for c, value in enumerate(known)}
    return np.array([code[x] if x in code else np.nan if _absent(x) else -1.0 for x in cells])


def _absent(cell: Any) -> bool:
    if isinstance(cell, float | np.floating):
        return bool(np.isnan(cell))
    return cell is None or str(cell) == "<NA>"
