"""How a classifier stands beside knowing only how often each label occurs.

A loss can say that a model is worse than that although its labels are right more often, or its
scores order the rows: then it is too sure of itself, and not without power.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.shaped import Float, Int
from whence._core.weights import effective
from whence.games.features.bounded_losses import Brier
from whence.games.features.loss import LogLoss, Loss, ZeroOne, both_labels
from whence.models.predictor import Predictor
from whence.models.table import Table

IMPOSSIBLE = float(np.finfo(float).eps)  # what log-loss clips at: less counts as 0
_DOUBT = 2.0  # standard errors


@final
@dataclass(frozen=True, slots=True)
class Compared:
    """The mean losses of a model and of knowing nothing, on the same rows."""

    model: float
    nothing: float
    stderr: float

    @property
    def clearly(self) -> bool:
        """The model's is larger, beyond doubt."""
        return self.model - self.nothing > _DOUBT * self.stderr

    def __str__(self) -> str:
        return f"{self.model:.3g} against {self.nothing:.3g}"


def worse(
    model: Float[np.ndarray, " rows"],
    nothing: Float[np.ndarray, " rows"],
    weights: np.ndarray | None = None,
) -> Compared:
    """Compare losses row by row."""
    w = _shares(len(model), weights)
    gap = model - nothing
    mean = float(w @ gap)
    n = effective(w)
    spread = float(w @ (gap - mean) ** 2) * n / max(n - 1, 1)
    return Compared(float(w @ model), float(w @ nothing), float(np.sqrt(spread / n)))


def base_rates(
    codes: Int[np.ndarray, " rows"], classes: int, weights: np.ndarray | None = None
) -> Float[np.ndarray, "rows classes"]:
    """How often each label occurs, as the forecast of every row."""
    w = _shares(len(codes), weights)
    rate = np.bincount(codes, w, minlength=max(classes, 2))
    return np.broadcast_to(rate, (len(codes), len(rate)))


@final
@dataclass(frozen=True, slots=True)
class Standing:
    """A classifier beside knowing nothing.

    Attributes:
        right: the share of rows whose label it names.
        common: the share of the commonest label.
        labels: it names labels better than that, beyond doubt.
        auc: the chance that a row of the second label has the higher score; None of more than two.
        order: that is above a half, beyond doubt.
        impossible: rows that had probability 0 for what happened.
    """

    right: float
    common: float
    labels: bool
    auc: float | None
    order: bool
    impossible: int

    @property
    def knows(self) -> bool:
        """Its labels or its order are better than chance."""
        return self.labels or self.order

    def __str__(self) -> str:
        order = "" if self.auc is None else f", and its AUC is {self.auc:.2f}"
        return (
            f"it names the right label in {100 * self.right:.0f} % of the rows (the commonest "
            f"label alone: {100 * self.common:.0f} %){order}"
        )


def standing(
    codes: Int[np.ndarray, " rows"],
    p: Float[np.ndarray, "rows classes"],
    weights: np.ndarray | None = None,
) -> Standing:
    """Where a classifier stands.

    Args:
        codes: positions of the labels.
        p: probabilities, or votes.
        weights: of the rows.
    """
    w = _shares(len(codes), weights)
    rates = np.bincount(codes, w, minlength=p.shape[1])
    wrong = (p.argmax(axis=1) != codes).astype(float)
    labels = worse((codes != rates.argmax()).astype(float), wrong, weights)
    auc, order = _order(codes == 1, p[:, 1], w) if p.shape[1] == 2 else (None, False)
    own = np.take_along_axis(p, codes[:, None], axis=1)[:, 0]
    return Standing(
        1 - labels.nothing,
        1 - labels.model,
        labels.clearly,
        auc,
        order,
        int(((own < IMPOSSIBLE) & (w > 0)).sum()),
    )


def standing_of(
    loss: Loss, model: Predictor, X: Table, y: np.ndarray, weights: np.ndarray | None = None
) -> Standing | None:
    """Where a model stands on these rows, if its loss is one of labels; None if it is not."""
    if not isinstance(loss, LogLoss | Brier | ZeroOne):
        return None
    return standing(y, both_labels(loss.name, model(X.frame())), weights)


def _order(positive: np.ndarray, score: np.ndarray, w: np.ndarray) -> tuple[float | None, bool]:
    """The area under the curve, and whether it is above a half by the error of no order at all."""
    from whence.games.shifts.metric import Auc

    if positive.all() or not positive.any():
        return None, False
    auc = float(Auc(positive, score).worth(w[:, None])[0])
    one, other = effective(w[positive]), effective(w[~positive])
    error = np.sqrt((one + other + 1) / (12 * one * other))  # Mann & Whitney (1947)
    return auc, bool(auc - 0.5 > _DOUBT * error)


def _shares(rows: int, weights: np.ndarray | None) -> Float[np.ndarray, " rows"]:
    return np.full(rows, 1 / rows) if weights is None else np.asarray(weights / weights.sum())
