"""The curvature of a stretch of training: a mean over its checkpoints, ready for functions of it.

Of "adam" it is seen through the square root of what each parameter's gradient is multiplied by, so
that steps of different length in different directions become one rate. Up to a few thousand
parameters it is a matrix; beyond, and without such a scale, it is taken layer by layer (EK-FAC).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from whence._core.errors import OptionError
from whence._core.shaped import Float
from whence.models.trainer.curvature import Dense, Spectral
from whence.models.trainer.curvature.ekfac import EKFAC
from whence.models.trainer.curvature.products import blocks

DENSE = 4_000  # parameters up to which a matrix of them is held


def stretch(
    trainer: Any,
    states: Sequence[Any],
    shares: Float[np.ndarray, " states"],
    scale: Float[np.ndarray, " p"] | None,
) -> Spectral:
    """The mean curvature of the mean loss and its weight decay, over some states of a run.

    Args:
        trainer: whose loss it is; its Gauss-Newton matrix is taken.
        states: parameters.
        shares: how much each counts; layer by layer they all count the same.
        scale: of each parameter: the curvature is seen as if they were divided by its root.

    Raises:
        OptionError: too many parameters for a matrix, and scaled.
    """
    p, n = len(trainer.penalty), len(trainer.rows)
    if p > DENSE and scale is None:
        return EKFAC(trainer, states, np.arange(p))
    if p > DENSE:
        raise OptionError(
            f"{trainer.name} has {p:,} parameters and is trained by adam; its curvature is held as "
            f"a matrix, up to {DENSE:,}: use `tracin` or `magic`, which need none, or sgd"
        )
    root = np.ones(p) if scale is None else np.sqrt(scale)
    total = np.diag(trainer.penalty / n * root**2)
    for state, share in zip(states, shares, strict=True):
        for part in blocks(trainer, [state], np.arange(p)):
            scaled = part * root
            total += share * (scaled.T @ scaled)
    return Dense(total)
