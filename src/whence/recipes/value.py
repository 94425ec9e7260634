"""What are training rows worth, or the sources they come from? One verb for several ways.

    way          asks                                             needs
    knn          what rows add to k nearest neighbours            nothing; any number of rows
    oob          how well models that never saw a row predict it  no test set
    shapley      what training with and without them adds         a model that can be trained
    loo          what the others lack without one                 the same; closed for linear ones
    influence    the same, to first order                         a trainer with gradients

They answer different questions, and are not estimates of one another: the answer names its own.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from whence._core.account import opened, shared
from whence._core.arguments import check_arguments
from whence._core.attribution import Attribution
from whence._core.budget import Budget
from whence._core.errors import OptionError, positive
from whence._core.weights import Weights
from whence.methods.perturbation.data_oob import data_oob
from whence.models.row_weights import as_weights
from whence.models.table import Table
from whence.models.threads import one_thread
from whence.models.training_rows import group_players, row_players
from whence.recipes._comparable import HOW, comparable
from whence.recipes._folds import crossed, dealt
from whence.recipes._valuing import Asking, with_columns
from whence.recipes._ways import Given, chosen, refuse
from whence.recipes.aliases import as_budget

_CARRIED = 200_000  # cells of both tables that an answer takes along
_BAGS = 200


@check_arguments
@one_thread(torch=False)
def value(
    X: Any,
    y: Any,
    X_test: Any = None,
    y_test: Any = None,
    *,
    model: Any = None,
    method: str = "auto",
    groups: Any = None,
    sample_weight: Any = None,
    task: str | None = None,
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
        sample_weight: how often each test row counts (each row, where there is no test set), as if
            it were there so many times; not for "oob".
        task: "classes" or "numbers": what the labels are. By default what the model predicts;
            without one, words and up to 20 different whole numbers are classes, and numbers with
            fractions are numbers. More whole numbers could be either: then it must be said.
        k: how many neighbours vote ("knn").
        scale: measure columns in standard deviations ("knn"); leave it out where columns share one
            unit, as pixels do.
        by_case: report every test row, for proponents and opponents, rather than their mean.
        folds: of the training rows, where there is no test set.
        budget: when retraining stops, by its default after 40 questions for each player; its
            evaluations are the bags of "oob" (200). Where its seconds are too few for "knn", test
            rows are drawn, and the verdict says how many.
        seed: of every random draw.

    Returns:
        values [1, 1, rows or groups] (or [tests, 1, …]); positive: the row helps.

    Raises:
        OptionError: a method that lacks what it needs, or does not take what is given; labels that
            could be classes or numbers.
        TableError: rows, columns or labels that do not fit.

    Source: Jia et al. (2019), Kwon & Zou (2023), Ghorbani & Zou (2019); the folds are ours.
    """
    with opened(as_budget(budget) or Budget()):
        given = Given.of(X, y, X_test, y_test, task, model)
        way, why = chosen(method, model, given, groups)
        refuse(way, model, given, groups, by_case=by_case)
        counts = None if sample_weight is None else _counts(sample_weight, way, X, X_test, given)
        positive(k, "k", "how many neighbours vote")
        if way == "oob":
            own = given.X.frame() if model is not None else comparable(given.X, scale=scale)[0]
            bags = budget.evaluations if budget and budget.evaluations else _BAGS
            found = data_oob(
                own, given.y, model=model, bags=bags, task=given.task, budget=budget, seed=seed
            )
            found = replace(found, players=row_players(X, given.y))
            return _told(found, method, way, why, {})
        players, owner = (
            (row_players(X, given.y), np.arange(len(given.y)))
            if groups is None
            else group_players(X, len(given.y), groups)
        )
        asking = Asking(way, model, k, given.task, None, by_case, budget, seed)

        def ask(
            train: np.ndarray, X_asked: Table, y_asked: np.ndarray, w: Weights | None
        ) -> Attribution:
            members = None if groups is None else _members(players.names, owner[train])
            one, rows = replace(asking, groups=members), given.X.take(train)
            if way == "knn":
                points, asked = comparable(rows, X_asked, scale=scale)
                return one.near(points, given.y[train], asked, y_asked, w)
            return one.trained(rows.frame(), given.y[train], X_asked.frame(), y_asked, w)

        stamp = {"distance": HOW if scale else "columns as they are"} if way == "knn" else {}
        if given.X_test is None or given.y_test is None:
            if way == "knn":
                comparable(
                    given.X, scale=scale
                )  # which says what is wrong by the rows of the whole
            strata = given.y if groups is None else owner
            dealing = strata if given.task == "classes" or groups is not None else 0 * owner
            left = iter(range(folds, 0, -1))

            def fold(train: np.ndarray, test: np.ndarray) -> Attribution:
                with shared(budget, 1 / next(left)):
                    w = None if counts is None else counts[test]
                    return ask(train, given.X.take(test), given.y[test], w)

            found = crossed(fold, dealt(dealing, folds, seed), players, owner, counts)
            return _told(found, method, way, why, stamp | {"folds": folds})
        found = ask(np.arange(len(given.y)), given.X_test, given.y_test, counts)
        found = replace(found, players=players)
        if by_case:
            found = replace(found, case_names=given.X_test.row_names)
        if by_case and groups is None:
            found = with_columns(found, given.X, given.X_test, _CARRIED)
        return _told(found, method, way, why, stamp)


def _counts(sample_weight: Any, way: str, X: Any, X_test: Any, given: Given) -> Weights:
    """How often each test row counts.

    Raises:
        OptionError: a way that takes no mean over rows.
        TableError: wrong weights.
    """
    if way == "oob":
        raise OptionError(
            "method='oob' takes no sample_weight: it judges each row by itself, and takes no mean "
            "over rows. Use 'knn', 'shapley', 'loo' or 'influence'"
        )
    asked = (X, given.X) if given.X_test is None else (X_test, given.X_test)
    return as_weights(sample_weight, asked[0], len(asked[1]))


def _members(names: tuple[str, ...], owner: np.ndarray) -> Mapping[str, np.ndarray]:
    """Positions of each group's rows, of the groups that have some."""
    return {names[g]: np.flatnonzero(owner == g) for g in np.unique(owner).tolist()}


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
