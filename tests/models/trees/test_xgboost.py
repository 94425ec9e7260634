"""XGBoost's trees as arrays: they predict what XGBoost predicts."""

import json

import numpy as np
import pytest

from whence._core.errors import ModelError, UnsupportedModelError

from .rows import apart, awkward

xgb = pytest.importorskip("xgboost")
from whence.models.trees.xgboost import read  # noqa: E402

EXACT = 0.0
ROUNDED = 3e-7  # float32 sums in another order, or a logarithm's last bit


def margin(model, rows):
    if isinstance(model, xgb.Booster):
        return model.predict(xgb.DMatrix(rows), output_margin=True)
    return model.predict(rows, output_margin=True)


def data(seed, columns=4, n=400):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, columns)).astype(np.float32)
    X[rng.random(X.shape) < 0.1] = np.nan
    X[:, 0] = rng.integers(-2, 3, n)
    filled = np.nan_to_num(X)
    return rng, X, filled[:, 0] * filled[:, -1] + filled[:, columns // 2] + 3


def agree(model, X, rng, most=EXACT):
    ensemble = read(model)
    rows = awkward(ensemble, X, rng)
    assert apart(ensemble, rows, margin(model, rows)) <= most
    return ensemble


def test_a_tree_that_is_known():
    X = np.array([[0.0], [1.0], [2.0], [3.0]])
    plain = {"n_estimators": 1, "eta": 1.0, "lambda": 0, "base_score": 0.5, "max_depth": 1}
    model = xgb.XGBRegressor(**plain).fit(X, [0.0, 0.0, 4.0, 4.0])
    ensemble = read(model)
    assert ensemble.base.tolist() == [0.5]
    assert ensemble.cover.tolist() == [4, 2, 2]
    assert ensemble.value[:, 0].tolist() == [0, -0.5, 3.5]
    assert ensemble.predict([[1.0], [1.9999999], [2.0], [np.nan]]).ravel().tolist() == [0, 0, 4, 4]
    assert (ensemble.names, ensemble.outputs, ensemble.link) == (("x0",), ("value",), "identity")
    assert (ensemble.precision, ensemble.sums, ensemble.name) == (
        "float32",
        "float32",
        "XGBRegressor",
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("method", ["hist", "exact", "approx"])
def test_random_models(seed, method):
    rng, X, y = data(seed, columns=1 + 2 * seed)
    depth = int(rng.integers(1, 9))
    model = xgb.XGBRegressor(
        n_estimators=20, max_depth=depth, tree_method=method, gamma=0.1 * (seed % 2), subsample=0.8
    )
    agree(model.fit(X, y, sample_weight=rng.random(len(y))), X, rng)


def test_nodes_that_were_pruned_are_left_out():
    rng, X, y = data(1)
    model = xgb.XGBRegressor(n_estimators=3, tree_method="exact", gamma=50).fit(X, y)
    ensemble = agree(model, X, rng)
    reached = np.sort(np.concatenate([ensemble.root, ensemble.left, ensemble.right]))
    assert reached[reached >= 0].tolist() == list(range(len(ensemble.feature)))
    saved = json.loads(model.get_booster().save_raw("json"))
    trees = saved["learner"]["gradient_booster"]["model"]["trees"]
    assert sum(len(t["split_indices"]) for t in trees) > len(ensemble.feature)


@pytest.mark.parametrize("y", [np.zeros(50), np.full(50, 7.25)])
def test_single_leaves(y):
    X = np.arange(50.0)[:, None]
    ensemble = agree(xgb.XGBRegressor(n_estimators=3).fit(X, y), X, np.random.default_rng(0))
    assert len(ensemble.feature) == 3


OBJECTIVES = {
    "reg:squarederror": "identity", "reg:squaredlogerror": "identity", "reg:logistic": "logistic",
    "reg:pseudohubererror": "identity", "reg:absoluteerror": "identity", "rank:ndcg": "identity",
    "reg:quantileerror": "identity", "binary:logistic": "logistic", "binary:hinge": "hinge",
    "binary:logitraw": "identity", "count:poisson": "exp", "survival:cox": "exp",
    "survival:aft": "exp", "reg:gamma": "exp", "reg:tweedie": "exp", "multi:softprob": "softmax",
    "multi:softmax": "softmax", "rank:pairwise": "identity",
}  # fmt: skip


@pytest.mark.parametrize("base", [None, 0.3, 0.7])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_objectives(objective, base):
    rng, X, _ = data(3)
    y = rng.integers(0, 2, len(X)) + (0.5 if objective in {"reg:gamma", "survival:cox"} else 0)
    rows = xgb.DMatrix(X, label=y)
    given = {"objective": objective, "max_depth": 3}
    if objective == "survival:aft":
        rows.set_float_info("label_lower_bound", y + 0.5)
        rows.set_float_info("label_upper_bound", y + 1.5)
    if objective.startswith("rank"):
        rows.set_group([200, 200])
    if objective.startswith("multi"):
        given["num_class"] = 3
    if objective == "reg:quantileerror":
        given["quantile_alpha"] = [0.2, 0.8]
    if base is not None:
        given["base_score"] = base
    ensemble = agree(xgb.train(given, rows, 5), X, rng, ROUNDED)
    assert ensemble.link == OBJECTIVES[objective]
    expected = {
        "binary": ("1",),
        "multi": ("0", "1", "2"),
    }.get(objective.split(":")[0], ("value",))
    assert ensemble.outputs == (
        ("value 0", "value 1") if objective == "reg:quantileerror" else expected
    )


@pytest.mark.parametrize("label", [0, 1])
def test_labels_that_are_all_the_same(label):
    X = np.arange(20.0)[:, None]
    rows = xgb.DMatrix(X, label=np.full(20, label))
    booster = xgb.train({"objective": "binary:logistic"}, rows, 2)
    agree(booster, X, np.random.default_rng(0))


def test_links_take_margins_to_predictions():
    _, X, y = data(4)
    binary = xgb.XGBClassifier(n_estimators=5).fit(X, y > 3)
    odds = read(binary).predict(X)[:, 0]
    assert np.allclose(1 / (1 + np.exp(-odds)), binary.predict_proba(X)[:, 1], atol=1e-6)
    count = xgb.XGBRegressor(n_estimators=5, objective="count:poisson").fit(X, np.abs(y))
    assert np.allclose(np.exp(read(count).predict(X)[:, 0]), count.predict(X), rtol=1e-6)


@pytest.mark.parametrize("kind", ["gbtree", "dart"])
@pytest.mark.parametrize("parallel", [1, 3])
def test_many_classes(kind, parallel):
    rng, X, y = data(5)
    more = {"rate_drop": 0.4, "one_drop": 1} if kind == "dart" else {}
    model = xgb.XGBClassifier(
        n_estimators=6, booster=kind, num_parallel_tree=parallel, subsample=0.7, **more
    ).fit(X, np.digitize(y, [2, 4]))
    ensemble = agree(model, X, rng, EXACT if kind == "gbtree" else ROUNDED)
    assert ensemble.outputs == ("0", "1", "2")
    assert len(ensemble.root) == 6 * parallel * 3
    agree(model.get_booster(), X, rng)


@pytest.mark.parametrize("kind", ["tree", "forest"])
def test_dart(kind):
    rng, X, y = data(6)
    model = xgb.XGBRegressor(
        booster="dart", rate_drop=0.4, one_drop=1, normalize_type=kind, n_estimators=30
    ).fit(X, y)
    agree(model.get_booster(), X, rng)
    agree(model, X, rng, ROUNDED)  # without a DMatrix, XGBoost rounds each tree once more


@pytest.mark.parametrize("strategy", ["one_output_per_tree", "multi_output_tree"])
def test_many_outputs(strategy):
    rng, X, y = data(7)
    model = xgb.XGBRegressor(n_estimators=8, multi_strategy=strategy, tree_method="hist")
    ensemble = agree(model.fit(X, np.column_stack([y, -y * X[:, 0], y**2])), X, rng)
    assert ensemble.outputs == ("value 0", "value 1", "value 2")
    assert ensemble.value.shape[1] == (1 if strategy == "one_output_per_tree" else 3)


def test_many_labels_and_vectors_of_classes():
    rng, X, y = data(8)
    labels = np.column_stack([y > 3, y > 2]).astype(int)
    agree(xgb.XGBClassifier(n_estimators=5).fit(X, labels), X, rng)
    model = xgb.XGBClassifier(n_estimators=5, multi_strategy="multi_output_tree")
    agree(model.fit(X, np.digitize(y, [2, 4])), X, rng)


@pytest.mark.parametrize("classes", [False, True])
def test_early_stopping(classes):
    rng, X, y = data(9)
    kind, y = (xgb.XGBClassifier, np.digitize(y, [2, 4])) if classes else (xgb.XGBRegressor, y)
    model = kind(n_estimators=60, early_stopping_rounds=2, num_parallel_tree=2, learning_rate=1)
    model.fit(X[:200], y[:200], eval_set=[(X[200:], y[200:])], verbose=False)
    ensemble = agree(model, X, rng)
    per_round = 6 if classes else 2
    assert len(ensemble.root) == (model.best_iteration + 1) * per_round
    assert len(agree(model.get_booster(), X, rng).root) > len(ensemble.root)


def test_forests():
    rng, X, y = data(10)
    agree(xgb.XGBRFRegressor(n_estimators=12).fit(X, y), X, rng)
    ensemble = agree(xgb.XGBRFClassifier(n_estimators=12).fit(X, y > 3), X, rng)
    assert ensemble.outputs == ("1",)


def test_infinity_and_the_smallest_numbers():
    rng, X, y = data(11)
    model = xgb.XGBRegressor(n_estimators=10).fit(np.nan_to_num(X), y)
    rows = np.tile(X, (2, 1)).astype(float)
    cells = [np.inf, -np.inf, 1e300, -1e300, 1e-300, -1e-300, 1e-46, -1e-46, 0.0, -0.0]
    rows[rng.random(rows.shape) < 0.5] = 1
    at = rng.random(rows.shape) < 0.4
    rows[at] = rng.choice(cells, at.sum())
    assert apart(read(model), rows, model.get_booster().inplace_predict(rows)) == 0


def frame(rng, n=400):
    pd = pytest.importorskip("pandas")
    letters = pd.Categorical(rng.choice(list("qpstu"), n), categories=list("uqpstr"))
    return pd.DataFrame(
        {
            "a": rng.normal(size=n),
            "letter": letters,
            "size": pd.Categorical(rng.choice([30, 10, -20], n), categories=[30, 10, -20, 5]),
            "code": pd.Categorical(rng.integers(0, 9, n)),
        }
    )


@pytest.mark.parametrize("onehot", [1, 100])
def test_categories_by_value(onehot):
    rng = np.random.default_rng(12)
    X = frame(rng)
    X.loc[::9, "letter"] = None
    y = (X["letter"] == "q") * 2.0 + (X["size"] == 10) * X["a"] + X["code"].astype(int) % 3
    model = xgb.XGBRegressor(n_estimators=20, enable_categorical=True, max_cat_to_onehot=onehot)
    model.fit(X, y)
    ensemble = read(model)
    assert ensemble.categories == (None, tuple("uqpstr"), (30, 10, -20, 5), tuple(range(9)))
    assert ensemble.names == ("a", "letter", "size", "code")
    assert apart(ensemble, X, model.predict(X)) == 0
    again = X.assign(letter=X["letter"].cat.reorder_categories(list("rqstup")))
    assert apart(ensemble, again, model.predict(again)) == 0
    booster = read(model.get_booster())
    assert (booster.predict(X) == ensemble.predict(X)).all()


@pytest.mark.parametrize("seed", range(4))
def test_categories_by_code(seed):
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.integers(0, 40, 500), rng.integers(0, 3, 500), rng.normal(size=500)])
    X[rng.random(X.shape) < 0.1] = np.nan
    y = np.nan_to_num(X[:, 0]) % 7 + (X[:, 1] == 1) * np.nan_to_num(X[:, 2])
    types = ["c", "c", "q"]
    model = xgb.XGBRegressor(
        n_estimators=15, enable_categorical=True, feature_types=types, tree_method="hist"
    ).fit(X, y)
    ensemble = read(model)
    assert ensemble.categories[0] == tuple(range(len(ensemble.categories[0])))
    rows = X[rng.integers(0, len(X), 600)]
    rows[:, 0] = rng.choice([*range(45), np.nan, 1e6, 3.5, 2**24, 1e9, -1, -7], len(rows))
    assert apart(ensemble, rows, model.get_booster().inplace_predict(rows)) == 0


def test_words_for_classes_come_from_the_estimator():
    _, X, y = data(13)
    model = xgb.XGBClassifier(n_estimators=2).fit(X, (y > 3).astype(int))
    assert read(model).outputs == ("1",)
    assert read(model).name == "XGBClassifier"
    assert read(model.get_booster()).name == "XGBoost booster"


def refused(model, words, error=UnsupportedModelError):
    with pytest.raises(error, match=words):
        read(model)


def test_what_is_refused():
    pd = pytest.importorskip("pandas")
    _, X, y = data(14)
    refused(xgb.XGBRegressor(), "is not fitted", ModelError)
    refused(xgb.train({}, xgb.DMatrix(X, label=y), 0), "no trees", ModelError)
    refused(xgb.XGBRegressor(missing=-1.0, n_estimators=1).fit(X, y), "counts -1.0 as missing")
    X = np.nan_to_num(X)
    refused(xgb.XGBRegressor(booster="gblinear", n_estimators=1).fit(X, y), "makes no trees")
    named = pd.DataFrame({"city": pd.Categorical(np.where(y > 3, "Zürich", "Bern"))})
    model = xgb.XGBRegressor(enable_categorical=True, n_estimators=1).fit(named, y)
    refused(model, "'city' are not all plain ASCII")
