"""What a network loses on each row, and what is measured of a test: functions of outputs and label.

    margin       log p_y / (1 - p_y) = logit_y - log sum of exp of the other logits
    probability  p_y

The margin is the default: it is nearly additive in the rows that are left out, which a loss is not.
"""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch.func import vmap
from torch.nn import functional

from whence._core.errors import OptionError, some
from whence.models import loss_names

Each = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
CROSS, SQUARED = "cross-entropy", "squared error"
_NAMES = {loss_names.LOG: CROSS, loss_names.SQUARED: SQUARED}
UNITS = {
    "margin": "log-odds",
    "probability": "probability",
    "prediction": "prediction",
    "loss": "minus the loss",
}


def kind_of(loss: Any) -> str:
    """Which loss it is: "cross-entropy", "squared error", or "own".

    Raises:
        OptionError: something else.
    """
    if isinstance(loss, str):
        return _NAMES[loss_names.loss_named(loss, _NAMES)]
    plain = isinstance(loss, torch.nn.CrossEntropyLoss) and (
        loss.weight is None and loss.label_smoothing == 0 and loss.ignore_index < 0
    )
    if loss is functional.cross_entropy or plain:
        return CROSS
    if loss is functional.mse_loss or isinstance(loss, torch.nn.MSELoss):
        return SQUARED
    if callable(loss):
        return "own"
    raise OptionError(f"loss is a word or a function of outputs and labels; given {loss!r}")


def each_of(loss: Any) -> Each:
    """The loss of each row, [rows], from outputs [rows, …] and labels [rows]."""
    kind = kind_of(loss)
    if kind == CROSS:
        return _cross
    if kind == SQUARED:
        return _squared
    return row_by_row(_unreduced(loss))


def _cross(outputs: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return torch.logsumexp(outputs, -1) - (outputs * y).sum(-1)


def _squared(outputs: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return ((outputs.reshape(len(outputs), -1) - y.reshape(len(y), -1)) ** 2).mean(-1)


def _unreduced(loss: Any) -> Any:
    """A loss module that keeps its rows apart: a mean over one row would lose the class weights."""
    if isinstance(loss, torch.nn.Module) and getattr(loss, "reduction", "none") != "none":
        loss = copy.copy(loss)
        loss.reduction = "none"
    return loss


def row_by_row(function: Callable[..., Any]) -> Each:
    """A function of a batch, asked of one row at a time, so that no row can see another."""

    def one(output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = function(output[None], y[None])
        return answer.reshape(-1).mean()

    def each(outputs: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return vmap(one)(outputs, y)

    return each


def measured_by(measurement: str | None, loss: Any) -> tuple[str, Each]:
    """The name of a measurement, and how it is read off.

    Raises:
        OptionError: something that this loss's outputs do not have.
    """
    kind = kind_of(loss)
    by_kind: dict[str, dict[str, Each]] = {
        CROSS: {"margin": _margin, "probability": _probability},
        SQUARED: {"prediction": _prediction},
        "own": {},
    }
    each = each_of(loss)
    offered = by_kind[kind] | {"loss": lambda outputs, y: -each(outputs, y)}
    name = next(iter(offered)) if measurement is None else measurement
    if name not in offered:
        raise OptionError(
            f"with this loss can be measured: {some(offered)}, or a function of outputs and "
            f"labels; given {measurement!r}"
        )
    return name, offered[name]


def _margin(outputs: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    others = torch.where(y > 0, torch.full_like(outputs, -torch.inf), outputs)
    return (outputs * y).sum(-1) - torch.logsumexp(others, -1)


def _probability(outputs: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return torch.exp(-_cross(outputs, y))


def _prediction(outputs: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    del y
    return outputs.reshape(len(outputs), -1).sum(-1)
