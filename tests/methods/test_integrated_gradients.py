"""Quadrature along the path from nobody to everybody."""

import numpy as np
import pytest

import whence as wh
from whence import Budget, Players, RelaxedGame
from whence._core.errors import GameError, OptionError, UnsupportedGameError
from whence.games.synthetic import Gloves, Multilinear
from whence.methods import Exact, IntegratedGradients

TERMS = {("a", "b", "c"): 2.0, ("d",): 1.0, ("a", "d"): -3.0, tuple("abcde"): 4.0}


class Path(RelaxedGame):
    """A function of the weights with its gradient; ends are those of the function."""

    def __init__(self, function, slope, players="ab", n_cases=1, n_draws=1):
        self.players = Players(tuple(players))
        self.function, self.slope = function, slope
        self.n_cases, self.n_draws = n_cases, n_draws

    def _worth(self, coalitions, cases, draws):
        return self.function(coalitions.astype(float), cases, draws)

    def _gradient(self, weights, cases, draws):
        return self.slope(weights, cases, draws)[:, None]


def relu(x):
    return np.maximum(x, 0.0)


def test_products_are_shared_equally():
    """And a product's multilinear extension has the Shapley value on its diagonal (Owen)."""
    game = Multilinear(TERMS, "abcdef")
    got = wh.attribute(game, index=wh.AumannShapley())
    assert np.allclose(got.values[0, 0], game.truth(wh.AumannShapley()), atol=1e-12)
    assert np.allclose(got.values, Exact().attribute(game).values, atol=1e-12)
    assert got.values[0, 0, 5] == 0
    assert got.method == "IntegratedGradients"
    assert got.uncertainty == "exact"
    assert got.converged
    assert np.allclose(got.gap, 0)
    assert (got.parts["estimation"] == 0).all()
    assert got.cost.gradients == 32 + 16
    assert got.cost.evaluations == 2


def test_gradients_of_the_extension_are_its_differences():
    game, rng = Multilinear(TERMS, "abcdef"), np.random.default_rng(0)
    stay = rng.random((20, 6)) < 0.5
    zeros = np.zeros(20, dtype=int)
    slopes = game.gradient(stay.astype(float), zeros, zeros)[:, 0]
    for i in range(6):
        both = [stay.copy(), stay.copy()]
        both[0][:, i], both[1][:, i] = True, False
        gain = game.worth(both[0], zeros, zeros) - game.worth(both[1], zeros, zeros)
        assert np.allclose(slopes[:, i], gain[:, 0])


def test_a_backup_shares_with_what_it_stands_in_for():
    """OR by units: relu(a + b) - relu(a + b - 1). The gradient with everybody present is 0."""
    both = Path(
        lambda w, c, d: relu(w[:, 0] + w[:, 1]) - relu(w[:, 0] + w[:, 1] - 1),
        lambda w, c, d: np.where((w[:, :1] + w[:, 1:2] < 1), [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]),
        "abc",
    )
    got = IntegratedGradients().attribute(both)
    assert np.allclose(got.values[0, 0], [0.5, 0.5, 0.0])
    assert got.uncertainty == "exact"
    every = np.ones((1, 3))
    assert (both.gradient(every, np.array([0]), np.array([0])) == 0).all()


def test_a_conjunction():
    both = Path(lambda w, c, d: w[:, 0] * w[:, 1], lambda w, c, d: w[:, ::-1])
    assert np.allclose(IntegratedGradients(2).attribute(both).values[0, 0], [0.5, 0.5])


def test_cases_and_draws():
    """Mutants: draws summed; nodes given to another case."""

    def worth(w, c, d):
        return (1 + c) * (w[:, 0] ** 3 + w[:, 0] * w[:, 1]) + d * w[:, 1] + 100.0 * c + 7 * d

    def slope(w, c, d):
        first = (1 + c) * (3 * w[:, 0] ** 2 + w[:, 1])
        return np.stack([first, (1 + c) * w[:, 0] + d], axis=1)

    got = IntegratedGradients(8).attribute(Path(worth, slope, "ab", 4, 3), by_case=True)
    assert np.allclose(got.values[:, 0, 0], 1.5 * (1 + np.arange(4)))
    assert np.allclose(got.values[:, 0, 1], 0.5 * (1 + np.arange(4)) + 1)
    assert np.allclose(got.full - got.empty, got.values.sum(axis=2))
    assert got.cost.gradients == (8 + 4) * 4 * 3
    mean = IntegratedGradients(8).attribute(Path(worth, slope, "ab", 4, 3))
    assert np.allclose(mean.values[0], got.values.mean(axis=0))
    assert np.allclose(mean.parts["data"], got.mean().parts["data"])


def test_a_step_is_not_called_exact(monkeypatch):
    """A kink off the nodes: the change and the gap are told. Mutant: only the gap is looked at."""

    def worth(w, c, d):
        return relu(w.sum(axis=1) - 1.3)

    def slope(w, c, d):
        return np.repeat((w.sum(axis=1, keepdims=True) > 1.3) * 1.0, 2, axis=1)

    game = Path(worth, slope)
    rough, fine = (IntegratedGradients(k).attribute(game) for k in (4, 256))
    assert rough.uncertainty == fine.uncertainty == "unquantified"
    assert not rough.converged
    assert fine.converged
    assert not IntegratedGradients(256).attribute(game, Budget(relative_error=1e-5)).converged
    assert np.allclose(fine.values, 0.35, atol=3e-3)
    assert "from 2 nodes to 4 values changed by" in rough.verdict
    assert "they leave a gap of" in rough.verdict
    assert np.isnan(rough.stderr).all()
    monkeypatch.setattr("whence.methods.gradient.integrated_gradients._CELLS", 8)
    assert np.allclose(IntegratedGradients(4).attribute(game).values, rough.values)


def test_a_change_that_leaves_no_gap():
    """Errors of two players that cancel. Mutant: only the gap is looked at."""

    def slope(w, c, d):
        wave = np.sin(40 * w[:, 0])
        return np.stack([1 + 5 * wave, 1 - 5 * wave], axis=1)

    got = IntegratedGradients(6).attribute(Path(lambda w, c, d: w.sum(axis=1), slope))
    assert np.allclose(got.gap, 0)
    assert not got.converged
    assert got.uncertainty == "unquantified"


def test_a_flat_step_leaves_all_of_it():
    """A worth that jumps has gradients of zero, and says so by its gap."""
    game = Path(lambda w, c, d: (w.sum(axis=1) > 1.0) * 1.0, lambda w, c, d: 0.0 * w)
    got = IntegratedGradients().attribute(game)
    assert not got.converged
    assert got.uncertainty == "unquantified"
    assert "a gap of 1e+02 %" in got.verdict or "a gap of 100 %" in got.verdict


def test_refusals():
    game = Path(lambda w, c, d: w.sum(axis=1), lambda w, c, d: np.ones_like(w), n_draws=None)
    with pytest.raises(UnsupportedGameError, match="draws never end"):
        IntegratedGradients().attribute(game)
    ordered = Path(lambda w, c, d: w.sum(axis=1), lambda w, c, d: np.ones_like(w))
    ordered.players = Players(("a", "b"), kind="step", ordered=True)
    with pytest.raises(UnsupportedGameError, match="ordered"):
        IntegratedGradients().attribute(ordered)
    with pytest.raises(UnsupportedGameError, match="IntegratedGradients needs a RelaxedGame"):
        IntegratedGradients().attribute(Gloves())
    with pytest.raises(OptionError, match="steps is 2 at least"):
        IntegratedGradients(1)
    with pytest.raises(OptionError, match="steps is a positive whole number"):
        IntegratedGradients(0)
    broken = Path(lambda w, c, d: w.sum(axis=1), lambda w, c, d: w * np.nan)
    with pytest.raises(GameError, match=r"the gradient is not finite with every player present to"):
        IntegratedGradients().attribute(broken)
    with pytest.raises(UnsupportedGameError, match="AumannShapley"):
        wh.attribute(Gloves(), index=wh.AumannShapley())


def test_units_of_a_network_close_the_gap():
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    from .digits import Units, reader

    layers, rows, right = reader()
    got = IntegratedGradients(64).attribute(Units(layers, rows[:20], right[:20]))
    assert got.converged
    assert np.abs(got.gap).max() < 0.02 * np.abs(got.full - got.empty).max()
