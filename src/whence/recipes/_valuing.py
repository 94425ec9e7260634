"""The ways to value training rows behind `wh.value`, each asked in the same words.

`value` chooses a way and these ask it: of nearest neighbours in blocks of test rows, so that a
hundred thousand rows need no matrix; of a model that can be trained again, by its trainer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, final

import numpy as np

from whence._attribute import attribute
from whence._core.attribution import Attribution
from whence._core.budget import Budget
from whence._core.players import Players
from whence.games.data.nearest_neighbours import NearestNeighbours
from whence.methods.gradient.influence import influence
from whence.methods.perturbation.data_shapley import data_shapley
from whence.methods.perturbation.knn_shapley import knn_shapley
from whence.methods.perturbation.leave_one_out import leave_one_out
from whence.models.table import Table
from whence.models.training_rows import coded
from whence.recipes._comparable import Asked, Points
from whence.recipes._trainers import as_trainer

_CELLS = 2**22  # values that are held at once


@final
@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked, whatever the way.

    Attributes:
        way: "knn", "shapley", "loo" or "influence".
        model: an estimator or a trainer, for all but "knn".
        k: neighbours who vote.
        task: "classes" or "numbers".
        groups: name -> positions of rows, which leave together; None: each row by itself.
        by_case: one answer for each test row, rather than their mean.
        budget: when to stop.
        seed: of every draw.
    """

    way: str
    model: Any
    k: int
    task: str
    groups: Mapping[str, np.ndarray] | None
    by_case: bool
    budget: Budget | None
    seed: int

    def near(self, X: Points, y: np.ndarray, X_test: Asked, y_test: np.ndarray) -> Attribution:
        """What rows are worth to their nearest neighbours."""
        if self.groups is not None:
            game = NearestNeighbours(
                X, y, X_test, y_test, self.k, task=self.task, groups=self.groups
            )
            return attribute(game, by_case=self.by_case, budget=self.budget, seed=self.seed)
        if self.by_case or len(X) * len(X_test) <= _CELLS:
            found = knn_shapley(X, y, X_test, y_test, self.k, task=self.task)
            return found if self.by_case else found.mean()
        return _streamed(X, y, X_test, y_test, self.k, self.task)

    def trained(self, X: Any, y: np.ndarray, X_test: Any, y_test: np.ndarray) -> Attribution:
        """What rows are worth to a model that is trained on them."""
        bounded = self.way == "shapley"  # whose coalitions may hold one class
        trainer = as_trainer(self.model, X, y, self.seed, bounded=bounded)
        test = X_test, y_test
        if self.way == "influence":
            found = influence(trainer, test)
        elif self.way == "loo":
            found = leave_one_out(trainer, test, groups=self.groups, budget=self.budget)
        else:
            found = data_shapley(
                trainer, test, groups=self.groups, budget=self.budget, seed=self.seed
            )
        return found if self.by_case else found.mean()


def _streamed(
    X: Points, y: np.ndarray, X_test: Asked, y_test: np.ndarray, k: int, task: str
) -> Attribution:
    """The mean over test rows, with its error, in blocks of them."""
    start, asked = perf_counter(), np.arange(len(y_test))
    if task == "classes":  # a test row whose label no training row has is worth 0 to everybody
        own, wanted = coded(y, y_test)
        asked = asked[np.isin(wanted, own)]
    sums, ends = np.zeros((2, len(y))), np.zeros(2)
    for at in np.array_split(asked, -(-len(asked) * len(y) // _CELLS)):
        one = knn_shapley(X, y, X_test[at], y_test[at], k, task=task)
        values = one.values[:, 0]
        sums += np.stack([values.sum(axis=0), (values**2).sum(axis=0)])
        ends += np.array([one.empty.sum(), one.full.sum()])
    m = len(y_test)
    mean = sums[0] / m
    spread = np.maximum(sums[1] - m * mean**2, 0.0) / max(m - 1, 1)
    lost = m - len(asked)
    more = f"; {lost} test rows have a label that no training row has" if lost else ""
    return replace(
        one,
        values=mean[None, None],
        parts={"estimation": np.zeros((1, 1, len(y))), "data": np.sqrt(spread / m)[None, None]},
        freedom=one.freedom[:1],
        empty=ends[:1, None] / m,
        full=ends[1:, None] / m,
        averaged=m,
        data={},
        cost=replace(one.cost, seconds=perf_counter() - start),
        verdict=one.verdict + more,
    )


def with_columns(found: Attribution, X: Table, X_test: Table, most: int) -> Attribution:
    """The answer, which also holds the rows of both tables, if they are not too large.

    Reports then show what is in a row beside its name.
    """
    if (len(X) + len(X_test)) * len(X.names) > most:
        return found
    mine = {n: X.column(n) for n in X.names if n not in found.players.columns}
    asked = {n: X_test.column(n) for n in X.names if n not in found.data and n in X_test.names}
    told = {n: tuple(c.tolist()) for n, c in mine.items()}
    players = found.players
    columns = {**players.columns, **told}
    return replace(
        found,
        players=Players(players.names, players.kind, players.ordered, columns),
        data={**found.data, **asked},
    )
