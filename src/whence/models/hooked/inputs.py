"""What a network is given: a tensor, several, or tensors by name; always a row for each prompt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
import torch

from whence._core.errors import HookError
from whence.models.hooked.trees import mapped, tensors


@final
@dataclass(frozen=True, slots=True)
class Inputs:
    """The arguments of a forward.

    Attributes:
        args: in order.
        kwargs: by name.
    """

    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    @staticmethod
    def of(given: Any) -> "Inputs":
        """From a tensor, a mapping (what a tokenizer returns), a tuple of arguments, or ids.

        Raises:
            HookError: no tensor in it, or tensors without a common first axis.
        """
        if isinstance(given, Inputs):
            return given
        if isinstance(given, Mapping):
            made = Inputs((), {str(k): _tensor(v) for k, v in given.items()})
        elif isinstance(given, tuple):
            made = Inputs(tuple(_tensor(v) for v in given))
        elif isinstance(given, list) and any(isinstance(v, torch.Tensor) for v in given):
            made = Inputs((_stacked(given),))
        else:
            made = Inputs((_tensor(given),))
        made.rows()
        return made

    @staticmethod
    def called(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> "Inputs":
        """From the arguments of a call; one mapping stands for its entries."""
        if len(args) == 1 and isinstance(args[0], Mapping):
            return Inputs((), {**args[0], **kwargs})
        return Inputs(args, dict(kwargs))

    def rows(self) -> int:
        """How many prompts there are.

        Raises:
            HookError: there is no tensor, or their first axes differ.
        """
        named = dict(self.named())
        sizes = {name: len(t) if t.ndim else 0 for name, t in named.items()}
        if not sizes:
            raise HookError(
                "the inputs hold no tensor: give token ids [prompts, positions], or a mapping "
                "such as what a tokenizer returns with return_tensors='pt'"
            )
        if set(sizes.values()) == {0}:
            raise HookError("the inputs hold no prompts: their first axis is empty, or not there")
        if len(set(sizes.values())) > 1:
            said = ", ".join(f"{name}: {tuple(named[name].shape)}" for name in named)
            raise HookError(f"every input has a row for each prompt, and these differ: {said}")
        return next(iter(sizes.values()))

    def named(self) -> list[tuple[str, torch.Tensor]]:
        """Every tensor and what it is called."""
        found = [(f"input {i}", t) for i, value in enumerate(self.args) for t in tensors(value)]
        return found + [(k, t) for k, value in self.kwargs.items() for t in tensors(value)]

    def on(self, device: torch.device) -> "Inputs":
        """The same, on a device."""
        args, kwargs = mapped((self.args, dict(self.kwargs)), lambda t: t.to(device))
        return Inputs(args, kwargs)

    def take(self, rows: torch.Tensor) -> "Inputs":
        """Some of the prompts, in this order."""
        args, kwargs = mapped((self.args, dict(self.kwargs)), lambda t: t[rows])
        return Inputs(args, kwargs)


def check_alike(clean: Inputs, other: Inputs, names: tuple[str, str]) -> None:
    """Refuse two inputs that cannot stand in for one another, position by position.

    Raises:
        HookError: another input, another shape or another type.
    """
    a, b = dict(clean.named()), dict(other.named())
    if a.keys() != b.keys():
        raise HookError(
            f"the {names[0]} inputs are {', '.join(a)}, and the {names[1]} ones {', '.join(b)}"
        )
    for name, tensor in a.items():
        if tensor.shape != b[name].shape:
            raise HookError(
                f"{name} is {tuple(tensor.shape)} in the {names[0]} prompts and "
                f"{tuple(b[name].shape)} in the {names[1]} ones: patching is position by position, "
                "so prompts need the same number and the same lengths. Pad them alike, or choose "
                "pairs of equal length."
            )
        if tensor.dtype != b[name].dtype:
            raise HookError(
                f"{name} is {tensor.dtype} in the {names[0]} prompts and {b[name].dtype} in the "
                f"{names[1]} ones: give both the same type"
            )


def _stacked(prompts: list[Any]) -> torch.Tensor:
    """Prompts that are tensors of their own, as one."""
    shapes = [tuple(p.shape) if isinstance(p, torch.Tensor) else () for p in prompts]
    if len(set(shapes)) > 1:
        odd = next(i for i, shape in enumerate(shapes) if shape != shapes[0])
        raise HookError(
            f"the inputs are a list of tensors, and prompt {odd} is {shapes[odd]} where prompt 0 "
            f"is {shapes[0]}: prompts of different lengths are padded first. (Several arguments "
            "are a tuple.)"
        )
    return torch.stack(prompts)


def _tensor(value: Any) -> Any:
    if isinstance(value, str) or (
        isinstance(value, (list, tuple)) and value and isinstance(value[0], str)
    ):
        raise HookError("the inputs are text, and a network takes token ids: tokenize them first")
    if isinstance(value, np.ndarray):
        return torch.from_numpy(np.ascontiguousarray(value))
    listed = isinstance(value, Sequence) and not isinstance(value, bytes) and len(value) > 0
    if not listed or any(isinstance(v, torch.Tensor) for v in value):
        return value
    try:
        return torch.tensor(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise HookError(
            f"the inputs are lists that make no tensor ({error}): prompts of different lengths are "
            "padded first"
        ) from error
