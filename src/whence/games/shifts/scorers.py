"""Metrics that somebody brings: scikit-learn's scorers and functions, and one's own functions."""

import inspect
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from whence._core.errors import OptionError
from whence.games.shifts.confusion import classes_of, labelled, truth_of
from whence.games.shifts.metric import HIGHER, Custom, Judged, Mean, Metric, minus, stacked
from whence.models.labels import as_labels
from whence.models.predictor import Predictor
from whence.models.routes import reason

KINDS = (
    "Or give a function of (y, prediction) that gives one number for each row, or of (y, "
    "prediction, weights) that gives one number."
)
_AS_GIVEN = "as the function's: higher raises it"


def scorer_called(name: str) -> Any:
    """scikit-learn's scorer of that name; None where there is none."""
    if find_spec("sklearn") is None:
        return None
    from sklearn.metrics import get_scorer, get_scorer_names

    return get_scorer(name) if name in get_scorer_names() else None


def scorer_of(function: Any) -> str | None:
    """The name of scikit-learn's scorer that asks one of its functions as it is."""
    if not str(getattr(function, "__module__", "")).startswith("sklearn.metrics"):
        return None
    from sklearn.metrics import get_scorer_names

    known = {name: scorer_called(name) for name in get_scorer_names()}
    return next(
        (
            name
            for name, scorer in known.items()
            if _part(scorer, "score_func") is function
            and _by_default(function, _part(scorer, "kwargs"))
        ),
        None,
    )


def brought(metric: Any, parts: Sequence[Judged], model: Predictor) -> Metric:
    """A metric from a scorer or a function.

    Raises:
        OptionError: something else, a function that fails, or one that takes no weights.
    """
    if _part(metric, "score_func") is not None:
        return of_scorer(
            metric, getattr(_part(metric, "score_func"), "__name__", "metric"), parts, model
        )
    if not callable(metric) or isinstance(metric, type):
        raise OptionError(f"metric is a name, a scorer or a function; given {metric!r}. {KINDS}")
    if str(getattr(metric, "__module__", "")).startswith("sklearn.metrics"):
        scores = {"y_score", "y_prob", "y_proba"} & set(inspect.signature(metric).parameters)
        response = "decision_function" if scores else "predict"
        return _of_function(metric, response, metric.__name__, parts, model)
    given = [part.p[:, 0] if part.p.shape[1] == 1 else part.p for part in parts]
    labels_of = [as_labels(part.y) for part in parts]
    name = getattr(metric, "__name__", "own metric")
    weighs = _weight(metric)
    if weighs is None:
        values = [_rows(metric, name, y, p) for y, p in zip(labels_of, given, strict=True)]
        said = "metric" if name == "<lambda>" else name
        return Mean(said, said, stacked(values), loss=False, sense=_AS_GIVEN)
    return _custom(metric, weighs, name, stacked(labels_of), stacked(given))


def _rows(function: Callable[..., Any], name: str, y: np.ndarray, p: np.ndarray) -> np.ndarray:
    try:
        values = np.asarray(function(y, p), dtype=float)
    except Exception as error:
        raise OptionError(
            f"the metric {name!r} failed on y of shape {np.shape(y)} and predictions of shape "
            f"{p.shape}: {reason(error)}"
        ) from error
    if values.shape != (len(p),) or not np.isfinite(values).all():
        raise OptionError(
            f"the metric {name!r} answered shape {values.shape} for {len(p)} rows: it must give "
            "one finite number for each row, or take weights as a third argument and give one "
            "number: rows are weighed, and a mean over all of them cannot be"
        )
    return values


def _weight(function: Callable[..., Any]) -> str | None:
    """What a function calls its weights: the name of a keyword, "" for the third argument."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
    if any(p.name == "sample_weight" for p in parameters):
        return "sample_weight"
    third = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][2:3]
    required = [p for p in third if p.default is p.empty or "weight" in p.name]
    if required:
        return ""
    named = [p.name for p in parameters if "weight" in p.name]
    return named[0] if named else None


def _custom(
    function: Callable[..., Any],
    weighs: str,
    name: str,
    y: np.ndarray,
    p: np.ndarray,
    *,
    sign: int = 1,
    settings: dict[str, Any] | None = None,
) -> Metric:
    def worth(labels: np.ndarray, said: np.ndarray, w: np.ndarray) -> float:
        args = (labels, said) if weighs else (labels, said, w)
        named = {weighs: w} if weighs else {}
        try:
            got = np.asarray(function(*args, **named, **(settings or {})), dtype=float)
        except Exception as error:
            raise OptionError(
                f"the metric {name!r} failed on y of shape {labels.shape}, predictions of shape "
                f"{said.shape} and weights: {reason(error)}"
            ) from error
        if got.ndim or not np.isfinite(got):
            raise OptionError(
                f"the metric {name!r} answered {f'shape {got.shape}' if got.ndim else got}: a "
                "metric that takes weights gives one finite number"
            )
        return sign * float(got)

    said = "metric" if name == "<lambda>" else name
    sense = minus(said) if sign < 0 else _AS_GIVEN if settings is None else HIGHER
    return Custom(said, worth, y, p, loss=sign < 0, sense=sense)


def _by_default(function: Callable[..., Any], settings: dict[str, Any]) -> bool:
    known = inspect.signature(function).parameters
    return all(known[name].default == value for name, value in settings.items())


def of_scorer(scorer: Any, name: str, parts: Sequence[Judged], model: Predictor) -> Metric:
    """A metric from a scorer: its function, asked as it asks it."""
    method = _part(scorer, "response_method")
    return _of_function(
        _part(scorer, "score_func"),
        method if isinstance(method, str) else method[0],
        name,
        parts,
        model,
        sign=_part(scorer, "sign"),
        settings=_part(scorer, "kwargs"),
    )


def _part(scorer: Any, name: str) -> Any:
    """What a scorer is made of; scikit-learn has no public names for it."""
    return getattr(scorer, f"_{name}", None)


def _of_function(
    function: Callable[..., Any],
    response: str,
    name: str,
    parts: Sequence[Judged],
    model: Predictor,
    *,
    sign: int = 1,
    settings: dict[str, Any] | None = None,
) -> Metric:
    weighs = _weight(function)
    if weighs is None:
        raise OptionError(
            f"the metric {name!r} takes no weights, and rows are weighed here: give one that does. "
            f"{KINDS}"
        )
    y, p = _answered(name, response, parts, model, named="pos_label" in (settings or {}))
    said = name.removeprefix("neg_") if sign < 0 else name
    return _custom(
        function, weighs, said.replace("_", " "), y, p, sign=sign, settings=dict(settings or {})
    )


def _answered(
    name: str, response: str, parts: Sequence[Judged], model: Predictor, *, named: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and what the model says in the form that a scorer wants it.

    Scores are of the second of two labels, which becomes 1 unless a scorer has `named` its own:
    scikit-learn knows no positive label among words.
    """
    labels = stacked([as_labels(part.y) for part in parts])
    classes = classes_of(model, parts[0])
    if response == "predict" and classes is not None:
        _, truth, said = labelled(name, parts, model)
        known = np.array(list(classes))
        return known[truth], known[said]
    p = stacked([part.p for part in parts])
    single = p.shape[1] == 1 or (p.shape[1] == 2 and classes is not None)
    if single and not named and classes is not None and len(classes) == 2:
        labels = stacked([truth_of(part, classes) for part in parts])
    return labels, p[:, -1] if single else p
