"""What methods that look at a whole run have in common: the run, and the total that is held."""

from typing import Any

import numpy as np

from whence._core.errors import UnsupportedModelError
from whence._core.shaped import Float
from whence.models.trainer.trainer import Trainer


def network_of(trainer: Any, method: str) -> Any:
    """A trainer whose run can be looked into.

    Raises:
        UnsupportedModelError: one that has no run of steps.
    """
    from whence.models.trainer.network import NetworkTrainer

    if isinstance(trainer, NetworkTrainer):
        return trainer
    if not isinstance(trainer, Trainer):
        raise UnsupportedModelError(
            f"{method} takes a trainer, such as Trainer.torch(make_model, X, y, …); given "
            f"{type(trainer).__name__}"
        )
    from whence.models.trainer.linear import LinearTrainer

    instead = (
        "its leave-one-out is a closed form, and `influence` gives its derivative"
        if isinstance(trainer, LinearTrainer)
        else "train it again without rows instead: `RetrainingGame`"
    )
    raise UnsupportedModelError(
        f"{method} follows the steps of a training, and {trainer.name} has none that can be looked "
        f"into: {instead}. Only Trainer.torch has a run."
    )


def held_total(
    trainer: Any, slopes: Float[np.ndarray, "tests rows"]
) -> Float[np.ndarray, "tests rows"]:
    """From what rows count to what they weigh: weights w count as w n / sum(w) where scaled.

    At w = 1 that has the derivative I - 11'/n, so that values add up to 0.
    """
    return slopes - slopes.mean(axis=1, keepdims=True) if trainer.scaled else slopes
