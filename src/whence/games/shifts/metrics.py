"""The metrics that go by a name, and those that somebody brings."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from whence._core.errors import ModelError, OptionError, TableError, did_you_mean
from whence.games.shifts import confusion
from whence.games.shifts.confusion import Maker, classes_of, truth_of
from whence.games.shifts.metric import Auc, Judged, Mean, Metric, OfMeans, minus, stacked
from whence.games.shifts.scorers import KINDS, brought, of_scorer, scorer_called, scorer_of
from whence.models.labels import as_targets
from whence.models.loss_names import BRIER, ZERO_ONE, canonical
from whence.models.predictor import Predictor

_LOSSES = {ZERO_ONE: "accuracy", BRIER: "neg_brier_score"}
_EPS = float(np.finfo(float).eps)
_KNOWN = ["accuracy", "balanced accuracy", "f1", "auc", "log-loss", "squared error"]
_KNOWN += ["absolute error", "r2"]


def as_metric(metric: Any, parts: Sequence[Judged], model: Predictor) -> Metric:
    """A metric of these labels and predictions.

    Args:
        metric: a name, such as "accuracy" or one of scikit-learn's scorers; a scorer; a function of
            (y, prediction) that gives one number for each row, or of (y, prediction, weights) that
            gives one number, more being better.
        parts: labels and predictions of before and of after.
        model: who made them.

    Returns:
        the metric on the rows of all parts, in their order.

    Raises:
        OptionError: no such metric, or a function that fails or takes no weights.
        TableError: labels that do not fit.
        ModelError: predictions that this metric cannot judge.
    """
    name = metric if isinstance(metric, str) else scorer_of(metric)
    if name is None:
        return brought(metric, parts, model)
    for called in (name, _meant(name)):
        maker = _MAKERS.get(_plain(called))
        if maker is not None:
            return maker(parts, model)
        scorer = scorer_called(called)
        if scorer is not None:
            return of_scorer(scorer, called, parts, model)
    raise OptionError(
        f"no metric is called {name!r}. {did_you_mean(name, _KNOWN)} A scikit-learn scorer's name "
        f"does too. {KINDS}"
    )


def _plain(name: str) -> str:
    return name.lower().replace("_", " ").replace("-", " ").strip()


def _meant(name: str) -> str:
    """What is called so elsewhere: by `importance`, or among scikit-learn's functions."""
    kind = canonical(name)
    return _plain(name).removesuffix(" score") if kind is None else _LOSSES.get(kind, kind)


def _log_loss(parts: Sequence[Judged], model: Predictor) -> Metric:
    return _minus("log-loss", "nats", stacked([_nats(part, model) for part in parts]))


def _nats(part: Judged, model: Predictor) -> np.ndarray:
    p = part.p
    if p.shape[1] == 1:
        if p.min() < 0 or p.max() > 1:
            instead = "squared error" if classes_of(model, part) is None else "accuracy"
            raise ModelError(
                f"log-loss needs probabilities, and {model.name} answers from {p.min():.6g} to "
                f"{p.max():.6g}. Use metric='{instead}'."
            )
        p = np.column_stack([1 - p[:, 0], p[:, 0]])
    elif model.space != "probability":
        raise ModelError(
            f"log-loss needs probabilities, and {model.name} answers {model.space} numbers. Give a "
            "model with predict_proba."
        )
    classes = model.classes or tuple(range(p.shape[1]))
    right = np.take_along_axis(p, truth_of(part, classes)[:, None], axis=1)[:, 0]
    return np.asarray(-np.log(np.clip(right, _EPS, 1)))


def _errors(what: str, part: Judged, model: Predictor) -> tuple[np.ndarray, np.ndarray]:
    """The targets, and the predictions less them: [rows, outputs] each."""
    if model.classes is not None:
        raise ModelError(
            f"{what} is of numbers, and {model.name} answers classes. Use "
            "metric='accuracy', 'log-loss' or 'auc'."
        )
    targets = as_targets(part.y, len(part.p), f"y of {part.where}").reshape(len(part.p), -1)
    if targets.shape[1] != part.p.shape[1]:
        raise TableError(
            f"y of {part.where} has {targets.shape[1]} columns and the model {part.p.shape[1]} "
            "outputs"
        )
    return targets, part.p - targets


def _squared(parts: Sequence[Judged], model: Predictor) -> Metric:
    off = stacked([_errors("squared error", part, model)[1] for part in parts])
    return _minus("squared error", "squared error", (off**2).sum(axis=1))


def _root(parts: Sequence[Judged], model: Predictor) -> Metric:
    off = stacked([_errors("root mean squared error", part, model)[1] for part in parts])
    values = (off**2).mean(axis=1, keepdims=True)
    return OfMeans("root mean squared error", values, lambda means: -np.sqrt(means[0]), loss=True)


def _absolute(parts: Sequence[Judged], model: Predictor) -> Metric:
    off = stacked([_errors("absolute error", part, model)[1] for part in parts])
    return _minus("absolute error", "absolute error", np.abs(off).mean(axis=1))


def _r2(parts: Sequence[Judged], model: Predictor) -> Metric:
    y, off = (stacked(side) for side in zip(*(_errors("r2", q, model) for q in parts), strict=True))
    if y.shape[1] > 1:
        raise TableError(f"r2 is of one output, and there are {y.shape[1]}")
    centred = y[:, 0] - y.mean()  # moments of numbers near zero lose no digits

    def worth(means: np.ndarray) -> np.ndarray:
        return np.asarray(1 - means[2] / (means[1] - means[0] ** 2))

    return OfMeans("r2", np.column_stack([centred, centred**2, off[:, 0] ** 2]), worth)


def _minus(name: str, unit: str, loss: np.ndarray) -> Metric:
    return Mean(name, unit, -loss, loss=True, sense=minus(name))


def _auc(parts: Sequence[Judged], model: Predictor) -> Metric:
    score = stacked([part.p[:, -1] for part in parts])
    return Auc(stacked([_positive(part, model) for part in parts]), score)


def _positive(part: Judged, model: Predictor) -> np.ndarray:
    classes = classes_of(model, part)
    many = part.p.shape[1] if classes is None else len(classes)
    if many > 2:
        raise ModelError(f"auc is of two classes, and {model.name} knows {many}")
    if classes is None:
        targets = as_targets(part.y, len(part.p), f"y of {part.where}")
        if not np.isin(targets, (0.0, 1.0)).all():
            raise TableError(f"auc needs labels 0 and 1, and y of {part.where} holds others")
        positive = targets == 1
    else:
        positive = truth_of(part, classes) == 1
    if positive.all() or not positive.any():
        raise TableError(
            f"y of {part.where} has one class only, and auc compares rows of two: give rows of both"
        )
    return np.asarray(positive)


_MAKERS: dict[str, Maker] = {
    **confusion.MAKERS,
    "log loss": _log_loss,
    "neg log loss": _log_loss,
    "squared error": _squared,
    "mse": _squared,
    "neg mean squared error": _squared,
    "rmse": _root,
    "neg root mean squared error": _root,
    "absolute error": _absolute,
    "mae": _absolute,
    "neg mean absolute error": _absolute,
    "r2": _r2,
    "auc": _auc,
    "roc auc": _auc,
}
