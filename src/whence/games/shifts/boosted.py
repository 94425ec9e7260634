"""Boosted trees as a ratio model: for tables whose shifts have corners.

Source of the model: scikit-learn's `HistGradientBoostingClassifier`, small and quick. Every row is
judged by trees that have not seen its fold (groups are dealt to five), and in each replicate of the
jackknife nor that replicate's group: about four fits for each group.
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

FOLDS = 5
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
    fold = problem.group % min(FOLDS, problem.groups)
    out = np.empty((len(X), 1 + problem.groups * replicated))
    for k in range(int(fold.max()) + 1):
        mine = fold == k
        out[mine] = _scores(X, kinds, problem, ~mine, mine)[:, None]
        for g in range(problem.groups if replicated else 0):
            other = problem.group == g
            if g % (int(fold.max()) + 1) != k:
                out[mine, 1 + g] = _scores(X, kinds, problem, ~(mine | other), mine)
    return out


def _scores(
    X: np.ndarray, kinds: list[bool], problem: Problem, fit: np.ndarray, ask: np.ndarray
) -> np.ndarray:
    after = problem.after[fit]
    with one_thread():
        model = _model(kinds).fit(X[fit], after)
    prior = np.log(after.mean() / (1 - after.mean()))
    with one_thread():
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
