"""Walks with a lever: the same answer, from fewer model rows, with honest intervals."""

import numpy as np
import pytest

import whence as wh
from whence.games.features import Marginal, Prediction, PredictivePower
from whence.games.synthetic import Gloves
from whence.methods import ControlVariate, Exact, Permutation

pytest.importorskip("sklearn")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 6))
POOL = RNG.normal(size=(40, 6))
Y = np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2] + 0.3 * X[:, 3]


def smooth(rows):
    return np.sin(2 * rows[:, 0]) + rows[:, 1] * rows[:, 2] + 0.3 * rows[:, 3]


@pytest.fixture(scope="module")
def power():
    return PredictivePower(smooth, X, Y, removal=Marginal(POOL))


@pytest.fixture(scope="module")
def few():
    return PredictivePower(smooth, X[:8], Y[:8], removal=Marginal(POOL[:16]))


@pytest.fixture(scope="module")
def prediction():
    return Prediction(smooth, X[:6], removal=Marginal(POOL))


def test_the_mean_over_cases(power):
    """Mutants: the proxy's values left out; subtracted twice; another proxy's."""
    exact = wh.attribute(power, method=Exact())
    budget = wh.Budget(relative_error=0.03, data_share=None)
    got = wh.attribute(power, method=ControlVariate(proxy=True), budget=budget)
    low, high = got.ci(0.9999, "estimation")
    assert ((low <= exact.values) & (exact.values <= high)).all()
    assert got.parts["estimation"].max() <= 0.03 * np.ptp(got.values)
    assert np.allclose(got.parts["data"], exact.parts["data"], rtol=0.35, atol=2e-3)
    assert "distilled" in got.verdict


def test_case_by_case(prediction):
    """Mutants: another case's proxy values; errors of the mean in place of a case's."""
    exact = wh.attribute(prediction, method=Exact(), by_case=True)
    got = wh.attribute(prediction, method=ControlVariate(proxy=True), by_case=True)
    error = np.abs(got.values - exact.values)
    assert (error <= 5 * got.parts["estimation"] + 1e-9).all()
    assert np.abs(got.gap).max() <= 1e-9


def chances(rows):
    right = 1 / (1 + np.exp(-2 * smooth(rows)))
    return np.stack([1 - right, right], axis=1)


class Chances:
    """A classifier whose probabilities are smooth."""

    classes_ = np.array([0, 1])

    def predict_proba(self, rows):
        return chances(np.asarray(rows))


def test_a_log_loss():
    """Mutants: a proxy's probability of 0 taken at its word; its own values of another loss."""
    game = PredictivePower(Chances(), X, Y > 0, removal=Marginal(POOL))
    exact = wh.attribute(game, method=Exact())
    budget = wh.Budget(relative_error=0.01, data_share=None)
    got = wh.attribute(game, method=ControlVariate(proxy=True), budget=budget)
    low, high = got.ci(0.9999, "estimation")
    assert ((low <= exact.values) & (exact.values <= high)).all()
    assert "distilled" in got.verdict
    plain = wh.attribute(game, method=Permutation(), budget=budget)
    assert got.cost.rows < plain.cost.rows / 4


def test_a_proxy_of_few_players_is_known_exactly(few):
    """Mutants: worths in the order they were asked; walks where an enumeration is cheaper."""
    lever = few.lever(0, 1e-9)
    assert not lever.stderr.any()
    assert not lever.mean_stderr.any()
    enumerated = wh.attribute(lever.proxy, method=Exact(), by_case=True)
    assert np.allclose(lever.values, enumerated.values, atol=1e-9)


def test_a_proxy_of_many_players_is_walked(few, monkeypatch):
    """Mutants: an error of the mean that is too small by the walks of a block; a mean of others."""
    exact = few.lever(0, 1e-9).values
    monkeypatch.setattr("whence.games.features.levers._ENUMERATED", 2)
    rough, fine = few.lever(0, 3e-2), few.lever(0, 1e-2)
    for one in (rough, fine):
        apart = np.abs(one.values.mean(axis=0) - exact.mean(axis=0))
        assert (apart <= 4 * one.mean_stderr[0]).all()
        assert (np.abs(one.values - exact) <= 6 * one.stderr).all()
    assert 0 < fine.mean_stderr.max() <= 1e-2 < rough.mean_stderr.max() <= 3e-2


def test_fewer_questions_for_the_same_error(prediction):
    """Mutant: the residual is asked on other draws than the game's."""
    budget = wh.Budget(evaluations=3_000)
    exact = wh.attribute(prediction, method=Exact(), by_case=True).values
    errors = []
    for method in (Permutation(), ControlVariate(proxy=True)):
        runs = [
            wh.attribute(prediction, method=method, budget=budget, by_case=True, seed=s)
            for s in range(3)
        ]
        errors.append(np.mean([((run.values - exact) ** 2).mean() for run in runs]))
    assert errors[1] < errors[0] / 4


def test_plain_walks_until_a_lever_pays(power):
    """Mutant: a lever for every run, however short."""
    short = wh.attribute(power, method=ControlVariate())
    plain = wh.attribute(power, method=Permutation())
    assert np.array_equal(short.values, plain.values)
    assert "distilled" not in short.verdict


def test_no_proxy_to_be_had():
    with pytest.raises(wh.WhenceError, match="Gloves can make no proxy of itself"):
        wh.attribute(Gloves(1, 3, 1), method=ControlVariate(proxy=True))
    assert wh.attribute(Gloves(4, 8, 6), method=ControlVariate()).values.shape == (1, 1, 18)


def test_the_same_seed_gives_the_same_bits(prediction):
    """Mutant: a proxy fitted by the clock."""
    budget = wh.Budget(evaluations=2_000)
    one, two = (
        wh.attribute(prediction, method=ControlVariate(proxy=True), budget=budget, engine=engine)
        for engine in (None, wh.engines.Threads(2))
    )
    assert np.array_equal(one.values, two.values)


def test_it_is_chosen_for_little_error(power):
    from whence._choose import choose

    tight = wh.Budget(relative_error=0.001)
    assert isinstance(choose(power, wh.Shapley(), tight)[0], ControlVariate)
    assert isinstance(choose(power, wh.Shapley())[0], Permutation)
