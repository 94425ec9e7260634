"""One row at one node: for kernels that walk row by row.

Codes are uint32 here, [rows, features], the last of all where a cell is missing. A plain node's
kind is 0, or 1 where missing cells go left; adding it to both sides of the comparison turns the
last code into 0, which goes left. So a plain node is one comparison:

    np.uint32(code + kind) <= np.uint32(cut + kind)
"""

import numpy as np

from whence._core.forms import MISSING, SET, ZERO, TreeEnsemble
from whence._core.shaped import UInt
from whence.kernels.compiled import inner

SPECIAL = ZERO  # kinds from here on are not plain
_GONE = np.uint32(2**32 - 1)


def deciding(ensemble: TreeEnsemble) -> tuple[np.ndarray, ...]:
    """What decides the nodes of these trees."""
    node = (ensemble.feature, ensemble.cut, ensemble.kind, ensemble.zero, ensemble.set_of)
    return (*node, ensemble.sets)


def by_row(codes: UInt[np.ndarray, "features rows"]) -> UInt[np.ndarray, "rows features"]:
    """Codes as these kernels take them."""
    gone = codes == np.iinfo(codes.dtype).max
    return np.ascontiguousarray(np.where(gone, _GONE, codes.astype(np.uint32)).T)


@inner
def specially(code, node, feature, cut, kind, zero, set_of, sets):
    """Whether a row with this code goes left at a node that is not plain."""
    away = kind[node] & MISSING > 0
    if code == _GONE:
        return away
    if kind[node] & SET:
        return bool(sets[set_of[node], min(code, sets.shape[1] - 1)])
    if code == zero[feature[node]]:
        return away
    return bool(code <= cut[node])


@inner
def going(child, parent):
    """The share of a node's cover that goes on to a child; half, of a node that nobody came by."""
    return child / parent if parent != 0.0 else 0.5
