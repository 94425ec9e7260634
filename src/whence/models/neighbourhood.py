"""What nearest neighbours say of test rows: the worth of a set of training rows, in rankings.

For one test row let the rows of S vote, the k nearest of them, in order of distance:

    classes:  v(S) = (1/k) sum over the min(k, |S|) nearest of [their label is the test row's]
    numbers:  v(S) = -(prior + (1/k) sum over the min(k, |S|) nearest of (y - prior) - y_test)^2

so that nobody is worth 0 for classes, and the prior's error for numbers: a neighbour who is lacking
says nothing, or the prior. Equal distances keep the order of the rows.

Source: Jia et al. (2019), whose prior is 0. Ours is the mean of y by default: with 0, the first
row of any label would be worth the distance of the labels from 0, which is no merit of the row.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Real
from typing import Any, final

import numpy as np

from whence._core.errors import OptionError, positive
from whence._core.game import Question
from whence._core.shaped import Float, Int
from whence.models.intake import intake
from whence.models.labels import refuse_other_rows
from whence.models.nearest import Metric, rankings
from whence.models.table import Table
from whence.models.training_rows import Task, as_numbers, coded, flat_labels, task_of


@final
@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Training rows, test rows, and what a neighbour adds.

    Attributes:
        X: the training rows.
        X_test: the test rows.
        labels: of the training rows, as given.
        y: of the training rows: numbers of classes, or numbers less the prior.
        y_test: of the test rows: the same.
        test_labels: of the test rows, as given.
        k: how many neighbours vote.
        task: "classes" or "numbers".
        prior: what a lacking neighbour says, of numbers.
        metric: of distance.
    """

    X: Table
    X_test: Table
    labels: np.ndarray
    test_labels: np.ndarray
    y: np.ndarray
    y_test: np.ndarray
    k: int
    task: Task
    prior: float
    metric: Metric

    @property
    def output(self) -> str:
        """What is measured, in a few words."""
        return "votes for the label" if self.task == "classes" else "minus squared error"

    @property
    def question(self) -> Question:
        """What is asked."""
        lacking = "nothing" if self.task == "classes" else f"{self.prior:g}"
        return Question(
            asks=f"Which training rows serve the {self.k} nearest neighbours of test rows?",
            unit="share of votes" if self.task == "classes" else "squared error",
            removal=f"the row is not there; a neighbour who is lacking says {lacking}",
            model=f"{self.k} nearest neighbours, {self.how}",
            loss=self.task == "numbers",
        )

    @property
    def how(self) -> str:
        """The metric in words."""
        own = getattr(self.metric, "__name__", "own metric") if callable(self.metric) else ""
        return own or f"{self.metric} distance"

    def blocks(
        self,
    ) -> Iterator[tuple[slice, Int[np.ndarray, "tests rows"], Float[np.ndarray, "tests rows"]]]:
        """Blocks of test rows: the training rows from the nearest on, and what each adds."""
        for here, order in rankings(self.X, self.X_test, self.metric):
            own = self.y[order]
            if self.task == "classes":
                own = own == self.y_test[here, None]
            yield here, order, own.astype(float)

    def ends(self, votes: Float[np.ndarray, "*shape tests"]) -> Float[np.ndarray, "*shape tests"]:
        """Worths, from sums over the neighbours who vote."""
        if self.task == "classes":
            return np.asarray(votes / self.k)
        return np.asarray(-((votes / self.k - self.y_test) ** 2))


def neighbourhood(
    X: Any,
    y: Any,
    X_test: Any,
    y_test: Any,
    k: int,
    metric: Metric = "euclidean",
    task: str | None = None,
    prior: float | None = None,
) -> Neighbourhood:
    """Check and align what was given.

    Raises:
        TableError: rows, columns or labels that do not fit.
        OptionError: no such task, metric or number of neighbours.
    """
    positive(k, "k", "how many neighbours vote")
    train, asked = Table.of(X), Table.of(X_test, what="X_test")
    asked = intake(train, None, train.kind).matched(asked)
    refuse_other_rows(X, y)
    refuse_other_rows(X_test, y_test, "y_test", "X_test")
    labels = flat_labels(y, len(train))
    test_labels = flat_labels(y_test, len(asked), "y_test")
    kind = task_of(labels, task)
    if kind == "classes":
        if prior is not None:
            raise OptionError("a prior is what a lacking neighbour says of numbers; y has classes")
        own, wanted = coded(labels, test_labels)
        level = 0.0
    else:
        numbers, asked_numbers = as_numbers(labels, "y"), as_numbers(test_labels, "y_test")
        if prior is not None and not (isinstance(prior, Real) and np.isfinite(prior)):
            raise OptionError(
                f"prior is a finite number, or None for the mean of y; given {prior!r}"
            )
        level = float(numbers.mean()) if prior is None else float(prior)
        own, wanted = numbers - level, asked_numbers - level
    return Neighbourhood(
        train, asked, labels, test_labels, own, wanted, int(k), kind, level, metric
    )
