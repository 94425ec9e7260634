"""The order of scores, as pairs of rows."""

from itertools import product

import numpy as np
import pytest

import whence as wh
from whence.games.features import Marginal, RankingPower
from whence.methods.perturbation.exact import Exact

from .tables import shapley

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 3))
Y = (X[:, 0] + X[:, 1] * X[:, 2] + RNG.normal(size=24) > 0).astype(int)
POOL = RNG.normal(size=(7, 3))


def score(Z):
    return 2 * Z[:, 0] + np.round(Z[:, 1] * Z[:, 2])


def auc(y, s, w=None):
    """Over all pairs, ties half."""
    w = np.ones(len(y)) if w is None else w
    up, down = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    right = (s[up][:, None] > s[down]) + 0.5 * (s[up][:, None] == s[down])
    each = w[up][:, None] * w[down]
    return (right * each).sum() / each.sum()


def exact(y=Y, X=X, **options):
    return Exact().attribute(RankingPower(score, X, y, removal=Marginal(POOL), **options))


def test_by_brute_force():
    """Kills: the AUC of each row's own background, or of the mean over rows."""
    worth = []
    for stay in product([False, True], repeat=3):
        mixed = np.where(np.array(stay[::-1]), X[:, None], POOL[None])  # row, member, column
        mean = score(mixed.reshape(-1, 3)).reshape(24, 7).mean(axis=1)
        worth.append(auc(Y, np.round(mean, 9)))
    got = exact()
    assert np.allclose(got.values[0], shapley(np.array(worth)[None]), atol=1e-12)
    assert got.full.item() == pytest.approx(auc(Y, score(X)) - 1)
    assert got.empty.item() == -0.5
    assert got.values.sum() == pytest.approx(auc(Y, score(X)) - 0.5)


def test_weights_are_repeats():
    w = np.random.default_rng(1).integers(0, 4, size=24)
    got, twice = exact(sample_weight=w), exact(np.repeat(Y, w), np.repeat(X, w, axis=0))
    assert np.allclose(got.values, twice.values, rtol=0, atol=1e-12)
    assert got.full.item() == pytest.approx(auc(Y, score(X), w) - 1)
    assert (got.parts["data"] > 0).any()


def test_the_error_is_that_of_rows():
    """DeLong's variance of an AUC, from the rows of both labels. Kills: pairs taken for rows."""
    rng = np.random.default_rng(2)
    y = np.repeat([0, 1], 200)
    x = rng.normal(size=(400, 1)) + y[:, None]
    game = RankingPower(lambda Z: Z[:, 0], x, y, removal=Marginal(x[:5]))
    got = Exact().attribute(game)
    up, down = x[y == 1, 0], x[y == 0, 0]
    right = up[:, None] > down
    delong = right.mean(axis=1).var(ddof=1) / 200 + right.mean(axis=0).var(ddof=1) / 200
    # twenty groups tell a standard error to a sixth: three times that
    assert got.parts["data"].item() == pytest.approx(np.sqrt(delong), rel=0.5)


def test_sampled_as_enumerated():
    pool = RNG.normal(size=(60, 3))
    game = RankingPower(score, X, Y, removal=Marginal(pool))
    assert game.n_draws is None
    budget = wh.Budget(evaluations=600, relative_error=None, data_share=None)
    got, truth = wh.attribute(game, method="permutation", budget=budget), Exact().attribute(game)
    apart = np.abs(got.values - truth.values)
    # samples of 16 shift an order a little; the rest is estimation, four standard errors
    assert (apart <= 4 * got.parts["estimation"] + 0.01).all()
    assert got.parts["background"].shape == truth.parts["background"].shape


def test_any_two_labels_and_any_score():
    sklearn = pytest.importorskip("sklearn.svm")
    words = np.where(Y == 1, "yes", "no")
    model = sklearn.LinearSVC().fit(X, words)
    got = wh.importance(model, X, words, background=POOL, loss="roc_auc")
    assert got.full.item() == pytest.approx(auc(Y, model.decision_function(X)) - 1)
    assert got.question.unit == "share of pairs"
    plain = wh.importance(score, X, 2 * Y - 1, background=POOL, loss="auc")
    assert np.allclose(plain.values, exact().values, atol=1e-12)


@pytest.mark.parametrize(
    ("words", "ask"),
    [
        ("two rows or more of each", lambda: exact(np.r_[1, np.zeros(23)])),
        ("y of two numbers", lambda: exact(np.arange(24))),
        ("the order of two labels", lambda: RankingPower(
            lambda Z: Z[:, :3], X, Y, removal=Marginal(POOL))),
        ("no row has a worth of its own", lambda: wh.importance(
            score, X, Y, loss="auc", by_case=True)),
        ("RankingPower", lambda: wh.games.features.PredictivePower(
            score, X, Y, removal=Marginal(POOL), loss="auc")),
    ],
)  # fmt: skip
def test_refused(words, ask):
    with pytest.raises(wh.WhenceError, match=words):
        ask()
