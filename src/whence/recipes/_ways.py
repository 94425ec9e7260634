"""Which way training rows are valued, and what each way needs: the policy behind `wh.value`."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.errors import OptionError, TableError, did_you_mean
from whence._core.text import brief
from whence.models.labels import refuse_other_rows
from whence.models.table import Table
from whence.models.trainer.gradient_trainer import GradientTrainer
from whence.models.trainer.linear import LinearTrainer
from whence.models.trainer.trainer import Trainer
from whence.models.training_rows import flat_labels, task_of
from whence.recipes._trainers import closed_form, estimator_task, refuse_strangers

WAYS = ("knn", "oob", "shapley", "loo", "influence")


@final
@dataclass(frozen=True, slots=True)
class Given:
    """What was given, read: rows, labels, and the test, where there is one."""

    X: Table
    y: np.ndarray
    X_test: Table | None
    y_test: np.ndarray | None
    task: str

    @staticmethod
    def of(X: Any, y: Any, X_test: Any, y_test: Any, task: Any, model: Any) -> "Given":
        if model is not None:
            refuse_strangers(model)
        if (X_test is None) != (y_test is None):
            lacks = "y_test" if y_test is None else "X_test"
            raise TableError(f"a test set is rows and labels: {lacks} is missing")
        table = Table.of(X)
        refuse_other_rows(X, y)
        refuse_other_rows(X_test, y_test, "y_test", "X_test")
        labels = flat_labels(y, len(table))
        task = task_of(labels, estimator_task(model) if task is None else task)
        if X_test is None:
            return Given(table, labels, None, None, task)
        asked = Table.of(X_test, what="X_test")
        return Given(table, labels, asked, flat_labels(y_test, len(asked), "y_test"), task)


def chosen(method: str, model: Any, given: Given, groups: Any) -> tuple[str, str]:
    """The way, and why it was chosen; nothing where the caller chose.

    Raises:
        OptionError: no such method.
    """
    known = method if isinstance(method, str) else ""
    if known in WAYS:
        return known, ""
    if known != "auto":
        raise OptionError(
            f"there is no method {brief(method)}. {did_you_mean(method, [*WAYS, 'auto'])}"
        )
    if model is None:
        return "knn", "no model was given"
    if groups is not None:
        return "shapley", "a model is trained with and without each group"
    return _of_rows(model, given)


def _of_rows(model: Any, given: Given) -> tuple[str, str]:
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


def refuse(way: str, model: Any, given: Given, groups: Any, *, by_case: bool) -> None:
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
            "method='influence' needs gradients: give model=wh.models.Trainer.torch(…), or "
            "use 'loo'"
        )
    if isinstance(model, Trainer) and way != "knn" and given.X_test is None:
        raise OptionError("a trainer is trained on all of its rows: give it a test set")
    if by_case and (given.X_test is None or way == "oob"):
        raise OptionError("by_case=True reports test rows one by one: give X_test and y_test")
