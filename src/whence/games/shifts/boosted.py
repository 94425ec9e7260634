"""Boosted trees as a ratio model: for tables whose shifts have corners. Numbers may be missing.

Source of the model: scikit-learn's `HistGradientBoostingClassifier`, small and quick. Every row is
judged by trees that have not seen its group. In a replicate of the jackknife they should not have
seen the replicate's group either; that is had from the same fits, one for each group, to first
order in what a group changes:

    s(-k -g) = s(-k) + s(-g) - s,    s the mean over the groups that the row is not in.

Fits run on one thread: on a busy machine OpenMP's threads wait for one another at every split.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from whence._core.errors import OptionError
from whence._core.shaped import Float
from whence.games.shifts.columns import Shared
from whence.games.shifts.logistic import Problem
from whence.models.threads import one_thread

FOLDS = 5  # of a first try, where only held-out loss is asked
_MOST = 32  # levels of one column


def there() -> bool:
    """Whether scikit-learn can be asked."""
    return find_spec("sklearn") is not None


def log_odds(
    columns: Sequence[Shared], problem: Problem, *, replicated: bool = True
) -> Float[np.ndarray, "rows replicates"]:
    """As `logistic.log_odds`, by boosted trees.

    Raises:
        OptionError: scikit-learn is not installed.
    """
    X, kinds = _frame(columns)
    many = problem.groups if replicated else min(FOLDS, problem.groups)
    fold = problem.group % many
    with one_thread():
        if not replicated:
            return np.concatenate(
                [_scores(X, kinds, problem, fold != k, fold == k) for k in range(many)]
            )[_places(fold), None]
        every = np.ones(len(X), bool)
        scores = [_scores(X, kinds, problem, fold != k, every) for k in range(many)]
    without = np.column_stack(scores)  # row, group left out
    seen = fold[:, None] != np.arange(many)
    mean = (without * seen).sum(axis=1, keepdims=True) / (many - 1)
    own = np.take_along_axis(without, fold[:, None], axis=1)
    return np.concatenate([own, np.where(seen, own + without - mean, own)], axis=1)


def _places(fold: np.ndarray) -> np.ndarray:
    """Where each row is, once rows are sorted by fold."""
    place = np.empty(len(fold), np.int64)
    place[np.argsort(fold, kind="stable")] = np.arange(len(fold))
    return place


def _scores(
    X: np.ndarray, kinds: list[bool], problem: Problem, fit: np.ndarray, ask: np.ndarray
) -> np.ndarray:
    after = problem.after[fit]
    model = _model(kinds).fit(X[fit], after)
    prior = np.log(after.mean() / (1 - after.mean()))
    return np.asarray(model.decision_function(X[ask]) - prior + problem.prior)


def _model(kinds: list[bool]) -> Any:
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
    except ImportError as error:
        raise OptionError(
            "boosted trees as a ratio model need scikit-learn: pip install scikit-learn, or "
            "ratios='quadratic'"
        ) from error
    return HistGradientBoostingClassifier(
        max_iter=40,
        learning_rate=0.15,
        max_leaf_nodes=8,
        min_samples_leaf=40,
        l2_regularization=1.0,
        early_stopping=False,
        categorical_features=kinds,
        random_state=0,
    )


def _frame(columns: Sequence[Shared]) -> tuple[np.ndarray, list[bool]]:
    parts, kinds = [], []
    for column in columns:
        kinds.append(column.numbers is None)
        if column.numbers is not None:
            parts.append(column.numbers)
            continue
        order = np.argsort(-np.bincount(column.codes, minlength=len(column.levels)), kind="stable")
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        parts.append(np.minimum(rank[column.codes], _MOST - 1).astype(float))
    return np.column_stack(parts), kinds
