"""LightGBM writes other names than it was given: columns are matched, players keep the user's."""

import numpy as np
import pytest

import whence as wh
from whence._core.errors import TableError
from whence.models import Table, predictor

pd = pytest.importorskip("pandas")
lgb = pytest.importorskip("lightgbm")
NAMES = ["days since order", "unit price", "größe, cm"]


@pytest.fixture(scope="module")
def sold():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(120, 3)), columns=NAMES)
    return X, X.iloc[:, 0] + 2 * X.iloc[:, 1]


@pytest.fixture(scope="module")
def model(sold):
    X, y = sold
    settings = {"n_estimators": 5, "verbose": -1, "n_jobs": 1, "min_child_samples": 5}
    return lgb.LGBMRegressor(**settings).fit(X.rename(columns={NAMES[2]: "größe_cm"}), y)


@pytest.mark.parametrize("form", ["estimator", "booster", "file"])
def test_estimator_booster_and_file(form, model, sold, tmp_path):
    X, y = sold
    path = tmp_path / "model.txt"
    model.booster_.save_model(path)
    asked = {"estimator": model, "booster": model.booster_, "file": path}[form]
    mixed_up = X[[NAMES[2], NAMES[0], NAMES[1]]]
    for rows in (X, mixed_up):
        att = wh.explain(asked, rows[:3], background=rows)
        assert set(att.players.names) == set(NAMES)
        assert np.allclose(att.full[:, 0], model.predict(X.set_axis(["a", "b", "c"], axis=1)[:3]))
    power = wh.importance(asked, X, y)
    values = [power[name].value for name in ("unit price", "days since order", "größe, cm")]
    assert values[0] > values[1] > abs(values[2])  # 2, 1 and nothing


def test_names_that_mean_something_else_are_refused(model, sold):
    X, _ = sold
    with pytest.raises(TableError, match="lacks 'unit_price'"):
        predictor(model, like=Table.of(X.rename(columns={"unit price": "price"})))
    twice = X.rename(columns={"unit price": "unit.price", NAMES[0]: "unit-price"})
    with pytest.raises(TableError, match=r"lacks .*'unit_price'"):  # which of the two is it?
        predictor(model, like=Table.of(twice))


def test_ordered_categories_are_matched_by_place():
    """LightGBM keeps their values, and splits them as numbers: the lists are more than columns."""
    rng = np.random.default_rng(0)
    words = rng.choice(["low", "mid", "top"], 200)
    X = pd.DataFrame({"grade": words, "amount": rng.normal(size=200)})
    typed = X.assign(grade=pd.Categorical(words, ["low", "mid", "top"], ordered=True))
    settings = {"n_estimators": 5, "verbose": -1, "n_jobs": 1}
    model = lgb.LGBMRegressor(**settings).fit(typed, (words == "top") + X.amount)
    asked = predictor(model, like=Table.of(X))
    assert np.allclose(asked(asked.aligned(Table.of(X)).frame())[:, 0], model.predict(typed))
    with pytest.raises(TableError, match='"grade" of X'):
        predictor(model, like=Table.of(X.assign(grade=X.grade.str.upper())))


def test_codes_that_it_was_told_are_categories_are_known():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"k": rng.integers(0, 5, 200), "amount": rng.normal(size=200)})
    settings = {"n_estimators": 5, "verbose": -1, "n_jobs": 1}
    model = lgb.LGBMRegressor(**settings)
    model.fit(X, (X.k == 2) + X.amount, categorical_feature=["k"])
    for rows in (X, X.to_numpy(), X.assign(k=X.k.astype(float))):
        assert predictor(model, like=Table.of(rows)).outputs == ("prediction",)
    with pytest.raises(TableError, match=r'"k" of X holds hardly any .* \(0 of 200 cells\)'):
        predictor(model, like=Table.of(X.assign(k=X.k + 100)))
