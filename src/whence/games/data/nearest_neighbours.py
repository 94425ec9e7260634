"""The game of nearest neighbours: what is it worth that these training rows are there?

One evaluation answers every test row, as one training would:

    classes:  v(S) = (1/k) sum over the min(k, |S|) nearest rows of S of [label = the test row's]
    numbers:  v(S) = -(prior + (1/k) sum over the same of (y - prior) - y_test)^2

Its players are rows, or groups of rows that come and go together (a source, a labeller, a day). For
rows, `wh.methods.knn_shapley` has every semivalue in closed form; for groups nobody has.

Source: Jia et al. (2019). Ours: the prior, and groups.
"""

from typing import Any, final

import numpy as np

from whence._core.game import JointGame, WeightedGame
from whence._core.shaped import Float
from whence._core.types import Coalitions, Draws
from whence.models.nearest import Metric
from whence.models.neighbourhood import neighbourhood
from whence.models.row_weights import as_weights
from whence.models.training_rows import group_players, row_players

_FIRST = 64  # ranks looked at first; few coalitions lack k rows among them


@final
class NearestNeighbours(JointGame, WeightedGame):
    """How well the nearest training rows that stay answer each test row; a case is a test row.

    Args:
        X: training rows: numbers in the columns, on scales that can be compared.
        y: their labels.
        X_test: test rows.
        y_test: their labels.
        k: how many neighbours vote.
        metric: "euclidean", "cosine", or a function of two tables (see `knn_shapley`).
        task: "classes" or "numbers"; by default numbers where y has fractions.
        prior: of numbers, what a lacking neighbour says; the mean of y by default.
        groups: name -> positions of rows, or each row's group: then groups are the players, and
            rows in none are players of their own.
        sample_weight: how often each test row counts, as if it were there so many times.

    Memory: 12 bytes for each pair of a training and a test row.

    Raises:
        TableError: rows, columns or labels that do not fit.
        PlayersError: groups that overlap or are empty.
        OptionError: no such metric or task, or k below 1.
    """

    def __init__(
        self,
        X: Any,
        y: Any,
        X_test: Any,
        y_test: Any,
        k: int = 5,
        *,
        metric: Metric = "euclidean",
        task: str | None = None,
        prior: float | None = None,
        groups: Any = None,
        sample_weight: Any = None,
    ) -> None:
        near = neighbourhood(X, y, X_test, y_test, k, metric, task, prior)
        rows, tests = len(near.labels), len(near.test_labels)
        if groups is None:
            self.players, owner = row_players(X, near.labels), np.arange(rows, dtype=np.int32)
        else:
            self.players, owner = group_players(X, rows, groups)
        self.owners = np.empty((tests, rows), np.int32)  # test, rank
        self.adds = np.empty((tests, rows))  # test, rank
        for here, order, adds in near.blocks():
            self.owners[here], self.adds[here] = owner[order], adds
        self.k, self.task, self.wanted = near.k, near.task, near.y_test
        self.outputs, self.question = (near.output,), near.question
        self.n_cases = tests
        if sample_weight is not None:
            self.weights = as_weights(sample_weight, X_test, tests)

    def _worths(self, coalitions: Coalitions, draws: Draws) -> np.ndarray:
        del draws
        votes = np.stack([self._votes(coalitions, test) for test in range(self.n_cases)], axis=1)
        if self.task == "classes":
            return votes / self.k
        return np.asarray(-((votes / self.k - self.wanted) ** 2))

    def _votes(self, coalitions: Coalitions, test: int) -> Float[np.ndarray, " coalitions"]:
        """The sum over the k nearest rows that are there; ranks are read until all have k."""
        votes, lacking = np.zeros(len(coalitions)), np.full(len(coalitions), self.k)
        first, width = 0, max(_FIRST, 4 * self.k)
        while first < self.owners.shape[1] and lacking.any():
            here = slice(first, first + width)
            there = coalitions[:, self.owners[test, here]]
            seen = np.cumsum(there, axis=1)
            votes += (there & (seen <= lacking[:, None])) @ self.adds[test, here]
            lacking = np.maximum(lacking - seen[:, -1], 0)
            first, width = first + width, 2 * width
        return votes
