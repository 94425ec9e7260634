"""Gradients of training rows: projected once, kept on disk, asked many times.

`GradientStore`, `top` and `plan` need numpy alone; what makes gradients shorter needs torch.
"""

from importlib import import_module
from typing import Any

from whence._core.folder import look_up
from whence.models.gradients.kernels import kernel as kernel
from whence.models.gradients.layout import Layout as Layout
from whence.models.gradients.planning import Plan as Plan
from whence.models.gradients.planning import plan as plan
from whence.models.gradients.products import Top as Top
from whence.models.gradients.products import scored as scored
from whence.models.gradients.products import top as top
from whence.models.gradients.store import GradientStore as GradientStore

_TORCH = {
    "fill": "filling",
    "forecast": "filling",
    "projection": "by_name",
}


def __getattr__(name: str) -> Any:
    """What needs torch is loaded on first touch."""
    try:
        if name in _TORCH:
            return getattr(import_module(f"{__name__}.{_TORCH[name]}"), name)
        return look_up(__name__, __path__[0], name)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ImportError(
            f"wh.models.gradients.{name} needs torch: pip install 'whence[networks]'"
        ) from error
