"""Which parameters are moved: all of them, those of some names, or some places.

Influence through a network's last layer is this with `scope=["3.weight", "3.bias"]`; a name that is
a layer's, such as "3", stands for all that are learned in it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from whence._core.errors import OptionError, did_you_mean
from whence._core.shaped import Int
from whence.models.trainer.gradient_trainer import GradientTrainer

Scope = Sequence[str] | Sequence[int] | np.ndarray | None


def names_of(trainer: GradientTrainer[Any]) -> dict[str, slice]:
    """The places of each named parameter in the one vector; nothing where they have no names."""
    from whence.models.trainer.linear import LinearTrainer

    if isinstance(trainer, LinearTrainer):
        return {}
    from whence.models.trainer.network import NetworkTrainer

    if not isinstance(trainer, NetworkTrainer):
        return {}
    ends = np.cumsum([0] + [p.numel() for p in trainer.start.values()])
    return {
        name: slice(int(a), int(b))
        for name, a, b in zip(trainer.start, ends[:-1], ends[1:], strict=True)
    }


def placed(trainer: GradientTrainer[Any], scope: Scope) -> Int[np.ndarray, " scope"]:
    """The places of the parameters in a scope, in order.

    Args:
        trainer: whose parameters they are.
        scope: names of parameters or of layers; places, or bool [parameters]; all if not given.

    Raises:
        OptionError: a scope that is empty, or outside the parameters.
    """
    width = len(trainer.penalty)
    if scope is None:
        return np.arange(width)
    if isinstance(scope, str) or any(isinstance(s, str) for s in scope):
        return _named(names_of(trainer), [scope] if isinstance(scope, str) else list(scope))
    at = np.asarray(scope)
    if at.dtype.kind == "b" and at.shape == (width,):
        at = np.flatnonzero(at)
    wrong = at.ndim != 1 or not len(at) or at.dtype.kind not in "iu"
    if wrong or at.min() < 0 or at.max() >= width or len(np.unique(at)) < len(at):
        raise OptionError(
            f"a scope is names of parameters, different places from 0 to {width - 1}, or bool "
            f"[{width}] with at least one in it; given {at.dtype} of shape {at.shape}"
        )
    return np.sort(at)


def _named(known: dict[str, slice], scope: Sequence[Any]) -> Int[np.ndarray, " scope"]:
    found: set[str] = set()
    for name in scope:
        mine = {k for k in known if k == name or k.startswith(f"{name}.")}
        if not mine:
            raise OptionError(
                f"the scope has {name!r}: no parameter is called so. {did_you_mean(name, known)}"
            )
        found |= mine
    return np.concatenate([np.arange(s.start, s.stop) for k, s in known.items() if k in found])
