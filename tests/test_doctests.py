"""Every example in a docstring runs."""

import doctest
import importlib
import pkgutil

import pytest

import whence


@pytest.mark.parametrize(
    "name", [m.name for m in pkgutil.walk_packages(whence.__path__, "whence.")]
)
def test_examples(name):
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        if (error.name or "").startswith("whence"):
            raise
        pytest.skip(f"needs {error.name}")
    assert doctest.testmod(module).failed == 0
