"""scikit-learn's HistGradientBoosting, read as arrays that answer the same."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from whence._core.errors import ModelError
from whence._core.forms import SET
from whence.models import read_trees
from whence.models.trees.faithful import raw

from .close import apart, on_thresholds

pytest.importorskip("sklearn")
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)

pd = pytest.importorskip("pandas")


@pytest.fixture(autouse=True)
def _single():
    """Threads that wait for each other on a busy machine take seconds for nothing."""
    with threadpool_limits(1):
        yield


def regressor(**options):
    return HistGradientBoostingRegressor(
        **{"max_iter": 10, "min_samples_leaf": 5, "random_state": 0, **options}
    )


def classifier(**options):
    return HistGradientBoostingClassifier(
        **{"max_iter": 6, "min_samples_leaf": 5, "random_state": 0, **options}
    )


def data(seed=0, rows=300):
    """Numbers with gaps on a coarse grid, a value, three classes, weights."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 4)).round(1)
    t = X[:, 0] - 2 * X[:, 1] * X[:, 2] + 0.3 * rng.normal(size=rows)
    X[rng.random(X.shape) < 0.1] = np.nan
    return X, t, np.array(["a", "b", "c"])[np.digitize(t, [-1, 1])], rng.uniform(0.1, 3, rows)


def mixed(rows=400, seed=0):
    """Text, numbers and truths as categories, with gaps, between numbers."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "size": rng.normal(size=rows).round(2),
            "town": pd.Categorical(rng.choice(list("pqrstuvw"), rows)),
            "price": rng.normal(size=rows).round(2),
            "code": pd.Categorical(rng.choice([10, 20, 30, 5], rows)),
            "open": pd.Categorical(rng.choice([True, False], rows)),
        }
    )
    t = (
        frame["size"].to_numpy()
        + 2 * frame["town"].isin(["p", "s", "w"]).to_numpy()
        - 3 * frame["code"].isin([5, 30]).to_numpy() * frame["open"].to_numpy()
        + 0.1 * rng.normal(size=rows)
    )
    for column in frame:
        frame.loc[rng.random(rows) < 0.1, column] = None
    return frame, np.asarray(t, float)


def test_a_stump_by_hand():
    X = np.repeat([[0.0], [1.0], [np.nan]], 20, axis=0)
    model = regressor(max_iter=1, learning_rate=1.0).fit(X, np.repeat([0.0, 3.0, 6.0], 20))
    read = read_trees(model)
    assert (read.names, read.outputs, read.link) == (("x0",), ("value",), "identity")
    assert read.precision == "float64"
    assert read.base.tolist() == [3.0]
    assert np.allclose(read.predict([[0.0], [0.5], [1.0], [np.nan]]).ravel(), [0, 0, 3, 6])
    assert read.cover[read.root[0]] == 60


LOSSES = {
    "squared_error": "identity",
    "absolute_error": "identity",
    "quantile": "identity",
    "poisson": "exp",
    "gamma": "exp",
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("seed", [0, 1])
def test_every_loss_answers_as_the_library(loss, seed):
    X, t, _, weight = data(seed)
    model = regressor(loss=loss, quantile=0.7 if loss == "quantile" else None)
    model.fit(X, np.exp(t / 2), sample_weight=weight if seed else None)
    read = read_trees(model)
    assert read.link == LOSSES[loss]
    rows = np.concatenate([X, on_thresholds(read, seed=seed, odd=[np.nan, np.inf, -np.inf])])
    for given in (rows, rows.astype(np.float32)):
        assert apart(raw(model, given), read.predict(given)) < 1e-12


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("seed", [0, 1])
def test_classes(count, seed):
    X, _, labels, weight = data(seed)
    labels = labels if count == 3 else (labels == "a").astype(int)
    model = classifier().fit(X, labels, sample_weight=weight if seed else None)
    read = read_trees(model)
    wanted = (("1",), "logistic") if count == 2 else (("a", "b", "c"), "softmax")
    assert (read.outputs, read.link) == wanted
    rows = np.concatenate([X, on_thresholds(read, odd=[np.nan, np.inf, -np.inf])])
    assert apart(raw(model, rows), read.predict(rows)) == 0.0


@pytest.mark.parametrize("make", [regressor, classifier])
def test_frames_with_categories(make):
    frame, t = mixed()
    model = make(max_leaf_nodes=20).fit(frame, t if make is regressor else t > 0)
    read = read_trees(model)
    assert read.names == tuple(frame.columns)
    assert read.categories[1] == tuple("pqrstuvw")
    assert read.categories[3] == (5.0, 10.0, 20.0, 30.0)
    assert read.categories[0] is None
    assert (read.kind & SET > 0).sum() > 3
    assert apart(raw(model, frame), read.predict(frame)) == 0.0


def test_categories_that_the_model_never_saw_are_missing_to_it():
    frame, t = mixed()
    model = regressor(max_iter=20).fit(frame, t)
    read = read_trees(model)
    other = frame.assign(town=pd.Categorical(np.resize(["zz", "p", None], len(frame))))
    other = other.assign(code=pd.Categorical(np.resize([7, 10, 12, None], len(frame))))
    gaps = other.assign(town=other["town"].cat.remove_categories(["zz"]))
    assert apart(raw(model, other), read.predict(other)) == 0.0
    assert np.array_equal(read.predict(gaps), read.predict(other))
    assert len(np.unique(read.predict(other))) > 20


@pytest.mark.parametrize("whole", [False, True])
def test_numbers_as_categories_of_an_array(whole):
    """Kills: 1.5 taken for category 1, and codes taken for columns in their order."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 4)).round(1)
    X[:, 1] = rng.integers(0, 5, 400) if whole else rng.choice([-3.0, 0.5, 2.0, 11.0], 400)
    X[:, 3] = rng.integers(0, 3, 400)
    X[::9, 1] = np.nan
    t = X[:, 0] + np.nan_to_num(X[:, 1] % 2) * 3 - (X[:, 3] == 1) * X[:, 2]
    model = regressor(categorical_features=[1, 3]).fit(X, t)
    read = read_trees(model)
    rows = np.concatenate([X, on_thresholds(read)])
    rows[:, 1] = rng.choice([*np.unique(X[:, 1]), 1.5, -0.5, 99.0, 4.0], len(rows))
    rows[:, 3] = rng.choice([0.0, 1.0, 2.0, 0.5, -1.0, 3.0, np.nan], len(rows))
    assert apart(raw(model, rows), read.predict(rows)) == 0.0
    assert (read.kind & SET > 0).any()


def test_as_many_categories_as_there_may_be():
    rng = np.random.default_rng(0)
    X = np.column_stack([np.arange(1020) % 255, rng.normal(size=1020).round(1)])
    t = rng.normal(size=255)[np.arange(1020) % 255] * 5 + X[:, 1]
    model = regressor(categorical_features=[0], min_samples_leaf=2).fit(X, t)
    read = read_trees(model)
    rows = np.concatenate([X, [[255.0, 0.0], [300.0, 0.5], [np.nan, 0.0], [-1.0, 1.0]]])
    assert apart(raw(model, rows), read.predict(rows)) == 0.0


def test_none_among_the_categories_is_one_of_them():
    frame = pd.DataFrame({"k": np.resize(["a", "b", None, "b"], 80)}, dtype=object)
    model = regressor(categorical_features=["k"], max_iter=3).fit(
        frame, np.resize([0.0, 1.0, 5.0, 1.0], 80)
    )
    read = read_trees(model)
    asked = pd.DataFrame({"k": ["a", "b", None, np.nan, "c"]}, dtype=object)
    assert apart(raw(model, asked), read.predict(asked)) == 0.0


def test_polars_frames():
    pl = pytest.importorskip("polars")
    frame, t = mixed()
    towns = [town if isinstance(town, str) else None for town in frame["town"]]
    given = pl.DataFrame(
        {
            "size": pl.Series(frame["size"].to_numpy()).fill_nan(None),
            "town": pl.Series(towns, dtype=pl.Categorical),
            "price": pl.Series(frame["price"].to_numpy()),
        }
    )
    model = regressor().fit(given, t)
    read = read_trees(model)
    assert read.categories[1] is not None
    assert apart(raw(model, given), read.predict(given)) == 0.0


def test_early_stopping_and_limits():
    X, t, labels, _ = data()
    for model, target in (
        (regressor(max_iter=200, early_stopping=True, n_iter_no_change=2), t),
        (classifier(max_iter=100, early_stopping=True, n_iter_no_change=2), labels),
        (regressor(monotonic_cst=[1, -1, 0, 0]), t),
        (regressor(interaction_cst=[{0, 1}, {2, 3}], max_features=0.5), t),
    ):
        read = read_trees(model.fit(X, target))
        assert len(read.root) == model.n_iter_ * model.n_trees_per_iteration_
        assert apart(raw(model, X), read.predict(X)) == 0.0


def test_constant_models_and_one_feature():
    X, t, _, _ = data()
    model = regressor(max_iter=3).fit(X, np.full(len(X), 2.5))
    read = read_trees(model)
    assert (len(read.feature), len(read.root)) == (3, 3)
    assert (read.predict(X) == 2.5).all()
    model = regressor().fit(X[:, :1], t)
    rows = on_thresholds(read_trees(model), odd=[np.nan])
    assert apart(raw(model, rows), read_trees(model).predict(rows)) == 0.0


def test_unfitted():
    with pytest.raises(ModelError, match=r"HistGradientBoostingRegressor is not fitted"):
        read_trees(regressor())
