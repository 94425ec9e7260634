"""What a skops file was rebuilt into: is it fit to be asked?

Estimators call what they find in their attributes, by names that they find there too, and compiled
code trusts arrays. So no attribute may stand where a method is, members must be estimators, names
of methods must be those of predictions, nothing may be cached in a folder of the file's choice, and
what compiled code walks is checked by `skops_estimators`.
"""

import functools
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from whence.models.skops_estimators import check_estimator, check_numbers, is_member
from whence.models.trees.damage import DamageError

_MEMBERS = {
    *("estimators_", "estimator_", "final_estimator_", "best_estimator_", "init_", "regressor_"),
    *("transformer_", "calibrated_classifiers_", "initial_estimator_", "classifier_"),
}
_NAMED = {"steps", "transformers_", "transformer_list", "transformers"}
_METHODS = {"stack_method_", "chain_method_", "response_method", "_response_method"}
_ANSWERS = {
    *("predict", "predict_proba", "predict_log_proba", "decision_function", "score_samples"),
    *("transform", "auto", "drop"),
}
_WORDS = {"drop", "passthrough", "zero", "deprecated"}


def check_object(made: object) -> None:
    """Refuse what must not be asked.

    Raises:
        DamageError: what is wrong with it.
    """
    parts = [one for one in _inside(made) if not isinstance(one, type)]
    for one in parts:  # all of them before the first estimator looks at its members
        check_numbers(one)
    for one in parts:
        attributes = _attributes(one)
        if attributes is not None:
            _check_attributes(one, attributes)
            check_estimator(one)


def _inside(made: object) -> Iterator[object]:
    """Everything that is held by it, each thing once."""
    stack, seen, kept = [made], set(), []
    while stack:
        one = stack.pop()
        if isinstance(one, str | bytes | int | float | complex) or one is None or id(one) in seen:
            continue
        seen.add(id(one))
        kept.append(one)  # so that its id stays its own
        yield one
        stack.extend(_held(one))


def _held(one: Any) -> list[Any]:
    if isinstance(one, Mapping):
        return list(one.values())
    if isinstance(one, list | tuple | set | frozenset):
        return list(one)
    if isinstance(one, np.ndarray):
        return list(one.ravel()) if one.dtype.hasobject else []
    if isinstance(one, functools.partial):
        return [one.func, *one.args, *one.keywords.values()]
    return list((_attributes(one) or {}).values())


def _attributes(one: object) -> dict[str, Any] | None:
    """What an object holds by name; None if it holds nothing so."""
    if isinstance(one, type | np.ufunc) or inspect.isroutine(one):
        return None
    try:
        return vars(one)
    except TypeError:
        return None


def _check_attributes(one: object, attributes: Mapping[str, Any]) -> None:
    name = type(one).__name__
    for key, value in attributes.items():
        there = inspect.getattr_static(type(one), key, None)
        if inspect.isroutine(there) or (
            _is_descriptor(there) and not isinstance(there, functools.cached_property)
        ):
            raise DamageError(f"its {name} has an attribute in the place of its {key}")
        if key == "memory" and value is not None:
            raise DamageError(f"its {name} keeps what it computes in files (memory={value!r:.40})")
        if key in _MEMBERS and not all(map(_may_be_member, _leaves(value))):
            raise DamageError(f"its {name} has members that are no estimators ({key})")
        if key in _NAMED and not all(_is_named(entry) for entry in value or ()):
            raise DamageError(f"its {name} has {key} that are no estimators")
        if key in _METHODS and not all(_is_answer(word) for word in _leaves(value)):
            raise DamageError(f"its {name} asks its members for what is no prediction ({key})")


def _is_descriptor(there: object) -> bool:
    return inspect.isdatadescriptor(there) or inspect.ismethoddescriptor(there)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.dtype.hasobject):
        for one in value:
            yield from _leaves(one)
    else:
        yield value


def _may_be_member(value: object) -> bool:
    return value is None or is_member(value) or (isinstance(value, str) and value in _WORDS)


def _is_named(entry: Any) -> bool:
    pair = isinstance(entry, list | tuple) and len(entry) >= 2 and isinstance(entry[0], str)
    return pair and _may_be_member(entry[1])


def _is_answer(word: object) -> bool:
    return word is None or (isinstance(word, str) and word in _ANSWERS)
