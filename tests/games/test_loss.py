"""Losses of a mean prediction, without the bias of a small sample."""

from itertools import combinations

import numpy as np
import pytest

from whence._core.errors import ModelError, OptionError
from whence.games.features import Marginal, PredictivePower
from whence.games.features.loss import LogLoss, OwnLoss, Squared, ZeroOne, as_loss
from whence.methods.perturbation.exact import Exact
from whence.models.predictor import predictor
from whence.models.table import Table

from .tables import classes, linear, rows

RNG = np.random.default_rng(0)


def samples(pool, k):
    """All subsets of k members: [subsets, k, outputs]."""
    return np.array([pool[list(s)] for s in combinations(range(len(pool)), k)])


@pytest.mark.parametrize("k", [2, 3, 5, 6])
def test_squared_is_unbiased_to_the_last_digit(k):
    """Over all k-subsets of a pool, for the loss of the pool's own mean.

    Kills: the share of the pool forgotten, or put on the wrong side.
    """
    pool, y = RNG.normal(size=(6, 2)), np.array([0.3, -1.0])
    p = samples(pool, k)
    got = Squared().of_mean(np.tile(y, (len(p), 1)), p, k / 6)
    assert got.mean() == pytest.approx(((pool.mean(axis=0) - y) ** 2).sum(), abs=1e-12)


def test_squared_is_the_u_statistic():
    """k l(mean) - (k - 1) mean_j l(without j) = (mean - y)^2 - s^2 / k."""
    p, y = RNG.normal(size=(9, 5, 1)), RNG.normal(size=(9, 1))
    got = Squared().of_mean(y, p, 0.0)
    wanted = (p.mean(axis=1) - y) ** 2 - p.var(axis=1, ddof=1) / 5
    assert np.allclose(got, wanted[:, 0], atol=1e-12)


@pytest.mark.parametrize("k", [2, 3, 5])
def test_log_loss_is_less_biased(k):
    pool = classes(rows(9, 1))
    y = np.array([1])
    wanted = LogLoss().plain(y, pool.mean(axis=0)[None])[0]
    p = samples(pool, k)
    labels = np.repeat(y, len(p))
    jackknife = LogLoss().of_mean(labels, p, k / 9).mean() - wanted
    plug_in = LogLoss().plain(labels, p.mean(axis=1)).mean() - wanted
    assert plug_in > 0  # Jensen
    assert abs(jackknife) < 0.5 * plug_in


def test_the_whole_pool_needs_no_correction():
    p, y = RNG.normal(size=(3, 5, 1)), RNG.normal(size=(3, 1))
    plain = Squared().plain(y, p.mean(axis=1))
    assert np.array_equal(Squared().of_mean(y, p, 1.0), plain)
    assert np.array_equal(Squared().of_mean(y, p[:, :1], 0.1), Squared().plain(y, p[:, 0]))


def test_zero_one_is_left_alone():
    """Kills: a jackknife of steps, which answers numbers outside [0, 1]."""
    p, y = RNG.random((50, 4, 3)), RNG.integers(3, size=50)
    got = ZeroOne().of_mean(y, p, 0.1)
    assert np.array_equal(got, (p.mean(axis=1).argmax(axis=1) != y).astype(float))


def test_own_losses_choose():
    p, y = RNG.normal(size=(5, 4, 1)), RNG.normal(size=5)

    def squared(y, p):
        return (y - p) ** 2

    smooth = OwnLoss(squared).of_mean(y, p, 0.2)
    assert np.allclose(smooth, Squared().of_mean(y[:, None], p, 0.2))
    rough = OwnLoss(squared, smooth=False).of_mean(y, p, 0.2)
    assert np.allclose(rough, squared(y, p.mean(axis=1)[:, 0]))


def test_log_loss_by_hand():
    p = np.array([[0.25, 0.75], [1.0, 0.0]])
    got = LogLoss().plain(np.array([1, 1]), p)
    assert got[0] == pytest.approx(-np.log(0.75))
    assert got[1] == pytest.approx(-np.log(np.finfo(float).eps))
    assert LogLoss(clip=0.01).plain(np.array([1, 1]), p)[1] == pytest.approx(-np.log(0.01))


def test_squared_sums_over_outputs():
    got = Squared().plain(np.array([[1.0, 2.0]]), np.array([[3.0, 5.0]]))
    assert got.tolist() == [13.0]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("squared error", Squared),
        ("MSE", Squared),
        ("squared_error", Squared),
        ("log-loss", LogLoss),
        ("log_loss", LogLoss),
        ("Cross Entropy", LogLoss),
        ("zero-one", ZeroOne),
        ("zero_one", ZeroOne),
    ],
)
def test_names(name, kind):
    assert isinstance(as_loss(name, predictor(linear, like=Table.of(rows(5)))), kind)


def test_what_the_model_answers_decides():
    linear_ = predictor(linear, like=Table.of(rows(5)))
    assert isinstance(as_loss(None, linear_), Squared)
    clipped = LogLoss(clip=0.1)
    assert as_loss(clipped, linear_) is clipped
    own = as_loss(np.subtract, linear_)
    assert own.name == "subtract"
    with pytest.raises(OptionError, match="Did you mean 'zero-one'"):
        as_loss("zero-on", linear_)


def test_a_classifier_is_asked_for_its_log_loss():
    linear_model = pytest.importorskip("sklearn.linear_model")
    X = rows(60)
    model = linear_model.LogisticRegression(max_iter=1000).fit(X, X[:, 0] > 1)
    assert isinstance(as_loss(None, predictor(model, like=Table.of(X))), LogLoss)


def test_one_probability_a_row_is_that_of_label_one():
    """Kills: the probability of the wrong label."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 2)), rng.integers(2, size=30)

    def one(rows):
        return 1 / (1 + np.exp(-rows[:, 0]))

    def both(rows):
        return np.stack([1 - one(rows), one(rows)], axis=1)

    def exact(model):
        game = PredictivePower(model, X, y, removal=Marginal(X), loss="log-loss")
        return Exact().attribute(game).values

    assert np.allclose(exact(one), exact(both), atol=1e-12)
    with pytest.raises(ModelError, match="probability of label 1"):
        exact(lambda rows: 5 * rows[:, 0])
