"""Predictor: a model as whence sees it. A table in, float [rows, outputs] out.

`predictor` decides the route once: which method of the model is asked, and which kind of table it
receives. The file that knows a kind of model is imported only when such a model turns up.
"""

import abc
import importlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, final

import numpy as np

from whence._core.errors import ModelError, WhenceError
from whence._core.meter import count
from whence.models.answers import answered, refuse_improbable, refuse_non_finite
from whence.models.categories import unknown
from whence.models.intake import Intake
from whence.models.misfit import mixed
from whence.models.routes import gaps, reason
from whence.models.table import Table
from whence.models.threads import one_thread


@dataclass(frozen=True, slots=True, eq=False)
class Predictor(abc.ABC):
    """A model as whence sees it.

    Args:
        name: the model in words.
        outputs: what each column of an answer is called.
        classes: the labels in the order of the columns, where these are class probabilities.
        space: "probability", "log-odds", "raw" or "value" (a prediction in the target's units).
        intake: the table that the model receives.
        hard: whether it only names a label (one column is 1, the others 0).
        labels: where there are no probabilities, the labels that the model knows: it names one of
            them by its largest output, or of two labels by the sign of its one output.
        scores: what outputs without a unit are: "decision" (they decide between labels), "logits"
            (a link may make probabilities of them), "order" (they only rank rows), "unknown" (of
            an estimator that is no regressor), or "".
    """

    name: str
    outputs: tuple[str, ...]
    classes: tuple[object, ...] | None
    space: str
    intake: Intake
    hard: bool
    labels: tuple[object, ...] | None = field(default=None, kw_only=True)
    scores: str = field(default="", kw_only=True)

    @abc.abstractmethod
    def _predict(self, frame: Any) -> np.ndarray:
        """The model's own answer, [rows] or [rows, outputs]."""

    @property
    def source(self) -> object:
        """The model itself, where its trees may be read from; None where there is none."""
        return None

    def naming(self) -> "Predictor | None":
        """The same model, asked by its own method which label it names; None where it has none."""
        return None

    @property
    @final
    def known(self) -> tuple[object, ...] | None:
        """The labels that the model knows, with probabilities or without."""
        return self.labels if self.classes is None else self.classes

    @property
    @final
    def kind(self) -> str:
        """The kind of table that the model receives: "numpy", "pandas" or "polars"."""
        return self.intake.kind

    @property
    @final
    def columns(self) -> tuple[str, ...] | None:
        """The names that the model itself knows, in its order; None: it knows none."""
        return self.intake.names if self.intake.known else None

    @final
    def aligned(self, table: Table) -> Table:
        """The user's table with the names, the order and the kind that the model receives.

        Raises:
            TableError: columns missing or too many, or of a kind the model cannot take.
        """
        return self.intake.aligned(table)

    @final
    def __call__(self, frame: Any) -> np.ndarray:
        """Ask the model, float [rows, outputs].

        Args:
            frame: of this predictor's kind, its columns as `aligned` puts them.

        Raises:
            ModelError: the model failed, or answered something meaningless.
        """
        rows = len(frame)
        count(rows=rows)
        try:
            with one_thread():
                answer = answered(self._predict(frame), rows, self.name)
        except WhenceError:
            raise
        except Exception as error:
            raise ModelError(
                f"{self.name} failed on a {self.kind} table of shape {tuple(frame.shape)}: "
                f"{reason(error)}.{self._wrong_with(self._table(frame))}"
            ) from error
        self._check(answer, frame)
        return answer

    @final
    def _wrong_with(self, table: Table) -> str:
        """What of these rows a model may have failed on."""
        return f"{gaps(table)}{unknown(table, self.intake.vocabulary) or mixed(table)}"

    @final
    def _table(self, frame: Any) -> Table:
        names = self.intake.names
        fits = self.kind == "numpy" and np.shape(frame)[1:] == (len(names),)
        return Table.of(frame, names=names if fits else None)

    @final
    def _check(self, answer: np.ndarray, frame: Any) -> None:
        if answer.shape[1] != len(self.outputs):
            raise ModelError(
                f"{self.name} answered {answer.shape[1]} outputs; when whence met it there were "
                f"{len(self.outputs)}. The number of outputs may not depend on the rows."
            )
        if not np.isfinite(answer).all():
            refuse_non_finite(answer, self._table(frame), self.name)
        if self.space == "probability":
            refuse_improbable(answer, self.name)


_LEAVES = {
    "sklearn": "sklearn",
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "catboost": "catboost",
    "torch": "torch",
    "onnxruntime": "onnx",
    "onnx": "onnx",
}


def predictor(
    model: object, *, like: Table, unpickle: bool = False, trust: Collection[str] = ()
) -> Predictor:
    """Decide how a model is asked.

    Args:
        model: a function on rows, a fitted estimator or pipeline, a booster, a torch module, a path
            to a model file, "pkg.mod:object", or a list of models (an ensemble).
        like: the user's X: it tells the columns, and a few of its rows are asked as a trial.
        unpickle: open pickle and joblib files, which run code.
        trust: types of a .skops file, as "pkg.mod.Type", that whence does not know and that may be
            rebuilt all the same; rebuilding a type may run code.

    Raises:
        TableError: the columns do not match those that the model knows.
        ModelError: the model is not fitted, or a file is not what it says.
        UnsupportedModelError: nothing can ask this model.
    """
    if isinstance(model, Predictor):
        return model
    if isinstance(model, str | Path):
        return _from_file(model, like, unpickle=unpickle, trust=trust)
    if isinstance(model, list | tuple):
        return _ensemble(model, like, unpickle=unpickle, trust=trust)
    owner = _owner(model)
    return _leaf(owner).adapt(owner, like)  # type: ignore[no-any-return]


def column_kinds(model: object) -> Mapping[str, str]:
    """What a model knows its columns to hold, by name: "text" or "number"; others are left out.

    Who reads a file without types reads these columns so. Of several models, the first that knows
    a column decides.
    """
    if isinstance(model, list | tuple):
        return {n: k for one in reversed(model) for n, k in column_kinds(one).items()}
    leaf = _leaf(_owner(model))
    if leaf.__name__.rpartition(".")[2] not in _TELLING:
        return {}
    return leaf.kinds(_owner(model))  # type: ignore[no-any-return]


_TELLING = {"sklearn", "xgboost", "lightgbm", "catboost"}


def of_file(loaded: object, place: str | Path, *, like: Table) -> Predictor:
    """A model that came from a file, or from "pkg.mod:object", which is in its name."""
    made = predictor(loaded, like=like)
    file = str(place) if ":" in str(place) else Path(place).name
    return replace(made, name=f"{made.name} ({file})")


def _owner(model: object) -> object:
    """The estimator itself where its bound `predict_proba` was given: it knows the classes."""
    owner = getattr(model, "__self__", None)
    if owner is None or getattr(model, "__name__", "") != "predict_proba":
        return model
    return owner


def _leaf(model: object) -> Any:
    """The file that knows this kind of model: the nearest parent class decides."""
    if type(model).__module__ == "whence.models.onnx_session":
        return importlib.import_module("whence.models.onnx")
    for parent in type(model).__mro__:
        leaf = _LEAVES.get(parent.__module__.split(".")[0])
        if leaf is not None:
            return importlib.import_module(f"whence.models.{leaf}")
    return importlib.import_module("whence.models.callable")


def _from_file(
    place: str | Path, like: Table, *, unpickle: bool, trust: Collection[str]
) -> Predictor:
    from whence.models.files import load

    return of_file(load(place, unpickle=unpickle, trust=trust), place, like=like)


def _ensemble(
    models: Sequence[object], like: Table, *, unpickle: bool, trust: Collection[str]
) -> Predictor:
    from whence.models.ensemble import ensemble

    return ensemble([predictor(m, like=like, unpickle=unpickle, trust=trust) for m in models])
