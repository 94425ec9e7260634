"""How well models that never saw a row predict it: the out-of-bag score of each training row.

Each bag draws n of the n rows, with replacement, and trains a model. For row i, over the bags that
it is out of (about 37 % of them),

    phi_i = mean of T(y_i, model of the bag at x_i),    T = [right], or -(y_i - prediction)^2.

It is no semivalue of a game: nobody leaves, and row i is judged as a test row, not as a teacher.
The identity behind it is that the rows' scores add up to the out-of-bag score of the bags as a
whole, times n. Low scores find rows that do not fit the others: wrong labels, and hard cases too.

Source: Kwon and Zou (2023). Ours: an error for each row, that does not vanish when all bags agree.
"""

import time
from typing import Any

import numpy as np

from whence._core.account import Account, opened, whole
from whence._core.attribution import Attribution, Cost
from whence._core.budget import Budget, checked
from whence._core.errors import BudgetError, ModelError, OptionError, positive, some
from whence._core.game import Question
from whence._core.index import Share
from whence._core.keyed import hashed, uniforms
from whence._core.shaped import Float, Int
from whence.models.labels import refuse_other_rows
from whence.models.table import Table
from whence.models.threads import one_thread
from whence.models.training_rows import as_numbers, flat_labels, row_names, row_players, task_of

IDENTITY = "out-of-bag score"
_BAGS = 19  # the stream of chance
_SURELY_OUT = 64  # bags: a row is in all of as many with a chance of 2e-13
_PRIOR = 2  # bags' worth of the spread of all rows, so that few equal scores are no proof


def data_oob(
    X: Any,
    y: Any,
    *,
    model: Any = None,
    bags: int = 200,
    task: str | None = None,
    budget: Budget | None = None,
    seed: int = 0,
) -> Attribution:
    """The mean score of each training row over the bags that do not hold it.

    Needs scikit-learn. Bags and models depend on the seed alone.

    Args:
        X: training rows, in whatever frame the model takes.
        y: their labels.
        model: a scikit-learn estimator, which is copied, never fitted itself; a decision tree by
            default. Where its random_state is None, each bag gets its own.
        bags: how many; 200 leave a row out about 73 times (Kwon and Zou: 1000).
        task: "classes" or "numbers"; by default as of `wh.value`.
        budget: what bags may cost, each a question, and at most 2n rows (trained on, and asked).
        seed: of the bags, and of the default model.

    Returns:
        values [1, 1, rows]: the share of bags that are right, or minus their mean squared error.
        The error is what more bags would take away. Bags are shared, so errors of rows are not
        independent: sums over groups of rows have none.

    Raises:
        TableError: labels that are missing, or not one for each row.
        OptionError: bags or task that are none, no scikit-learn estimator, or rows that are in
            every bag.
        BudgetError: a budget that does not pay for one bag.
        ModelError: a model that could not be fitted to a bag, or did not answer for its rows.

    Source: Kwon and Zou (2023).
    """
    start = time.perf_counter()
    positive(bags, "bags", "how many models are trained")
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise OptionError(f"seed must be an integer from 0; given {seed!r}")
    table = Table.of(X)
    refuse_other_rows(X, y)
    labels = flat_labels(y, len(table))
    numbers = task_of(labels, task) == "numbers"
    own = as_numbers(labels, "y") if numbers else labels
    model = _unfitted(model, numbers=numbers)
    sums = np.zeros((3, len(own)))  # bags it is out of; scores; squared scores
    rows = 0
    with opened(checked(budget) or Budget()) as account:
        bags = _paid_for(bags, len(own), account)
        if bags < _SURELY_OUT:  # bags are a matter of the seed: what lacks a score is known before
            there = np.zeros(len(own))
            for bag in range(bags):
                there[np.unique(_drawn(len(own), seed, bag))] += 1
            _refuse_inside(X, bags - there, bags)
        began = account.elapsed
        for bag in range(bags):
            drawn = _drawn(len(own), seed, bag)
            out = np.setdiff1d(np.arange(len(own)), drawn)
            if len(out):
                said = _asked(model, table, own, drawn, out, bag, seed)
                score = _score(own[out], said, bag, numbers=numbers)
                sums[:, out] += np.stack([np.ones_like(score), score, score**2])
                rows += len(out)
            if account.seconds_left < (account.elapsed - began) / (bag + 1):
                bags = bag + 1
                break
    _refuse_inside(X, sums[0], bags)
    times, mean = sums[0], sums[1] / sums[0]
    error = _error(times, sums[1], sums[2], numbers=numbers)
    values = mean[None, None]
    kind = type(model).__name__
    return Attribution(
        values=values,
        parts={"estimation": error[None, None]},
        freedom=np.array([times.min() - 1.0 + _PRIOR]),
        players=row_players(X, labels),
        outputs=("minus squared error" if numbers else "correctness",),
        index=Share(IDENTITY),
        method="data_oob",
        uncertainty="sampled",
        empty=np.zeros((1, 1)),
        full=values.sum(axis=2),
        cost=Cost(bags, bags, 0, rows, 0, time.perf_counter() - start),
        converged=True,
        verdict=f"{bags:,} bags of {kind}, of which each row is out of {int(times.min())} or more; "
        "it is how well others predict the row, and not what is lost without it",
        question=Question(
            asks="How well do models that never saw a row predict it?",
            unit="squared error" if numbers else "share of bags that are right",
            removal="none: the row is out of some bags by chance",
            model=kind,
        ),
        provenance={"bags": bags, "seed": seed, "bags out": float(times.mean())},
    )


def _paid_for(bags: int, rows: int, account: Account) -> int:
    """As many bags as the budget pays for: each trains on all rows, and asks about some.

    Raises:
        BudgetError: not for one.
    """
    paid = min(account.most - account.questions, whole(account.rows_left, 2 * rows))
    if paid < 1:
        raise BudgetError(
            f"a bag takes one question and up to {2 * rows:,} rows (trained on, and asked), and "
            f"the budget does not pay for one: give evaluations= or rows={2 * rows} or more"
        )
    return int(min(bags, paid))


def _drawn(n: int, seed: int, bag: int) -> Int[np.ndarray, " rows"]:
    places = (uniforms(n, _BAGS, seed, bag)[0] * n).astype(np.int64)
    return np.asarray(np.minimum(places, n - 1))


def _unfitted(model: Any, *, numbers: bool) -> Any:
    """A copy of the model, or a decision tree."""
    try:
        from sklearn.base import BaseEstimator, clone
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
    except ImportError as error:
        raise ImportError("data_oob needs scikit-learn: pip install 'whence[demo]'") from error
    if model is None:
        return DecisionTreeRegressor() if numbers else DecisionTreeClassifier()
    if not isinstance(model, BaseEstimator):
        raise OptionError(
            "model is a scikit-learn estimator that was not fitted yet, such as "
            f"DecisionTreeClassifier(); given {type(model).__name__}"
        )
    return clone(model)


def _asked(
    model: Any, table: Table, y: np.ndarray, drawn: np.ndarray, out: np.ndarray, bag: int, seed: int
) -> Any:
    """What a model of the bag says of the rows that are out of it."""
    from sklearn.base import clone

    fresh = clone(model)
    given = fresh.get_params()
    if given.get("random_state", 0) is None:
        fresh.set_params(random_state=int(hashed(_BAGS, seed, bag, 1)[0] >> np.uint64(33)))
    try:
        with one_thread():
            fresh.fit(table.take(drawn).frame(), y[drawn])
            return fresh.predict(table.take(out).frame())
    except Exception as error:
        raise ModelError(
            f"{type(model).__name__} failed on bag {bag} ({len(set(drawn.tolist()))} different "
            f"rows, {len(set(y[drawn].tolist()))} different labels): {type(error).__name__}: "
            f"{error}"
        ) from error


def _score(y: np.ndarray, said: Any, bag: int, *, numbers: bool) -> Float[np.ndarray, " out"]:
    answer = np.asarray(said)
    if answer.shape != y.shape:
        raise ModelError(
            f"the model of bag {bag} answered an array of shape {answer.shape} for {len(y)} rows"
        )
    if not numbers:
        return np.asarray(answer == y, dtype=float)
    with np.errstate(over="ignore"):
        score = -((answer.astype(float) - y) ** 2)
    if not np.isfinite(score).all():
        raise ModelError(f"the model of bag {bag} answered what is not finite, or is too large")
    return np.asarray(score)


def _error(
    times: Float[np.ndarray, " rows"],
    total: Float[np.ndarray, " rows"],
    squares: Float[np.ndarray, " rows"],
    *,
    numbers: bool,
) -> Float[np.ndarray, " rows"]:
    """The standard error of each mean score.

    A share counts half a right and half a wrong bag more; a mean, the spread of all rows as two
    bags more.
    """
    if not numbers:
        share = (total + 0.5) / (times + 1)
        return np.asarray(np.sqrt(share * (1 - share) / times))
    within = np.maximum(squares - total**2 / times, 0.0)
    pooled = within.sum() / max(float((times - 1).sum()), 1.0)
    return np.asarray(np.sqrt((within + _PRIOR * pooled) / (times - 1 + _PRIOR) / times))


def _refuse_inside(X: Any, times: Float[np.ndarray, " rows"], bags: int) -> None:
    inside = np.flatnonzero(times == 0)
    if len(inside):
        names = row_names(X, len(times))
        raise OptionError(
            f"{len(inside)} rows are in every one of {bags} bags, and have no out-of-bag score: "
            f"{some(names[i] for i in inside)}. Use more bags; 30 leave out nearly every row of a "
            "thousand."
        )
