"""SHAP's game."""

import numpy as np
import pytest
from scipy import stats

import whence as wh
from whence import Budget
from whence._core.errors import ResultError
from whence.games.features import Baseline, Marginal, Prediction
from whence.games.features.sampling import folds
from whence.methods.perturbation.exact import Exact
from whence.methods.perturbation.permutation import Permutation
from whence.testing import check_game

from .tables import B, classes, explained, linear, mean_predictions, rows, shapley

X, BACKGROUND = rows(8), rows(12, seed=3)


def product(Z):
    return Z[:, 0] * Z[:, 1]


def test_linear_model():
    """phi_i = b_i (x_i - mean of the background)."""
    got = explained(linear, X, BACKGROUND)
    assert np.allclose(got.values[:, 0], B * (X - BACKGROUND.mean(axis=0)), atol=1e-9)
    assert got.uncertainty == "exact"
    assert got.values.shape == (8, 1, 4)


def test_a_product():
    """phi_1 = (x1 x2 - E[b1 b2] + x1 E[b2] - E[b1] x2) / 2, by hand."""
    got = explained(product, X, BACKGROUND).values[:, 0]
    b1, b2 = BACKGROUND[:, 0], BACKGROUND[:, 1]
    x1, x2 = X[:, 0], X[:, 1]
    joint = (b1 * b2).mean()
    assert np.allclose(got[:, 0], (x1 * x2 - joint + x1 * b2.mean() - b1.mean() * x2) / 2)
    assert np.allclose(got[:, 1], (x1 * x2 - joint - x1 * b2.mean() + b1.mean() * x2) / 2)
    assert (got[:, 2:] == 0).all()


def test_every_output_by_brute_force():
    got = explained(classes, X, BACKGROUND)
    p = mean_predictions(classes, X, BACKGROUND)
    for o in range(3):
        assert np.allclose(got.values[:, o], shapley(p[:, :, o]), atol=1e-9)
    assert np.allclose(got.values.sum(axis=1), 0, atol=1e-12)  # probabilities add up


@pytest.mark.parametrize("method", [Exact(), Permutation()], ids=["exact", "sampled"])
def test_base_and_values_make_the_prediction(method):
    game = Prediction(classes, X, removal=Marginal(BACKGROUND))
    got = wh.attribute(game, method=method, by_case=True, budget=Budget(evaluations=2_000))
    assert np.allclose(got.empty + got.values.sum(axis=2), classes(X), atol=1e-9)
    assert np.allclose(got.full, classes(X), atol=1e-12)
    assert np.allclose(got.empty, classes(BACKGROUND).mean(axis=0), atol=1e-12)


def test_sampled_intervals_hold_the_truth():
    game = Prediction(classes, X, removal=Marginal(BACKGROUND))
    got = Permutation().attribute(game, Budget(evaluations=4_000), 0, by_case=True)
    exact = explained(classes, X, BACKGROUND)
    low, high = got.ci(0.9999, "estimation")
    assert ((low - 1e-9 <= exact.values) & (exact.values <= high + 1e-9)).all()


def test_baseline():
    row = np.array([1.0, 2.0, 0.0, 4.0])
    game = Prediction(product, X, removal=Baseline(row))
    got = Exact().attribute(game, by_case=True)
    wanted = shapley(mean_predictions(product, X, row[None]))
    assert np.allclose(got.values[:, 0], wanted, atol=1e-9)
    assert game.n_draws == 1
    assert got.question.removal == "baseline (x0=1.0, x1=2.0, x2=0.0, x3=4.0)"


@pytest.mark.parametrize(("output", "place"), [(1, 1), (-1, 2), ("1", 1)])
def test_one_output(output, place):
    names = explained(classes, X, BACKGROUND).outputs
    wanted = explained(classes, X, BACKGROUND).values[:, place]
    chosen = names[place] if isinstance(output, str) else output
    got = explained(classes, X, BACKGROUND, output=chosen)
    assert got.outputs == (names[place],)
    assert np.allclose(got.values[:, 0], wanted)


def test_outputs_that_are_not_there():
    for wrong in (3, -4, "yes"):
        with pytest.raises(ResultError, match="the model has no output"):
            explained(classes, X, BACKGROUND, output=wrong)


MEMBERS = [linear, product, lambda Z: Z[:, 2] ** 2]


def test_ensembles():
    got = explained(MEMBERS, X, BACKGROUND)
    each = np.array([explained(m, X, BACKGROUND).values for m in MEMBERS])
    assert np.allclose(got.values, each.mean(axis=0), atol=1e-9)
    without = [np.delete(each, k, axis=0).mean(axis=0) for k in range(3)]
    assert np.allclose(got.parts["model"], np.sqrt(2 * np.var(without, axis=0)), atol=1e-9)
    # which is the standard error of a mean of three
    assert np.allclose(got.parts["model"], each.std(axis=0, ddof=1) / np.sqrt(3), atol=1e-9)
    sampled = Permutation().attribute(
        Prediction(MEMBERS, X, removal=Marginal(BACKGROUND)), Budget(evaluations=9_000), 0, True
    )
    assert np.allclose(sampled.gap, 0, atol=1e-9)
    assert np.allclose(sampled.parts["model"], got.parts["model"], rtol=0.5, atol=0.5)


def test_the_background_part():
    """For a linear model: |b_i| times the standard error of the background's mean.

    Larger by what intervals of Student's t have more than normal ones, since folds are few.
    """
    got = explained(linear, X, BACKGROUND)
    wanted = np.abs(B) * BACKGROUND.std(axis=0, ddof=1) / np.sqrt(12)
    few = stats.t.ppf(0.975, 11) / stats.norm.ppf(0.975)
    assert np.allclose(got.parts["background"][:, 0], few * wanted, atol=1e-9)
    assert folds(12).max() == 11
    one = Permutation().attribute(
        Prediction(linear, X[:1], removal=Marginal(BACKGROUND)), Budget(evaluations=8 * 480)
    )
    assert np.allclose(one.parts["background"][0, 0], wanted * np.sqrt(11 / 12), rtol=0.15)


def test_members_and_draws():
    game = Prediction(linear, X, removal=Marginal(BACKGROUND))
    assert (game.n_draws, game.n_pool, game.sample, game.whole().n_draws) == (None, 12, 1, 1)
    member = game.members(np.array([2]), np.array([5])).item()
    assert game.whole().members(np.array([0]), np.array([0])).tolist() == [list(range(12))]
    stay = np.array([[True, False, False, True]])
    got = game.worth(stay, np.array([2]), np.array([5]))
    hybrid = np.where(stay[0], X[2], BACKGROUND[member])
    assert got.item() == pytest.approx(linear(hybrid[None]).item())


@pytest.mark.parametrize("model", [classes, MEMBERS], ids=["classes", "ensemble"])
def test_laws(model):
    check_game(Prediction(model, X, removal=Marginal(BACKGROUND)))
    check_game(Prediction(model, X, removal=Marginal(BACKGROUND)).whole())


def test_one_background_row_has_no_background_part():
    got = explained(linear, X, BACKGROUND[:1])
    assert "background" not in got.parts
    assert np.allclose(got.values[:, 0], B * (X - BACKGROUND[0]))
