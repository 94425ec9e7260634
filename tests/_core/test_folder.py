"""The folder is the registry."""

import sys

import pytest

from whence import methods
from whence._core.folder import classes, look_up, with_namesakes

ROOT = methods.__path__[0]


@pytest.fixture
def package(tmp_path, monkeypatch):
    root = tmp_path / "shop"
    (root / "deep").mkdir(parents=True)
    (root / "_private").mkdir()
    (root / "__init__.py").write_text("")
    (root / "deep" / "__init__.py").write_text("")
    (root / "one.py").write_text("class One:\n    class Inner: ...\n\nclass _Hidden: ...\n")
    (root / "deep" / "two.py").write_text("raise SystemError('imported')\nclass Two: ...\n")
    (root / "deep" / "four.py").write_text("def four(): ...\ndef five(): ...\ndef _four(): ...\n")
    (root / "_private" / "three.py").write_text("class Three: ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "shop", str(root)
    for name in [n for n in sys.modules if n.split(".")[0] == "shop"]:
        del sys.modules[name]


def test_found_without_an_import(package):
    """Kills: an import of every method, and private classes offered."""
    assert classes(*package) == {"One": "shop.one", "Two": "shop.deep.two"}
    assert "shop.one" not in sys.modules


def test_looked_up(package):
    assert look_up(*package, "One").__module__ == "shop.one"
    assert look_up(*package, "one").__name__ == "shop.one"
    assert look_up(*package, "deep").__name__ == "shop.deep"
    with pytest.raises(AttributeError, match=r"shop has no 'Onee'. Did you mean 'One'"):
        look_up(*package, "Onee")


def test_a_function_with_the_name_of_its_file(package):
    """Kills: helpers offered, and functions offered where a package did not say so."""
    both = {"One": "shop.one", "Two": "shop.deep.two", "four": "shop.deep.four"}
    assert with_namesakes(*package) == both
    assert "shop.deep.four" not in sys.modules
    assert look_up(*package, "four", with_namesakes).__module__ == "shop.deep.four"
    with pytest.raises(AttributeError, match="shop has no 'five'"):
        look_up(*package, "five", with_namesakes)
    with pytest.raises(AttributeError):
        look_up(*package, "four")


def test_the_methods_are_there():
    assert (
        classes("whence.methods", ROOT)["Permutation"] == "whence.methods.perturbation.permutation"
    )
    assert methods.Permutation.__name__ == "Permutation"
    assert "Exact" in dir(methods)
    assert "Moments" in dir(methods)
    with pytest.raises(AttributeError, match="Did you mean 'Permutation'"):
        _ = methods.Permutations


def test_files_of_the_interpreter_are_not_rooms():
    """Kills: __pycache__ imported as an empty package."""
    for name in ("__pycache__", "", ".", ".."):
        with pytest.raises(AttributeError):
            look_up("whence.methods", ROOT, name)
