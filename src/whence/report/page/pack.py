"""Numbers and texts packed into a page: compact, and inert until its own scripts read them.

Whole columns travel as base64 of little-endian float32, whose seven digits are more than any
interval here leaves; NaN is NaN.
"""

import json
from base64 import b64encode
from collections.abc import Sequence

import numpy as np


def inert(value: object) -> str:
    r"""JSON that no browser takes for markup: plain ASCII, without a `<`.

    >>> inert({"a": "</script>"})
    '{"a":"\\u003c/script>"}'
    """
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def floats(values: np.ndarray) -> str:
    """Base64 of float32, little-endian.

    >>> floats(np.array([1.0, 2.0]))
    'AACAPwAAAEA='
    """
    return b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode("ascii")


def numbers(values: Sequence[float] | np.ndarray) -> list[float | None]:
    """Seven digits; None where there is none.

    >>> numbers([0.1 + 0.2, float("nan")])
    [0.3, None]
    """
    return [float(f"{x:.7g}") if np.isfinite(x) else None for x in values]
