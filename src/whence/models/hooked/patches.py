"""Changes that a person makes: checked where they happen."""

import torch

from whence._core.errors import HookError
from whence.models.hooked.running import Edit


def checked(name: str, value: torch.Tensor | Edit) -> Edit:
    """A change that is checked where it happens: another shape, another type, or none at all."""
    if not isinstance(value, torch.Tensor) and not callable(value):
        raise HookError(
            f"the patch of {name} is a tensor, or a function of what is there; given "
            f"{type(value).__name__}"
        )

    def change(here: torch.Tensor) -> torch.Tensor:
        new = value if isinstance(value, torch.Tensor) else value(here.clone())
        if not isinstance(new, torch.Tensor) or new.shape != here.shape:
            given = tuple(new.shape) if isinstance(new, torch.Tensor) else type(new).__name__
            raise HookError(f"{name} is {tuple(here.shape)} there, and the patch is {given}")
        if new.dtype != here.dtype:
            raise HookError(f"{name} is {here.dtype} there, and the patch is {new.dtype}")
        if torch.equal(new, here):
            raise HookError(f"the patch of {name} is what was there already: it changes nothing")
        return new

    return change


def leaf(here: torch.Tensor) -> torch.Tensor:
    """The same numbers; slopes are asked here."""
    return here.clone().requires_grad_() if not here.requires_grad else here.clone()
