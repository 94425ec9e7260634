"""scikit-learn estimators, pipelines and searches, and whatever inherits from them.

What is asked:

- a classifier with predict_proba: the probabilities of its classes;
- a classifier without (LinearSVC): decision_function, space "raw", no classes (scores are not
  probabilities, and a log-loss of them would mean nothing) but labels, which it names; two classes
  give one output, the score for the second;
- a classifier with neither (hard voting): 1 for the label it names, 0 for the others, space "raw",
  marked `hard`;
- a regressor: predict, space "value"; an outlier detector: decision_function, space "raw".

An estimator that knows its columns receives a frame, any other an array: none warns about names.
joblib runs in sequence meanwhile: a forest's threads add its trees in the order in which they end,
and the last bits of a sum depend on that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, final

import joblib
import numpy as np
from sklearn.base import is_classifier, is_clusterer, is_outlier_detector, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from whence._core.errors import ModelError, TableError, UnsupportedModelError, some
from whence.models.answers import output_names, plain
from whence.models.categories import Listed, kinds_of
from whence.models.encoders import known_categories, numeric_columns
from whence.models.faithful import faithful
from whence.models.intake import frame_kind, intake
from whence.models.predictor import Predictor
from whence.models.routes import Route, first_sane, loaded_kinds
from whence.models.table import Table


@final
@dataclass(frozen=True, slots=True, eq=False)
class Estimator(Predictor):
    """An estimator and the method that is asked."""

    model: Any
    method: str

    @property
    def source(self) -> object:
        """The model itself."""
        return self.model

    def naming(self) -> Predictor | None:
        """`predict`, as 1 for the label that it names, where there are labels."""
        labels = self.known
        if labels is None or not callable(getattr(self.model, "predict", None)):
            return None
        words = tuple(map(str, labels))
        return replace(
            self,
            outputs=words,
            classes=None,
            space="raw",
            hard=True,
            method=_LABELS,
            labels=labels,
            scores="decision",
        )

    def _predict(self, frame: Any) -> Any:
        if self.method == _LABELS:
            return asking(self.model, self.method, self.known)(frame)
        return asking(self.model, self.method)(frame)


def adapt(model: Any, like: Table) -> Predictor:
    """Decide how an estimator is asked.

    Raises:
        ModelError: it is not fitted.
        UnsupportedModelError: it does not predict.
    """
    name = named(model)
    method = _method(model, name)
    known = known_names(model)
    _refuse_width(model, known, like)
    vocabulary = Listed(known_categories(model, known or like.names))
    routes = [
        Route(method, intake(like, known, kind, vocabulary=vocabulary), asking(model, method))
        for kind in _kinds(model, known, like)
    ]
    try:
        route, answer = first_sane(routes, like, name)
    except UnsupportedModelError as error:
        _refuse_unfitted(model, name, error)
        raise
    route = faithful(route, routes, like, model)
    outputs, classes, space = _meaning(model, method, answer.shape[1])
    labels, scores = _scores(model, space)
    return Estimator(
        name,
        outputs,
        classes,
        space,
        route.intake,
        method == _LABELS,
        model,
        method,
        labels=labels,
        scores=scores,
    )


_LABELS = "predict, as labels"


def asking(
    model: Any, method: str, labels: tuple[object, ...] | None = None
) -> Callable[[Any], Any]:
    """The method as a function of a frame, on one worker."""

    def ask(frame: Any) -> Any:
        with joblib.parallel_config(backend="sequential"):
            if method == _LABELS:
                return _one_hot(model.predict(frame), labels or plain(model.classes_))
            return getattr(model, method)(frame)

    return ask


def _one_hot(labels: np.ndarray, classes: tuple[object, ...]) -> np.ndarray:
    same = np.asarray(labels)[:, None] == np.asarray(classes)[None, :]
    return np.asarray(same, float)


def _method(model: Any, name: str) -> str:
    if is_clusterer(model):
        raise UnsupportedModelError(
            f"{name} groups rows into clusters, whose numbers mean nothing. Give whence a function "
            "that returns what you ask about, e.g. lambda X: model.transform(X)."
        )
    if is_outlier_detector(model):
        wanted = ["decision_function"]
    elif is_classifier(model):
        wanted = ["predict_proba", "decision_function"]
    else:
        wanted = ["predict_proba", "predict"]
    for method in wanted:
        if callable(getattr(model, method, None)):
            return method
    if is_classifier(model) and getattr(model, "predict", None) is not None:
        return _LABELS
    raise UnsupportedModelError(
        f"{name} does not predict: whence looked for {', '.join(wanted)}. If it is a step of a "
        "pipeline, give whence the pipeline."
    )


def known_names(model: Any) -> tuple[str, ...] | None:
    """The columns that an estimator was fitted on, if they had names."""
    names = getattr(model, "feature_names_in_", None)
    return None if names is None else tuple(map(str, names))


def _refuse_width(model: Any, known: tuple[str, ...] | None, like: Table) -> None:
    """Without names, the number of columns is all that can be compared."""
    width = getattr(model, "n_features_in_", None)
    if known is None and isinstance(width, int) and width != len(like.names):
        raise TableError(
            f"{like.what} has {len(like.names)} columns ({some(like.names)}), and the model was "
            f"fitted with {width}. Give it the same columns, in the same order."
        )


def _kinds(model: Any, known: tuple[str, ...] | None, like: Table) -> list[str]:
    if known is not None:
        return list(dict.fromkeys([frame_kind(like), *_frames_only(like), "numpy"]))
    if getattr(model, "n_features_in_", None) is not None:
        return list(dict.fromkeys(["numpy", *loaded_kinds(like.kind)]))
    return loaded_kinds(like.kind)


def _frames_only(like: Table) -> list[str]:
    return [k for k in loaded_kinds(like.kind) if k != "numpy"]


def _meaning(
    model: Any, method: str, columns: int
) -> tuple[tuple[str, ...], tuple[object, ...] | None, str]:
    """Outputs, classes and space."""
    labels = getattr(model, "classes_", None)
    if method == "predict":
        return output_names(columns), None, "value"
    if labels is None:
        return (("score",) if columns == 1 else output_names(columns)), None, "raw"
    words = tuple(str(c) for c in plain(labels))
    if method == "predict_proba":
        return words, plain(labels), "probability"
    if columns == 1:
        return words[1:], None, "raw"
    pairs = getattr(_last(model), "decision_function_shape", "") == "ovo"
    named = columns == len(words) and not pairs
    return (words if named else output_names(columns)), None, "raw"


def _last(model: Any) -> Any:
    """What a pipeline or a search ends in."""
    steps = getattr(model, "steps", None)
    inner = steps[-1][1] if steps else getattr(model, "best_estimator_", None)
    return model if inner is None else _last(inner)


def _scores(model: Any, space: str) -> tuple[tuple[object, ...] | None, str]:
    """The labels that are known beside no probabilities, and what the outputs are."""
    if space != "raw":
        return None, "unknown" if space == "value" and not is_regressor(model) else ""
    if is_outlier_detector(model):
        return (-1, 1), "order"
    labels = getattr(model, "classes_", None)
    return (None, "order") if labels is None else (plain(labels), "decision")


def _refuse_unfitted(model: Any, name: str, error: Exception) -> None:
    try:
        check_is_fitted(model)
    except NotFittedError:
        raise ModelError(f"{name} is not fitted: call .fit(X, y) before explaining it.") from error
    except TypeError:
        return


def named(model: Any) -> str:
    """An estimator in words; of a pipeline or a search, what it ends in too."""
    own = type(model).__name__
    steps = getattr(model, "steps", None)
    inner = steps[-1][1] if steps else getattr(model, "best_estimator_", None)
    return own if inner is None else f"{own} of {named(inner)}"


def kinds(model: Any) -> Mapping[str, str]:
    """What its named columns hold, as far as its encoders and scalers tell: "text" or "number"."""
    names = known_names(model)
    if names is None:
        return {}
    numbers = dict.fromkeys(numeric_columns(model, names), "number")
    return numbers | kinds_of(known_categories(model, names))
