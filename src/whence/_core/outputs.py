"""Which output of an answer is meant."""

import numpy as np

from .errors import ResultError, did_you_mean


def place(outputs: tuple[str, ...], name: str | int) -> int:
    """Where an output stands, by its name, or by its position from either end.

    Raises:
        ResultError: no such output.
    """
    if isinstance(name, (int, np.integer)) and -len(outputs) <= name < len(outputs):
        return int(name) % len(outputs)
    if name in outputs:
        return outputs.index(str(name))
    raise ResultError(f"no output is called {name!r}. {did_you_mean(name, outputs)}")
