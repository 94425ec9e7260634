"""SAGE's game, in closed form and by brute force."""

import numpy as np
import pytest
from scipy import stats

import whence as wh
from whence import Budget
from whence._core.errors import ModelError, OptionError, TableError
from whence.games.features import Baseline, Marginal, OwnLoss, PredictivePower
from whence.games.features.sampling import folds
from whence.methods.perturbation.exact import Exact
from whence.methods.perturbation.permutation import Permutation
from whence.testing import check_game

from .tables import B, classes, linear, mean_predictions, rows, sage, shapley

X = rows(40)
Y = linear(X) + 0.7 * X[:, 3] + np.random.default_rng(1).normal(size=40)
LABELS = np.random.default_rng(2).integers(3, size=40)


# -- closed forms --


def test_linear_model_with_correlated_columns():
    """phi_i = 2 b_i c_i - b_i (S b)_i, by the empirical moments, when the rows are the background.

    (Covert, Lundberg & Lee 2020, for marginal removal.) Kills: a mean square for the mean.
    """
    got = sage(linear, X, Y, X)
    S = np.cov(X.T, bias=True)
    c = ((X - X.mean(axis=0)) * (Y - Y.mean())[:, None]).mean(axis=0)
    wanted = 2 * B * c - B * (S @ B)
    assert np.allclose(got.values[0, 0], wanted, rtol=0, atol=1e-9)
    assert got.uncertainty == "exact"


def test_linear_model_with_another_background():
    """The mean of the background is all that it brings, whatever its spread."""
    background = rows(15, seed=5) + 1.0
    m = background.mean(axis=0)
    got = sage(linear, X, Y, background)
    worth = mean_predictions(linear, X, m[None])
    assert np.allclose(got.values[0], shapley(-((worth - Y[:, None]) ** 2)).mean(axis=0), atol=1e-9)


def test_independent_columns_of_a_linear_truth():
    """Where y is the model itself and columns are uncorrelated: phi_i = b_i^2 Var(x_i)."""
    grid = np.array(np.meshgrid([0.0, 1.0], [0.0, 3.0], [1.0, 2.0], [5.0, 5.5])).reshape(4, -1).T
    got = sage(linear, grid, linear(grid), grid)
    assert np.allclose(got.values[0, 0], B**2 * grid.var(axis=0), atol=1e-9)


def test_twins_are_equal_and_a_dummy_is_exactly_nothing():
    twin = np.column_stack([X[:, 0], X[:, 0], X[:, 1:3]])
    got = sage(lambda Z: Z[:, 0] + Z[:, 1] + Z[:, 2] ** 2, twin, Y, twin).values[0, 0]
    assert got[0] == pytest.approx(got[1], abs=1e-12)
    assert got[3] == 0.0
    sampled = Permutation().attribute(
        PredictivePower(linear, X, Y, removal=Marginal(X)), Budget(evaluations=2_000)
    )
    assert sampled.values[0, 0, 3] == 0.0
    assert sampled.stderr[0, 0, 3] == 0.0


def interaction(Z):
    return Z[:, 0] * Z[:, 1] + np.sin(Z[:, 2]) * Z[:, 3]


def test_interactions_by_brute_force():
    background = rows(11, seed=3)
    got = sage(interaction, X[:9], Y[:9], background, by_case=True)
    worth = -((mean_predictions(interaction, X[:9], background) - Y[:9, None]) ** 2)
    assert np.allclose(got.values[:, 0], shapley(worth), atol=1e-9)
    assert np.allclose(got.empty[:, 0], worth[:, 0])
    assert np.allclose(got.full[:, 0], worth[:, -1])


def test_log_loss_by_brute_force():
    """Kills: the mean of the losses for the loss of the mean."""
    background = rows(11, seed=3)
    got = sage(classes, X[:9], LABELS[:9], background, by_case=True, loss="log-loss")
    p = mean_predictions(classes, X[:9], background)  # case, coalition, class
    worth = np.log(p[np.arange(9), :, LABELS[:9]])
    assert np.allclose(got.values[:, 0], shapley(worth), atol=1e-9)
    assert got.question.unit == "nats"


def test_zero_one_by_brute_force():
    background = rows(11, seed=3)
    got = sage(classes, X[:9], LABELS[:9], background, by_case=True, loss="zero-one")
    p = mean_predictions(classes, X[:9], background)
    worth = -(p.argmax(axis=2) != LABELS[:9, None]).astype(float)
    assert np.allclose(got.values[:, 0], shapley(worth), atol=1e-12)


def both(Z):
    return np.stack([linear(Z), interaction(Z)], axis=1)


def test_two_targets_by_brute_force():
    targets = np.stack([Y, Y**2 / 9], axis=1)[:9]
    got = sage(both, X[:9], targets, X[:11], by_case=True)
    p = mean_predictions(both, X[:9], X[:11])
    worth = -((p - targets[:, None]) ** 2).sum(axis=2)
    assert np.allclose(got.values[:, 0], shapley(worth), atol=1e-9)


def test_a_loss_of_one_s_own():
    def absolute(y, p):
        return np.abs(y - p)

    got = sage(linear, X[:9], Y[:9], X[:11], by_case=True, loss=absolute)
    worth = -np.abs(mean_predictions(linear, X[:9], X[:11]) - Y[:9, None])
    assert np.allclose(got.values[:, 0], shapley(worth), atol=1e-9)
    assert got.question.unit == "loss"


@pytest.mark.parametrize("loss", ["squared error", "log-loss", "zero-one"])
def test_efficiency(loss):
    """The values add up to the loss with nobody less the loss of the model."""
    regression = loss == "squared error"
    model, y = (linear, Y) if regression else (classes, LABELS)
    got = sage(model, X, y, X[:13], loss=loss)
    here = model(X)
    mean = np.broadcast_to(model(X[:13]).mean(axis=0), here.shape)

    def plain(p):
        if regression:
            return ((p - Y) ** 2).mean()
        if loss == "zero-one":
            return (p.argmax(axis=1) != LABELS).mean()
        return -np.log(p[np.arange(40), LABELS]).mean()

    assert got.values.sum() == pytest.approx(plain(mean) - plain(here), abs=1e-9)
    assert got.gap.item() == pytest.approx(0, abs=1e-12)
    assert got.full.item() == pytest.approx(-plain(here))


def test_the_whole_is_the_mean_of_the_cases():
    """SAGE is the mean of local loss values."""
    each, mean = (sage(linear, X, Y, X[:13], by_case=b) for b in (True, False))
    assert np.allclose(each.values.mean(axis=0), mean.values[0], atol=1e-12)
    assert np.allclose(each.mean().parts["data"], mean.parts["data"])
    assert np.allclose(each.mean().parts["background"], mean.parts["background"])


def test_baseline_removal():
    row = dict(zip(["x0", "x1", "x2", "x3"], [1.0, 2.0, 3.0, 4.0], strict=True))
    game = PredictivePower(interaction, X[:9], Y[:9], removal=Baseline(row))
    assert game.n_draws == 1
    got = Exact().attribute(game, by_case=True)
    worth = mean_predictions(interaction, X[:9], np.array([list(row.values())]))
    assert np.allclose(got.values[:, 0], shapley(-((worth - Y[:9, None]) ** 2)), atol=1e-9)
    assert "background" not in got.parts
    sampled = Permutation().attribute(game, Budget(evaluations=2_000))
    assert np.allclose(sampled.gap, 0, atol=1e-9)


def test_groups_leave_together():
    got = sage(interaction, X[:9], Y[:9], X[:11], by_case=True, groups={"pair": ["x0", "x3"]})
    assert got.players.names == ("pair", "x1", "x2")
    p = mean_predictions(interaction, X[:9], X[:11])
    masks = [0, 0b1001, 0b0010, 0b1011, 0b0100, 0b1101, 0b0110, 0b1111]
    worth = -((p[:, masks] - Y[:9, None]) ** 2)
    assert np.allclose(got.values[:, 0], shapley(worth), atol=1e-9)


# -- the background --


THIRTEEN = stats.t.ppf(0.975, 12) / stats.norm.ppf(0.975)  # folds, which are few


def test_the_background_part_is_the_jackknife_over_folds():
    got = sage(linear, X, Y, X[:13])
    fold = folds(13)
    each = [sage(linear, X, Y, X[:13][fold != f]).values for f in range(13)]
    wanted = THIRTEEN * np.sqrt(12 * np.var(each, axis=0))
    assert np.allclose(got.parts["background"], wanted, atol=1e-9)


def test_group_errors_are_known_exactly_too():
    """Kills: an error that is NaN because nobody kept the covariance of an enumeration."""
    got = sage(linear, X, Y, X[:13])
    every = got.group({"all": got.players.names})
    total = got.full - got.empty
    assert np.allclose(every.values[:, :, 0], total)
    each = sage(linear, X, Y, X[:13], by_case=True)
    spread = (each.full - each.empty).std(ddof=1) / np.sqrt(40)
    assert every.parts["data"].item() == pytest.approx(spread)
    fold = folds(13)
    without = [sage(linear, X, Y, X[:13][fold != f]).values.sum() for f in range(13)]
    assert every.parts["background"].item() == pytest.approx(
        THIRTEEN * np.sqrt(12 * np.var(without))
    )


@pytest.mark.parametrize("sample", [1, 2, 5])
def test_whole_and_sampled_agree_in_expectation(sample):
    """Over many draws of one coalition; squared loss, so k >= 2 is unbiased to the last digit."""
    game = PredictivePower(interaction, X[:1], Y[:1], removal=Marginal(rows(7, 4), sample))
    assert (game.n_draws, game.n_pool) == (None, 7)
    n = 20_000
    stay = np.tile([True, False, False, True], (n, 1))
    zero = np.zeros(n, dtype=int)
    got = game.worth(stay, zero, np.arange(n))[:, 0]
    wanted = game.whole().worth(stay[:1], zero[:1], zero[:1])[0, 0]
    error = got.std() / np.sqrt(n)
    if sample > 1:
        assert got.mean() == pytest.approx(wanted, abs=4.5 * error)
    else:
        assert got.mean() < wanted - 10 * error  # the plug-in's bias, in full


def test_members_are_what_the_draw_took():
    pool = rows(7, 4)
    game = PredictivePower(interaction, X[:3], Y[:3], removal=Marginal(pool, 3))
    cases, draws = np.array([0, 1, 2, 2]), np.array([5, 5, 8, 9])
    members = game.members(cases, draws)
    got = game.worth(np.zeros((4, 4), bool), cases, draws)[:, 0]
    p = interaction(pool)[members]
    unbiased = (p.mean(axis=1) - Y[cases]) ** 2 - (1 - 3 / 7) * p.var(axis=1, ddof=1) / 3
    assert np.allclose(got, -unbiased)


def test_the_worth_of_nobody():
    game = PredictivePower(classes, X, LABELS, removal=Marginal(X[:30]))
    assert game.n_draws is None
    worth = game.whole().worth(np.zeros((40, 4), bool), np.arange(40), np.zeros(40, int))
    assert np.allclose(worth[:, :1], game.nobody(), atol=1e-12)


def test_samples_by_default():
    def sizes(model, y, n, loss=None):
        return PredictivePower(model, X, y, removal=Marginal(rows(n, 4)), loss=loss).sample

    assert sizes(linear, Y, 100) == 4
    assert sizes(classes, LABELS, 100, "log-loss") == 16
    assert sizes(classes, LABELS, 100, "zero-one") == 64
    assert sizes(classes, LABELS, 10, "zero-one") == 10


@pytest.mark.parametrize("model", ["linear", "ensemble"])
def test_laws(model):
    models = linear if model == "linear" else [linear, interaction]
    check_game(PredictivePower(models, X[:9], Y[:9], removal=Marginal(X, 3)))


# -- ensembles --

MEMBERS = [linear, interaction, lambda Z: Z[:, 0] - Z[:, 2]]


def mean_of(models):
    return lambda Z: np.mean([m(Z) for m in models], axis=0)


def test_an_ensemble_is_explained_not_its_explanations():
    """mean_k SAGE(f_k) = SAGE(mean f) - Shapley(ambiguity), to the last digit."""
    got = sage(MEMBERS, X, Y, X[:13])
    assert got.outputs == ("predictive power", "ambiguity")
    one = sage(mean_of(MEMBERS), X, Y, X[:13])
    assert np.allclose(got.values[0, 0], one.values[0, 0], atol=1e-9)
    each = np.mean([sage(m, X, Y, X[:13]).values[0, 0] for m in MEMBERS], axis=0)
    assert np.allclose(each, got.values[0, 0] - got.values[0, 1], atol=1e-9)
    assert (got.empty[0, 1], got.full[0, 1]) >= (0.0, 0.0)


def test_the_model_part_is_the_jackknife_over_members():
    """Kills: the spread of single models' values for the error of the ensemble's."""
    got = sage(MEMBERS, X, Y, X[:13])
    without = [sage(MEMBERS[:k] + MEMBERS[k + 1 :], X, Y, X[:13]).values for k in range(3)]
    assert np.allclose(got.parts["model"], np.sqrt(2 * np.var(without, axis=0)), atol=1e-9)
    cases = sage(MEMBERS, X, Y, X[:13], by_case=True)
    assert np.allclose(cases.mean().parts["model"], got.parts["model"], atol=1e-9)
    each = [
        sage(MEMBERS[:k] + MEMBERS[k + 1 :], X, Y, X[:13], by_case=True).values for k in range(3)
    ]
    assert np.allclose(cases.parts["model"], np.sqrt(2 * np.var(each, axis=0)), atol=1e-9)


def test_a_sampled_ensemble():
    game = PredictivePower(MEMBERS, X, Y, removal=Marginal(X))
    got = Permutation().attribute(game, Budget(evaluations=8_000, relative_error=0.001))
    exact = sage(MEMBERS, X, Y, X)
    assert set(got.parts) - {"tails"} == {"estimation", "data", "background", "model"}
    low, high = got.ci(0.9999, "estimation")
    assert ((low - 1e-9 <= exact.values) & (exact.values <= high + 1e-9)).all()
    assert np.allclose(got.gap, 0, atol=1e-9)
    assert np.allclose(got.parts["model"], exact.parts["model"], rtol=0.5, atol=0.05)


# -- refusals --


@pytest.mark.parametrize(
    ("kind", "says", "model", "y", "loss"),
    [
        (TableError, "y has 39 rows", linear, Y[:39], None),
        (TableError, "y has 2 columns and the model 1", linear, np.stack([Y, Y], axis=1), None),
        (TableError, "y has 39 rows", linear, Y[:39], np.subtract),
        (TableError, "y has 39 rows", classes, LABELS[:39], "log-loss"),
        (TableError, "labels outside", classes, LABELS + 1, "log-loss"),
        (ModelError, "log-loss needs class probabilities", linear, LABELS, "log-loss"),
        (ModelError, "zero-one loss needs a classifier", linear, LABELS, "zero-one"),
        (OptionError, "Did you mean 'log-loss'", linear, Y, "log-los"),
        (OptionError, "a loss is a name", linear, Y, 3),
        (OptionError, "one number for each row", linear, Y, lambda y, p: np.float64(1.0)),
    ],
)
def test_refusals(kind, says, model, y, loss):
    with pytest.raises(kind, match=says):
        sage(model, X, y, X[:5], loss=loss)


def test_own_losses_keep_their_labels():
    words = np.array(["low", "high"])[(Y > 0).astype(int)][:, None]
    seen = []

    def loss(y, p):
        seen.append(set(y))
        return (p > 0) != (y == "high")

    own = OwnLoss(loss, sample=3, smooth=False)
    got = Exact().attribute(PredictivePower(linear, X, words, removal=Marginal(X[:5]), loss=own))
    assert seen[-1] <= {"low", "high"}
    assert got.full.item() == pytest.approx(-((linear(X) > 0) != (Y > 0)).mean())


def test_words_of_the_question():
    got = wh.attribute(
        PredictivePower(classes, X, LABELS, removal=Marginal(X[:30]), loss="log-loss"),
        budget=Budget(evaluations=500),
    ).question
    assert got.removal == "marginal (30 background rows)"
    assert got.loss
    assert got.classes == ("0", "1", "2")
    assert "predictive power" in got.asks
