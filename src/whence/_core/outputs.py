"""Which output of an answer is meant."""

import numpy as np

from .errors import ResultError, did_you_mean
from .text import brief


def place(outputs: tuple[str, ...], name: str | int) -> int:
    """Where an output stands, by its name, or by its position from either end.

    Raises:
        ResultError: no such output.
    """
    whole = isinstance(name, (int, np.integer)) and not isinstance(name, bool)
    if whole and -len(outputs) <= int(name) < len(outputs):
        return int(name) % len(outputs)
    if isinstance(name, str) and name in outputs:
        return outputs.index(name)
    raise ResultError(f"no output is called {brief(name)}. {did_you_mean(name, outputs)}")
