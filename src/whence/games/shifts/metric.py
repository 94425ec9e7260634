"""What may have dropped: a metric of weighted rows.

Losses are asked as minus the loss, so that more is better and a drop is below zero. The area under
the curve counts a pair of equal scores as one half, and weighs a pair by both its rows.
"""

import abc
from collections.abc import Callable
from typing import Any, final

import numpy as np

from whence._core.errors import ModelError, OptionError, TableError, did_you_mean
from whence._core.shaped import Float
from whence.models.labels import as_classes, as_labels, as_targets, refuse_length
from whence.models.predictor import Predictor
from whence.models.routes import reason

_EPS = float(np.finfo(float).eps)
Weights = Float[np.ndarray, "rows replicates"]


class Metric(abc.ABC):
    """A metric on the rows of one data set.

    Attributes:
        name: in words, such as "accuracy".
        unit: of its worth.
        loss: its worth is minus a loss.
        sense: which way is better, in words.
    """

    name: str
    unit: str
    loss: bool
    sense: str

    @abc.abstractmethod
    def worth(self, weights: Weights) -> Float[np.ndarray, " replicates"]:
        """What the metric is worth on weighted rows."""

    @property
    @abc.abstractmethod
    def each(self) -> Float[np.ndarray, " rows"] | None:
        """The worth of each row, where the whole is their mean."""


@final
class Mean(Metric):
    """A mean over rows."""

    def __init__(self, name: str, unit: str, values: np.ndarray, *, loss: bool, sense: str) -> None:
        self.name, self.unit, self.loss, self.sense = name, unit, loss, sense
        self.values = values

    def worth(self, weights: Weights) -> Float[np.ndarray, " replicates"]:
        """Sum w m / sum w."""
        return np.asarray((self.values @ weights) / weights.sum(axis=0))

    @property
    def each(self) -> Float[np.ndarray, " rows"]:
        """The worth of each row."""
        return self.values


@final
class Auc(Metric):
    """The chance that a positive row has a higher score than a negative one; ties count half."""

    name, unit, loss, sense = "auc", "auc", False, "higher is better"

    def __init__(self, positive: np.ndarray, score: np.ndarray) -> None:
        self.order = np.argsort(score, kind="stable")
        ranked = score[self.order]
        self.start = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
        self.positive = positive[self.order]

    def worth(self, weights: Weights) -> Float[np.ndarray, " replicates"]:
        """Sum over pairs w+ w- [s+ > s-] + [s+ = s-] / 2, over the sum of the pairs' weights."""
        w = weights[self.order]
        plus, minus = (
            np.add.reduceat(np.where(side[:, None], w, 0.0), self.start, axis=0)
            for side in (self.positive, ~self.positive)
        )
        below = np.cumsum(minus, axis=0) - minus
        pairs = (plus * (below + 0.5 * minus)).sum(axis=0)
        return np.asarray(pairs / (plus.sum(axis=0) * minus.sum(axis=0)))

    @property
    def each(self) -> None:
        """No row has one of its own: pairs do."""
        return


def as_metric(metric: Any, y: Any, p: np.ndarray, model: Predictor, where: str) -> Metric:
    """A metric of these labels and predictions.

    Args:
        metric: "accuracy", "log-loss", "squared error", "auc", or a function of (y, prediction)
            that gives one number for each row, more being better.
        y: labels.
        p: predictions, [rows, outputs].
        model: who made them.
        where: "before" or "after", for messages.

    Raises:
        OptionError: no such metric, or a function that fails.
        TableError: labels that do not fit.
        ModelError: predictions that this metric cannot judge.
    """
    if callable(metric) and not isinstance(metric, type):
        return _own(metric, y, p)
    name = str(metric).lower().replace("_", "-").replace("-", " ")
    makers: dict[str, Callable[..., Metric]] = {
        "accuracy": _accuracy,
        "log loss": _log_loss,
        "squared error": _squared,
        "mse": _squared,
        "auc": _auc,
        "roc auc": _auc,
    }
    if not isinstance(metric, str) or name not in makers:
        known = ["accuracy", "log-loss", "squared error", "auc"]
        raise OptionError(
            f"no metric is called {metric!r}. {did_you_mean(metric, known)} Or give a function of "
            "(y, prediction) that gives one number for each row."
        )
    return makers[name](y, p, model, where)


def _codes(y: Any, p: np.ndarray, model: Predictor, where: str) -> np.ndarray:
    codes = as_classes(y, model.classes or tuple(range(p.shape[1])), f"y of {where}")
    refuse_length(codes, len(p), f"y of {where}")
    return codes


def _accuracy(y: Any, p: np.ndarray, model: Predictor, where: str) -> Metric:
    if model.classes is not None or p.shape[1] > 1:
        right = p.argmax(axis=1) == _codes(y, p, model, where)
    else:
        targets = as_targets(y, len(p), f"y of {where}")
        said, labels = p[:, 0], np.unique(targets)
        whole = bool(np.isin(np.unique(said), np.r_[labels, 0.0, 1.0]).all())
        binary = bool(np.isin(labels, (0.0, 1.0)).all())
        if not whole and not (binary and said.min() >= 0 and said.max() <= 1):
            raise ModelError(
                f"accuracy needs labels or probabilities, and {model.name} answers numbers such as "
                f"{said[0]:.6g}. Use metric='squared error', or give a classifier."
            )
        right = (said if whole else (said > 0.5).astype(float)) == targets
    return Mean("accuracy", "accuracy", right.astype(float), loss=False, sense="higher is better")


def _log_loss(y: Any, p: np.ndarray, model: Predictor, where: str) -> Metric:
    if p.shape[1] == 1:
        if p.min() < 0 or p.max() > 1:
            raise ModelError(
                f"log-loss needs probabilities, and {model.name} answers from {p.min():.6g} to "
                f"{p.max():.6g}. Use metric='squared error'."
            )
        p = np.column_stack([1 - p[:, 0], p[:, 0]])
    elif model.space != "probability":
        raise ModelError(
            f"log-loss needs probabilities, and {model.name} answers {model.space} numbers. Give a "
            "model with predict_proba."
        )
    right = np.take_along_axis(p, _codes(y, p, model, where)[:, None], axis=1)[:, 0]
    return _minus("log-loss", "nats", -np.log(np.clip(right, _EPS, 1)))


def _squared(y: Any, p: np.ndarray, model: Predictor, where: str) -> Metric:
    if model.classes is not None:
        raise ModelError(
            f"squared error is of numbers, and {model.name} answers classes. Use "
            "metric='accuracy', 'log-loss' or 'auc'."
        )
    targets = as_targets(y, len(p), f"y of {where}").reshape(len(p), -1)
    if targets.shape[1] != p.shape[1]:
        raise TableError(
            f"y of {where} has {targets.shape[1]} columns and the model {p.shape[1]} outputs"
        )
    return _minus("squared error", "squared error", ((p - targets) ** 2).sum(axis=1))


def _minus(name: str, unit: str, loss: np.ndarray) -> Metric:
    return Mean(
        name, unit, -loss, loss=True, sense=f"higher is better: worths are minus the {name}"
    )


def _auc(y: Any, p: np.ndarray, model: Predictor, where: str) -> Metric:
    if p.shape[1] > 2:
        raise ModelError(f"auc is of two classes, and {model.name} knows {p.shape[1]}")
    if model.classes is None and p.shape[1] == 1:
        targets = as_targets(y, len(p), f"y of {where}")
        if not np.isin(targets, (0.0, 1.0)).all():
            raise TableError(f"auc needs labels 0 and 1, and y of {where} holds others")
        positive = targets == 1
    else:
        positive = _codes(y, p, model, where) == 1
    if positive.all() or not positive.any():
        raise TableError(
            f"y of {where} has one class only, and auc compares rows of two: give rows of both"
        )
    return Auc(positive, p[:, -1])


def _own(function: Callable[..., Any], y: Any, p: np.ndarray) -> Metric:
    labels, given = as_labels(y), p[:, 0] if p.shape[1] == 1 else p
    name = getattr(function, "__name__", "own metric")
    try:
        values = np.asarray(function(labels, given), dtype=float)
    except Exception as error:
        raise OptionError(
            f"the metric {name!r} failed on y of shape {np.shape(labels)} and predictions of shape "
            f"{given.shape}: {reason(error)}"
        ) from error
    if values.shape != (len(p),) or not np.isfinite(values).all():
        raise OptionError(
            f"the metric {name!r} answered shape {values.shape} for {len(p)} rows: it must give "
            "one finite number for each row (no mean over rows)"
        )
    said = "metric" if name == "<lambda>" else name
    return Mean(said, said, values, loss=False, sense="as the function's: higher raises it")
