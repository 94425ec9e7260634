"""Out-of-bag scores of training rows."""

import sys

import numpy as np
import pytest
from jaxtyping import config

import whence as wh
from whence._core.errors import ModelError, OptionError, TableError
from whence.methods import data_oob
from whence.methods.perturbation.data_oob import _drawn

pytest.importorskip("sklearn")
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

RNG = np.random.default_rng(0)
X = np.concatenate([RNG.normal(c, 1.0, (40, 2)) for c in (0.0, 4.0)])
Y = np.repeat([0, 1], 40)


def out_of(n, bags, seed=0):
    inside = np.zeros((bags, n), bool)
    for bag in range(bags):
        inside[bag, _drawn(n, seed, bag)] = True
    return ~inside


def test_it_is_the_mean_over_the_bags_without_the_row():
    """Kills: bags that hold the row. The mean of a bag, asked by hand."""
    y = np.random.default_rng(2).normal(size=30)
    att = data_oob(X[:30], y, model=DummyRegressor(), bags=60)
    out = out_of(30, 60)
    assert 0.3 < out.mean() < 0.45
    said = np.array([y[_drawn(30, 0, bag)].mean() for bag in range(60)])
    score = -((said[:, None] - y) ** 2)
    for row in range(30):
        own = score[out[:, row], row]
        assert att.values[0, 0, row] == pytest.approx(own.mean(), rel=1e-12)
    each = np.array([score[out[:, r], r].std(ddof=1) / out[:, r].sum() ** 0.5 for r in range(30)])
    assert 0.7 < (att.stderr[0, 0] / each).mean() < 1.5
    assert att.cost.rows == out.sum()
    assert att.outputs == ("minus squared error",)


def test_shares_of_bags_that_are_right():
    y = np.array(["a"] * 20 + ["b"] * 10)
    att = data_oob(X[:30], y, model=DummyClassifier(), bags=50)  # says the bag's commonest label
    most = np.array([(y[_drawn(30, 0, bag)] == "a").sum() >= 15 for bag in range(50)])
    out = out_of(30, 50)
    right = [(most if label == "a" else ~most)[out[:, i]].mean() for i, label in enumerate(y)]
    assert np.allclose(att.values[0, 0], right, atol=1e-12)
    assert (att.stderr > 0).all()  # although some rows are right in every bag
    assert att.index == wh.Share("out-of-bag score")
    assert np.abs(att.gap).max() < 1e-12
    assert att.players.column("label") == tuple(y.tolist())


def test_errors_cover_what_more_bags_find():
    """The intervals of 60 bags hold what 600 others find, as often as they say."""
    model = KNeighborsClassifier(1)
    y = np.where(np.random.default_rng(3).random(80) < 0.3, 1 - Y, Y)
    truth = data_oob(X, y, model=model, bags=600, seed=99).values
    low, high = data_oob(X, y, model=model, bags=60, seed=1).ci(0.95)
    inside = ((low <= truth) & (truth <= high)).mean()
    assert inside > 0.9


def test_wrong_labels_score_low():
    wrong = np.random.default_rng(1).choice(80, 8, replace=False)
    y = Y.copy()
    y[wrong] ^= 1
    att = data_oob(X, y, bags=100)
    assert len(set(np.argsort(att.values[0, 0])[:8]) & set(wrong)) >= 6
    assert "DecisionTreeClassifier" in att.verdict


def test_chance_is_the_seed_alone():
    """Kills: models that draw from numpy's global state."""
    model = DecisionTreeClassifier(max_features=1)
    before = np.random.get_state()[1].copy()
    a, b, c = (data_oob(X, Y, model=model, bags=20, seed=s) for s in (0, 0, 1))
    assert np.array_equal(a.values, b.values)
    assert not np.array_equal(a.values, c.values)
    assert np.array_equal(np.random.get_state()[1], before)
    assert model.random_state is None


def test_frames_go_to_the_model_as_they_are(tmp_path):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=["a", "b"], index=[f"id {i}" for i in range(80)])
    att = data_oob(frame, pd.Series(Y), bags=20)
    assert att.players.names[3] == "id 3"
    assert np.array_equal(att.values, data_oob(X, Y, bags=20).values)
    assert np.array_equal(wh.load(att.save(tmp_path / "a.whence")).stderr, att.stderr)


@pytest.fixture
def users_have_no_type_checker():
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


class Wrong(DecisionTreeClassifier):
    def predict(self, X):
        return np.zeros((len(X), 2))


class Endless(DummyRegressor):
    def predict(self, X):
        return np.full(len(X), np.inf)


REFUSED = {
    "never out": (lambda: data_oob(X, Y, bags=2), OptionError, "Use more bags"),
    "bags": (lambda: data_oob(X, Y, bags=0), OptionError, "bags is a positive"),
    "seed": (lambda: data_oob(X, Y, seed=-1), OptionError, "seed"),
    "model": (lambda: data_oob(X, Y, model=len), OptionError, "scikit-learn estimator"),
    "length": (lambda: data_oob(X, Y[1:]), TableError, "y has 79 rows"),
    "one class": (
        lambda: data_oob(X[38:42], Y[38:42], model=LogisticRegression(), bags=60),
        ModelError,
        "1 different labels",
    ),
    "another shape": (lambda: data_oob(X, Y, model=Wrong()), ModelError, "shape"),
    "not finite": (lambda: data_oob(X, Y + 0.5, model=Endless()), ModelError, "not finite"),
}


@pytest.mark.parametrize("what", list(REFUSED))
def test_refusals(what, users_have_no_type_checker):
    action, kind, said = REFUSED[what]
    with pytest.raises(kind) as caught:
        action()
    assert said in str(caught.value)


def test_rows_that_are_never_out_are_named():
    rows = np.flatnonzero(~out_of(80, 3).any(axis=0))
    with pytest.raises(OptionError, match=f"'row {rows[0]}'"):
        data_oob(X, Y, bags=3)


def test_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.tree", None)
    with pytest.raises(ImportError, match=r"pip install 'whence\[demo\]'"):
        data_oob(X, Y)
