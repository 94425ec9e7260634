"""A user's model as a trainer: in closed form where it is a linear model, trained again elsewhere.

LogisticRegression(C) makes sum loss + |b|^2 / (2 C) small, so that its penalty is 1/C; Ridge(alpha)
has the penalty alpha. Both leave the intercept free, as ours do.
"""

from typing import Any

import numpy as np

from whence._core.errors import OptionError, TableError
from whence.models.table import Table
from whence.models.trainer.trainer import Trainer


def as_trainer(
    model: Any, X: Any, y: np.ndarray, seed: int = 0, *, bounded: bool = False
) -> Trainer[Any]:
    """The trainer itself, or one that trains this estimator on these rows.

    Args:
        model: a trainer, or a scikit-learn estimator.
        X: rows, in the frame that the model takes.
        y: their labels.
        seed: of the estimator, where chance plays a part in its training.
        bounded: what is measured must stay finite on any subset of the rows: of one class, the
            log-odds of a logistic regression have no end, and its probability is 1.

    Raises:
        OptionError: neither of them.
        TableError: a trainer of other rows.
    """
    if isinstance(model, Trainer):
        if len(model.rows) != len(y):
            raise TableError(
                f"the trainer has {len(model.rows):,} rows, and X {len(y):,}: give the rows that "
                "it trains on"
            )
        return model
    refuse_strangers(model)
    return _linear(model, X, y, bounded=bounded) or Trainer.sklearn(model, X, y, seed=seed)


def estimator_task(model: Any) -> str | None:
    """What a scikit-learn estimator predicts, "classes" or "numbers"; None of anything else."""
    if not _settings(model):
        return None
    from sklearn.base import is_classifier, is_regressor

    return "classes" if is_classifier(model) else "numbers" if is_regressor(model) else None


def closed_form(model: Any, y: np.ndarray) -> bool:
    """A linear model whose leave-one-out needs no training."""
    kind, own = type(model).__name__, _settings(model)
    if kind == "Ridge":
        return np.ndim(own["alpha"]) == 0 and not own["positive"]
    return (
        kind == "LogisticRegression"
        and own.get("penalty") in {"l2", "deprecated"}
        and not own.get("l1_ratio")
        and own["class_weight"] is None
        and own["solver"] != "liblinear"  # which holds the intercept back
        and len(np.unique(y)) == 2
    )


def _linear(model: Any, X: Any, y: np.ndarray, *, bounded: bool) -> Trainer[Any] | None:
    table = Table.of(X)
    if not closed_form(model, y) or not table.all_numbers():
        return None
    rows, own = table.numbers().frame(), _settings(model)
    if type(model).__name__ == "Ridge":
        return Trainer.ridge(rows, y, float(own["alpha"]), intercept=own["fit_intercept"],
                             measurement="loss")  # fmt: skip
    measured = "probability" if bounded else "margin"
    return Trainer.logistic(
        rows, y, 1.0 / own["C"], intercept=own["fit_intercept"], measurement=measured
    )


def _settings(model: Any) -> dict[str, Any]:
    """Of an estimator; none of anything else.

    Raises:
        OptionError: it cannot be cloned.
    """
    if model is None or isinstance(model, Trainer):
        return {}
    from sklearn.base import BaseEstimator, clone

    if not isinstance(model, BaseEstimator):
        return {}
    try:
        return dict(clone(model).get_params(deep=False))
    except Exception as error:  # an __init__ that does more than keep its arguments
        raise OptionError(
            f"{type(model).__name__} cannot be cloned, and so not trained again: "
            f"{type(error).__name__}: {error}. Let its __init__ keep each argument under its name."
        ) from error


def refuse_strangers(model: Any) -> None:
    """Refuse what cannot be trained again.

    Raises:
        OptionError: neither an estimator nor a trainer.
    """
    if isinstance(model, Trainer):
        return
    try:
        from sklearn.base import BaseEstimator
    except ImportError as error:
        raise OptionError(
            "training a model again needs scikit-learn, or a wh.models.Trainer of your own: "
            "pip install 'whence[demo]'"
        ) from error
    if not isinstance(model, BaseEstimator):
        raise OptionError(
            "model is a scikit-learn estimator or a wh.models.Trainer, which can be trained again; "
            f"given {type(model).__name__}"
        )
