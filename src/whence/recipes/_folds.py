"""Values without a test set: each fold is asked of what the others learn.

    v(S) = mean over rows t of v_t(S without the fold of t)

A row plays no part in the test of its own fold, and is worth nothing there: the values are those of
one game, and add up as they should. Folds share chance with nothing but their seed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from whence._core.attribution import Attribution, Cost
from whence._core.errors import OptionError, TableError
from whence._core.keyed import uniforms
from whence._core.players import Players
from whence._core.shaped import Int
from whence._core.weights import Weights

_DEAL = 31  # the stream of chance
Ask = Callable[[np.ndarray, np.ndarray], Attribution]


def dealt(strata: np.ndarray, folds: int, seed: int) -> Int[np.ndarray, " rows"]:
    """The fold of each row, with every stratum spread as evenly as it can be.

    Raises:
        OptionError: fewer than two folds, or more than rows.
    """
    n = len(strata)
    if isinstance(folds, bool) or not isinstance(folds, (int, np.integer)) or not 2 <= folds <= n:
        raise OptionError(
            f"folds is a whole number from 2 to the number of rows, {n:,}; given {folds!r}"
        )
    _, kind = np.unique(np.array([str(v) for v in strata.tolist()]), return_inverse=True)
    order = np.lexsort((uniforms(n, _DEAL, seed)[0], kind))
    fold = np.empty(n, np.int64)
    fold[order] = np.arange(n) % folds
    return fold


def crossed(
    ask: Ask,
    fold: np.ndarray,
    players: Players,
    owner: np.ndarray,
    weights: Weights | None = None,
) -> Attribution:
    """The mean over all rows as tests.

    Args:
        ask: positions of training rows and of test rows -> what the first are worth to the second,
            on average over the second; its players are those of `owner` that have training rows, in
            the order of `players`.
        fold: of each row.
        players: all of them.
        owner: the player of each row.
        weights: how often each row counts as a test; all alike by default.
    """
    counts = np.ones(len(fold)) if weights is None else weights
    values = np.zeros((1, 1, len(players)))
    squares: dict[str, np.ndarray] = {}
    found: list[tuple[float, Attribution]] = []
    for f in range(int(fold.max()) + 1):
        train, test = np.flatnonzero(fold != f), np.flatnonzero(fold == f)
        _refuse_empty(train, test)
        share = float(counts[test].sum() / counts.sum())
        if not share:
            continue
        one = ask(train, test).mean()
        here = np.unique(owner[train])
        values[..., here] += share * one.values
        for name, part in one.parts.items():
            squares.setdefault(name, np.zeros_like(values))[..., here] += (share * part) ** 2
        found.append((share, one))
    first = next((one for _, one in found if not one.converged), found[0][1])
    return replace(
        first,
        values=values,
        parts={name: np.sqrt(square) for name, square in squares.items()},
        freedom=np.array([sum(float(one.freedom[0]) for _, one in found)]),
        players=players,
        empty=_mean(found, "empty"),
        full=_mean(found, "full"),
        cost=_together([one.cost for _, one in found]),
        converged=all(one.converged for _, one in found),
        verdict=f"{first.verdict}; each of {len(found)} folds was asked of the rows of the others",
        averaged=len(fold),
        covariance={},
        trace=None,
        certificates=(),
    )


def _mean(found: Sequence[tuple[float, Attribution]], end: str) -> np.ndarray:
    return np.asarray(sum(share * getattr(one, end) for share, one in found))


def _refuse_empty(train: np.ndarray, test: np.ndarray) -> None:
    if not (len(train) and len(test)):
        raise TableError("a fold has no rows: give fewer folds, or a test set")


def _together(costs: Sequence[Cost]) -> Cost:
    rows = [c.rows for c in costs if c.rows is not None]
    told: Mapping[str, Any] = {
        name: sum(getattr(c, name) for c in costs)
        for name in ("asked", "evaluations", "gradients", "found", "seconds")
    }
    return Cost(rows=sum(rows) if rows else None, **told)
