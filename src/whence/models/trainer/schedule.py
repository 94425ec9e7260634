"""How a network is trained: how many steps, on which rows, at which rates, by which rule.

Which rows a step sees is a function of the seed and the step alone, so that a run can be repeated,
and a run without some rows differs from it in nothing else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.errors import OptionError, positive
from whence._core.figures import figures
from whence._core.keyed import uniforms
from whence._core.shaped import Float, Int

_ORDER = 21
RULES = ("sgd", "adam")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """The steps of a training.

    Attributes:
        rows: how many there are.
        epochs: passes over them.
        batch: rows in a step; the last step of a pass may have fewer.
        rates: the learning rate of each step.
        rule: "sgd" or "adam".
        momentum: of "sgd".
        weight_decay: times the parameters, added to the gradient.
    """

    rows: int
    epochs: int
    batch: int
    rates: Float[np.ndarray, " steps"]
    rule: str
    momentum: float
    weight_decay: float

    @staticmethod
    def of(
        epochs: int,
        batch: int,
        lr: float | Sequence[float] | Callable[[int], float],
        optimizer: str,
        momentum: float,
        weight_decay: float,
        rows: int,
    ) -> "Schedule":
        """From what a user writes.

        Raises:
            OptionError: an argument outside its range.
        """
        positive(epochs, "epochs", "passes over the rows")
        positive(batch, "batch", "rows in a step")
        if optimizer not in RULES:
            raise OptionError(f"optimizer is 'sgd' or 'adam'; given {optimizer!r}")
        if not (0 <= momentum < 1 and weight_decay >= 0):
            raise OptionError(
                "momentum is below 1, weight_decay at least 0; given "
                f"momentum={momentum!r}, weight_decay={weight_decay!r}"
            )
        if momentum and optimizer == "adam":
            raise OptionError("momentum belongs to 'sgd'; adam has its own: leave it out")
        steps = epochs * -(-rows // batch)
        return Schedule(rows, epochs, batch, _rates(lr, steps), optimizer, momentum, weight_decay)

    @property
    def steps(self) -> int:
        """How many there are."""
        return len(self.rates)

    @property
    def reach(self) -> Float[np.ndarray, " steps"]:
        """How far each step leads in the end: its rate, over 1 - momentum."""
        return np.asarray(self.rates / (1 - self.momentum))

    def order(self, seed: int) -> list[Int[np.ndarray, " batch"]]:
        """The rows of each step."""
        passes = uniforms(self.rows, seed, _ORDER, np.arange(self.epochs)).argsort(axis=1)
        return [
            whole[at : at + self.batch]
            for whole in passes
            for at in range(0, self.rows, self.batch)
        ]


def _rates(lr: Any, steps: int) -> Float[np.ndarray, " steps"]:
    given = figures([lr(t) for t in range(steps)] if callable(lr) else lr, "lr", "one a step")
    if given.shape not in {(), (steps,)} or not (given >= 0).all() or not given.any():
        raise OptionError(
            f"lr is a positive number, or one for each of the {steps} steps, or a function of the "
            f"step; given shape {given.shape}, least {given.min()}"
        )
    return np.broadcast_to(given, steps).astype(float)
