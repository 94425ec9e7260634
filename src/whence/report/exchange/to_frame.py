"""The same numbers as data frames: tidy columns, a row for each number."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Literal

import numpy as np

from whence._core.attribution import Attribution
from whence._core.errors import OptionError, did_you_mean

BACKENDS: tuple[Literal["pandas", "polars", "pyarrow"], ...] = ("pandas", "polars", "pyarrow")


def to_frame(att: Attribution, backend: str = "pandas") -> Any:
    """One row for each case, output and player.

    Columns: case (as X's index names it, or its number), output, player, value, stderr, low, high
    (the 95 % interval), and stderr_<part> for each part of the error. The mean over cases is one
    case, number 0.

    Args:
        att: the answer.
        backend: "pandas", "polars" or "pyarrow".

    Raises:
        OptionError: no such backend, or it is not installed.
    """
    places, names = keys(att), (att.outputs, att.players.names)
    said = [np.array(n, dtype=object)[p] for n, p in zip(names, places[1:], strict=True)]
    named = {"case": called(att, places[0]), "output": said[0], "player": said[1]}
    return framed({**named, **numbers(att)}, backend)


def keys(att: Attribution) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Case, output and player of each row, by position."""
    case, output, player = np.indices(att.values.shape).reshape(3, -1)
    return case, output, player


def called(att: Attribution, case: np.ndarray) -> Any:
    """The names of these cases; where they have none, their numbers. Of mixed names, text."""
    if not att.case_names:
        return case
    kinds = {type(name) for name in att.case_names}
    names = att.case_names if len(kinds) == 1 else tuple(map(str, att.case_names))
    return [names[i] for i in case]


def numbers(att: Attribution) -> dict[str, np.ndarray]:
    """The columns that hold numbers, one for each case, output and player."""
    low, high = att.ci()
    scores = {"value": att.values, "stderr": att.stderr, "low": low, "high": high}
    scores |= {f"stderr_{part}": error for part, error in att.parts.items()}
    return {name: score.ravel() for name, score in scores.items()}


def framed(columns: Mapping[str, Any], backend: str) -> Any:
    """A frame of these columns.

    Raises:
        OptionError: no such backend, or it is not installed.
    """
    import narwhals

    offered: dict[str, Literal["pandas", "polars", "pyarrow"]] = {b: b for b in BACKENDS}
    if backend not in offered:
        raise OptionError(
            f"no frames of {backend!r} are offered. {did_you_mean(backend, BACKENDS)}"
        )
    installed(backend)
    return narwhals.from_dict(columns, backend=offered[backend]).to_native()


def installed(package: str) -> Any:
    """An optional package.

    Raises:
        OptionError: it is not installed.
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        raise OptionError(f"{package} is not installed here: pip install {package}") from error
