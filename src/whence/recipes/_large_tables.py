"""Tables so large that looking at all of them would take the time, or the memory, that there is.

What a run asks of a table is a sample anyway; but each cell that could be asked about is coded,
hashed and kept first. So of a very large table rows are drawn, and the answer is that of the drawn
rows: fewer test rows have a larger data part of the error, and fewer background rows one of theirs.
Rows that are explained one by one are nobody's sample: there are as many as were asked for, or a
refusal.
"""

from collections.abc import Sized
from dataclasses import replace
from typing import Any

import numpy as np

from whence._core.attribution import Attribution
from whence._core.budget import Budget
from whence._core.errors import OptionError
from whence._core.keyed import uniforms
from whence._core.shaped import Int

_CELLS = 2**26  # of a table, at most: some 2 GB once codes, hashes and sums are made of them
_RATE = 1e5  # cells for each second of the budget: a tenth of it goes into looking at them
_LEAST = 1000  # rows
_ANSWER = 2**31  # bytes of the values of one answer; while it is made there are a few of them
_DRAWN = 53  # the stream of chance


def drawn(
    data: Any, budget: Budget, seed: int, stream: int = 0, *, kept: bool = False
) -> Int[np.ndarray, " rows"] | None:
    """Which rows of a table are asked about, in order; None: all of them.

    Args:
        data: a table of any kind.
        budget: its seconds, where they are bounded, say how much can be looked at.
        seed: of the draw.
        stream: another one for each table.
        kept: answers are kept in a store, and have to be the same rows whatever the seconds.
    """
    try:
        rows, columns = np.shape(data)
    except (TypeError, ValueError):  # no table: whoever reads it says so
        return None
    cells = _CELLS if budget.seconds is None or kept else min(_CELLS, _RATE * budget.seconds)
    most = max(int(cells // max(columns, 1)), _LEAST)
    if rows <= most:
        return None
    chance = uniforms(1, seed, _DRAWN, stream, np.arange(rows))[:, 0]
    return np.sort(np.argpartition(chance, most)[:most])


def taken(data: Any, rows: Int[np.ndarray, " rows"] | None) -> Any:
    """These rows of a frame, an array, a Series or a list, by position; None: all of them."""
    if rows is None or data is None:
        return data
    if isinstance(data, list | tuple):
        return [data[at] for at in rows.tolist()]
    if type(data).__module__.split(".")[0] == "pandas":
        return data.iloc[rows]
    return data[rows]


def fewer(
    X: Any, y: Any, sample_weight: Any, budget: Budget, seed: int, *, kept: bool
) -> tuple[Any, Any, Any, str]:
    """Test rows, labels and weights, of a very large table some of them; and which, in words.

    Rows and labels of different numbers stay as they are, for whoever refuses them.
    """
    rows = drawn(X, budget, seed, kept=kept)
    others = [other for other in (y, sample_weight) if other is not None]
    if rows is None or not all(isinstance(o, Sized) and len(o) == len(X) for o in others):
        return X, y, sample_weight, ""
    seconds = "" if budget.seconds is None else f" in {budget.seconds:g} s"
    words = f"{len(rows):,} of {len(X):,} were drawn: more could not be looked at{seconds}"
    return taken(X, rows), taken(y, rows), taken(sample_weight, rows), words


def with_drawn(result: Attribution, words: str) -> Attribution:
    """The answer, saying which rows were drawn; as it is where there are no such words."""
    if not words:
        return result
    stamp = {**result.provenance, "test rows": words}
    return replace(result, provenance=stamp, verdict=f"{result.verdict}; of the test rows {words}")


def refuse_large(data: Any, players: int | None = None, outputs: int = 1) -> None:
    """Refuse rows whose values would not fit into memory, before anything is made of them.

    Args:
        data: the rows to explain.
        players: how many there are; None: one for each column.
        outputs: how many there are.

    Raises:
        OptionError: with how many rows would fit.
    """
    try:
        rows, columns = np.shape(data)
    except (TypeError, ValueError):  # no table: whoever reads it says so
        return
    each = 8 * outputs * (columns if players is None else players)
    if rows * each > _ANSWER:
        raise OptionError(
            f"the values of {rows:,} rows and {each // 8:,} features and outputs would fill "
            f"{rows * each / 2**30:.1f} GiB, and {_ANSWER / 2**30:.0f} are the most. Explain "
            f"{_ANSWER // each:,} rows at a time or fewer, one output (output=), or put columns "
            "into groups (groups=)."
        )


def unreached(result: Attribution) -> Attribution:
    """The answer, saying of how many rows it knows nothing."""
    missing = int(np.isnan(result.values).all(axis=(1, 2)).sum())
    if not missing:
        return result
    many = f"{missing:,} of {len(result.values):,} rows"
    return replace(result, verdict=f"{result.verdict}; it paid for no walk of {many}, left NaN")
