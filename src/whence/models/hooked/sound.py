"""What makes a module fit for hooks: torch's own forward, the same answer each time, row by row."""

from typing import Any

import torch

from whence._core.errors import HookError
from whence.models.hooked.trees import main, tensors

_UNSTEADY = (torch.nn.modules.dropout._DropoutNd, torch.nn.modules.batchnorm._BatchNorm)  # noqa: SLF001


def refuse_compiled(module: torch.nn.Module) -> None:
    """Refuse what does not come by torch's hooks.

    Raises:
        HookError: a compiled or a scripted module.
    """
    for path, part in module.named_modules():
        compiled = "_orig_mod" in dict(part.named_children())
        if compiled or part._compiled_call_impl is not None:  # noqa: SLF001 - torch has no other word
            raise HookError(
                f"{path or 'the module'} is compiled, and compiled code goes past hooks: give the "
                f"module as it was before torch.compile{' (its _orig_mod)' if compiled else ''}"
            )
        if isinstance(part, torch.jit.ScriptModule):
            raise HookError(
                f"{path or 'the module'} is scripted or traced, and goes past hooks: give the "
                "module that it was made from"
            )


def refuse_unsteady(module: torch.nn.Module) -> None:
    """Refuse what answers otherwise each time, or learns while it answers.

    Raises:
        HookError: dropout or batch norm in training mode.
    """
    for path, part in module.named_modules():
        if part.training and isinstance(part, _UNSTEADY) and getattr(part, "p", 1):
            raise HookError(
                f"{path or 'the module'} ({type(part).__name__}) is in training mode, so answers "
                "would differ each time: call module.eval() first"
            )


def same(a: Any, b: Any) -> bool:
    """Whether two answers hold the same tensors, bit for bit."""
    pairs = list(zip(tensors(a), tensors(b), strict=True))
    return all(x.shape == y.shape and torch.equal(x, y) for x, y in pairs)


def row_by_row(few: Any, every: Any, rows: torch.Tensor) -> bool:
    """Whether some prompts are answered as they are among all, up to rounding.

    Args:
        few: the answer to some prompts, run by themselves.
        every: the answer to all.
        rows: which prompts `few` is about.

    Returns:
        True also where answers have no rows that could be compared.
    """
    alone, among = main(few), main(every)
    if alone is None or among is None or not among.ndim or len(among) <= int(rows.max()):
        return True
    among = among[rows.to(among.device)]
    if alone.shape != among.shape:
        return True
    finite = among[among.isfinite()].abs()
    scale = float(finite.max()) if finite.numel() else 0.0
    allowed = 3 * torch.finfo(among.dtype).eps ** 0.5 * scale  # other shapes, other kernels
    return bool(torch.allclose(alone, among, rtol=0.0, atol=allowed, equal_nan=True))


def device_of(module: torch.nn.Module) -> torch.device:
    """Where a module's first weight is."""
    first = next(module.parameters(), None)
    return torch.device("cpu") if first is None else first.device
