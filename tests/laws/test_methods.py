"""Every method keeps every law. Methods are found by walking the folder; no list is edited."""

from importlib import import_module
from inspect import isabstract

import pytest

import whence.methods
from whence import (
    Banzhaf,
    BetaShapley,
    FirstIn,
    Game,
    LeaveOneOut,
    LinearSurrogate,
    Method,
    Shapley,
)
from whence._core.folder import classes
from whence._core.index import Semivalue
from whence.testing import METHOD_LAWS

INDICES = (
    Shapley(),
    Banzhaf(),
    BetaShapley(4.0, 1.0),
    LeaveOneOut(),
    FirstIn(),
    LinearSurrogate(0.8),
)


def methods():
    for name, module in classes("whence.methods", whence.methods.__path__[0]).items():
        kind = getattr(import_module(module), name)
        if not issubclass(kind, Method) or isabstract(kind):
            continue
        for method in variants(kind):
            if method.needs is Game and isinstance(method.index, Semivalue):
                yield pytest.param(method, id=f"{name}-{type(method.index).__name__}")


def variants(kind):
    """The method for each index that it takes."""
    yield kind()
    for index in INDICES:
        try:
            method = kind(index=index)
        except TypeError:  # its index is not for the user to choose
            return
        if index != kind().index and fits(method):
            yield method


def fits(method):
    annotation = str(type(method).__annotations__["index"])
    return "Semivalue" in annotation or type(method.index).__name__ in annotation


@pytest.mark.parametrize("law", METHOD_LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("method", list(methods()))
def test_law(method, law):
    law(method)


def test_the_folder_is_not_empty():
    found = {p.id.split("-")[0] for p in methods()}
    assert {"Exact", "Permutation", "SampledSemivalue", "OnePlayer"} <= found
