"""Differences of two answers: case by case where both report the same cases.

Then what the cases have in common cancels. Otherwise the two answers are taken as independent,
which is wider, never narrower than the truth for answers on the same rows that agree.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .regroup import difference, same_question

if TYPE_CHECKING:
    from .attribution import Attribution


def differences(a: "Attribution", b: "Attribution") -> tuple["Attribution", bool]:
    """A - b, and whether it was taken case by case: of each case then, else of their mean.

    Raises:
        OptionError: something that is not an answer.
        ResultError: answers to different questions, such as different removals.
    """
    same_question(*(one_case(x) for x in (a, b)))
    if _same_cases(a, b):
        return _paired(a, b), True
    return difference(a.mean(), b.mean()), False


def one_case(answer: "Attribution") -> "Attribution":
    """The mean over cases; something that is not an answer as it is."""
    from .attribution import Attribution

    return answer.mean() if isinstance(answer, Attribution) else answer


def _same_cases(a: "Attribution", b: "Attribution") -> bool:
    if not len(a.values) == len(b.values) > 1 or a.data.keys() != b.data.keys() or not a.data:
        return False
    return all(
        np.array_equal(a.data[name], b.data[name], equal_nan=a.data[name].dtype.kind == "f")
        for name in a.data
    )


def _paired(a: "Attribution", b: "Attribution") -> "Attribution":
    each = difference(replace(a, shared={}), replace(b, shared={}))
    shared = {
        name: np.sqrt(a.shared.get(name, 0.0) ** 2 + b.shared.get(name, 0.0) ** 2)
        for name in dict.fromkeys([*a.shared, *b.shared])
    }
    return replace(each, shared=shared)
