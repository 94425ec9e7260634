"""Small tables, models, and the slow and plain way to the worths of hybrid rows."""

from itertools import product

import numpy as np

import whence as wh
from whence._core.index import Shapley
from whence.games.features import Marginal, Prediction, PredictivePower
from whence.methods.perturbation.exact import Exact

B = np.array([2.0, -1.0, 0.5, 0.0])


def rows(n, seed=0, players=4):
    """Correlated columns, none of mean zero."""
    rng = np.random.default_rng(seed)
    mix = np.eye(players) + 0.4 * rng.normal(size=(players, players))
    return rng.normal(size=(n, players)) @ mix + np.arange(1.0, players + 1)


def linear(X):
    return np.asarray(X, dtype=float) @ B


def classes(X):
    z = np.stack([X[:, 0], X[:, 1] - X[:, 2], 0.5 * X[:, 3]], axis=1)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def mean_predictions(model, X, background):
    """[cases, coalitions, ...]: coalition m holds the players whose bits m has."""
    n = X.shape[1]
    worths = []
    for stay in product([False, True], repeat=n):
        keep = np.array(stay[::-1])
        each = [model(np.where(keep, x, background)).mean(axis=0) for x in X]
        worths.append(each)
    return np.moveaxis(np.array(worths), 0, 1)


def shapley(worth):
    """[cases, coalitions] -> [cases, players], by the definition."""
    n = int(np.log2(worth.shape[1]))
    values = np.zeros((len(worth), n))
    for i in range(n):
        for m in range(2**n):
            if not m >> i & 1:
                weight = Shapley().weight(m.bit_count(), n)
                values[:, i] += weight * (worth[:, m | 1 << i] - worth[:, m])
    return values


def sage(model, X, y, background, *, by_case=False, **more):
    game = PredictivePower(model, X, y, removal=Marginal(background), **more)
    return Exact().attribute(game, by_case=by_case)


def explained(model, X, background, **more):
    game = Prediction(model, X, removal=Marginal(background), **more)
    return wh.attribute(game, method=Exact(), by_case=True)
