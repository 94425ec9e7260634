"""Trees on their own cover: the definition by enumeration, and what their libraries say."""

import numpy as np
import pytest

from whence._core.index import Banzhaf, BetaShapley, FirstIn, LeaveOneOut, Shapley
from whence.kernels import values as module
from whence.kernels.values import Job, values
from whence.models.trees import read_trees

from .forests import alone, apart, by_cover, cells, chain, forest, semivalues
from .zoo import ZOO

INDICES = (Shapley(), Banzhaf(), BetaShapley(1.5, 4.0), LeaveOneOut(), FirstIn())
ROUTES = {
    "patterns": lambda job, twigs: twigs.wide,
    "products": lambda job, twigs: np.ones_like(twigs.wide),
    "mixed": lambda job, twigs: twigs.wide | (twigs.trees % 2 == 1),
    "own choice": module._slow,
}
GROUPS = {6: (2, 1, 1, 2, 0, 0), 7: (0, 1, 0, 2, 1, 1, 3), 2: (0, 0)}


@pytest.fixture(params=ROUTES)
def route(request, monkeypatch):
    monkeypatch.setattr(module, "_slow", ROUTES[request.param])


def explained(ensemble, owner, X, index):
    return values(Job.of(ensemble, owner, X, None), index.weight, lambda _: None)


@pytest.mark.parametrize("grouped", [False, True], ids=["alone", "grouped"])
@pytest.mark.parametrize("name", ZOO)
def test_every_semivalue_by_enumeration(route, name, grouped):
    """Kills: a player's second share of the cover that replaces the first; shares of the sibling;
    shares left over from the twig before; the weight of s + 1 for s; coefficients off by one."""
    ensemble = ZOO[name]()
    owner = np.array(GROUPS[ensemble.n_features]) if grouped else alone(ensemble)
    X = cells(ensemble, 5)
    worth = by_cover(ensemble, owner, X)
    for index in INDICES:
        found, nobody = explained(ensemble, owner, X, index)
        assert apart(found, semivalues(worth, index), worth) <= 1e-12
        assert np.allclose(nobody, worth[0, :, 0], rtol=0, atol=1e-12)


def test_more_players_than_a_pattern_has_bits():
    """By its one leaf: 20 players, all of whom must be kept, or none of them are.
    Kills: a wide tree that is left out, or whose players are forgotten."""
    n = 20
    ensemble = chain(n)
    ensemble.value[:] = 0.0
    ensemble.value[n, 0] = 2.0**n  # reached with a chance of half to the n
    X = np.full((1, n), -1.0)
    found, nobody = explained(ensemble, alone(ensemble), X, Shapley())
    assert nobody == pytest.approx(1.0)
    assert np.allclose(found, (2.0**n - 1) / n, rtol=1e-12)
    X[0, 3] = 1.0  # not kept: with s others, they gain nothing but the loss of it
    found, _ = explained(ensemble, alone(ensemble), X, Shapley())
    size = np.arange(n)
    assert found[0, 0, 3] == pytest.approx(-np.mean(2.0**size), rel=1e-12)
    assert found.sum() == pytest.approx(-1.0, abs=1e-10)  # of 26,000 and more
    X[:] = 1.0
    found, _ = explained(ensemble, alone(ensemble), X, Shapley())
    assert np.allclose(found, -1 / n, rtol=1e-12)


def test_nobody_came_by(route):
    """Half of nobody goes each way, as in a tree that has those halves. Kills: 0 / 0."""
    ensemble = forest(41, depth=3, ends=0.0, trees=2)
    alike = forest(41, depth=3, ends=0.0, trees=2)
    for root in ensemble.root:
        below, level = np.array([ensemble.left[root]]), 0
        while len(below):
            ensemble.cover[below] = 0.0
            alike.cover[below] = 2.0**-level * 1e-40
            inner = below[ensemble.feature[below] >= 0]
            below = np.concatenate([ensemble.left[inner], ensemble.right[inner]])
            level += 1
        ensemble.cover[ensemble.right[root]] = ensemble.cover[root]
        alike.cover[alike.right[root]] = alike.cover[root]
    X = cells(ensemble, 4)
    worth = by_cover(alike, alone(ensemble), X)
    found, nobody = explained(ensemble, alone(ensemble), X, Shapley())
    assert apart(found, semivalues(worth, Shapley()), worth) <= 1e-12
    assert np.allclose(nobody, worth[0, :, 0], rtol=0, atol=1e-12)


def tables(columns=6, gaps=0.1):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(400, columns)).astype(np.float32)
    y = X[:, 0] + X[:, 1] * X[:, 2] + np.sin(3 * X[:, 3])
    X[rng.random(X.shape) < gaps] = np.nan
    return X, y


@pytest.mark.parametrize("depth", [3, 7])
def test_xgboost(route, depth):
    """Its own contributions, made in float32. Kills: another share of the cover than TreeSHAP's."""
    xgboost = pytest.importorskip("xgboost")
    X, y = tables()
    model = xgboost.XGBRegressor(n_estimators=15, max_depth=depth, n_jobs=1).fit(X, y)
    own = model.get_booster().predict(xgboost.DMatrix(X[:40]), pred_contribs=True)
    ensemble = read_trees(model)
    found, nobody = explained(ensemble, alone(ensemble), X[:40].astype(float), Shapley())
    assert np.abs(found[:, 0] - own[:, :-1]).max() <= 2e-6 * np.abs(own).max()
    assert nobody[0] == pytest.approx(own[0, -1], abs=1e-5)


def test_xgboost_with_classes():
    xgboost = pytest.importorskip("xgboost")
    X, y = tables()
    label = np.digitize(y, [-1.0, 1.0])
    model = xgboost.XGBClassifier(n_estimators=6, max_depth=4, n_jobs=1).fit(X, label)
    own = model.get_booster().predict(xgboost.DMatrix(X[:30]), pred_contribs=True)
    ensemble = read_trees(model)
    found, nobody = explained(ensemble, alone(ensemble), X[:30].astype(float), Shapley())
    assert np.abs(found - own[:, :, :-1]).max() <= 2e-6 * np.abs(own).max()
    assert np.allclose(nobody, own[0, :, -1], rtol=0, atol=1e-5)


@pytest.mark.parametrize("leaves", [8, 60])
def test_lightgbm(route, leaves):
    """Its own contributions, which go by counts. Kills: the same."""
    lightgbm = pytest.importorskip("lightgbm")
    X, y = tables()
    X[:, 5] = np.random.default_rng(0).integers(5, size=len(X))
    settings = {"num_leaves": leaves, "min_data_in_leaf": 3, "verbose": -1, "num_threads": 1}
    data = lightgbm.Dataset(X, y + (X[:, 5] == 2), categorical_feature=[5])
    model = lightgbm.train(settings, data, num_boost_round=12)
    own = model.predict(X[:40], pred_contrib=True)
    ensemble = read_trees(model)
    found, nobody = explained(ensemble, alone(ensemble), X[:40].astype(float), Shapley())
    assert np.abs(found[:, 0] - own[:, :-1]).max() <= 1e-9 * np.abs(own).max()
    assert nobody[0] == pytest.approx(own[0, -1], abs=1e-9)
