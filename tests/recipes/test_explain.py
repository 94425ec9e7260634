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
