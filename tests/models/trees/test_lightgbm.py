"""LightGBM's trees as arrays: they predict what LightGBM predicts."""

import numpy as np
import pytest

from whence._core.errors import ModelError, UnsupportedModelError
from whence._core.forms import MISSING, ZERO

from .rows import apart, awkward

lgb = pytest.importorskip("lightgbm")
from whence.models.trees.lightgbm import read  # noqa: E402

TINY = float(np.float32(1e-35))
QUIET = {"verbose": -1, "min_child_samples": 5, "n_jobs": 1}
AVERAGED = 1e-14  # a sum of parts, and a part of the sum


def booster_of(model):
    return model if isinstance(model, lgb.Booster) else model.booster_


def data(seed, columns=4, n=400, gaps=True):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, columns))
    if gaps:
        X[rng.random(X.shape) < 0.1] = np.nan
    X[:, 0] = rng.integers(-2, 3, n)
    filled = np.nan_to_num(X)
    return rng, X, filled[:, 0] * filled[:, -1] + filled[:, columns // 2] + 3


def agree(model, X, rng, most=0.0):
    ensemble = read(model)
    rows = awkward(ensemble, X, rng)
    own = booster_of(model).predict(rows, raw_score=True, validate_features=False)
    assert apart(ensemble, rows, own) <= most
    return ensemble


def test_a_tree_that_is_known():
    X = np.array([[0.0], [1.0], [2.0], [3.0]])
    exact = {"min_child_samples": 1, "min_child_weight": 0, "min_data_in_bin": 1, "verbose": -1}
    model = lgb.LGBMRegressor(n_estimators=1, learning_rate=1.0, num_leaves=2, **exact)
    model.fit(X, [0.0, 0.0, 4.0, 4.0])
    ensemble = read(model)
    assert ensemble.cover[ensemble.root[0]] == 4
    assert np.allclose(sorted(ensemble.value[ensemble.feature < 0, 0]), [0, 4])
    assert np.allclose(ensemble.predict([[1.0], [1.5], [1.6], [9.0]]).ravel(), [0, 0, 4, 4])
    assert (ensemble.names, ensemble.outputs, ensemble.link) == (("x0",), ("value",), "identity")
    assert (ensemble.precision, ensemble.sums) == ("float64", "float64")
    assert ensemble.name == "LGBMRegressor"
    assert read(model.booster_).name == "LightGBM booster"


@pytest.mark.parametrize("gaps", [True, False])
@pytest.mark.parametrize("seed", range(8))
def test_random_models(seed, gaps):
    rng, X, y = data(seed, columns=1 + seed, gaps=gaps)
    model = lgb.LGBMRegressor(n_estimators=20, num_leaves=int(rng.integers(2, 40)), **QUIET)
    ensemble = agree(model.fit(X, y, sample_weight=rng.random(len(y))), X, rng)
    inside = ensemble.feature >= 0
    below = ensemble.cover[ensemble.left[inside]] + ensemble.cover[ensemble.right[inside]]
    assert (below == ensemble.cover[inside]).all()


@pytest.mark.parametrize("gaps", [True, False])
@pytest.mark.parametrize(
    "missing", [{"zero_as_missing": True}, {"use_missing": False}, {"use_missing": True}]
)
def test_what_is_missing(missing, gaps):
    rng, X, y = data(3, gaps=gaps)
    X[rng.random(X.shape) < 0.2] = 0
    model = lgb.LGBMRegressor(n_estimators=20, **QUIET, **missing).fit(X, y)
    ensemble = agree(model, X, rng)
    rows = X[rng.integers(0, len(X), 600)]
    at = rng.random(rows.shape) < 0.3
    near = [TINY, -TINY, np.nextafter(TINY, 1), np.nextafter(-TINY, -1), 1e-36, -1e-36, 0.0, -0.0]
    rows[at] = rng.choice([*near, 1e-35, -1e-35, np.inf, -np.inf, 1e300, np.nan], at.sum())
    assert apart(ensemble, rows, model.predict(rows)) == 0
    inside = ensemble.feature >= 0
    assert (ensemble.kind[inside] & ZERO > 0).all() == ("zero_as_missing" in missing)
    assert (ensemble.kind & MISSING > 0).any()


@pytest.mark.parametrize("y", [np.zeros(60), np.full(60, 7.25)])
def test_single_leaves(y):
    X = np.arange(60.0)[:, None]
    model = lgb.LGBMRegressor(n_estimators=3, **QUIET).fit(X, y)
    assert len(agree(model, X, np.random.default_rng(0)).feature) == 1
    forest = {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}
    agree(
        lgb.LGBMRegressor(n_estimators=1, **QUIET, **forest).fit(X, y), X, np.random.default_rng(0)
    )


OBJECTIVES = {
    "regression": "identity", "regression_l1": "identity", "huber": "identity", "fair": "identity",
    "quantile": "identity", "mape": "identity", "poisson": "exp", "gamma": "exp", "tweedie": "exp",
    "binary": "logistic", "cross_entropy": "logistic", "cross_entropy_lambda": "softplus",
    "multiclass": "softmax", "multiclassova": "logistic", "lambdarank": "identity",
    "rank_xendcg": "identity",
}  # fmt: skip
LINKS = {
    "identity": lambda raw: raw,
    "exp": np.exp,
    "logistic": lambda raw: 1 / (1 + np.exp(-raw)),
    "softplus": lambda raw: np.log1p(np.exp(raw)),
    "softmax": lambda raw: np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True),
    "signed square": lambda raw: np.sign(raw) * raw**2,
}


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_objectives(objective):
    rng, X, y = data(4)
    y = np.digitize(y, [2, 4]) if objective.startswith("multi") else (y > 3) + 0.0
    y = y + 0.5 if objective in {"gamma", "mape"} else y
    given = {"objective": objective, "verbose": -1, "num_threads": 1}
    given |= {"num_class": 3} if objective.startswith("multi") else {}
    group = [200, 200] if "rank" in objective else None
    booster = lgb.train(given, lgb.Dataset(X, y, group=group), 6)
    ensemble = agree(booster, X, rng)
    assert ensemble.link == OBJECTIVES[objective]
    classes = {"binary": ("1",), "multiclass": tuple("012"), "multiclassova": tuple("012")}
    assert ensemble.outputs == classes.get(objective, ("value",))
    own = booster.predict(X).reshape(len(X), -1)
    assert np.allclose(LINKS[ensemble.link](ensemble.predict(X)), own, rtol=1e-12)


def test_links_of_their_own():
    _, X, y = data(5)
    steep = lgb.LGBMClassifier(n_estimators=3, sigmoid=2.0, **QUIET).fit(X, y > 3)
    assert read(steep).link == "steep logistic"
    roots = lgb.LGBMRegressor(n_estimators=3, reg_sqrt=True, **QUIET).fit(X, y)
    ensemble = read(roots)
    assert np.allclose(LINKS[ensemble.link](ensemble.predict(X)[:, 0]), roots.predict(X))


@pytest.mark.parametrize("boosting", ["gbdt", "dart", "goss"])
def test_many_classes(boosting):
    rng, X, y = data(6)
    labels = np.array(["low", "mid", "top"])[np.digitize(y, [2, 4])]
    model = lgb.LGBMClassifier(n_estimators=8, boosting_type=boosting, drop_rate=0.5, **QUIET)
    ensemble = agree(model.fit(X, labels), X, rng)
    assert ensemble.outputs == ("low", "mid", "top")
    assert ensemble.target.tolist() == [0, 1, 2] * 8


@pytest.mark.parametrize("classes", [False, True])
def test_forests_are_averages(classes):
    rng, X, y = data(7)
    kind, y = (lgb.LGBMClassifier, np.digitize(y, [2, 4])) if classes else (lgb.LGBMRegressor, y)
    forest = {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}
    model = kind(n_estimators=7, **QUIET, **forest).fit(X, y)
    ensemble = read(model)
    rows = awkward(ensemble, X, rng)
    assert apart(ensemble, rows, model.predict(rows, raw_score=True) / 7) <= AVERAGED
    own = model.predict_proba(rows) if classes else model.predict(rows)[:, None]
    assert np.allclose(LINKS[ensemble.link](ensemble.predict(rows)), own, rtol=1e-12)


def test_early_stopping():
    rng, X, y = data(8)
    model = lgb.LGBMRegressor(n_estimators=90, learning_rate=0.6, **QUIET)
    stop = lgb.early_stopping(2, verbose=False)
    model.fit(X[:200], y[:200], eval_X=X[200:], eval_y=y[200:], callbacks=[stop])
    assert len(agree(model, X, rng).root) == model.best_iteration_ < 90
    rows = lgb.Dataset(X[:200], y[:200])
    held = rows.create_valid(X[200:], y[200:])
    booster = lgb.train(
        {"learning_rate": 0.6, "verbose": -1, "num_threads": 1, "min_child_samples": 5},
        rows, 90, valid_sets=[held], callbacks=[stop], keep_training_booster=True,
    )  # fmt: skip
    assert len(agree(booster, X, rng).root) == booster.best_iteration < booster.current_iteration()


def test_continued_training_and_text():
    rng, X, y = data(9)
    first = lgb.LGBMRegressor(n_estimators=4, **QUIET).fit(X, y)
    more = lgb.LGBMRegressor(n_estimators=4, zero_as_missing=True, **QUIET)
    more.fit(X, y, init_model=first)
    assert len(agree(more, X, rng).root) == 8
    agree(lgb.Booster(model_str=more.booster_.model_to_string()), X, rng)


def test_float32_cells_and_names():
    pd = pytest.importorskip("pandas")
    rng, X, y = data(10)
    frame = pd.DataFrame(X, columns=["b", "a", "d", "c"])
    model = lgb.LGBMRegressor(n_estimators=10, **QUIET).fit(frame, y)
    ensemble = agree(model, X, rng)
    assert ensemble.names == ("b", "a", "d", "c")
    small = X.astype(np.float32)
    assert apart(ensemble, small, model.booster_.predict(small)) == 0


def frame(rng, n=500, ordered=False):
    pd = pytest.importorskip("pandas")
    sizes = pd.Categorical(rng.choice([30, 10, -20], n), [30, 10, -20, 5], ordered=ordered)
    return pd.DataFrame(
        {
            "letter": pd.Categorical(rng.choice(list("qpstu"), n), categories=list("uqpstr")),
            "a": rng.normal(size=n),
            "same": pd.Categorical(["x"] * n),
            "size": sizes,
            "code": pd.Categorical(rng.integers(0, 70, n), categories=range(80)),
        }
    )


@pytest.mark.parametrize("onehot", [1, 100])
def test_categories_by_value(onehot):
    rng = np.random.default_rng(11)
    X = frame(rng)
    X.loc[::9, "letter"] = None
    y = (X["letter"] == "q") * 2.0 + (X["size"] == 10) * X["a"] + X["code"].astype(int) % 3
    model = lgb.LGBMRegressor(
        n_estimators=20, max_cat_to_onehot=onehot, min_data_per_group=5, **QUIET
    )
    model.fit(X, y)
    for given in (model, model.booster_, lgb.Booster(model_str=model.booster_.model_to_string())):
        ensemble = read(given)
        known = (tuple("uqpstr"), None, ("x",), (30, 10, -20, 5), tuple(range(80)))
        assert ensemble.categories == known
        rows = X.assign(letter=X["letter"].cat.set_categories(list("zrqstup")))
        rows.loc[::7, "letter"] = "z"
        assert apart(ensemble, rows, model.predict(rows)) == 0


@pytest.mark.parametrize("seed", range(4))
def test_categories_by_code(seed):
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.integers(0, 90, 600), rng.integers(0, 3, 600), rng.normal(size=600)])
    X[rng.random(X.shape) < 0.1] = np.nan
    y = np.nan_to_num(X[:, 0]) % 7 + (X[:, 1] == 1) * np.nan_to_num(X[:, 2])
    X[X[:, 0] == 5, 0] = np.nan if seed % 2 else 5
    rows = lgb.Dataset(X, y, categorical_feature=[0, 1])
    settings = {"verbose": -1, "num_threads": 1, "cat_smooth": 1, "min_data_per_group": 5}
    booster = lgb.train({**settings, "zero_as_missing": seed > 1}, rows, 15)
    ensemble = read(booster)
    assert (ensemble.sets.sum(axis=1) > 1).any()
    rows = X[rng.integers(0, len(X), 800)]
    rows[:, 0] = rng.choice([*range(99), np.nan, 1e6, 3.5, 2e9, -1, -7], len(rows))
    assert apart(ensemble, rows, booster.predict(rows)) == 0


def refused(model, words, error=UnsupportedModelError):
    with pytest.raises(error, match=words):
        read(model)


def test_what_is_refused():
    rng, X, y = data(12)
    refused(lgb.LGBMRegressor(), "is not fitted", ModelError)
    linear = lgb.LGBMRegressor(linear_tree=True, n_estimators=2, **QUIET)
    refused(linear.fit(np.nan_to_num(X), y), "has linear models in its leaves")
    named = frame(rng, n=len(y), ordered=True)
    ordered = lgb.LGBMRegressor(n_estimators=2, **QUIET).fit(named, y)
    refused(ordered, "values of 4 pandas categories, for 3 categorical columns")
