"""What methods that look at a whole run have in common: a trainer that has one."""

from typing import Any

from whence._core.errors import UnsupportedModelError
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
