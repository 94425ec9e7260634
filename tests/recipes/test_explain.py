"""The verb explain."""

import numpy as np
import pytest

import whence as wh
from whence import Budget
from whence._core.errors import OptionError
from whence.methods.perturbation.permutation import Permutation

RNG = np.random.default_rng(0)
X = RNG.normal(size=(10, 3)).round(3)
BACKGROUND = RNG.normal(size=(20, 3)).round(3)


def model(Z):
    Z = np.asarray(Z)
    return 2 * Z[:, 0] - Z[:, 1] * Z[:, 2]


def test_explain():
    got = wh.explain(model, X, background=BACKGROUND)
    assert got.values.shape == (10, 1, 3)
    assert got.uncertainty == "exact"
    assert np.allclose(got.empty + got.values.sum(axis=2), model(X)[:, None])
    assert np.allclose(got.values[:, 0, 0], 2 * (X[:, 0] - BACKGROUND[:, 0].mean()))
    assert np.array_equal(got.data["x2"], X[:, 2])
    assert wh.recipes.shap is wh.explain


def test_index_and_method():
    banzhaf = wh.explain(model, X, background=BACKGROUND, index=wh.Banzhaf())
    assert banzhaf.index == wh.Banzhaf()
    sampled = wh.explain(model, X, background=BACKGROUND, method="permutation", max_evals=2_000)
    assert sampled.method == "Permutation"
    assert sampled.cost.asked <= 2_000
    assert np.allclose(sampled.gap, 0, atol=1e-9)
    own = wh.explain(
        model, X, background=BACKGROUND, method=Permutation(), budget=Budget(evaluations=2_000)
    )
    assert np.array_equal(own.values, sampled.values)


def test_aliases():
    def ask(**more):
        return wh.explain(
            model, X, background=BACKGROUND, method="permutation", **({"max_evals": 500} | more)
        )

    assert np.array_equal(ask(random_state=3).values, ask(seed=3).values)
    assert not np.array_equal(ask(random_state=3).values, ask().values)
    for both in ({"seed": 1, "random_state": 1}, {"budget": Budget(evaluations=5)}):
        with pytest.raises(OptionError, match="give one of them"):
            ask(**both)


def test_groups_and_baseline():
    got = wh.explain(
        model, X, background=[0.0, 0.0, 0.0], removal="baseline", groups={"pair": ["x1", "x2"]}
    )
    assert got.players.names == ("x0", "pair")
    assert np.allclose(got.values[:, 0], np.stack([2 * X[:, 0], -X[:, 1] * X[:, 2]], axis=1))
    assert list(got.data) == ["x0"]


def test_inputs_and_numpy_are_left_alone():
    before, copies = repr(np.random.get_state()), (X.copy(), BACKGROUND.copy())
    wh.explain(model, X, background=BACKGROUND, method="permutation", max_evals=500)
    assert repr(np.random.get_state()) == before
    assert np.array_equal(X, copies[0])
    assert np.array_equal(BACKGROUND, copies[1])


def test_rows_keep_the_names_of_their_index():
    """Kills: cases 0, 1, 2 for rows 7, 3, 9, which then merge with other rows."""
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 2)), columns=["a", "b"])

    def total(Z):
        return np.asarray(Z).sum(axis=1)

    some = wh.explain(total, X.loc[[7, 3, 9]], background=X)
    assert some.case_names == (7, 3, 9)
    merged = some.to_frame().merge(X, left_on="case", right_index=True)
    own = np.where(merged.player == "a", merged.a - X.a.mean(), merged.b - X.b.mean())
    assert np.allclose(merged.value, own)
    days = X.set_index(pd.date_range("2024-01-01", periods=20))[:2]
    assert wh.explain(total, days, background=X).case_names[0] == "2024-01-01 00:00:00"
    assert wh.explain(total, X[:3], background=X).case_names == ()
    assert wh.explain(total, X.to_numpy()[5:8], background=X.to_numpy()).case_names == ()
    by_case = wh.importance(total, X[5:9], X.a[5:9], background=X, by_case=True)
    assert by_case.case_names == (5, 6, 7, 8)


def test_a_model_that_looks_at_a_rows_place_is_refused():
    from whence._core.errors import ModelError

    X = np.random.default_rng(0).normal(size=(40, 2))

    def placed(Z):
        return Z[:, 0] + 1e-3 * np.arange(len(Z))

    with pytest.raises(ModelError, match="a row's place among the rows asked"):
        wh.explain(placed, X[:2], background=X)
