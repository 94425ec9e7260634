"""Raw outputs, by walking each row down each tree: the same bits as `TreeEnsemble.predict`."""

import numpy as np

from whence._core.forms import TreeEnsemble
from whence._core.shaped import Float, Int, UInt
from whence.kernels.compiled import compiled, spread
from whence.kernels.nodes import SPECIAL, by_row, deciding, specially

_ROWS = 256


@compiled
def _predict(
    roots, target, feature, cut, kind, zero, set_of, sets, left, right, value, codes, total,
):  # fmt: skip
    for t in range(len(roots)):
        for r in range(len(codes)):
            node = roots[t]
            while feature[node] >= 0:
                code, what = codes[r, feature[node]], kind[node]
                if what < SPECIAL:
                    goes = np.uint32(code + what) <= np.uint32(cut[node] + what)
                else:
                    goes = specially(code, node, feature, cut, kind, zero, set_of, sets)
                node = left[node] if goes else right[node]
            for o in range(value.shape[1]):
                into = o if target[t] < 0 else target[t]
                total[r, into] = total.dtype.type(total[r, into] + total.dtype.type(value[node, o]))


def predict(
    ensemble: TreeEnsemble, codes: UInt[np.ndarray, "features rows"]
) -> Float[np.ndarray, "rows outputs"]:
    """Raw outputs of each row, added up in the model's own order and precision."""
    total = np.tile(ensemble.base.astype(ensemble.sums), (codes.shape[1], 1))
    _walk(ensemble, codes, np.arange(len(ensemble.root)), total)
    return total.astype(float)


def some_trees(
    ensemble: TreeEnsemble,
    codes: UInt[np.ndarray, "features rows"],
    trees: Int[np.ndarray, " trees"],
) -> Float[np.ndarray, "rows outputs"]:
    """What these trees add, in float64."""
    total = np.zeros((codes.shape[1], len(ensemble.base)))
    _walk(ensemble, codes, trees, total)
    return total


def _walk(ensemble: TreeEnsemble, codes: np.ndarray, trees: np.ndarray, total: np.ndarray) -> None:
    roots, target = ensemble.root[trees], ensemble.target[trees]
    rest = (ensemble.left, ensemble.right, ensemble.value)
    rows = by_row(codes)

    def block(start: int) -> None:
        cut = slice(start, start + _ROWS)
        _predict(roots, target, *deciding(ensemble), *rest, rows[cut], total[cut])

    spread(block, range(0, len(rows), _ROWS))
