"""scikit-learn's trees, forests, boosting and isolation, read as arrays that answer the same."""

import numpy as np
import pytest

from whence._core.errors import ModelError, UnsupportedModelError
from whence._core.forms import MISSING
from whence.models import read_trees
from whence.models.trees.faithful import raw

from .close import apart, on_thresholds

pytest.importorskip("sklearn")
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    RandomTreesEmbedding,
)
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)


def data(seed=0, rows=300):
    """Numbers on a coarse grid (so that cells meet thresholds), a value, three classes, weights."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 5)).round(1)
    t = X[:, 0] - 2 * X[:, 1] * X[:, 2] + 0.3 * rng.normal(size=rows)
    return X, t, np.array(["a", "b", "c"])[np.digitize(t, [-1, 1])], rng.uniform(0.1, 3, rows)


def test_a_stump_by_hand():
    model = DecisionTreeRegressor().fit([[0.0], [1.0], [1.0]], [2.0, 5.0, 5.0])
    read = read_trees(model)
    assert (read.names, read.outputs, read.link) == (("x0",), ("value",), "identity")
    assert read.grid[0].tolist() == [0.5]
    assert read.value.ravel().tolist() == [0.0, 2.0, 5.0]
    assert read.cover.tolist() == [3.0, 1.0, 2.0]
    assert read.predict([[0.5], [0.5000001]]).ravel().tolist() == [2.0, 5.0]
    assert read.predict([[0.5 + 1e-12]]).ravel().tolist() == [2.0]  # 0.5, as float32


def test_classes_by_hand():
    model = DecisionTreeClassifier(max_depth=1)
    model.fit([[0.0], [0.0], [1.0], [1.0]], ["no", "no", "no", "yes"], sample_weight=[1, 1, 1, 3])
    read = read_trees(model)
    assert read.outputs == ("no", "yes")
    assert read.predict([[0.0], [1.0]]).tolist() == [[1.0, 0.0], [0.25, 0.75]]
    assert read.cover.tolist() == [6.0, 2.0, 4.0]


TREES = [
    DecisionTreeRegressor(),
    DecisionTreeRegressor(criterion="absolute_error", max_depth=4),
    DecisionTreeClassifier(max_leaf_nodes=20),
    ExtraTreeRegressor(),
    ExtraTreeClassifier(max_depth=6),
    RandomForestRegressor(12, max_depth=6),
    RandomForestRegressor(7, max_features=2),
    RandomForestClassifier(12, class_weight="balanced"),
    ExtraTreesRegressor(12, bootstrap=True),
    ExtraTreesClassifier(12, max_depth=8),
    BaggingRegressor(n_estimators=8, max_features=0.6),
    BaggingRegressor(n_estimators=8, max_features=1.0, bootstrap_features=True),
    BaggingClassifier(n_estimators=8, max_features=0.6, max_samples=0.5),
]
BOOSTED = [
    GradientBoostingRegressor(n_estimators=15),
    GradientBoostingRegressor(n_estimators=15, loss="huber", subsample=0.5),
    GradientBoostingRegressor(n_estimators=15, loss="quantile", alpha=0.8),
    GradientBoostingRegressor(n_estimators=15, loss="absolute_error", init="zero"),
    GradientBoostingRegressor(n_estimators=15, init=DummyRegressor(strategy="median")),
    GradientBoostingClassifier(n_estimators=10),
    GradientBoostingClassifier(n_estimators=10, init="zero", learning_rate=1.0),
    GradientBoostingClassifier(n_estimators=10, init=DummyClassifier(strategy="most_frequent")),
]


def words(model):
    return f"{type(model).__name__}-{','.join(map(str, model.get_params(deep=False).values()))}"


def fitted(model, X, t, labels, weight=None):
    model.set_params(random_state=0)
    return model.fit(X, labels if hasattr(model, "predict_proba") else t, sample_weight=weight)


@pytest.mark.parametrize("model", TREES + BOOSTED, ids=words)
@pytest.mark.parametrize("seed", [0, 1])
def test_every_kind_answers_as_the_library(model, seed):
    X, t, labels, weight = data(seed)
    fitted(model, X, t, labels, weight if seed else None)
    read = read_trees(model)
    rows = np.concatenate([X, on_thresholds(read, seed=seed)])
    for given in (rows, rows.astype(np.float32)):
        assert apart(raw(model, given), read.predict(given)) < 1e-12


@pytest.mark.parametrize("model", [m for m in TREES if "absolute" not in words(m)], ids=words)
def test_missing_cells_go_where_the_model_sends_them(model):
    X, t, labels, _ = data(3)
    holes = X.copy()
    holes[np.random.default_rng(1).random(X.shape) < 0.2] = np.nan
    for training in (holes, X):  # a tree that met none sends them to its larger side
        fitted(model, training, t, labels)
        read = read_trees(model)
        rows = np.concatenate([holes, on_thresholds(read, odd=[np.nan])])
        assert apart(raw(model, rows), read.predict(rows)) < 1e-12


def test_a_split_of_missing_from_present():
    """Kills: an infinite threshold that is not compared as one."""
    X = np.array([[np.nan], [np.nan], [3.0], [1.0]])
    model = DecisionTreeRegressor().fit(X, [1.0, 1.0, 0.0, 0.0])
    read = read_trees(model)
    assert np.isinf(read.grid[0]).any()
    assert read.kind[0] & MISSING == 0
    assert read.predict([[np.nan], [1e30], [-1e30]]).ravel().tolist() == [1.0, 0.0, 0.0]


def test_two_classes():
    X, t, _, _ = data()
    labels = np.where(t > 0, "yes", "no")
    for loss, link in (("log_loss", "logistic"), ("exponential", "logistic of twice")):
        model = GradientBoostingClassifier(n_estimators=5, loss=loss).fit(X, labels)
        read = read_trees(model)
        assert (read.outputs, read.link) == (("yes",), link)
        margin = read.predict(X)[:, 0] * (2 if loss == "exponential" else 1)
        assert np.allclose(1 / (1 + np.exp(-margin)), model.predict_proba(X)[:, 1], rtol=1e-12)
    forest = read_trees(RandomForestClassifier(5).fit(X, labels))
    assert (forest.outputs, forest.link) == (("no", "yes"), "identity")


def test_three_classes_are_a_softmax():
    X, _, labels, _ = data()
    model = GradientBoostingClassifier(n_estimators=5).fit(X, labels)
    read = read_trees(model)
    assert (read.outputs, read.link) == (("a", "b", "c"), "softmax")
    assert read.target[:4].tolist() == [0, 1, 2, 0]
    share = np.exp(read.predict(X))
    assert np.allclose(share / share.sum(axis=1, keepdims=True), model.predict_proba(X))


def test_a_boosted_model_that_stopped_early():
    X, t, _, _ = data()
    model = GradientBoostingRegressor(n_estimators=200, n_iter_no_change=2, random_state=0)
    read = read_trees(model.fit(X, t))
    assert len(read.root) == model.n_estimators_ < 200
    assert apart(raw(model, X), read.predict(X)) == 0.0


@pytest.mark.parametrize("kind", [DecisionTreeRegressor, RandomForestRegressor])
def test_several_values(kind):
    X, t, _, _ = data()
    model = kind(random_state=0).fit(X, np.column_stack([t, t**2, -t]))
    read = read_trees(model)
    assert read.outputs == ("value 0", "value 1", "value 2")
    assert apart(raw(model, X), read.predict(X)) < 1e-12


def test_constant_models_and_single_leaves():
    X, _, _, _ = data()
    for model in (
        DecisionTreeRegressor(),
        RandomForestRegressor(3),
        GradientBoostingRegressor(n_estimators=3),
    ):
        read = read_trees(model.fit(X, np.full(len(X), 2.5)))
        assert len(read.feature) == len(read.root)
        assert np.allclose(read.predict(X), 2.5, rtol=1e-12)
    for model in (DecisionTreeClassifier(), RandomForestClassifier(3)):
        read = read_trees(model.fit(X, np.full(len(X), 7)))
        assert read.outputs == ("7",)
        assert (read.predict(X) == 1.0).all()


def test_one_feature():
    X, t, _, _ = data()
    model = RandomForestRegressor(5, random_state=0).fit(X[:, :1], t)
    rows = on_thresholds(read_trees(model))
    assert apart(raw(model, rows), read_trees(model).predict(rows)) < 1e-12


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"max_features": 0.6},
        {"max_features": 1},
        {"max_samples": 2},
        {"max_samples": 40, "bootstrap": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("holes", [False, True])
def test_isolation(options, holes):
    X, _, _, weight = data()
    if holes:
        X[np.random.default_rng(0).random(X.shape) < 0.1] = np.nan
    model = IsolationForest(n_estimators=20, random_state=0, **options).fit(X, sample_weight=weight)
    read = read_trees(model)
    rows = np.concatenate([X, on_thresholds(read, odd=[np.nan, np.inf, -np.inf])])
    scores = -(2 ** -read.predict(rows)[:, 0])
    assert np.allclose(scores, model.score_samples(rows), rtol=1e-12, atol=0)
    assert np.allclose(scores - model.offset_, model.decision_function(rows), rtol=1e-9, atol=1e-14)
    assert read.link == "isolation"


def test_isolation_in_trees_of_one_row():
    X, _, _, _ = data()
    model = IsolationForest(n_estimators=3, max_samples=1, random_state=0).fit(X)
    read = read_trees(model)
    assert np.array_equal(-(2 ** -read.predict(X)[:, 0]), model.score_samples(X))


def test_a_bag_whose_trees_hardly_meet_a_class():
    X, t, _, _ = data()
    labels = np.where(np.arange(len(X)) < 3, 5, (t > 0).astype(int))
    model = BaggingClassifier(n_estimators=8, max_samples=10, random_state=0).fit(X, labels)
    assert apart(raw(model, X), read_trees(model).predict(X)) < 1e-12


def test_names_of_columns_and_a_search():
    pd = pytest.importorskip("pandas")
    X, t, _, _ = data()
    frame = pd.DataFrame(X, columns=list("abcde"))
    search = GridSearchCV(RandomForestRegressor(5), {"max_depth": [2, 3]}, cv=2).fit(frame, t)
    read = read_trees(search)
    assert (read.names, read.name) == (tuple("abcde"), "RandomForestRegressor")
    assert apart(raw(search, frame), read.predict(frame)) < 1e-12


@pytest.mark.parametrize(
    "kind",
    [DecisionTreeRegressor, RandomForestClassifier, GradientBoostingRegressor, IsolationForest],
)
def test_unfitted(kind):
    with pytest.raises(ModelError, match=rf"{kind.__name__} is not fitted: call .fit\(X, y\)"):
        read_trees(kind())


def test_a_search_that_found_nothing():
    with pytest.raises(ModelError, match="GridSearchCV holds no best_estimator_"):
        read_trees(GridSearchCV(DecisionTreeRegressor(), {}))


def test_refusals():
    X, t, labels, _ = data()
    both = np.column_stack([labels, labels])
    bag = BaggingRegressor(LinearRegression(), n_estimators=2)
    first = GradientBoostingRegressor(n_estimators=2, init=LinearRegression())
    drawn = GradientBoostingClassifier(n_estimators=2, init=DummyClassifier(strategy="stratified"))
    for model, said in (
        (
            make_pipeline(StandardScaler(), DecisionTreeRegressor()).fit(X, t),
            "Give whence the last",
        ),
        (DecisionTreeClassifier().fit(X, both), "2 targets at once"),
        (RandomForestClassifier(2).fit(X, both), "Fit one model for each target"),
        (bag.fit(X, t), "averages LinearRegressions"),
        (first.fit(X, t), r"starts from init=LinearRegression\(\)"),
        (drawn.fit(X, labels), "Fit it with init=None or init='zero'"),
        (AdaBoostClassifier(n_estimators=2).fit(X, labels), "AdaBoostClassifier is no sum of"),
        (RandomTreesEmbedding(2).fit(X), "RandomTreesEmbedding is no sum of trees"),
        (LinearRegression().fit(X, t), "take a method that only asks the model"),
    ):
        with pytest.raises(UnsupportedModelError, match=said):
            read_trees(model)
