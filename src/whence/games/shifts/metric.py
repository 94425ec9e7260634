"""What may have dropped: a metric of weighted rows.

Losses are asked as minus the loss, so that more is better and a drop is below zero. The area under
the curve counts a pair of equal scores as one half, and weighs a pair by both its rows. A metric
need not be a mean over rows: whatever takes weights can be asked.
"""

import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.errors import TableError
from whence._core.shaped import Bool, Float, Int

Weights = Float[np.ndarray, "rows replicates"]
Rows = Bool[np.ndarray, " rows"] | Int[np.ndarray, " some"]


@final
@dataclass(frozen=True, slots=True)
class Judged:
    """The labels and predictions of one data set.

    Attributes:
        y: labels.
        p: predictions, [rows, outputs].
        where: "before" or "after", for messages.
    """

    y: np.ndarray
    p: Float[np.ndarray, "rows outputs"]
    where: str


class Metric(abc.ABC):
    """A metric on the rows of both data sets, before's first.

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

    @abc.abstractmethod
    def take(self, rows: Rows) -> "Metric":
        """The metric on some of the rows."""

    @property
    @abc.abstractmethod
    def each(self) -> Float[np.ndarray, " rows"] | None:
        """The worth of each row, where the whole is their mean."""

    @final
    def left_out(self, group: Int[np.ndarray, " rows"], groups: int, where: str) -> np.ndarray:
        """The worth of all rows, then without each group: float [1 + groups].

        Raises:
            TableError: there are too few rows of a kind for it to be a number.
        """
        kept = [np.ones(len(group), bool), *(group != g for g in range(groups))]
        with np.errstate(all="ignore"):
            found = [self.worth(rows[:, None].astype(float)) for rows in kept]
        worths = np.concatenate(found)
        if not np.isfinite(worths).all():
            left = "" if not np.isfinite(worths[0]) else " once some of them are left out"
            raise TableError(
                f"the {self.name} of {where} is no number on its {len(group):,} rows{left}, and "
                "its error is told by leaving groups out: give more rows, of every kind of label"
            )
        return worths


@final
class Mean(Metric):
    """A mean over rows."""

    def __init__(self, name: str, unit: str, values: np.ndarray, *, loss: bool, sense: str) -> None:
        self.name, self.unit, self.loss, self.sense = name, unit, loss, sense
        self.values = values

    def worth(self, weights: Weights) -> Float[np.ndarray, " replicates"]:
        """Sum w m / sum w."""
        return np.asarray((self.values @ weights) / weights.sum(axis=0))

    def take(self, rows: Rows) -> "Mean":
        """The mean over some of the rows."""
        return Mean(self.name, self.unit, self.values[rows], loss=self.loss, sense=self.sense)

    @property
    def each(self) -> Float[np.ndarray, " rows"]:
        """The worth of each row."""
        return self.values


@final
class OfMeans(Metric):
    """A function of several means over rows: of the cells of a confusion table, of moments.

    Args:
        name: in words.
        values: what means are taken of, [rows, means].
        function: means [means, replicates] to worths [replicates].
        loss: its worth is minus a loss.
    """

    def __init__(
        self,
        name: str,
        values: Float[np.ndarray, "rows means"],
        function: Callable[[np.ndarray], np.ndarray],
        *,
        loss: bool = False,
    ) -> None:
        self.name, self.unit, self.loss = name, name, loss
        self.sense = minus(name) if loss else HIGHER
        self.values, self.function = values, function

    def worth(self, weights: Weights) -> Float[np.ndarray, " replicates"]:
        """The function of the weighted means."""
        return self.function(self.values.T @ weights / weights.sum(axis=0))

    def take(self, rows: Rows) -> "OfMeans":
        """The same function of the means over some of the rows."""
        return OfMeans(self.name, self.values[rows], self.function, loss=self.loss)

    @property
    def each(self) -> None:
        """No row has one of its own."""
        return


@final
class Auc(Metric):
    """The chance that a positive row has a higher score than a negative one; ties count half."""

    name, unit, loss, sense = "auc", "auc", False, "higher is better"

    def __init__(self, positive: np.ndarray, score: np.ndarray) -> None:
        self.given = positive, score
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

    def take(self, rows: Rows) -> "Auc":
        """The pairs of some of the rows."""
        return Auc(*(side[rows] for side in self.given))

    @property
    def each(self) -> None:
        """No row has one of its own: pairs do."""
        return


@final
class Custom(Metric):
    """Whatever takes labels, predictions and weights and gives one number.

    Args:
        name: in words.
        function: (y, prediction, weights) to a number; it is asked once for each replicate.
        y: labels.
        p: predictions, as the function takes them.
        loss: its worth is minus a loss.
    """

    def __init__(
        self,
        name: str,
        function: Callable[[Any, Any, Any], float],
        y: np.ndarray,
        p: np.ndarray,
        *,
        loss: bool,
        sense: str,
    ) -> None:
        self.name, self.unit, self.loss, self.sense = name, name, loss, sense
        self.function, self.y, self.p = function, y, p

    def worth(self, weights: Weights) -> Float[np.ndarray, " replicates"]:
        """The function's, for each column of weights; rows of no weight are not shown to it."""
        return np.array([self._of(w) for w in weights.T])

    def _of(self, w: np.ndarray) -> float:
        rows = w > 0
        kept = w[rows]
        return self.function(self.y[rows], self.p[rows], kept / kept.mean())

    def take(self, rows: Rows) -> "Custom":
        """The function on some of the rows."""
        args = self.y[rows], self.p[rows]
        return Custom(self.name, self.function, *args, loss=self.loss, sense=self.sense)

    @property
    def each(self) -> None:
        """Nobody knows what each row brings."""
        return


HIGHER = "higher is better"


def minus(name: str) -> str:
    """How a loss is told."""
    return f"higher is better: worths are minus the {name}"


def stacked(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Rows of before, then rows of after."""
    return np.concatenate([np.asarray(part) for part in parts])
