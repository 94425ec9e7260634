"""One real story: 442 patients, the progression of their diabetes, and a coin."""

import numpy as np
import pytest

import whence as wh
from whence import Budget

datasets = pytest.importorskip("sklearn.datasets")
pytest.importorskip("pandas")


@pytest.fixture(scope="module")
def patients():
    from sklearn.ensemble import GradientBoostingRegressor

    X, y = datasets.load_diabetes(return_X_y=True, as_frame=True)
    coin = np.random.default_rng(0).integers(2, size=len(X))
    X = X.assign(coin=coin)
    order = np.random.default_rng(1).permutation(len(X))
    train, test = order[:300], order[300:]
    model = GradientBoostingRegressor(random_state=0, n_estimators=40, max_depth=2)
    model.fit(X.iloc[train], y.iloc[train])
    return model, X.iloc[train], X.iloc[test], y.iloc[test]


def test_what_predicts_the_progression(patients):
    model, train, test, y = patients
    got = wh.importance(model, test, y, background=train)
    assert {c.player for c in got.top(2)} == {"bmi", "s5"}
    assert got["bmi"].ci[0] > 0
    assert got["s5"].ci[0] > 0
    low, high = got["coin"].ci
    assert low <= 0 <= high
    assert got.players.names == tuple(test.columns)
    assert got.question.unit == "squared error"
    assert got.converged
    # the whole of it is what the model is better than the mean of the background
    mean = model.predict(train).mean()
    wanted = ((y - mean) ** 2).mean() - ((y - model.predict(test)) ** 2).mean()
    assert got.values.sum() == pytest.approx(wanted)


def test_intervals_hold_the_exact_answer(patients):
    model, train, test, y = patients
    from sklearn.base import clone

    five = ["bmi", "s5", "bp", "sex", "coin"]
    small = clone(model).fit(test[five], y)
    kept = {"background": train[five].iloc[:60]}
    exact = wh.importance(small, test[five].iloc[:50], y.iloc[:50], **kept)
    assert exact.uncertainty == "exact"
    from whence.games.features import Marginal, PredictivePower

    game = PredictivePower(
        small, test[five].iloc[:50], y.iloc[:50], removal=Marginal(kept["background"])
    )
    got = wh.attribute(game, method="permutation", budget=Budget(data_share=None))
    low, high = got.ci(0.999, "estimation")
    assert ((low <= exact.values) & (exact.values <= high)).all()
    assert np.allclose(got.parts["data"], exact.parts["data"], rtol=0.3)
    assert np.allclose(got.parts["background"], exact.parts["background"], rtol=0.5, atol=10)


def test_one_patient(patients):
    model, train, test, _ = patients
    got = wh.explain(model, test.iloc[:3], background=train.iloc[:50], max_evals=3_000)
    assert np.allclose(got.full[:, 0], model.predict(test.iloc[:3]))
    assert np.allclose(got.gap, 0, atol=1e-8)
    assert np.array_equal(got.data["bmi"], test["bmi"].iloc[:3])
