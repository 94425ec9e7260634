"""Which file reads what, and the check that what was read is still what the model says."""

import subprocess
import sys

import numpy as np
import pytest

from whence._core.errors import ModelError, ModelFileError, UnsupportedModelError
from whence.models import read_trees
from whence.models.trees.faithful import raw, refuse_unfaithful

pytest.importorskip("sklearn")
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeRegressor

X = np.random.default_rng(0).normal(size=(120, 3))
T = X[:, 0] - X[:, 1] * X[:, 2]


class Mine(HistGradientBoostingRegressor):
    """Somebody's own, which inherits from scikit-learn's."""


FITTED = GradientBoostingRegressor(n_estimators=3).fit(X, T)


@pytest.mark.parametrize(
    "model",
    [
        DecisionTreeRegressor(),
        GradientBoostingRegressor(n_estimators=3),
        HistGradientBoostingRegressor(max_iter=3),
        Mine(max_iter=3),
        GridSearchCV(Mine(max_iter=3), {"max_depth": [2]}, cv=2),
    ],
    ids=lambda m: type(m).__name__,
)
def test_the_nearest_parent_decides(model):
    read = read_trees(model.fit(X, T))
    assert np.allclose(read.predict(X)[:, 0], model.predict(X), rtol=1e-12, atol=1e-12)
    refuse_unfaithful(read, read.predict(X), raw(model, X), "X")


def test_what_was_read_passes_through():
    read = read_trees(FITTED)
    assert read_trees(read) is read
    assert np.array_equal(raw(read, X), read.predict(X))


def test_a_name_in_a_module():
    read = read_trees(f"{__name__}:FITTED")
    assert np.array_equal(read.predict(X), raw(f"{__name__}:FITTED", X))


def test_files(tmp_path):
    skops = pytest.importorskip("skops.io")
    skops.dump(FITTED, tmp_path / "model.skops")
    for place in (tmp_path / "model.skops", str(tmp_path / "model.skops")):
        assert np.array_equal(read_trees(place).predict(X), read_trees(FITTED).predict(X))


def test_a_pickle_is_not_opened(tmp_path):
    joblib = pytest.importorskip("joblib")
    joblib.dump(FITTED, tmp_path / "model.joblib")
    with pytest.raises(ModelFileError, match="this file would run code when opened"):
        read_trees(tmp_path / "model.joblib")
    with pytest.raises(ModelFileError, match="there is no file"):
        read_trees(tmp_path / "modle.joblib")


@pytest.mark.parametrize("package", ["xgboost", "lightgbm", "catboost"])
def test_boosters_from_files(package, tmp_path):
    pytest.importorskip(package)
    pytest.importorskip(f"whence.models.trees.{package}")
    model, file = booster(package, tmp_path)
    one, other = read_trees(model), read_trees(file)
    assert np.array_equal(one.predict(X), other.predict(X))
    assert np.allclose(one.predict(X)[:, 0], model.predict(X), rtol=1e-5)


def booster(package, folder):
    if package == "xgboost":
        import xgboost as xgb

        model = xgb.XGBRegressor(n_estimators=3, n_jobs=1).fit(X, T)
        model.save_model(folder / "model.json")
        return model, folder / "model.json"
    if package == "lightgbm":
        import lightgbm as lgb

        model = lgb.LGBMRegressor(n_estimators=3, n_jobs=1, verbose=-1).fit(X, T)
        model.booster_.save_model(folder / "model.txt")
        return model, folder / "model.txt"
    import catboost as cb

    model = cb.CatBoostRegressor(3, verbose=0, thread_count=1, allow_writing_files=False).fit(X, T)
    model.save_model(str(folder / "model.cbm"))
    return model, folder / "model.cbm"


def plain(rows):
    return rows[:, 0]


def test_what_has_no_trees():
    for model, said in (
        (plain, "plain has no trees that whence can read. It reads trees, forests, gradient"),
        (3.0, "float has no trees.*take a method that only asks the model"),
        ([FITTED, FITTED], "list has no trees"),
        (FITTED.predict, "predict is a method: give whence the model itself"),
        (LinearRegression().fit(X, T), "LinearRegression is no sum of trees"),
    ):
        with pytest.raises(UnsupportedModelError, match=said):
            read_trees(model)


def test_a_neural_net_has_no_trees():
    torch = pytest.importorskip("torch")
    with pytest.raises(UnsupportedModelError, match="Linear has no trees"):
        read_trees(torch.nn.Linear(3, 1))


def test_a_model_that_was_altered_is_caught():
    model = GradientBoostingRegressor(n_estimators=3, random_state=0).fit(X, T)
    read = read_trees(model)
    refuse_unfaithful(read, read.predict(X), raw(model, X), "X")
    model.learning_rate = 0.2
    with pytest.raises(ModelError, match=r"GradientBoostingRegressor answers .* to row 0 of X"):
        refuse_unfaithful(read, read.predict(X), raw(model, X), "X")
    model.set_params(learning_rate=0.1).fit(X, T + (X[:, 0] > 2))
    with pytest.raises(ModelError, match=r"of 120 rows differ. Was the model altered after"):
        refuse_unfaithful(read, read.predict(X), raw(model, X), "X")


def test_how_far_apart_is_too_far():
    model = RandomForestClassifier(3, random_state=0).fit(X, T > 0)
    read, own = read_trees(model), raw(model, X)
    refuse_unfaithful(read, read.predict(X), own * (1 + 0.9e-6), "X")
    refuse_unfaithful(read, read.predict(X[:0]), own[:0], "X")
    off = own.copy()
    off[[7, 9], 1] += 1.2e-6
    with pytest.raises(ModelError, match=r"to row 7 of the rows .output 'True', .* 2 of 120 rows"):
        refuse_unfaithful(read, read.predict(X), off, "the rows")
    off[7, 1] = np.nan
    with pytest.raises(ModelError, match="answers nan to row 7"):
        refuse_unfaithful(read, read.predict(X), off, "X")
    with pytest.raises(ModelError, match=r"shape \(120, 1\) to X, and as it was read"):
        refuse_unfaithful(read, read.predict(X), own[:, :1], "X")


def test_small_outputs_are_held_to_their_own_size():
    """Kills: one bound for all outputs."""
    model = DecisionTreeRegressor().fit(X, np.column_stack([T, T * 1e-9]))
    read, own = read_trees(model), raw(model, X)
    refuse_unfaithful(read, read.predict(X), own, "X")
    own[3, 1] *= 1.01
    with pytest.raises(ModelError, match=r"row 3 of X .output 'value 1'"):
        refuse_unfaithful(read, read.predict(X), own, "X")


def test_nothing_optional_is_imported():
    heavy = ("sklearn", "xgboost", "lightgbm", "catboost", "pandas", "polars", "torch")
    code = "import sys, whence, whence.models; whence.models.read_trees"
    code = f"{code}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
