"""Intervals hold what they say, as often as they say: hundreds of runs against exact answers.

Each run asks all players, and their answers depend on one another. Bounds are binomial, over runs
times two: the effective number of independent answers in a run of five.
"""

import numpy as np
import pytest

import whence as wh
from whence import Budget
from whence.games.features import Marginal, PredictivePower
from whence.methods.perturbation.exact import Exact
from whence.methods.perturbation.permutation import Permutation

pytestmark = pytest.mark.slow
B = np.array([1.5, -1.0, 0.7, 0.4])
RUNS = 300


def linear(X):
    return X @ B + 0.5 * X[:, 0] * X[:, 1]


def binary(X):
    p = 1 / (1 + np.exp(-linear(X)))
    return np.stack([1 - p, p], axis=1)


def people(rng, n):
    X = rng.normal(size=(n, 4))
    X[:, 1] += 0.5 * X[:, 0]
    return X


def labelled(rng, n, loss):
    X = people(rng, n)
    if loss == "log-loss":
        return X, (rng.random(n) < binary(X)[:, 1]).astype(int)
    return X, linear(X) + rng.normal(size=n)


def inside(got, truth, *parts):
    low, high = got.ci(0.95, parts)
    return ((low <= truth) & (truth <= high))[0, 0]


def within(share, low, high, runs):
    """The share lies in [low, high], to four binomial standard errors."""
    doubt = 4 * np.sqrt(0.05 * 0.95 / (2 * runs))
    return low - doubt <= share <= high + doubt


@pytest.mark.parametrize("loss", ["squared error", "log-loss"])
@pytest.mark.parametrize("when", ["default", "two passes"])
def test_the_estimation_part(loss, when):
    """Kills: standard errors that forget the background, the cases, or the pairing of walks."""
    X, y = labelled(np.random.default_rng(0), 60, loss)
    model = binary if loss == "log-loss" else linear
    game = PredictivePower(model, X, y, removal=Marginal(X), loss=loss)
    exact = Exact().attribute(game)
    two = Budget(evaluations=60 * 8 * 2, relative_error=1e-9, data_share=None)
    budget = Budget() if when == "default" else two
    runs = [Permutation().attribute(game, budget, seed) for seed in range(RUNS)]
    hit = np.array([inside(run, exact.values, "estimation") for run in runs])
    assert within(hit.mean(), 0.93, 0.97, RUNS), hit.mean(axis=0)
    error = np.array([run.values - exact.values for run in runs])
    z = error.mean(axis=0) / (error.std(axis=0, ddof=1) / np.sqrt(RUNS))
    assert np.abs(z).max() < 4.2  # no bias


@pytest.mark.parametrize("loss", ["squared error", "log-loss"])
def test_all_parts_against_the_population(loss):
    """Fresh rows and a fresh background each time; the truth is that of 3,000 rows."""
    model = binary if loss == "log-loss" else linear
    rng = np.random.default_rng(1)
    crowd, background = labelled(rng, 3_000, loss), people(rng, 300)
    truth = Exact().attribute(
        PredictivePower(model, *crowd, removal=Marginal(background), loss=loss)
    )
    hit = []
    for seed in range(RUNS):
        rng = np.random.default_rng(100 + seed)
        X, y = labelled(rng, 150, loss)
        got = wh.attribute(
            PredictivePower(model, X, y, removal=Marginal(people(rng, 100)), loss=loss),
            method=Permutation(),
            seed=seed,
        )
        hit.append(inside(got, truth.values, *got.parts))
    assert within(np.mean(hit), 0.92, 0.99, RUNS), np.mean(hit, axis=0)
