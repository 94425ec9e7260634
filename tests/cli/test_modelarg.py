"""Models by name."""

import json
import sys

import pytest

from .typed import ASK, fail


@pytest.fixture
def ask(desk, run):
    def typed(model, *more):
        return run(*[model if w == "churn.skops" else w for w in ASK], *more, "--json", "-q")

    return typed


def test_formats_that_run_no_code(ask):
    for model in ("churn.json", "churn.skops"):
        told = json.loads(ask(model).stdout)
        assert model in told["question"]["model"]


def test_a_pickle_needs_to_be_spelt_out(ask):
    fail(ask("churn.joblib"), "would run code", "--unpickle")
    assert ask("churn.joblib", "--unpickle").exit_code == 0


def test_an_object_where_one_stands(ask, desk):
    (desk / "own_model.py").write_text("def fee(X): return X['fee'].to_numpy() / 100\n")
    assert json.loads(ask("own_model:fee").stdout)["question"]["unit"] == "squared error"
    fail(ask("own_model:fees"), "has no 'fees'", "Did you mean 'fee'?")
    fail(ask("no_such_module:fee"), "no module 'no_such_module'")


def test_a_module_that_fails_is_quoted(ask, desk):
    (desk / "own_broken.py").write_text("x = 1\nraise RuntimeError('no licence')\n")
    fail(ask("own_broken:x"), "RuntimeError: no licence")


def test_a_package_that_is_not_installed(ask, monkeypatch):
    def missing(*args, **kwargs):
        raise ModuleNotFoundError("no", name="xgboost")

    monkeypatch.setattr("whence.cli.modelarg.predictor", missing)
    fail(ask("churn.json"), "needs the package 'xgboost': pip install xgboost")


def test_a_model_that_does_not_fit_the_rows(ask, desk):
    fail(ask("holdout.csv"), "not a model")
    (desk / "fewer.csv").write_text("tenure,left\n1,0\n2,1\n")
    got = ask("churn.skops", "--background", "fewer.csv")
    fail(got, "lacks")


def test_only_code_that_is_named_is_looked_for_where_one_stands(ask, desk):
    """Mutant killed: a file called skops.py beside a model file is run."""
    before = sys.path[:]
    ask("churn.skops")
    assert sys.path == before
    (desk / "own_here.py").write_text("def fee(X): return X['fee'].to_numpy() / 100\n")
    ask("own_here:fee")
    assert sys.path == [str(desk), *before]


def test_a_type_that_is_trusted_by_name(ask, desk, monkeypatch):
    sio = pytest.importorskip("skops.io")
    (desk / "own_twice.py").write_text(
        "from sklearn.base import BaseEstimator, RegressorMixin\n"
        "class Twice(RegressorMixin, BaseEstimator):\n"
        "    def predict(self, X):\n        return X['fee'].to_numpy() / 50\n"
    )
    monkeypatch.syspath_prepend(desk)
    from own_twice import Twice

    sio.dump(Twice(), desk / "twice.skops")
    fail(ask("twice.skops"), "does not trust by itself: 'own_twice.Twice'", "--trust TYPE")
    told = json.loads(ask("twice.skops", "--trust", "own_twice.Twice").stdout)
    assert "twice.skops" in told["question"]["model"]
    sys.modules.pop("own_twice")
