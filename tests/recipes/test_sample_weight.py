"""Rows that count unequally: as if they were there so many times, with the error of those there."""

import numpy as np
import pytest

import whence as wh
from whence import Budget
from whence._core.errors import TableError
from whence._core.weights import effective
from whence.games.features import Marginal, Prediction, PredictivePower
from whence.methods.perturbation.exact import Exact
from whence.recipes._repeated import repeated

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
Y = 2 * X[:, 0] + X[:, 1] * X[:, 2] + RNG.normal(size=40)
W = RNG.integers(0, 4, size=40)
POOL = RNG.normal(size=(9, 3))
AGAIN = np.repeat(X, W, axis=0), np.repeat(Y, W)


def model(Z):
    return 2 * Z[:, 0] + Z[:, 1] * Z[:, 2]


def exact(X, y, **options):
    return Exact().attribute(PredictivePower(model, X, y, removal=Marginal(POOL), **options))


def test_as_if_rows_were_repeated():
    got, twice = exact(X, Y, sample_weight=W), exact(*AGAIN)
    for what in ("values", "empty", "full"):
        assert np.allclose(getattr(got, what), getattr(twice, what), rtol=0, atol=1e-12), what
    background = (att.parts["background"] for att in (got, twice))
    assert np.allclose(*background, rtol=1e-9)


def test_the_error_is_that_of_the_rows_there_are():
    """Of a ratio of sums, n/(n - 1) sum w^2 (v - mean)^2 / (sum w)^2. Kills: copies for rows."""
    each = PredictivePower(model, X, Y, removal=Marginal(POOL))
    v = Exact().attribute(each, by_case=True).values[:, 0]
    w = W / W.sum()
    wanted = np.sqrt(40 / 39 * (w[:, None] ** 2 * (v - w @ v) ** 2).sum(axis=0))
    got = exact(X, Y, sample_weight=W)
    assert np.allclose(got.parts["data"][0, 0], wanted)
    assert got.freedom.item() == pytest.approx(effective(W.astype(float)) - 1)
    assert np.allclose(np.diagonal(got.covariance["data"][0]), wanted**2)


def test_equal_weights_change_nothing():
    plain, got = exact(X, Y), exact(X, Y, sample_weight=np.full(40, 3.3))
    assert np.allclose(got.values, plain.values, atol=1e-14)
    assert np.allclose(got.stderr, plain.stderr, atol=1e-14)
    assert np.allclose(got.ci(), plain.ci(), rtol=0, atol=1e-9)


def test_the_background_counts_too_where_it_is_the_rows():
    """Kills: weighted rows over a background that is not."""
    got, twice = wh.importance(model, X, Y, sample_weight=W), wh.importance(model, *AGAIN)
    assert got.uncertainty == twice.uncertainty == "exact"
    assert np.allclose(got.values, twice.values, rtol=0, atol=1e-12)
    more = W.sum() / effective(W.astype(float))
    wider = got.parts["background"] / twice.parts["background"]
    assert np.allclose(wider, more**0.5)


def test_sampled_as_enumerated():
    many, pool = np.tile(X, (3, 1)), RNG.normal(size=(60, 3))
    y, w = np.tile(Y, 3), RNG.uniform(0, 5, size=120)
    game = PredictivePower(model, many, y, removal=Marginal(pool), sample_weight=w)
    truth = Exact().attribute(game)
    budget = Budget(evaluations=3000, relative_error=None, data_share=None)
    got = wh.attribute(game, method="permutation", budget=budget)
    part = {name: got.parts[name] for name in ("estimation", "data")}
    assert (np.abs(got.values - truth.values) <= 4 * part["estimation"]).all()
    assert np.allclose(part["data"], truth.parts["data"], rtol=0.3)
    assert np.allclose(got.full, truth.full)


def test_explained_rows():
    removal = Marginal(POOL)
    game = Prediction(model, X, removal=removal, sample_weight=W)
    got = Exact().attribute(game, by_case=True)
    twice = Exact().attribute(Prediction(model, AGAIN[0], removal=removal), by_case=True)
    assert np.allclose(got.mean().values, twice.mean().values, rtol=0, atol=1e-12)
    assert np.allclose(got.mean().full, twice.mean().full)
    some = got.select(case=[1, 2, 3])
    assert np.array_equal(some.weights, got.weights[[1, 2, 3]])
    asked = wh.explain(model, X, background=POOL, sample_weight=W)
    assert np.allclose(asked.mean().values, got.mean().values)
    assert np.allclose(
        wh.importance(model, X, Y, background=POOL, sample_weight=W, by_case=True).mean().values,
        exact(X, Y, sample_weight=W).values,
    )


def test_weights_are_kept(tmp_path):
    """Kills: a mean that forgets them once the answer was saved."""
    got = wh.explain(model, X, background=POOL, sample_weight=W)
    for back in (wh.load(got.save(tmp_path / "a.whence")), wh.from_dict(got.to_dict())):
        assert np.array_equal(back.weights, got.weights)
        assert np.array_equal(back.mean().values, got.mean().values)
    damaged = got.to_dict() | {"weights": [-1.0] * 40}
    with pytest.raises(wh.WhenceError, match="weight from 0 up"):
        wh.from_dict(damaged)
    plain = wh.explain(model, X, background=POOL)
    assert plain.weights is None
    with pytest.raises(wh.WhenceError, match="weights of cases differ"):
        _ = got - plain


def test_forests_weigh_blocks_as_their_rows_weigh():
    sklearn = pytest.importorskip("sklearn.ensemble")
    pytest.importorskip("numba")
    forest = sklearn.RandomForestRegressor(5, random_state=0, n_jobs=1).fit(X, Y)
    rows = np.tile(X, (4, 1)), np.tile(Y, 4), np.tile(W, 4)
    game = wh.games.features.TreePower(
        forest, rows[0], rows[1], removal=Marginal(POOL), sample_weight=rows[2]
    )
    assert len(game.blocks[0]) > 1
    twice = wh.games.features.TreePower(forest, *AGAIN, removal=Marginal(POOL))
    got, wanted = (Exact().attribute(g) for g in (game, twice))
    assert np.allclose(got.values, wanted.values, rtol=0, atol=1e-12)
    asked = wh.importance(forest, X, Y, background=POOL, sample_weight=W, by_case=True)
    assert np.allclose(asked.mean().values, wanted.values, rtol=0, atol=1e-12)


def test_how_often_rows_of_a_background_are_repeated():
    table, copies = repeated(X, W)
    assert len(table) == W.sum()
    assert copies == pytest.approx(W.sum() / effective(W.astype(float)))
    assert len(repeated(X, 2 * W)[0]) == W.sum()
    assert len(repeated(X, W / 7)[0]) == W.sum()
    odd = RNG.uniform(size=40)
    table, _ = repeated(X, odd)
    share = np.array([(table.column("x0") == x).mean() for x in X[:, 0]])
    assert np.allclose(share, odd / odd.sum(), rtol=0, atol=1 / len(table))


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (-W - 1, "from 0 up"),
        (np.where(np.arange(40) == 3, np.nan, W), r"in 1 rows \(first: row 3\)"),
        (np.where(np.arange(40) == 3, np.inf, W), "first: row 3"),
        (0 * W, "0 in every row"),
        (W[:5], "has 5 rows, X has 40"),
        (np.ones((40, 2)), "one number for each row"),
        (["a"] * 40, "numbers, one for each row"),
        ("w", "numbers, one for each row of X; given 'w'"),
        (3.0, "one number for each row"),
    ],
)
def test_wrong_weights(weights, words):
    for ask in (
        lambda: wh.importance(model, X, Y, sample_weight=weights),
        lambda: wh.explain(model, X, background=POOL, sample_weight=weights),
    ):
        with pytest.raises(TableError, match=words):
            ask()


def test_weights_of_other_rows():
    pd = pytest.importorskip("pandas")
    frame, w = pd.DataFrame(X, columns=list("abc")), pd.Series(W)
    by_name = lambda Z: model(Z.to_numpy())  # noqa: E731
    with pytest.raises(TableError, match=r"sample_weight.loc\[X.index\]"):
        wh.importance(by_name, frame, Y, sample_weight=w.sample(frac=1, random_state=0))
    got = wh.importance(by_name, frame, Y, background=POOL, sample_weight=w)
    assert np.allclose(got.values, exact(X, Y, sample_weight=W).values)


LABELS = (X[:, 0] > 0).astype(int)


@pytest.mark.parametrize("groups", [None, np.arange(20) % 3])
def test_values_of_training_rows(groups):
    """Test rows that weigh, as repeated test rows. Kills: a plain mean over them."""
    train, test = slice(0, 20), slice(20, None)
    w = W[test]
    again = np.repeat(X[test], w, axis=0), np.repeat(LABELS[test], w)
    options = {"k": 3, "groups": groups}
    got = wh.value(X[train], LABELS[train], X[test], LABELS[test], sample_weight=w, **options)
    twice = wh.value(X[train], LABELS[train], *again, **options)
    for what in ("values", "empty", "full"):
        assert np.allclose(getattr(got, what), getattr(twice, what), rtol=0, atol=1e-12), what
    each = wh.value(
        X[train], LABELS[train], X[test], LABELS[test], sample_weight=w, by_case=True, **options
    )
    assert np.allclose(each.mean().values, got.values, rtol=0, atol=1e-12)
    assert np.allclose(each.mean().parts["data"], got.parts["data"])


@pytest.mark.parametrize("groups", [None, np.arange(20) % 3])
def test_values_by_retraining(groups):
    """The same trainings, measured on weighed rows. Kills: a plain mean, in values or errors."""
    linear = pytest.importorskip("sklearn.linear_model")
    w, train, test = W[20:], slice(0, 20), slice(20, None)
    options = {"model": linear.Ridge(), "method": "shapley", "groups": groups}
    options["budget"] = wh.Budget(evaluations=200)
    got = wh.value(X[train], Y[train], X[test], Y[test], sample_weight=w, **options)
    twice = wh.value(
        X[train], Y[train], np.repeat(X[test], w, axis=0), np.repeat(Y[test], w), **options
    )
    for what in ("values", "empty", "full"):
        assert np.allclose(getattr(got, what), getattr(twice, what), rtol=0, atol=1e-9), what
    assert np.allclose(got.parts["estimation"], twice.parts["estimation"])
    if groups is not None:  # and so enumerated: the noise of walks is taken out of both
        assert (got.parts["data"] > twice.parts["data"]).all()


def test_values_in_blocks_of_test_rows(monkeypatch):
    """The same answer, and the same error, as in one block."""
    ask = (X[:20], LABELS[:20], X[20:], LABELS[20:])
    whole = wh.value(*ask, k=3, sample_weight=W[20:])
    monkeypatch.setattr("whence.recipes._valuing._CELLS", 100)
    got = wh.value(*ask, k=3, sample_weight=W[20:])
    assert np.allclose(got.values, whole.values, rtol=0, atol=1e-12)
    assert np.allclose(got.parts["data"], whole.parts["data"])
    assert np.allclose(got.full, whole.full)


def test_values_without_a_test_set():
    """Folds count as their rows do."""
    plain = wh.value(X, LABELS, k=3, folds=4)
    assert np.allclose(
        wh.value(X, LABELS, k=3, folds=4, sample_weight=W * 0 + 2).values, plain.values
    )
    half = (np.arange(40) < 20).astype(float)
    one = wh.value(X, LABELS, k=3, folds=4, sample_weight=half)
    other = wh.value(X, LABELS, k=3, folds=4, sample_weight=1 - half)
    assert np.allclose((one.values + other.values) / 2, plain.values, rtol=0, atol=1e-12)
    with pytest.raises(wh.WhenceError, match="method='oob' takes no sample_weight"):
        wh.value(X, LABELS, method="oob", sample_weight=W)
