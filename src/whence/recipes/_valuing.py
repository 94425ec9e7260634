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
from whence._core.account import seconds_left
from whence._core.attribution import Attribution
from whence._core.budget import Budget
from whence._core.keyed import uniforms
from whence._core.meter import ENDLESS
from whence._core.players import Players
from whence._core.weights import Weights
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
_DRAWN = 32  # the stream of chance


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

    def near(
        self,
        X: Points,
        y: np.ndarray,
        X_test: Asked,
        y_test: np.ndarray,
        weights: Weights | None = None,
    ) -> Attribution:
        """What rows are worth to their nearest neighbours; `weights` are of the test rows."""
        if self.groups is not None:
            game = NearestNeighbours(
                X,
                y,
                X_test,
                y_test,
                self.k,
                task=self.task,
                groups=self.groups,
                sample_weight=weights,
            )
            return attribute(game, by_case=self.by_case, budget=self.budget, seed=self.seed)
        if self.by_case or len(X) * len(X_test) <= _CELLS:
            found = knn_shapley(X, y, X_test, y_test, self.k, task=self.task)
            found = replace(found, weights=weights)
            return found if self.by_case else found.mean()
        return _streamed(X, y, X_test, y_test, self, weights)

    def trained(
        self,
        X: Any,
        y: np.ndarray,
        X_test: Any,
        y_test: np.ndarray,
        weights: Weights | None = None,
    ) -> Attribution:
        """What rows are worth to a model that is trained on them; `weights` are of test rows."""
        bounded = self.way == "shapley"  # whose coalitions may hold one class
        trainer = as_trainer(self.model, X, y, self.seed, bounded=bounded)
        test = X_test, y_test
        if self.way == "influence":
            found = influence(trainer, test)
        elif self.way == "loo":
            found = leave_one_out(trainer, test, groups=self.groups, budget=self.budget)
        else:
            found = data_shapley(
                trainer,
                test,
                groups=self.groups,
                sample_weight=weights,
                budget=self.budget,
                seed=self.seed,
            )
        found = replace(found, weights=weights)
        return found if self.by_case else found.mean()


def _streamed(
    X: Points,
    y: np.ndarray,
    X_test: Asked,
    y_test: np.ndarray,
    asking: Asking,
    weights: Weights | None = None,
) -> Attribution:
    """The mean over test rows, with its error, in blocks of them; of some, where time is short."""
    start, m, known = perf_counter(), len(y_test), np.ones(len(y_test), bool)
    if asking.task == "classes":  # a test row whose label no training row has is worth 0 to all
        own, wanted = coded(y, y_test)
        known = np.isin(wanted, own)
    w = np.ones(m) if weights is None else weights / weights.mean()
    order, done = np.arange(m), 0
    if seconds_left() < ENDLESS:  # then the first rows may have to speak for all
        order = np.argsort(uniforms(m, _DRAWN, asking.seed)[0])
    sums, ends = np.zeros((3, len(y))), np.zeros(2)
    for block in np.array_split(order, -(-m * len(y) // _CELLS)):
        at = block[known[block]] if known[block].any() else block[:1]
        one = knn_shapley(X, y, X_test[at], y_test[at], asking.k, task=asking.task)
        values, count = one.values[:, 0], w[at, None]
        sums += [(c * v).sum(axis=0) for c, v in _moments(count, values)]
        ends += np.array([w[at] @ one.empty[:, 0], w[at] @ one.full[:, 0]])
        done += len(block)
        if seconds_left() < (perf_counter() - start) / done * len(block):
            break
    seen = order[:done]
    total = w[seen].sum()
    mean = sums[0] / total
    # of w (v - mean), a row whose label nobody has among them: its values are 0
    squares = sums[2] - 2 * mean * sums[1] + mean**2 * (w[seen] ** 2).sum()
    spread = np.maximum(squares, 0.0) / (total / done) ** 2 / max(done - 1, 1)
    parts = {"estimation": spread * (1 / done - 1 / m), "data": spread / m}
    lost = int((~known[seen]).sum())
    more = f"; {lost} test rows have a label that no training row has" if lost else ""
    how = one.verdict.partition("; 1 test row")[0]  # of a block of none but such
    drawn = f"of {m:,} test rows {done:,} were drawn: more could not be looked at in time; "
    return replace(
        one,
        values=mean[None, None],
        parts={name: np.sqrt(part)[None, None] for name, part in parts.items()},
        freedom=one.freedom[:1] if done == m else np.array([done - 1.0]),
        uncertainty="exact" if done == m else "sampled",
        empty=ends[:1, None] / total,
        full=ends[1:, None] / total,
        averaged=done,
        data={},
        cost=replace(one.cost, seconds=perf_counter() - start),
        converged=done == m,
        verdict=(how if done == m else drawn + how.removeprefix("exact: ")) + more,
    )


def _moments(count: np.ndarray, values: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Weights and what they weigh, of sum w v, sum w^2 v and sum w^2 v^2."""
    return (count, values), (count**2, values), (count**2, values**2)


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
