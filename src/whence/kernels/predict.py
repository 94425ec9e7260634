"""Raw outputs, by walking each row down each tree: as `TreeEnsemble.predict`, summed in float64."""

import numpy as np

from whence._core.forms import TreeEnsemble
from whence._core.shaped import Float, Int
from whence.kernels.codes import signed
from whence.kernels.compiled import compiled, spread
from whence.kernels.pairs import form, goes_left

_ROWS = 256


@compiled
def _predict(roots, target, form, left, right, value, codes, total):  # type: ignore[no-untyped-def]
    feature = form[0]
    for t in range(len(roots)):
        for r in range(len(codes)):
            node = roots[t]
            while feature[node] >= 0:
                goes = goes_left(codes[r, feature[node]], node, *form)
                node = left[node] if goes else right[node]
            for o in range(value.shape[1]):
                total[r, o if target[t] < 0 else target[t]] += value[node, o]


def predict(
    ensemble: TreeEnsemble,
    codes: Int[np.ndarray, "features rows"],
    trees: Int[np.ndarray, " trees"] | None = None,
) -> Float[np.ndarray, "rows outputs"]:
    """The sum of these trees, all by default, without the ensemble's base."""
    which = np.arange(len(ensemble.root)) if trees is None else trees
    roots, target = ensemble.root[which], ensemble.target[which]
    rest = (ensemble.left, ensemble.right, ensemble.value)
    total = np.zeros((codes.shape[1], len(ensemble.base)))
    rows = signed(codes)

    def block(start: int) -> None:
        cut = slice(start, start + _ROWS)
        _predict(roots, target, form(ensemble), *rest, rows[cut], total[cut])

    spread(block, range(0, len(rows), _ROWS))
    return total
