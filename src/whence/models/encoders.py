"""Which categories the encoders inside a scikit-learn model know, by raw column.

A pipeline is followed from its first step on, for as long as columns stay the columns that the user
sees: through column transformers, unions, imputers, searches and ensembles, to the encoders that
keep `categories_`. Beyond a step that makes other columns nothing is known.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sklearn.base import BaseEstimator, is_classifier, is_outlier_detector, is_regressor
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import BaseEnsemble
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline

from whence.models.answers import plain
from whence.models.categories import Known
from whence.models.cells import is_missing

_INSIDE = ("_preprocessor", "best_estimator_", "estimator_", "regressor_", "classifier_")
_SEVERAL = ("estimators_", "calibrated_classifiers_")
_DEPTH = 8

Columns = Sequence[str]


def known_categories(model: Any, columns: Columns) -> Known:
    """The categories that a fitted model knows, by column: those of the first encoder it meets.

    Args:
        model: any estimator.
        columns: the names of its columns, in the order in which it was fitted.
    """
    found: dict[str, tuple[object, ...]] = {}
    for name, values in _met(model, columns, _DEPTH):
        found.setdefault(name, values)
    return found


def numeric_columns(model: Any, columns: Columns) -> set[str]:
    """Columns that go straight into something that takes nothing but numbers."""
    words: set[str] = set()
    numbers: set[str] = set()
    for name, step in _reached(model, columns, _DEPTH):
        (numbers if _numbers_only(step) else words).add(name)
    return numbers - words


def _met(model: Any, columns: Columns, depth: int) -> Iterator[tuple[str, tuple[object, ...]]]:
    ends: dict[int, list[str]] = {}
    steps: dict[int, Any] = {}
    for name, step in _reached(model, columns, depth):
        ends.setdefault(id(step), []).append(name)
        steps[id(step)] = step
    for at, names in ends.items():
        known = getattr(steps[at], "categories_", None)
        if isinstance(known, list) and len(known) == len(names):
            yield from ((n, plain(values)) for n, values in zip(names, known, strict=True))


def _reached(model: Any, columns: Columns, depth: int) -> Iterator[tuple[str, Any]]:
    """Each raw column with every step that it reaches unchanged, in the order of its columns."""
    if depth == 0 or not isinstance(model, BaseEstimator):
        return
    inner = list(_inside(model, columns))
    for one, given in inner:
        yield from _reached(one, given, depth - 1)
    if not inner:
        yield from ((name, model) for name in columns)


def _inside(model: Any, columns: Columns) -> Iterator[tuple[Any, Columns]]:
    """The steps and models inside that see raw columns, and which they see."""
    if isinstance(model, Pipeline):
        for _, step in model.steps:
            yield step, columns
            if not _keeps(step):
                return
    elif isinstance(model, ColumnTransformer):
        places = getattr(model, "_transformer_to_input_indices", {})
        for name, step, _ in getattr(model, "transformers_", ()):
            yield step, [columns[j] for j in places.get(name, ())]
    elif isinstance(model, FeatureUnion):
        yield from ((step, columns) for _, step in model.transformer_list)
    else:
        yield from ((one, columns) for one in _models_inside(model))


def _models_inside(model: Any) -> Iterator[Any]:
    """The models that an estimator asks in its place, each on the same columns."""
    for attribute in _INSIDE:
        one = getattr(model, attribute, None)
        if isinstance(one, BaseEstimator):
            yield one
    for attribute in _SEVERAL:
        several = getattr(model, attribute, None)
        if isinstance(several, list) and not isinstance(model, BaseEnsemble):
            yield from (getattr(m, "estimator", m) for m in several)


def _keeps(step: Any) -> bool:
    """Whether the columns that go in come out, in their order."""
    if step is None or step == "passthrough":
        return True
    if not isinstance(step, SimpleImputer) or step.add_indicator:
        return False
    filled = getattr(step, "statistics_", ())
    return step.keep_empty_features or not any(map(is_missing, filled))


def _numbers_only(step: Any) -> bool:
    """Whether scikit-learn wrote it, and no text can pass: scalers, projections, and models."""
    home = type(step).__module__
    if home.startswith(_NUMERIC):
        return True
    models = is_classifier(step) or is_regressor(step) or is_outlier_detector(step)
    return home.startswith("sklearn.") and not home.startswith("sklearn.dummy") and models


_NUMERIC = ("sklearn.preprocessing._data", "sklearn.preprocessing._poly", "sklearn.decomposition")
