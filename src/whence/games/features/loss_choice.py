"""Which loss judges a model, where nobody says: a policy, with its reasons.

* A regressor: squared error.
* A classifier with probabilities: **log-loss, unless it cannot judge the model; then the Brier
  score; then zero-one.** Log-loss is the strictest, and where forecasts are sound it tells most.
  But it is infinite as soon as one row had probability 0 for what happened (forests, trees, nearest
  neighbours): what is reported then is a matter of where one clips. And a loss may call a model
  worse than knowing only how often each label occurs, though its labels, or the order of its
  scores, are better than chance beyond doubt (by two standard errors): values then add up to less
  than nothing, and useful features look harmful. Such a loss is passed over. A model that knows
  nothing is left with the strictest loss that is finite. The rows decide (2,000 of them, at equal
  distances, where there are more), once, before anything is sampled: equal rows, equal choice; and
  the answer says which was taken and why. `loss=` is never overruled.
* A classifier without probabilities: zero-one, of the labels that it names.
* Scores of anything else against labels: refused. A score has no unit in which it could predict a
  label, and its squared distance from one says nothing about the model.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.errors import ModelError
from whence.games.features.bounded_losses import Brier
from whence.games.features.loss import LogLoss, Loss, Squared, ZeroOne, as_loss
from whence.games.features.standing import Looked, base_rates, standing, worse
from whence.models.callable import Function
from whence.models.labels import as_labels
from whence.models.predictor import Predictor

_ROUNDING = 1e-6


@final
@dataclass(frozen=True, slots=True)
class Choice:
    """What judges a model.

    Attributes:
        loss: what judges.
        model: the model, in the form that the loss judges.
        why: in words, where the data decided; else empty.
    """

    loss: Loss
    model: Predictor
    why: str = ""


def chosen_loss(loss: Any, model: Predictor, y: Any, rows: Looked) -> Choice:
    """What was asked for, or what suits the model.

    Args:
        loss: a name, a `Loss`, a function, or None.
        model: who predicts.
        y: labels of all rows.
        rows: those that are looked at.

    Raises:
        OptionError: a name that is not known, or something that is no loss.
        ModelError: scores of labels, and no word on how to judge them.
        TableError: labels that the model does not know.
    """
    if loss is not None:
        given = as_loss(loss, model)
        return Choice(given, given.form(model, rows.X))
    if model.classes is not None:
        return _of_probabilities(model, y, rows)
    if model.known is not None and (model.scores != "order" or _are(model.known, y)):
        why = f"{model.name} gives no probabilities, so it is judged by the labels that it names"
        return Choice(ZeroOne(), ZeroOne().form(model, rows.X), why)
    _refuse_scores(model, y, rows)
    return Choice(Squared(), model)


def _of_probabilities(model: Predictor, y: Any, rows: Looked) -> Choice:
    strict, bounded = LogLoss(), Brier()
    codes = strict.targets(y, model, rows.all)[rows.at]
    if not len(codes):
        return Choice(strict, model)
    p, weights = rows.answers(), rows.weights
    knowing = base_rates(codes, p.shape[1], weights)
    log, brier = (
        worse(loss.plain(codes, p), loss.plain(codes, knowing), weights)
        for loss in (strict, bounded)
    )
    seen = standing(codes, p, weights)
    belied = seen.knows and log.model >= log.nothing
    if not seen.impossible and not belied:
        return Choice(strict, model)
    why = (
        f"{seen.impossible:,} of {len(codes):,} rows had probability 0 for what happened, for "
        "which log-loss is infinite"
        if seen.impossible
        else f"in log-loss the model is worse than knowing how often each label occurs ({log})"
    )
    if brier.model < brier.nothing or not seen.labels:
        return Choice(bounded, model, f"judged by the Brier score: {why}")
    why += f", and the Brier score is worse than that of knowing how often each occurs ({brier})"
    form = ZeroOne().form(model, rows.X)
    return Choice(ZeroOne(), form, f"judged by the labels it names: {why}")


def _are(labels: tuple[object, ...], y: Any) -> bool:
    array = as_labels(y)
    return array.dtype.kind in "biuf" and bool(np.isin(array, np.array(labels, float)).all())


def _refuse_scores(model: Predictor, y: Any, rows: Looked) -> None:
    """Refuse scores that would be judged as if they were predictions of the labels.

    Raises:
        ModelError: what they are, and which losses judge them.
    """
    if model.scores == "order":
        raise ModelError(
            f"{model.name} answers scores, which order rows and predict no label in its own unit: "
            "no loss is taken by itself. Say which: loss='auc' where y has two labels, or a "
            "function of (y, score) that gives one loss for each row."
        )
    labels = as_labels(y)
    if labels.dtype.kind not in "biuf" or not labels.size:
        return
    distinct, many = np.unique(labels), len(model.outputs)
    if model.scores == "logits" and labels.ndim == 1:
        _refuse_codes(model, distinct)
    unknown = isinstance(model, Function) or model.scores == "unknown"
    if unknown and many == 1 and len(distinct) == 2 < len(labels):
        _refuse_outside(model, distinct, rows)


def _refuse_codes(model: Predictor, distinct: np.ndarray) -> None:
    """Raw outputs beside labels 0, 1, … are scores of these, as far as anybody can tell."""
    many = len(model.outputs)
    codes = bool(np.isin(distinct, np.arange(max(many, 2))).all())
    if codes or (many == 1 and np.isin(distinct, (-1, 1)).all()):
        reading = "sign" if many == 1 else "largest number"
        some = ", ".join(f"{v:g}" for v in distinct[:4])
        raise ModelError(
            f"{model.name} answers raw numbers, and y holds the labels {some}: squared error would "
            "judge a score as if it were the label. Say which loss: 'log-loss' takes the numbers "
            f"for log-odds, 'zero-one' judges the label that the {reading} names"
            f"{'' if codes else ' (both with labels 0 and 1)'}, 'squared error' is right for a net "
            "trained to predict these numbers; or give a function of (y, score)."
        )


def _refuse_outside(model: Predictor, two: np.ndarray, rows: Looked) -> None:
    """Of two whole numbers as labels, answers of nobody knows what lie between, or are scores."""
    if (two != np.round(two)).any() or not len(rows.at):
        return
    p, (low, high) = rows.answers(), two.astype(float)
    if p.min() < low - _ROUNDING or p.max() > high + _ROUNDING:
        raise ModelError(
            f"{model.name} answers from {p.min():.3g} to {p.max():.3g}, and y holds the labels "
            f"{low:g} and {high:g}: squared error would judge a score as if it were the label. Say "
            "which loss: 'auc' judges how scores order the rows, 'squared error' is right for "
            "predictions of these numbers; for 'log-loss' and 'zero-one' give a function of both "
            "probabilities, [rows, 2]."
        )
