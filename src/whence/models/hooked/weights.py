"""Linear maps as arrays, whatever a library calls them and whichever way round it keeps them."""

import torch

from whence._core.errors import HookError
from whence._core.shaped import Float


def affine(part: torch.nn.Module, width: int) -> tuple[
    Float[torch.Tensor, "inputs outputs"], Float[torch.Tensor, " outputs"]
]:
    """Weight and bias of a linear map, so that it is x @ weight + bias.

    Args:
        part: the module.
        width: how many numbers it takes.

    Raises:
        HookError: it is not linear.
    """
    weight = next(p for p in part.parameters() if p.ndim == 2)
    with torch.no_grad():
        one = torch.eye(width, dtype=weight.dtype, device=weight.device)
        bias = part.forward(torch.zeros_like(one[:1]))[0]
        if isinstance(part, torch.nn.Linear):
            return part.weight.detach().T, bias
        matrix = part.forward(one) - bias
        twice = part.forward(2 * one) - bias
    if not torch.allclose(twice, 2 * matrix, rtol=1e-3, atol=1e-5):
        raise HookError(f"{type(part).__name__} is not a linear map")
    return matrix, bias
