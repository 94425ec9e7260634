"""Faithful: the plain arrays must answer as the live model does, or nothing is said about it.

Reading happens once; the model lives on and may be fitted again, pruned or truncated. So what is
computed from the arrays is first compared with the library on real rows.
"""

from typing import Any

import numpy as np

from whence._core.errors import ModelError
from whence._core.forms import TreeEnsemble
from whence.models.trees.leaf import leaf, opened

_CLOSE = 1e-6
_TINY = 1e-300


def raw(model: object, frame: Any) -> np.ndarray:
    """What the library itself says, before any link, float [rows, outputs].

    Args:
        model: as `read_trees` takes it.
        frame: rows, of the kind that the model takes.

    Raises:
        UnsupportedModelError: not a model that whence reads.
    """
    owner = opened(model)
    if isinstance(owner, TreeEnsemble):
        return owner.predict(frame)
    return leaf(owner).raw(owner, frame)  # type: ignore[no-any-return]


def refuse_unfaithful(
    ensemble: TreeEnsemble, read: np.ndarray, answers: np.ndarray, what: str
) -> None:
    """Refuse arrays that do not say what the model says.

    Args:
        ensemble: as read.
        read: what its trees, as they were read, say of some rows, float [rows, outputs].
        answers: what the library says of these rows before any link, likewise.
        what: the rows in words, e.g. "X".

    Raises:
        ModelError: another number of outputs, or one that differs by more than 1e-6 of the largest
            answer of that output.
    """
    if read.shape != answers.shape:
        raise ModelError(
            f"{ensemble.name} answers an array of shape {answers.shape} to {what}, and as it was "
            f"read one of {read.shape}. {_CAUSE}"
        )
    bound = _CLOSE * np.fmax.reduce(np.abs(answers), axis=0, initial=_TINY)
    wrong = ~(np.abs(read - answers) <= bound)  # NaN is wrong too
    if wrong.any():
        row, k = np.argwhere(wrong)[0]
        raise ModelError(
            f"{ensemble.name} answers {answers[row, k]:.17g} to row {row} of {what} (output "
            f"{ensemble.outputs[k]!r}, before any link), and its trees as they were read "
            f"{read[row, k]:.17g}; {int(wrong.any(axis=1).sum())} of {len(read)} rows differ. "
            f"{_CAUSE}"
        )


_CAUSE = (
    "Was the model altered after it was read, or do rows hold cells so near a threshold that its "
    "library rounds them to the other side? Read the model again with whence.models.read_trees; if "
    "that does not help, this version of the library works otherwise than whence knows."
)
