"""What are training rows worth, or the sources they come from? One verb for several ways.

    way          asks                                             needs
    knn          what rows add to k nearest neighbours            nothing; any number of rows
    oob          how well models that never saw a row predict it  no test set
    shapley      what training with and without them adds         a model that can be trained
    loo          what the others lack without one                 the same; at once for linear models
    influence    the same, to first order                         a trainer that gives gradients

They answer different questions, and are not estimates of one another: the answer names its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from whence._core.attribution import Attribution
from whence._core.budget import Budget
from whence._core.errors import OptionError, TableError, did_you_mean, positive
from whence.methods.perturbation.data_oob import data_oob
from whence.models.table import Table
from whence.models.trainer.linear import LinearTrainer
from whence.models.trainer.trainer import GradientTrainer, Trainer
from whence.models.training_rows import flat_labels, group_players, row_players, task_of
from whence.recipes._comparable import HOW, comparable
from whence.recipes._folds import crossed, dealt
from whence.recipes._trainers import closed_form
from whence.recipes._valuing import Asking, with_columns

WAYS = ("knn", "oob", "shapley", "loo", "influence")
_CARRIED = 200_000  # cells of both tables that an answer takes along
_BAGS = 200


def value(
    X: Any,
    y: Any,
    X_test: Any = None,
    y_test: Any = None,
    *,
    model: Any = None,
    method: str = "auto",
    groups: Any = None,
    k: int = 5,
    scale: bool = True,
    by_case: bool = False,
    folds: int = 5,
    budget: Budget | None = None,
    seed: int = 0,
) -> Attribution:
    """What each training row, or each source of rows, is worth.

    Args:
        X: training rows: an array, a pandas or polars frame.
        y: their labels, as they are: wrong ones included.
        X_test: rows that are asked about; without them each of `folds` folds of the training rows
            is asked of the others.
        y_test: their labels. Where these are as noisy as y, all values lose.
        model: a scikit-learn estimator (which is copied, never changed) or a `wh.models.Trainer`;
            none for "knn".
        method: "knn", "oob", "shapley", "loo" or "influence"; "auto" chooses, and the verdict says
            why.
        groups: the source, labeller or day of each row, or name -> positions of rows: what leaves
            together.
        k: how many neighbours vote ("knn").
        scale: measure columns in standard deviations ("knn"); leave it out where columns share one
            unit, as pixels do.
        by_case: report every test row, for proponents and opponents, rather than their mean.
        folds: of the training rows, where there is no test set.
        budget: when retraining stops, by its default after 40 questions for each player; its
            evaluations are the bags of "oob" (200).
        seed: of every random draw.

    Returns:
        values [1, 1, rows or groups] (or [tests, 1, …]); positive: the row helps.

    Raises:
        OptionError: a method that lacks what it needs, or does not take what is given.
        TableError: rows, columns or labels that do not fit.

    Source: Jia et al. (2019), Kwon & Zou (2023), Ghorbani & Zou (2019); the folds are ours.
    """
    given = _Given.of(X, y, X_test, y_test)
    way, why = _chosen(method, model, given, groups)
    _refuse(way, model, given, groups, by_case=by_case)
    positive(k, "k", "how many neighbours vote")
    if way == "oob":
        own = given.X.frame() if model is not None else comparable(given.X, scale=scale)[0]
        bags = budget.evaluations if budget and budget.evaluations else _BAGS
        found = data_oob(own, given.y, model=model, bags=int(bags), task=given.task, seed=seed)
        found = replace(found, players=row_players(X, given.y))
        return _told(found, method, way, why, {})
    players, owner = (
        (row_players(X, given.y), np.arange(len(given.y)))
        if groups is None
        else group_players(X, len(given.y), groups)
    )
    asking = Asking(way, model, k, given.task, None, by_case, budget, seed)

    def ask(train: np.ndarray, X_asked: Table, y_asked: np.ndarray) -> Attribution:
        members = None if groups is None else _members(players.names, owner[train])
        one, rows = replace(asking, groups=members), given.X.take(train)
        if way == "knn":
            points, asked = comparable(rows, X_asked, scale=scale)
            return one.near(points, given.y[train], asked, y_asked)
        return one.trained(rows.frame(), given.y[train], X_asked.frame(), y_asked)

    stamp = {"distance": HOW if scale else "columns as they are"} if way == "knn" else {}
    if given.X_test is None or given.y_test is None:
        strata = given.y if groups is None else owner
        fold = dealt(strata if given.task == "classes" or groups is not None else 0 * owner, folds,
                     seed)  # fmt: skip
        found = crossed(
            lambda train, test: ask(train, given.X.take(test), given.y[test]), fold, players, owner
        )
        return _told(found, method, way, why, stamp | {"folds": folds})
    found = ask(np.arange(len(given.y)), given.X_test, given.y_test)
    found = replace(found, players=players)
    if by_case and groups is None:
        found = with_columns(found, given.X, given.X_test, _CARRIED)
    return _told(found, method, way, why, stamp)


@final
@dataclass(frozen=True, slots=True)
class _Given:
    """What was given, read: rows, labels, and the test, where there is one."""

    X: Table
    y: np.ndarray
    X_test: Table | None
    y_test: np.ndarray | None
    task: str

    @staticmethod
    def of(X: Any, y: Any, X_test: Any, y_test: Any) -> "_Given":
        if (X_test is None) != (y_test is None):
            lacks = "y_test" if y_test is None else "X_test"
            raise TableError(f"a test set is rows and labels: {lacks} is missing")
        table = Table.of(X)
        labels = flat_labels(y, len(table))
        task = task_of(labels, None)
        if X_test is None:
            return _Given(table, labels, None, None, task)
        asked = Table.of(X_test, what="X_test")
        return _Given(table, labels, asked, flat_labels(y_test, len(asked), "y_test"), task)


def _members(names: tuple[str, ...], owner: np.ndarray) -> Mapping[str, np.ndarray]:
    """Positions of each group's rows, of the groups that have some."""
    return {names[g]: np.flatnonzero(owner == g) for g in np.unique(owner).tolist()}


def _chosen(method: str, model: Any, given: _Given, groups: Any) -> tuple[str, str]:
    """The way, and why."""
    if method != "auto":
        if method not in WAYS:
            raise OptionError(
                f"there is no method {method!r}. {did_you_mean(method, [*WAYS, 'auto'])}"
            )
        return method, ""
    if model is None:
        return "knn", "no model was given"
    if groups is not None:
        return "shapley", "a model is trained with and without each group"
    if isinstance(model, LinearTrainer) or closed_form(model, given.y):
        return "loo", "the model is linear, and leaving a row out is a closed form"
    if isinstance(model, GradientTrainer):
        return "influence", "the trainer gives gradients"
    if isinstance(model, Trainer):
        return "shapley", "the trainer can be trained again, and gives no gradients"
    kind = type(model).__name__
    if given.X_test is None:
        return "oob", f"a few hundred models of {kind} judge every row, however many there are"
    return "knn", (
        f"{kind} would have to be trained again for every row; it was not asked. method='oob' asks "
        "it, without a test set"
    )


def _refuse(way: str, model: Any, given: _Given, groups: Any, *, by_case: bool) -> None:
    """Refuse what this way does not take, or lacks.

    Raises:
        OptionError: says which.
    """
    if way in {"shapley", "loo", "influence"} and model is None:
        raise OptionError(
            f"method={way!r} trains a model: give model=, a scikit-learn estimator or a "
            "wh.models.Trainer"
        )
    if way == "oob":
        if given.X_test is not None:
            raise OptionError(
                "method='oob' judges the training rows by one another: leave the test set out"
            )
        if groups is not None:
            raise OptionError(
                "method='oob' scores rows, and nobody leaves: with groups use 'knn' or 'shapley'"
            )
        if isinstance(model, Trainer):
            raise OptionError("method='oob' takes a scikit-learn estimator, and no trainer")
    if way == "influence" and groups is not None:
        raise OptionError("method='influence' is of single rows: with groups use 'loo'")
    if way == "influence" and not isinstance(model, Trainer):
        raise OptionError(
            "method='influence' needs gradients: give model=wh.models.Trainer.torch(…), or use 'loo'"
        )
    if isinstance(model, Trainer) and way != "knn" and given.X_test is None:
        raise OptionError("a trainer is trained on all of its rows: give it a test set")
    if by_case and (given.X_test is None or way == "oob"):
        raise OptionError("by_case=True reports test rows one by one: give X_test and y_test")


def _told(
    found: Attribution, method: str, way: str, why: str, stamp: Mapping[str, Any]
) -> Attribution:
    """With the way that was taken, and why."""
    said = f"; {way} was chosen: {why}" if why else ""
    told = {"method asked": method, "way": way, **({"chosen because": why} if why else {})}
    return replace(
        found,
        verdict=f"{found.verdict}{said}",
        provenance={**found.provenance, **told, **stamp},
    )
