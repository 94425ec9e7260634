"""The curvature of a loss by a network's outputs, row by row: the middle of Gauss-Newton."""

import torch
from torch.func import grad, jacrev, vmap

from whence._core.errors import ModelError
from whence.models.trainer.losses import CROSS, SQUARED, Each

_INDEFINITE = 1e-6  # of the largest eigenvalue


def bent_roots(kind: str, each: Each, out: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """C with C'C = the loss's second derivative by the outputs: [rows, outputs, outputs].

    Args:
        kind: of the loss, whose curvature may be known in closed form.
        each: the loss of each row.
        out: [rows, ...].
        y: labels.

    Raises:
        ModelError: a loss that is not convex in the outputs.
    """
    flat = out.reshape(len(out), -1)
    if kind == CROSS:
        p = flat.softmax(-1)
        root = p.sqrt()  # diag(p) - pp' = (I - sqrt(p) sqrt(p)') scaled on both sides
        eye = torch.eye(p.shape[1], device=p.device, dtype=p.dtype)
        return (eye - root[:, :, None] * root[:, None, :]) * root[:, None, :]
    if kind == SQUARED:
        eye = torch.eye(flat.shape[1], device=flat.device, dtype=flat.dtype)
        return eye.expand(len(flat), -1, -1) * (2 / flat.shape[1]) ** 0.5

    def bent(o: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        return each(o.reshape(out.shape[1:])[None], label[None])[0]

    values, vectors = torch.linalg.eigh(vmap(jacrev(grad(bent)))(flat, y))
    if float(values.min()) < -_INDEFINITE * float(values.abs().max()):
        raise ModelError(
            "this loss is not convex in the outputs (its curvature there has eigenvalue "
            f"{float(values.min()):.3g}): the Gauss-Newton matrix would be indefinite. Use a "
            "convex loss, or `magic` or `tracin`, which need no curvature."
        )
    return values.clamp_min(0).sqrt()[:, :, None] * vectors.transpose(1, 2)
