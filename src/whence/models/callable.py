"""Anything that can be called on rows, or has predict_proba or predict: tried as it is.

The table as the user gave it is tried first, then numpy, then the frames that are imported. Two or
more columns that are probabilities on a few rows are taken for the probabilities of classes: of
`classes_` if the model has them, else 0, 1, ….
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

from whence._core.errors import UnsupportedModelError
from whence.models.answers import are_probabilities, output_names, plain
from whence.models.intake import intake
from whence.models.predictor import Predictor
from whence.models.routes import Route, first_sane, loaded_kinds
from whence.models.table import Table


@final
@dataclass(frozen=True, slots=True, eq=False)
class Function(Predictor):
    """A function on rows."""

    function: Callable[[Any], Any]

    def _predict(self, frame: Any) -> Any:
        return self.function(frame)


def adapt(model: Any, like: Table) -> Predictor:
    """Find out how a model of no known kind is asked.

    Raises:
        UnsupportedModelError: it cannot be called, or no call gave numbers.
    """
    name = named(model)
    method, function = _method(model, name)
    routes = [Route(method, intake(like, None, kind), function) for kind in loaded_kinds(like.kind)]
    route, answer = first_sane(routes, like, name)
    columns = answer.shape[1]
    known = getattr(model, "classes_", None)
    if are_probabilities(answer):
        labels = tuple(range(columns)) if known is None else plain(known)
        if len(labels) == columns:
            outputs = tuple(map(str, labels))
            return Function(name, outputs, labels, "probability", route.intake, False, function)
    return Function(name, output_names(columns), None, "value", route.intake, False, function)


def _method(model: Any, name: str) -> tuple[str, Callable[[Any], Any]]:
    if isinstance(model, type):
        raise UnsupportedModelError(f"{name} is a class: give an instance of it, fitted.")
    for method in ("predict_proba", "predict"):
        found = getattr(model, method, None)
        if callable(found):
            return method, found
    if callable(model):
        return "the call", model
    raise UnsupportedModelError(
        f"{name} cannot be called, and whence found no predict_proba or predict. A model is a "
        "function on rows, a fitted estimator, a booster, a torch module, or a path to a file."
    )


def named(model: Any) -> str:
    """A model in words.

    >>> named(len)
    'function len'
    """
    if isinstance(model, functools.partial):
        return named(model.func)
    if isinstance(model, type):
        return f"class {model.__name__}"
    own = getattr(model, "__name__", None)
    return f"function {own}" if isinstance(own, str) else type(model).__name__
