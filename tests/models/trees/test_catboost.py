"""CatBoost's trees as arrays: they predict what CatBoost predicts."""

import numpy as np
import pytest

from whence._core.errors import ModelError, UnsupportedModelError
from whence._core.forms import MISSING

from .rows import apart, awkward

cb = pytest.importorskip("catboost")
from whence.models.trees.catboost import read  # noqa: E402

QUIET = {"verbose": 0, "allow_writing_files": False, "thread_count": 1}
LAST = 1e-14  # the bias is added first here, last there
LARGE = 1e-12  # the same, where a sum is small beside its parts


def raw(model, rows):
    return cb.CatBoost.predict(model, rows, prediction_type="RawFormulaVal")


def data(seed, columns=4, n=300):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, columns)).astype(np.float32)
    X[rng.random(X.shape) < 0.1] = np.nan
    X[:, 0] = rng.integers(-2, 3, n)
    filled = np.nan_to_num(X)
    return rng, X, filled[:, 0] * filled[:, -1] + filled[:, columns // 2] + 3


def agree(model, X, rng, most=LAST):
    ensemble = read(model)
    rows = awkward(ensemble, X, rng)
    assert apart(ensemble, rows, raw(model, rows)) <= most
    inside = ensemble.feature >= 0
    below = ensemble.cover[ensemble.left[inside]] + ensemble.cover[ensemble.right[inside]]
    assert np.allclose(below, ensemble.cover[inside], rtol=1e-12)
    return ensemble


def test_a_tree_that_is_known():
    X = np.array([[0.0], [1.0], [2.0], [3.0]])
    plain = {"learning_rate": 1, "l2_leaf_reg": 0, "bootstrap_type": "No", "random_strength": 0}
    model = cb.CatBoostRegressor(iterations=1, depth=1, **plain, **QUIET)
    model.fit(X, [0.0, 0.0, 4.0, 4.0])
    ensemble = read(model)
    assert ensemble.base.tolist() == [2]
    assert ensemble.cover.tolist() == [4, 2, 2]
    assert ensemble.value[:, 0].tolist() == [0, -2, 2]
    assert ensemble.predict([[1.0], [1.5], [1.5000002], [np.nan]]).ravel().tolist() == [0, 0, 4, 0]
    assert (ensemble.names, ensemble.outputs, ensemble.link) == (("x0",), ("value",), "identity")
    assert (ensemble.precision, ensemble.sums) == ("float32", "float64")
    assert ensemble.name == "CatBoostRegressor"


@pytest.mark.parametrize("policy", ["SymmetricTree", "Depthwise", "Lossguide"])
@pytest.mark.parametrize("seed", range(6))
def test_random_models(seed, policy):
    rng, X, y = data(seed, columns=1 + seed)
    more = {"max_leaves": int(rng.integers(2, 20))} if policy == "Lossguide" else {}
    model = cb.CatBoostRegressor(
        iterations=15, depth=int(rng.integers(1, 7)), grow_policy=policy, **more, **QUIET
    )
    ensemble = agree(model.fit(X, y, sample_weight=rng.random(len(y))), X, rng)
    assert len(ensemble.root) == 15
    reached = np.sort(np.concatenate([ensemble.root, ensemble.left, ensemble.right]))
    assert reached[reached >= 0].tolist() == list(range(len(ensemble.feature)))


@pytest.mark.parametrize("mode", ["Min", "Max", "Forbidden"])
@pytest.mark.parametrize("policy", ["SymmetricTree", "Lossguide"])
def test_what_is_missing(mode, policy):
    rng, X, y = data(2)
    X = np.nan_to_num(X) if mode == "Forbidden" else X
    y = y + 3 * np.isnan(X[:, 1])
    model = cb.CatBoostRegressor(iterations=15, nan_mode=mode, grow_policy=policy, **QUIET)
    ensemble = agree(model.fit(X, y), X, rng)
    gaps = ensemble.feature > 0  # the first column had none when it was fitted
    assert (ensemble.kind[gaps] == (0 if mode == "Max" else MISSING)).all()
    assert (ensemble.kind[ensemble.feature == 0] == MISSING).all()
    rows = X[rng.integers(0, len(X), 600)].astype(float)
    at = rng.random(rows.shape) < 0.4
    cells = [np.inf, -np.inf, 3.4028234663852886e38, -3.4028234663852886e38, 1e39, 1e-46, np.nan]
    rows[at] = rng.choice(cells, at.sum())
    assert apart(ensemble, rows, raw(model, rows)) <= LAST


@pytest.mark.parametrize("policy", ["SymmetricTree", "Depthwise", "Lossguide"])
@pytest.mark.parametrize("loss", ["MultiClass", "MultiClassOneVsAll"])
def test_many_classes(loss, policy):
    rng, X, y = data(3)
    labels = np.array(["low", "mid", "top"])[np.digitize(y, [2, 4])]
    model = cb.CatBoostClassifier(
        iterations=8, depth=4, loss_function=loss, grow_policy=policy, **QUIET
    ).fit(X, labels)
    ensemble = agree(model, X, rng)
    assert ensemble.outputs == ("low", "mid", "top")
    assert ensemble.link == ("softmax" if loss == "MultiClass" else "logistic")
    margins = ensemble.predict(X)
    odds = np.exp(margins)
    own = odds / odds.sum(axis=1, keepdims=True) if loss == "MultiClass" else odds / (1 + odds)
    assert np.allclose(own, model.predict_proba(X))


def test_two_classes():
    rng, X, y = data(4)
    model = cb.CatBoostClassifier(iterations=8, **QUIET).fit(X, np.where(y > 3, "yes", "no"))
    ensemble = agree(model, X, rng)
    assert (ensemble.outputs, ensemble.link) == (("yes",), "logistic")
    odds = 1 / (1 + np.exp(-ensemble.predict(X)[:, 0]))
    assert np.allclose(odds, model.predict_proba(X)[:, 1])


@pytest.mark.parametrize(
    ("loss", "link"),
    [
        ("RMSE", "identity"),
        ("MAE", "identity"),
        ("Quantile:alpha=0.3", "identity"),
        ("Poisson", "exp"),
        ("Tweedie:variance_power=1.5", "exp"),
        ("RMSEWithUncertainty", "uncertainty"),
        ("CrossEntropy", "logistic"),
    ],
)
def test_losses(loss, link):
    rng, X, y = data(5)
    y = np.clip(np.abs(y) / 9, 0, 1) if loss == "CrossEntropy" else np.abs(y)
    kind = cb.CatBoost if loss == "CrossEntropy" else cb.CatBoostRegressor
    given = {"iterations": 8, "loss_function": loss, **QUIET}
    model = kind(given).fit(X, y) if kind is cb.CatBoost else kind(**given).fit(X, y)
    ensemble = agree(model, X, rng)
    assert ensemble.link == link
    if link == "exp":
        assert np.allclose(np.exp(ensemble.predict(X)[:, 0]), model.predict(X))


def test_many_outputs():
    rng, X, y = data(6)
    Y = np.column_stack([y, -y, y**2])
    model = cb.CatBoostRegressor(iterations=8, loss_function="MultiRMSE", **QUIET).fit(X, Y)
    ensemble = agree(model, X, rng)
    assert ensemble.outputs == ("value 0", "value 1", "value 2")
    assert len(set(ensemble.base.tolist())) == 3


def test_scale_and_bias_and_fewer_trees():
    rng, X, y = data(7)
    model = cb.CatBoostRegressor(iterations=40, learning_rate=0.9, **QUIET)
    model.fit(X[:150], y[:150], eval_set=(X[150:], y[150:]), early_stopping_rounds=3)
    assert len(agree(model, X, rng).root) == model.tree_count_ < 40
    model.set_scale_and_bias(0.37, 11.5)
    assert agree(model, X, rng).base.tolist() == [11.5]
    model.shrink(5)
    assert len(agree(model, X, rng).root) == 5


@pytest.mark.parametrize("y", [np.zeros(50), np.full(50, 7.25)])
def test_constants(y):
    X = np.arange(50.0)[:, None]
    model = cb.CatBoostRegressor(iterations=3, allow_const_label=True, **QUIET).fit(X, y)
    agree(model, X, np.random.default_rng(0))


def test_sums_of_models_and_files(tmp_path):
    rng, X, y = data(8)
    one, two = (cb.CatBoostRegressor(iterations=5, depth=d, **QUIET).fit(X, y) for d in (2, 5))
    both = cb.sum_models([one, two], weights=[0.5, 2.0])
    agree(both, X, rng, LARGE)
    one.save_model(tmp_path / "model.cbm")
    loaded = cb.CatBoost().load_model(tmp_path / "model.cbm")
    assert read(loaded).name == "CatBoost model"
    agree(loaded, X, rng)


def test_names_and_categories_that_no_split_asks():
    pd = pytest.importorskip("pandas")
    _, X, y = data(9)
    frame = pd.DataFrame(X, columns=list("badc")).assign(note=["x"] * len(X))
    model = cb.CatBoostRegressor(iterations=5, cat_features=["note"], **QUIET).fit(frame, y)
    ensemble = read(model)
    assert ensemble.names == ("b", "a", "d", "c", "note")
    assert apart(ensemble, frame, model.predict(frame)) <= LAST


def refused(model, words, error=UnsupportedModelError):
    with pytest.raises(error, match=words):
        read(model)


def test_what_is_refused():
    pd = pytest.importorskip("pandas")
    rng, _, y = data(10)
    refused(cb.CatBoostRegressor(), "is not fitted", ModelError)
    frame = pd.DataFrame({"city": rng.choice(list("abc"), len(y)), "size": y})
    target = (frame["city"] == "a") * 3.0 + y
    few = {"iterations": 3, "cat_features": ["city"], **QUIET}
    for one_hot in (1, 10):  # made of targets, or one category against the others
        model = cb.CatBoostRegressor(one_hot_max_size=one_hot, **few).fit(frame, target)
        refused(model, "splits on categories .'city'.")
    texts = pd.DataFrame({"note": rng.choice(["a b", "b c", "c d"], len(y)), "size": y})
    pool = cb.Pool(texts, (y > 3).astype(int), text_features=["note"])
    refused(cb.CatBoostClassifier(iterations=3, **QUIET).fit(pool), "reads text or embeddings")
