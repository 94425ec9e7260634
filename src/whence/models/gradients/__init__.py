"""Gradients of training rows: projected once, kept on disk, asked many times.

`GradientStore`, `top` and `kernel` need numpy alone; what makes gradients shorter needs torch.
"""

from typing import Any

from whence._core.folder import look_up


def __getattr__(name: str) -> Any:
    """What needs torch is loaded on first touch."""
    return look_up(__name__, __path__[0], name)
