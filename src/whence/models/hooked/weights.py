"""Linear maps as arrays, whatever a library calls them and whichever way round it keeps them."""

import torch

from whence._core.errors import HookError
from whence._core.shaped import Float


def affine(
    part: torch.nn.Module, width: int
) -> tuple[Float[torch.Tensor, "inputs outputs"], Float[torch.Tensor, " outputs"]]:
    """Weight and bias of a linear map, so that it is x @ weight + bias.

    Args:
        part: the module.
        width: how many numbers it takes.

    Raises:
        HookError: it is not linear.
    """
    weight = next(p for p in part.parameters() if p.ndim == 2)
    with torch.no_grad():
        few = torch.arange(2 * width, device=weight.device).reshape(2, width).sin().to(weight.dtype)
        bias = part.forward(torch.zeros_like(few[:1]))[0]
        if isinstance(part, torch.nn.Linear):
            return part.weight.detach().T, bias
        said = part.forward(few) - bias
        for kept in (weight.detach(), weight.detach().T):  # its own weight, if that says the same
            if kept.shape == (width, len(bias)) and _alike(few @ kept, said):
                return kept, bias
        one = torch.eye(width, dtype=weight.dtype, device=weight.device)
        matrix = part.forward(one) - bias
        twice = part.forward(2 * one) - bias
    if not torch.allclose(twice, 2 * matrix, rtol=1e-3, atol=1e-5):
        raise HookError(f"{type(part).__name__} is not a linear map")
    return matrix, bias


def _alike(a: torch.Tensor, b: torch.Tensor) -> bool:
    slack: float = max(1e-4, 8 * torch.finfo(b.dtype).eps) * float(b.abs().max())
    off = float((a - b).abs().max())
    return off <= slack


def inputs_of(part: torch.nn.Module) -> int:
    """How many numbers a linear map takes: what it says itself, else the first side of its matrix.

    Raises:
        HookError: it has no matrix.
    """
    if isinstance(part, torch.nn.Linear):
        return int(part.in_features)
    matrix = next((p for p in part.parameters() if p.ndim == 2), None)
    if matrix is None:
        raise HookError(f"{type(part).__name__} is not a linear map")
    return int(matrix.shape[0])
