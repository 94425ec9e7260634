"""Behaviours: what is measured of a network's answer, one number (or several) for each prompt.

Any function of the answer will do. It is always called with an answer to *all* prompts, in their
order, so it may hold what belongs to each (its right token, say).
"""

import abc
from collections.abc import Sequence
from typing import Any, final

import numpy as np
import torch

from whence._core.errors import GameError
from whence.models.hooked.logits import logits_of


class Behaviour(abc.ABC):
    """A behaviour that can also be asked of some of the prompts alone, in any order.

    Attributes:
        unit: of what is measured.
    """

    unit: str = "behaviour"

    @abc.abstractmethod
    def of(self, output: Any, cases: torch.Tensor) -> torch.Tensor:
        """What is measured of an answer whose rows are these prompts: [rows]."""

    @abc.abstractmethod
    def __call__(self, output: Any) -> torch.Tensor:
        """What is measured of an answer to all prompts: [prompts]."""


@final
class LogitDifference(Behaviour):
    """The logit of one token less that of another: linear in the last stream, never saturated.

    Args:
        a: the token asked for, or one for each prompt.
        b: the token it is compared with, or one for each prompt.
        position: where it is read, or one place for each prompt; -1 is the last.
    """

    unit = "logits"

    def __init__(self, a: Any, b: Any, position: Any = -1) -> None:
        self.a, self.b, self.position = (
            _ids(x, name) for x, name in ((a, "a"), (b, "b"), (position, "position"))
        )
        if self.a.shape == self.b.shape and bool((self.a == self.b).all()):
            raise GameError("a and b are the same token, so their logits never differ")

    def __call__(self, output: Any) -> torch.Tensor:
        """[prompts]."""
        many = len(logits_of(output))
        for ids, name in ((self.a, "a"), (self.b, "b"), (self.position, "position")):
            if ids.ndim and len(ids) != many:
                raise GameError(f"{name} has {len(ids)} entries, one for each prompt, of {many}")
        return self.of(output, torch.arange(many))

    def of(self, output: Any, cases: torch.Tensor) -> torch.Tensor:
        """[rows]."""
        logits = logits_of(output)
        rows = torch.arange(len(logits))
        a, b, at = (_each(x, cases, name) for x, name in (
            (self.a, "a"), (self.b, "b"), (self.position, "position")))  # fmt: skip
        if logits.ndim == 3:
            _there(at, logits.shape[1])
        here = logits if logits.ndim == 2 else logits[rows, at]
        _inside(torch.cat([a, b]), here.shape[-1])
        return here[rows, a] - here[rows, b]


def logit_difference(a: Any, b: Any, position: Any = -1) -> LogitDifference:
    """The logit of token `a` less that of token `b`, at a position.

    Args:
        a: a token id, or one for each prompt.
        b: a token id, or one for each prompt.
        position: the last by default; or one for each prompt.

    Raises:
        GameError: not whole numbers, or a and b are the same.
    """
    return LogitDifference(a, b, position)


def _ids(given: Any, name: str) -> torch.Tensor:
    try:
        ids = torch.as_tensor(np.asarray(given) if isinstance(given, Sequence) else given)
    except (TypeError, ValueError, RuntimeError):
        ids = torch.zeros(0)  # refused below
    if ids.is_floating_point() or ids.dtype == torch.bool or ids.ndim > 1 or not ids.numel():
        raise GameError(f"{name} is a whole number, or one for each prompt; given {given!r}")
    return ids.long()


def _each(ids: torch.Tensor, cases: torch.Tensor, name: str) -> torch.Tensor:
    if ids.ndim == 0:
        return ids.expand(len(cases))
    if len(ids) <= int(cases.max()):
        raise GameError(f"{name} has {len(ids)} entries, and there are more prompts than that")
    return ids[cases]


def _inside(tokens: torch.Tensor, many: int) -> None:
    wrong = tokens[(tokens < 0) | (tokens >= many)]
    if len(wrong):
        raise GameError(
            f"token {int(wrong[0])} is asked about, and the network knows {many} tokens"
        )


def _there(positions: torch.Tensor, many: int) -> None:
    wrong = positions[(positions < -many) | (positions >= many)]
    if len(wrong):
        raise GameError(
            f"position {int(wrong[0])} is asked about, and prompts have {many} positions"
        )


def unit_of(behaviour: Any) -> str:
    """What a behaviour is measured in, where it says so."""
    return behaviour.unit if isinstance(behaviour, Behaviour) else "behaviour"
