"""Values of training rows for nearest neighbours, exact, by one sort for each test row.

Let a_i be what the row at rank i says, and S a coalition that lacks it. It comes to vote if fewer
than k of S are nearer, and then pushes out the k-th of S, at rank j > i:

    phi_i = (1/k) (a_i within_i - sum over j > i of a_j kth_{j-1})

with the chances of `_kth`, which depend on the semivalue alone: every semivalue costs O(n) after
the sort. For Shapley within_i = min(1, k/i), kth_{j-1} = k / (j (j-1)): the recursion of Jia et al.
(2019), k beyond the number of rows included. For numbers v is the square of such a sum. With A the
sum over those who vote, E[A before | the k-th at j] is the mean of who stands before j, so that
what i adds to A^2 is O(n) as well, for every semivalue.

Source: Jia et al. (2019), theorems 1 and 6. Ours: all semivalues, and the prior of numbers.
"""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from whence._core.attribution import Attribution, Cost
from whence._core.errors import OptionError, TableError
from whence._core.index import Semivalue, Shapley
from whence._core.reading import EXACT
from whence._core.shaped import Float
from whence.methods.perturbation._kth import Kth, kth_of
from whence.models.nearest import Metric
from whence.models.neighbourhood import Neighbourhood, neighbourhood
from whence.models.training_rows import row_players

_TIES = "rows at equal distances are taken in the order of the table"
Ranked = Float[np.ndarray, "tests rows"]


def knn_shapley(
    X: Any,
    y: Any,
    X_test: Any,
    y_test: Any,
    k: int = 5,
    *,
    index: Semivalue = Shapley(),
    metric: Metric = "euclidean",
    task: str | None = None,
    prior: float | None = None,
) -> Attribution:
    """What each training row is worth to the k nearest neighbours of each test row; exact.

    Positive: the row makes the answer better. The game is `wh.games.data.NearestNeighbours`, which
    takes groups of rows as well.

    Args:
        X: training rows; numbers, on scales that can be compared (scale them first).
        y: their labels.
        X_test: test rows, in the same columns.
        y_test: their labels.
        k: how many neighbours vote; it may exceed the number of rows.
        index: which semivalue.
        metric: "euclidean", "cosine", or a function of X and a block of X_test, each in the frame
            it came in, that gives distances [tests, rows].
        task: "classes" (the share of k votes for the label) or "numbers" (minus the squared error
            of the mean of k); by default numbers where y has fractions.
        prior: of numbers, what a lacking neighbour says; the mean of y by default (Jia et al.: 0).

    Returns:
        values [tests, 1, rows] in shares of votes, or squared units of y. Time grows as tests x
        rows x (columns + log rows); memory is the answer's own: 16 bytes a value.

    Raises:
        TableError: rows, columns or labels that do not fit; numbers that are not finite.
        OptionError: no such metric, task or index, or k below 1.
        UnsupportedGameError: a semivalue of the caller's own, of more than 1,000 rows.

    Source: Jia et al. (2019).

    >>> att = knn_shapley([[0.0], [1.0], [3.0]], ["a", "b", "a"], [[0.2]], ["a"], k=1)
    >>> att.values[0, 0].round(3).tolist()
    [0.833, -0.167, 0.333]
    """
    start = time.perf_counter()
    if not isinstance(index, Semivalue):
        raise OptionError(
            f"index is a semivalue, such as wh.Shapley() or wh.Banzhaf(); given {index!r}"
        )
    near = neighbourhood(X, y, X_test, y_test, k, metric, task, prior)
    n, tests = len(near.labels), len(near.test_labels)
    chances = kth_of(index, n, near.k)
    values, votes = np.empty((tests, 1, n)), np.empty(tests)
    for here, order, adds in near.blocks():
        with np.errstate(over="ignore", invalid="ignore"):
            ranked = _ranked(near, here, adds, chances)
        np.put_along_axis(values[here, 0], order.astype(np.intp), ranked, axis=1)
        votes[here] = adds[:, : near.k].sum(axis=1)
    _refuse_overflow(values)
    return Attribution(
        values=values,
        parts={"estimation": np.zeros_like(values)},
        freedom=np.full(tests, EXACT),
        players=row_players(X, near.labels),
        outputs=(near.output,),
        index=index,
        method="knn_shapley",
        uncertainty="exact",
        empty=near.ends(np.zeros(tests))[:, None],
        full=near.ends(votes)[:, None],
        cost=Cost(0, 0, 0, None, 0, time.perf_counter() - start),
        converged=True,
        verdict=f"exact: in closed form, from one sort for each test row; {_TIES}{_absent(near)}",
        question=near.question,
        data={"label": near.test_labels},
        provenance=_provenance(near),
    )


def _ranked(near: Neighbourhood, here: slice, adds: Ranked, chances: Kth) -> Ranked:
    """The values in the order of ranks."""
    after = np.concatenate([[0.0], chances.kth])  # of the rank one beyond
    single = adds * chances.within - _beyond(adds * after)
    if near.task == "classes":
        return np.asarray(single / near.k)
    square = _square(adds, chances, after, near.k)
    wanted = near.y_test[here, None]
    return np.asarray(2 * wanted * single / near.k - square / near.k**2)


def _square(z: Ranked, chances: Kth, after: Float[np.ndarray, " rows"], k: int) -> Ranked:
    """What each row adds to the square of the sum over those who vote.

    With the k-th of S at rank j, of mean m_j = (k-1)/(j-2) (sum before j, less z_i) before it:
    z_i^2 - z_j^2 + 2 m_j (z_i - z_j); with fewer than k in S: z_i^2 + 2 z_i (sum over S).
    """
    n = z.shape[1]
    before = np.cumsum(z, axis=1) - z
    rank = np.arange(1, n + 1)
    mean = after * (k - 1) / np.maximum(rank - 2, 1)
    few = float(chances.few @ np.arange(len(chances.few))) / max(n - 1, 1)
    others = z.sum(axis=1, keepdims=True) - z
    cross = z * (_beyond(mean * (before + z)) - z * _beyond(np.broadcast_to(mean, z.shape)))
    cross -= _beyond(mean * before * z)
    own = z**2 * chances.within - _beyond(after * z**2)
    return np.asarray(own + 2 * few * z * others + 2 * cross)


def _beyond(x: Ranked) -> Ranked:
    """Sums over the ranks beyond each."""
    out = np.zeros(x.shape)
    out[:, :-1] = np.cumsum(x[:, :0:-1], axis=1)[:, ::-1]
    return out


def _refuse_overflow(values: np.ndarray) -> None:
    if not np.isfinite(values).all():
        raise TableError("the labels are too large to be squared: scale y and y_test first")


def _absent(near: Neighbourhood) -> str:
    if near.task == "numbers":
        return ""
    lost = int((~np.isin(near.y_test, near.y)).sum())
    return f"; {lost} test rows have a label that no training row has" if lost else ""


def _provenance(near: Neighbourhood) -> Mapping[str, Any]:
    told: dict[str, Any] = {"k": near.k, "metric": near.how, "task": near.task, "ties": _TIES}
    return told | ({"prior": near.prior} if near.task == "numbers" else {})
