"""What every fitted estimator of scikit-learn says of itself: columns, classes, outputs."""

from typing import Any

from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from whence._core.errors import ModelError, UnsupportedModelError
from whence.models.answers import plain
from whence.models.sklearn import known_names


def refuse_unfitted(model: Any) -> None:
    """Refuse an estimator that was never fitted.

    Raises:
        ModelError: it was not.
    """
    try:
        check_is_fitted(model)
    except NotFittedError as error:
        name = type(model).__name__
        raise ModelError(f"{name} is not fitted: call .fit(X, y) before explaining it.") from error


def names(model: Any) -> tuple[str, ...]:
    """The columns it was fitted on, by name; x0, x1, … if they had none."""
    known = known_names(model)
    return tuple(f"x{j}" for j in range(model.n_features_in_)) if known is None else known


def classes(model: Any) -> tuple[str, ...]:
    """Its classes as text, in order.

    Raises:
        UnsupportedModelError: it classifies several targets at once.
    """
    if getattr(model, "n_outputs_", 1) > 1:
        raise UnsupportedModelError(
            f"{type(model).__name__} classifies {model.n_outputs_} targets at once, and their "
            "classes share no row of numbers. Fit one model for each target."
        )
    return tuple(map(str, plain(model.classes_)))


def values(columns: int) -> tuple[str, ...]:
    """Names for the numbers that a regressor gives: "value", or "value 0", "value 1", …."""
    return ("value",) if columns == 1 else tuple(f"value {k}" for k in range(columns))


def margins(model: Any) -> tuple[str, ...]:
    """Names for a classifier's scores: all classes, or the second alone where there are two."""
    every = classes(model)
    return every if len(every) > 2 else every[-1:]


def link(model: Any) -> str:
    """From the raw outputs of a boosted model to its predictions, in the words of TreeEnsemble."""
    own = type(model._loss.link).__name__  # noqa: SLF001
    return _LINKS.get(own, own)


_LINKS = {
    "IdentityLink": "identity",
    "LogLink": "exp",
    "LogitLink": "logistic",
    "HalfLogitLink": "logistic of twice",  # the exponential loss: p = expit(2 raw)
    "MultinomialLogit": "softmax",
}
