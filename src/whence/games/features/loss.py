"""Losses of a *mean* prediction, without the bias that a small sample of it brings.

SAGE's worth is the loss of the averaged prediction. With only k background rows the plug-in
l(mean_k p) is biased by O(1/k); the delete-one jackknife over the k predictions,

    k l(mean p) - (k - 1) mean_j l(mean of p without j),

removes that order at no model call. For the squared loss it is exactly (mean p - y)^2 - s^2/k, the
U-statistic, and so unbiased for every k >= 2. Where the k rows are a share q = k/M of the pool
whose mean is meant, only (1 - q) of the correction applies.
"""

import abc
from collections.abc import Callable
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, final

import numpy as np

from whence._core.errors import ModelError, OptionError, TableError, positive
from whence._core.shaped import Float
from whence.models import loss_names
from whence.models.callable import Function
from whence.models.class_answers import probabilities, votes
from whence.models.labels import as_classes, as_labels, as_targets, refuse_length
from whence.models.predictor import Predictor
from whence.models.routes import reason
from whence.models.table import Table

_ROUNDING = 1e-9
_UNSURE = 0.01  # a proxy's probabilities are at least so far from 0 and 1
Sampled = Float[np.ndarray, "rows sample outputs"]


class Loss(abc.ABC):
    """The loss of a mean prediction.

    Attributes:
        name: in words.
        unit: of the loss.
        sample: background rows in each draw, by default.
        smooth: the jackknife applies.
    """

    name: str
    unit: str
    sample: int
    smooth: bool

    def form(self, predictor: Predictor, X: Table | None) -> Predictor:
        """The model, asked in the form that this loss judges; by default as it is.

        Args:
            predictor: the model.
            X: test rows, as it receives them, on which it may be asked; None: it may not.
        """
        del X
        return predictor

    @abc.abstractmethod
    def targets(self, y: Any, predictor: Predictor, rows: int) -> np.ndarray:
        """The labels as this loss needs them, checked against the model.

        Raises:
            TableError: labels that do not fit the rows or the model's classes.
            ModelError: predictions that this loss cannot judge.
        """

    @abc.abstractmethod
    def plain(self, y: np.ndarray, p: np.ndarray) -> np.ndarray:
        """The loss of each prediction: y [rows] or [rows, outputs], p [rows, outputs] -> [rows]."""

    def of_proxy(self) -> "Loss | None":
        """The same of predictions that are nearly the model's; None where it minds what is nearly.

        Whatever it is, no bias can come of it: a proxy's part is known, and the rest is asked.
        """
        return None

    @final
    def of_mean(self, y: np.ndarray, p: Sampled, share: float) -> Float[np.ndarray, " rows"]:
        """The loss of the mean over the pool, from a sample that is this share of it."""
        k = p.shape[1]
        mean = p.mean(axis=1)
        plain = self.plain(y, mean)
        if not self.smooth or k < 2 or share >= 1:
            return plain
        without = (k * mean[:, None] - p) / (k - 1)  # row, left out, output
        again = np.repeat(y, k, axis=0)
        left = self.plain(again, without.reshape(-1, p.shape[2])).reshape(-1, k)
        corrected = k * plain - (k - 1) * left.mean(axis=1)
        return np.asarray(share * plain + (1 - share) * corrected)


@final
@dataclass(frozen=True, slots=True)
class Squared(Loss):
    """Squared error, summed over outputs."""

    name: str = field(default="squared error", init=False)
    unit: str = field(default="squared error", init=False)
    sample: int = field(default=4, init=False)
    smooth: bool = field(default=True, init=False)

    def targets(self, y: Any, predictor: Predictor, rows: int) -> np.ndarray:
        """Numbers, one for each row and output."""
        targets = as_targets(y, rows).reshape(rows, -1)
        outputs = len(predictor.outputs)
        if targets.shape[1] != outputs:
            raise TableError(
                f"y has {targets.shape[1]} columns and the model {outputs} outputs "
                f"({', '.join(predictor.outputs[:4])}). {_of_labels(predictor)}"
            )
        return targets

    def plain(self, y: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Sum over outputs of (p - y)^2."""
        return np.asarray(((p - y) ** 2).sum(axis=1))

    def of_proxy(self) -> Loss:
        """Itself: what is nearly right is worth nearly the same."""
        return self


@final
@dataclass(frozen=True, slots=True)
class LogLoss(Loss):
    """Minus the log probability of the right class, in nats.

    A function that gives one number for each row gives the probability of label 1, where log-loss
    is asked for by name and the labels are 0 and 1. Raw outputs that may be log-odds (of a torch
    net, or of a booster with an objective of one's own) are taken for that, and go through the
    logistic link (one output) or the softmax (several) before they are averaged.

    Args:
        clip: probabilities below this count as this; the default is scikit-learn's.
    """

    clip: float = float(np.finfo(float).eps)
    name: str = field(default="log-loss", init=False)
    unit: str = field(default="nats", init=False)
    sample: int = field(default=16, init=False)
    smooth: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        if not (isinstance(self.clip, Real) and 0 < self.clip < 1):
            raise OptionError(f"clip is a probability between 0 and 1; given {self.clip!r}")

    def form(self, predictor: Predictor, X: Table | None) -> Predictor:
        """Raw outputs that may be log-odds as probabilities."""
        del X
        return probabilities(predictor) or predictor

    def targets(self, y: Any, predictor: Predictor, rows: int) -> np.ndarray:
        """Positions of the labels among the model's classes."""
        return of_probabilities(self.name, y, predictor, rows)

    def plain(self, y: np.ndarray, p: np.ndarray) -> np.ndarray:
        """-log p[y]."""
        right = np.take_along_axis(both_labels(self.name, p), y[:, None], axis=1)[:, 0]
        return np.asarray(-np.log(np.clip(right, self.clip, 1.0)))

    def of_proxy(self) -> Loss:
        """Of probabilities that are sure of nothing: where one is 0, a hair's breadth is much."""
        return _Unsure(self)


@final
@dataclass(frozen=True, slots=True)
class _Unsure(Loss):
    """Log-loss of a proxy's probabilities, which may lie outside of [0, 1]."""

    own: LogLoss
    name: str = field(default="log-loss", init=False)
    unit: str = field(default="nats", init=False)
    sample: int = field(default=16, init=False)
    smooth: bool = field(default=True, init=False)

    def targets(self, y: Any, predictor: Predictor, rows: int) -> np.ndarray:
        """As for the log-loss."""
        return self.own.targets(y, predictor, rows)

    def plain(self, y: np.ndarray, p: np.ndarray) -> np.ndarray:
        """-log p[y], of probabilities that are kept away from 0 and 1."""
        return self.own.plain(y, np.clip(p, _UNSURE, 1 - _UNSURE))


@final
@dataclass(frozen=True, slots=True)
class ZeroOne(Loss):
    """The share of rows whose label is not the one that the model names.

    With features removed, a model's probabilities are averaged, and the largest names the label; a
    model that gives none, or whose `predict` names others, votes: each background row names one,
    and most votes win. It is not smooth, so draws need many background rows.
    """

    name: str = field(default="zero-one", init=False)
    unit: str = field(default="error rate", init=False)
    sample: int = field(default=64, init=False)
    smooth: bool = field(default=False, init=False)

    def form(self, predictor: Predictor, X: Table | None) -> Predictor:
        """Its votes, where it has no probabilities or does not go by the largest."""
        named = votes(predictor)
        if named is None or (predictor.classes is not None and X is None):
            return predictor
        if predictor.classes is not None and X is not None and _same_labels(predictor, named, X):
            return predictor
        return named

    def targets(self, y: Any, predictor: Predictor, rows: int) -> np.ndarray:
        """Positions of the labels among those that the model knows."""
        if predictor.known is None or not (predictor.hard or predictor.classes):
            raise ModelError(
                f"the zero-one loss needs a classifier, and {predictor.name} answers "
                f"{predictor.space} numbers. Use loss={_numeric(predictor)}."
            )
        return _checked(as_classes(y, predictor.known), rows)

    def plain(self, y: np.ndarray, p: np.ndarray) -> np.ndarray:
        """1 where the largest output is not the right class."""
        return np.asarray((p.argmax(axis=1) != y).astype(float))


@final
@dataclass(frozen=True, slots=True)
class OwnLoss(Loss):
    """A loss that the user gives: (y [rows], prediction [rows] or [rows, outputs]) -> [rows].

    Args:
        function: vectorised over rows; labels arrive as the user gave them.
        sample: background rows in each draw.
        smooth: it has second derivatives, so that the jackknife applies.
    """

    function: Callable[[np.ndarray, np.ndarray], np.ndarray]
    sample: int = 16
    smooth: bool = True
    name: str = "own loss"
    unit: str = "loss"

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise OptionError(f"a loss is a function of (y, prediction); given {self.function!r}")
        positive(self.sample, "sample", "background rows in each draw")

    def targets(self, y: Any, predictor: Predictor, rows: int) -> np.ndarray:
        """As they are given."""
        del predictor
        labels = as_labels(y)
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        refuse_length(labels, rows)
        return labels

    def plain(self, y: np.ndarray, p: np.ndarray) -> np.ndarray:
        """What the function says, checked."""
        given = p[:, 0] if p.shape[1] == 1 else p
        try:
            loss = np.asarray(self.function(y, given), dtype=float)
        except Exception as error:
            raise OptionError(
                f"the loss {self.name!r} failed on y of shape {np.shape(y)} and predictions of "
                f"shape {given.shape}: {reason(error)}"
            ) from error
        if loss.shape != (len(y),):
            raise OptionError(
                f"the loss function answered shape {loss.shape} for {len(y)} rows: it must give "
                "one number for each row (no mean over rows)"
            )
        if not np.isfinite(loss).all():
            row = int(np.flatnonzero(~np.isfinite(loss))[0])
            raise OptionError(
                f"the loss {self.name!r} answered {loss[row]} for y={y[row]} and the prediction "
                f"{given[row]}: it must be finite for every prediction"
            )
        return loss


def of_probabilities(name: str, y: Any, predictor: Predictor, rows: int) -> np.ndarray:
    """Positions of the labels among the classes whose probabilities the model gives.

    Raises:
        ModelError: it gives none.
    """
    one = isinstance(predictor, Function) and len(predictor.outputs) == 1
    if one and np.isin(np.asarray(y), (0, 1)).all():
        return _checked(as_classes(y, (0, 1)), rows)
    if predictor.classes is None or predictor.space != "probability":
        raise ModelError(
            f"{name} needs class probabilities, and {predictor.name} answers {predictor.space} "
            "numbers. Give a model whose predict_proba knows its classes, or "
            f"loss={_numeric(predictor)}."
        )
    return _checked(as_classes(y, predictor.classes), rows)


def _of_labels(predictor: Predictor) -> str:
    """What to do where outputs are of labels, for messages."""
    if predictor.classes is not None or predictor.scores == "logits":
        return "For a classifier use loss='log-loss', or 'brier': squared error of probabilities."
    if predictor.scores == "decision":
        return "For a classifier without probabilities use loss='zero-one'."
    return "Give y as many columns; or, of a classifier, give its class probabilities."


def _numeric(predictor: Predictor) -> str:
    """A loss that judges what this model answers, for messages."""
    named = predictor.known is not None
    if predictor.scores in {"decision", "order"}:
        return "'zero-one'" if named else "'auc', or a function of (y, score)"
    return "'squared error'" if len(predictor.outputs) == 1 else "a function of (y, prediction)"


def both_labels(name: str, p: np.ndarray) -> np.ndarray:
    """The probabilities of both labels, where one number a row is that of label 1."""
    if p.shape[1] > 1:
        return p
    if p.size and not (p.min() >= -_ROUNDING and p.max() <= 1 + _ROUNDING):
        raise ModelError(
            f"{name} takes one number a row for the probability of label 1, and the model "
            f"answered from {p.min():.6g} to {p.max():.6g}. Give probabilities, or "
            "loss='squared error'."
        )
    return np.concatenate([1 - p, p], axis=1)


def _same_labels(predictor: Predictor, named: Predictor, X: Table) -> bool:
    """Whether the largest probability names the labels that the model names, but for ties."""
    p, label = predictor(X.frame()), named(X.frame()).argmax(axis=1)
    own = np.take_along_axis(p, label[:, None], axis=1)[:, 0]
    return bool((p.max(axis=1) - own <= _ROUNDING).all())


def _checked(codes: np.ndarray, rows: int) -> np.ndarray:
    refuse_length(codes, rows)
    return np.asarray(codes, dtype=np.int64)


_NAMES = (
    loss_names.SQUARED,
    loss_names.LOG,
    loss_names.ZERO_ONE,
    loss_names.BRIER,
    loss_names.AUC,
    loss_names.ABSOLUTE,
)


def _named(name: str) -> Loss:
    from whence.games.features.bounded_losses import AbsoluteError, Brier

    match loss_names.loss_named(name, {n: n for n in _NAMES}):
        case loss_names.AUC:
            raise OptionError(
                "the loss 'auc' is of pairs of rows, and this game is of rows: wh.importance(…, "
                "loss='auc') asks it, by wh.games.features.RankingPower"
            )
        case loss_names.SQUARED:
            return Squared()
        case loss_names.LOG:
            return LogLoss()
        case loss_names.ZERO_ONE:
            return ZeroOne()
        case loss_names.BRIER:
            return Brier()
        case _:
            return AbsoluteError()


def as_loss(loss: Any, predictor: Predictor) -> Loss:
    """A loss from its name, a function, or nothing: then by what the model answers.

    Of nothing, `chosen_loss` also looks at the labels and at how sure the model is.

    Raises:
        OptionError: a name that is not known, or something that is no loss.
    """
    match loss:
        case type():
            raise OptionError(f"the loss {loss.__name__} is a class: give {loss.__name__}()")
        case None if predictor.classes is not None:
            return LogLoss()
        case None:
            return ZeroOne() if predictor.known is not None else Squared()
        case Loss():
            return loss
        case str():
            return _named(loss)
        case _ if callable(loss):
            return OwnLoss(loss, name=getattr(loss, "__name__", "own loss"))
    raise OptionError(f"a loss is a name, or a function of (y, prediction); given {loss!r}")
