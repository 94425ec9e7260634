"""Fresh modules: each time alike for one seed, and without parts that no run could repeat."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import torch

from whence._core.errors import ModelError, some
from whence.models.trainer.rules import Params


@final
@dataclass(frozen=True, slots=True)
class Maker:
    """Makes modules.

    Args:
        make: makes a fresh module from torch's own randomness, which is seeded here; or a function
            of the seed.
    """

    make: Callable[..., Any]

    def module(self, seed: int) -> torch.nn.Module:
        """A fresh module.

        Raises:
            ModelError: something else was made.
        """
        takes = [
            p
            for p in inspect.signature(self.make).parameters.values()
            if p.default is p.empty and p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}
        ]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            module = self.make(seed) if takes else self.make()
        if not isinstance(module, torch.nn.Module):
            raise ModelError(
                f"make_model makes a fresh torch module each time it is called; it made "
                f"{type(module).__name__}"
            )
        return module

    def start(self, seed: int) -> Params:
        """What a fresh module starts from: the parameters that learn."""
        made = self.module(seed).named_parameters()
        return {k: p.detach().clone() for k, p in made if p.requires_grad}

    def repeatable(self, seed: int) -> Params:
        """The same, made twice.

        Raises:
            ModelError: both differ, or nothing learns.
        """
        one, two = self.start(seed), self.start(seed)
        differ = [k for k in one if not torch.equal(one[k], two[k])]
        if not one or differ:
            what = f"starts {some(differ)} elsewhere each time" if one else "has nothing to learn"
            raise ModelError(
                f"make_model {what}: draw from torch's own generator, or take the seed as an "
                "argument, so that a run can be repeated"
            )
        return one


def refuse_chance(module: torch.nn.Module) -> None:
    """Refuse parts that draw at random, or that mix the rows of a batch.

    Raises:
        ModelError: which they are.
    """
    named = [(n or type(m).__name__, m) for n, m in module.named_modules()]
    chance = [n for n, m in named if isinstance(m, torch.nn.modules.dropout._DropoutNd) and m.p > 0]  # noqa: SLF001
    if chance:
        raise ModelError(
            f"{some(chance)} draws at random while it trains, so the same run cannot be trained "
            "again without a row (non-deterministic replay). Set its p to 0."
        )
    memory = [n for n, m in named if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]  # noqa: SLF001
    if memory:
        raise ModelError(
            f"{some(memory)} mixes the rows of a batch, so no row has a gradient of its own. Use "
            "GroupNorm or LayerNorm, or freeze it."
        )
