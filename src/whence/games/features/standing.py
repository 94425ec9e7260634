"""How a classifier stands beside knowing only how often each label occurs.

A loss can say that a model is worse than that although its labels are right more often, or its
scores order the rows: then it is too sure of itself, and not without power.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from whence._core.account import rows_left
from whence._core.shaped import Float, Int
from whence._core.weights import Weights, effective
from whence.games.features.bounded_losses import Brier
from whence.games.features.loss import LogLoss, Loss, ZeroOne, both_labels
from whence.models.table import Table

IMPOSSIBLE = float(np.finfo(float).eps)  # what log-loss clips at: less counts as 0
_DOUBT = 2.0  # standard errors


_LOOKED, _SHARE = 2_000, 4  # rows at most; and of those that a budget has one in so many


@final
class Looked:
    """Some of the test rows, at equal distances, and what the model answers there.

    A budget of model rows pays for them too: then fewer are looked at, or none.

    Args:
        X: all rows, as the model receives them; None where nobody but `ask` is to ask it.
        every: how many rows there are.
        ask: positions of rows -> what the model answers, [rows, outputs].
        score: positions of rows -> by what it orders them, where votes are asked; else None.
        weights: how often each row counts.
        paid: model rows are paid for.
    """

    def __init__(
        self,
        X: Table | None,
        every: int,
        ask: Callable[[Int[np.ndarray, " some"]], np.ndarray],
        weights: Weights | None = None,
        *,
        score: Callable[[Int[np.ndarray, " some"]], np.ndarray] | None = None,
        paid: bool = True,
    ) -> None:
        most = min(every, _LOOKED)
        most = int(min(most, rows_left() / _SHARE)) if paid else most
        self.at = np.unique(np.linspace(0, every - 1, max(most, 0)).astype(np.int64))
        self.all, self._ask, self._score = every, ask, score
        self.X = None if X is None or not most else X.take(self.at)
        self.weights = None if weights is None else weights[self.at]
        if self.weights is not None and not self.weights.any():
            self.at, self.weights = self.at[:0], None

    def answers(self) -> Float[np.ndarray, "some outputs"]:
        """What the model answers on the rows that are looked at."""
        return self._ask(self.at)

    def scores(self) -> Float[np.ndarray, " some"] | None:
        """By what the model orders two labels, where that is not what it answers here."""
        return None if self._score is None else second(self._score(self.at))


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

    @property
    def better(self) -> bool:
        """The model's is smaller, beyond doubt."""
        return self.nothing - self.model > _DOUBT * self.stderr

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
        gap: its loss beside that of forecasting how often each label occurs; None where no loss
            was asked about.
    """

    right: float
    common: float
    labels: bool
    auc: float | None
    order: bool
    impossible: int
    gap: Compared | None = None

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
    score: Float[np.ndarray, " rows"] | None = None,
) -> Standing:
    """Where a classifier stands.

    Args:
        codes: positions of the labels.
        p: probabilities, or votes.
        weights: of the rows.
        score: by what it orders two labels; the second output by default.
    """
    w = _shares(len(codes), weights)
    rates = np.bincount(codes, w, minlength=p.shape[1])
    wrong = (p.argmax(axis=1) != codes).astype(float)
    labels = worse((codes != rates.argmax()).astype(float), wrong, weights)
    auc, order = None, False
    if p.shape[1] == 2:
        auc, order = _order(codes == 1, p[:, 1] if score is None else score, w)
    own = np.take_along_axis(p, codes[:, None], axis=1)[:, 0]
    return Standing(
        1 - labels.nothing,
        1 - labels.model,
        labels.clearly,
        auc,
        order,
        int(((own < IMPOSSIBLE) & (w > 0)).sum()),
    )


def standing_of(loss: Loss, y: np.ndarray, rows: Looked) -> Standing | None:
    """Where a model stands, if its loss is one of labels; None if it is not, or nothing is seen.

    Args:
        loss: what judges it.
        y: the labels of all rows, as the loss has them.
        rows: those that are looked at.
    """
    if not isinstance(loss, LogLoss | Brier | ZeroOne) or not len(rows.at):
        return None
    p, codes = both_labels(loss.name, rows.answers()), y[rows.at]
    knowing = base_rates(codes, p.shape[1], rows.weights)
    gap = worse(loss.plain(codes, p), loss.plain(codes, knowing), rows.weights)
    return replace(standing(codes, p, rows.weights, rows.scores()), gap=gap)


def second(answer: Float[np.ndarray, "rows outputs"]) -> Float[np.ndarray, " rows"] | None:
    """How high a model scores the second of two labels; None of more than two."""
    if answer.shape[1] == 1:
        return answer[:, 0]
    return answer[:, 1] - answer[:, 0] if answer.shape[1] == 2 else None


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
