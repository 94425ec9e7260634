"""The house rules that a machine can check."""

import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import whence
from whence import Game

HEAVY = ("torch", "pandas", "polars", "matplotlib", "numba", "sklearn", "xgboost", "transformers")
OPTIONAL = ("whence.models.", "whence.cli", "whence.report")


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_import_is_light():
    loaded = run(f"import sys, whence; print([m for m in {HEAVY} if m in sys.modules])")
    assert loaded == "[]"


def test_public_names_are_there():
    names = """
    importance explain attribute compare load Budget Players FunctionGame Shapley Banzhaf
    BetaShapley LeaveOneOut FirstIn AumannShapley Share Game RelaxedGame Method AnytimeMethod
    Attribution Certificate Selection WhenceError games methods models evaluate engines recipes
    testing"""
    assert [name for name in names.split() if getattr(whence, name, None) is None] == []


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="importanse"):
        _ = whence.importanse


def test_a_game_has_five_members():
    public = {n for n in dir(Game) if not n.startswith("_")} | set(Game.__annotations__)
    assert public == {"players", "outputs", "n_cases", "n_draws", "worth"}


def classes():
    for module in pkgutil.walk_packages(whence.__path__, "whence."):
        if module.name.startswith(OPTIONAL):
            continue
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if kind.__module__ == module.name and not issubclass(kind, Exception):
                yield kind


def test_every_class_is_abstract_or_final():
    bases = {base for kind in classes() for base in kind.__mro__[1:]}
    wrong = [k for k in classes() if k not in bases and not getattr(k, "__final__", False)]
    assert [k for k in wrong if not inspect.isabstract(k)] == []
    assert [k for k in bases if getattr(k, "__final__", False)] == []


def test_shapes_are_checked_while_tests_run():
    from whence._core.moments import Moments

    with pytest.raises(Exception, match=r"Type-check error"):
        Moments(2, 1, 3).add([1.0, 2.0], [0, 1])
