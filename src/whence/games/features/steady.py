"""Steady: equal rows, equal answers: whenever, wherever and beside whatever they are asked.

Hybrid rows are asked in blocks, and rows that are alike once. A model with dropout left on, without
a fixed seed, or with a scaler that is fitted anew on the rows asked would still get numbers.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from whence._core.errors import ModelError
from whence.models.table import Table

_ROWS = 16
_SAME = 1e-6  # of the largest answer
_MOVED = 1e-4  # of the largest answer: float32's last bits may depend on where a row stands
_COMPANY = 1e-2  # of the spread of the answers: arithmetic may depend on the size of a batch


def refuse_unsteady(ask: Callable[[Any], np.ndarray], table: Table) -> None:
    """Ask about a few rows twice, in reverse, and about half of them without the others.

    Args:
        ask: a native frame of rows -> float [rows, members, outputs].
        table: rows as the model knows them.

    Raises:
        ModelError: how far apart the answers were, and on which row.
    """
    few = np.unique(np.linspace(0, len(table) - 1, min(_ROWS, len(table))).astype(int))
    rows = table.take(few)
    first, again = ask(rows.frame()), ask(rows.frame())
    same = _SAME * np.abs(first).max()
    at = _apart(first, again, same)
    if at is not None:
        raise ModelError(
            f"{_who(first, at)} changes its answer: asked twice about the row {_cells(rows, at)}, "
            f"it answered {first[at]:.6g}, then {again[at]:.6g}. Fix its seed for each call, or "
            "switch its dropout off (evaluation mode)."
        )
    turned = ask(rows.take(np.arange(len(few))[::-1]).frame())[::-1]
    at = _apart(first, turned, _MOVED * np.abs(first).max())
    if at is not None:
        raise ModelError(
            f"{_who(first, at)} looks at a row's place among the rows asked: "
            f"{_cells(rows, at)} got {first[at]:.6g} as row {at[0]} of {len(first)}, and "
            f"{turned[at]:.6g} as row {len(first) - 1 - at[0]}. Let its answer depend on the row "
            "alone."
        )
    alone = ask(rows.take(np.arange(0, len(few), 2)).frame())
    at = _apart(first[::2], alone, same + _COMPANY * np.ptp(first, axis=0))
    if at is not None:
        raise ModelError(
            f"{_who(first, at)} looks at the other rows: {_cells(rows, (2 * at[0],))} got "
            f"{first[::2][at]:.6g} among {len(first)} rows, and {alone[at]:.6g} among "
            f"{len(alone)}. Take means and scales from the training rows, not from the rows asked."
        )


def _apart(one: np.ndarray, other: np.ndarray, most: Any) -> tuple[int, ...] | None:
    """Where two answers are furthest apart, if that is more than this."""
    excess = np.abs(one - other) - most
    at = tuple(map(int, np.unravel_index(excess.argmax(), excess.shape)))
    return at if excess[at] > 0 else None


def _who(answer: np.ndarray, at: tuple[int, ...]) -> str:
    return "the model" if answer.shape[1] == 1 else f"model {at[1] + 1} of {answer.shape[1]}"


def _cells(rows: Table, at: tuple[int, ...]) -> str:
    cells = [f"{name}={value}" for name, value in rows.row(at[0]).items()]
    return f"({', '.join(cells[:4])}{', …' if len(cells) > 4 else ''})"
