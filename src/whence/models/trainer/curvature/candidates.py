"""Dampings worth trying: around the mean eigenvalue, and the one that the training itself implies.

    mean * 10^(-3 ... 3)         in nine steps
    1 / (sum of rates)           gradient descent of that length reaches a direction of curvature s
                                 by 1 - exp(-s sum of rates), about s / (s + 1 / sum of rates)

With momentum m each rate counts 1/(1 - m) times. Adam rescales its steps, so nothing is implied.

Source: Bae et al. (2024) for the second; 0.1 times the mean is the habit of EK-FAC's authors.
"""

from typing import Any

import numpy as np

from whence._core.errors import ModelError
from whence._core.shaped import Float
from whence.models.trainer.curvature.inverse import Curvature
from whence.models.trainer.gradient_trainer import GradientTrainer

_SPAN = np.linspace(-3, 3, 9)


def candidates(
    curvature: Curvature, trainer: GradientTrainer[Any] | None = None
) -> Float[np.ndarray, " dampings"]:
    """Dampings to choose from, in rising order.

    Args:
        curvature: its mean eigenvalue is the measure.
        trainer: of a network: its own damping is among them, if its rule implies one.

    Returns:
        Nine, or ten, in the units of the eigenvalues.

    Raises:
        ModelError: a curvature that is zero everywhere.
    """
    mean = curvature.mean()
    if not mean > 0:
        raise ModelError("the curvature is zero everywhere: no row holds any parameter")
    implied = np.empty(0) if trainer is None else implied_by(trainer)
    return np.sort(np.append(mean * 10.0**_SPAN, implied))


def implied_by(trainer: GradientTrainer[Any]) -> Float[np.ndarray, " dampings"]:
    """1 / (sum of rates), where the training was plain descent; else nothing."""
    from whence.models.trainer.linear import LinearTrainer

    if isinstance(trainer, LinearTrainer):  # it ended where it stays: nothing is implied
        return np.empty(0)
    from whence.models.trainer.network import NetworkTrainer

    if not isinstance(trainer, NetworkTrainer) or trainer.schedule.rule != "sgd":
        return np.empty(0)
    return np.array([1 / float(trainer.schedule.reach.sum())])
