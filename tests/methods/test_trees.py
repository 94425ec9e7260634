"""Trees taken apart say what enumeration says of the same game."""

import time
from dataclasses import replace

import numpy as np
import pytest
from kernels.forests import cells, constant, forest, leaf
from sklearn.ensemble import RandomForestRegressor

import whence as wh
from whence._core.errors import ModelError, OutOfTimeError
from whence._core.meter import metering
from whence.games.features.removal import Baseline, Marginal
from whence.games.features.tree_game import TreeGame
from whence.kernels import values as kernel
from whence.methods.perturbation import _tree_prices
from whence.methods.perturbation.exact import Exact
from whence.methods.perturbation.trees import TreeExact

INDICES = (
    wh.Shapley(),
    wh.Banzhaf(),
    wh.BetaShapley(4.0, 1.5),
    wh.LeaveOneOut(),
    wh.FirstIn(),
)
RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 5))
Y = X[:, 0] + X[:, 1] * X[:, 2] + np.abs(X[:, 3])
LABEL = np.digitize(Y, [0.5, 1.5])


def game(model, rows=4, background=20, **more):
    return TreeGame(model, X[:rows], removal=Marginal(X[-background:]), **more)


def agree(asked, index):
    """Both methods on one game: values and ends, of the largest worth."""
    ours, theirs = (m(index).attribute(asked, by_case=True) for m in (TreeExact, Exact))
    size = max(np.abs(theirs.values).max(), np.abs(theirs.full).max(), np.abs(theirs.empty).max())
    for one, two in ((ours.values, theirs.values), (ours.empty, theirs.empty)):
        assert np.abs(one - two).max() <= 1e-9 * max(size, 1e-12)
    assert np.allclose(ours.full, theirs.full, rtol=1e-5, atol=1e-5 * size)  # the library's sums
    assert ours.uncertainty == "exact"
    assert (ours.stderr == 0).all()
    return ours


def odd():
    ensemble = forest(80, columns=6, trees=6, depth=5, odd=True, categorical=(1,), outputs=2)
    rows, pool = cells(ensemble, 4), cells(ensemble, 9, seed=1)
    return ensemble, rows, Marginal(pool)


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_trees_are_enumeration(index):
    """Kills: the weight of s + 1 for s, of an index that is asked for and another that is given."""
    ensemble, rows, removal = odd()
    found = agree(TreeGame(ensemble, rows, removal=removal), index)
    assert found.index == index
    if index.efficient:
        assert np.abs(found.gap).max() <= 1e-12


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_groups(index):
    """Kills: a player for each column."""
    ensemble, rows, removal = odd()
    groups = {"a": ["x0", "x3"], "b": ["x1", "x5"]}
    found = agree(TreeGame(ensemble, rows, removal=removal, groups=groups), index)
    assert set(found.players.names) == {"a", "b", "x2", "x4"}


@pytest.mark.parametrize("output", ["prediction 0", 1])
def test_one_output(output):
    """Kills: the trees of another output."""
    ensemble, rows, removal = odd()
    asked = TreeGame(ensemble, rows, removal=removal, output=output)
    every = TreeExact().attribute(TreeGame(ensemble, rows, removal=removal), by_case=True)
    found = agree(asked, wh.Shapley())
    assert np.allclose(found.values, every.select(output=output).values, rtol=0, atol=1e-12)


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_one_background_row(index):
    """Kills: shares that need more than one row."""
    ensemble, rows, _ = odd()
    pool = np.where(np.isnan(rows[-1]), 0.0, rows[-1])
    agree(TreeGame(ensemble, rows[:2], removal=Baseline(pool)), index)


@pytest.mark.parametrize(
    "ensemble", [leaf(), constant([1.0, -2.5]), constant([])], ids=["a leaf", "leaves", "no trees"]
)
def test_constant_trees(ensemble):
    """Kills: a constant that somebody is given; no trees, for no answer."""
    asked = TreeGame(ensemble, np.zeros((2, 2)), removal=Marginal(np.ones((3, 2))))
    found = agree(asked, wh.Banzhaf())
    assert (found.values == 0).all()


def ensembles():
    return pytest.importorskip("sklearn.ensemble")


def catboost():
    quiet = {"verbose": 0, "thread_count": 1, "allow_writing_files": False}
    return pytest.importorskip("catboost").CatBoostRegressor(iterations=8, **quiet).fit(X, Y)


def xgboost():
    return pytest.importorskip("xgboost").XGBClassifier(n_estimators=5, n_jobs=1).fit(X, LABEL)


def lightgbm():
    quiet = {"verbose": -1, "n_jobs": 1}
    return pytest.importorskip("lightgbm").LGBMRegressor(n_estimators=8, **quiet).fit(X, Y)


MODELS = {
    "forest": lambda: ensembles().RandomForestRegressor(5, random_state=0).fit(X, Y),
    "classes": lambda: ensembles().RandomForestClassifier(4, random_state=0).fit(X, LABEL),
    "histograms": lambda: ensembles().HistGradientBoostingClassifier(max_iter=5).fit(X, LABEL),
    "catboost": catboost,
    "xgboost": xgboost,
    "lightgbm": lightgbm,
}


@pytest.mark.parametrize("name", MODELS)
def test_libraries(name):
    """Kills: leaves without cover, which CatBoost has, and 0 / 0; a class that nobody can be in,
    whose chance of 0 leaves no error to its sums."""
    asked = game(MODELS[name]())
    found = agree(asked, wh.Shapley())
    assert np.abs(found.gap).max() <= 1e-12 * np.abs(found.full).max()
    agree(asked, wh.Banzhaf())


def test_forests_of_full_depth():
    """Kills: tables that grow with the depth."""
    ensemble = pytest.importorskip("sklearn.ensemble")
    rng = np.random.default_rng(1)
    table = rng.normal(size=(3000, 20))
    y = table[:, :4].sum(axis=1) + rng.normal(size=3000)
    model = ensemble.RandomForestRegressor(20, max_features=0.3, random_state=0).fit(table, y)
    removal = Marginal(table[:100])
    asked = TreeGame(model, table[:5], removal=removal)
    found = TreeExact().attribute(asked, by_case=True)
    assert np.allclose(found.full[:, 0], model.predict(table[:5]), rtol=1e-12)
    assert np.allclose(found.empty, model.predict(table[:100]).mean(), rtol=1e-12)
    assert np.abs(found.gap).max() <= 1e-11
    names = np.array([f"x{j}" for j in range(20)])
    groups = {"some": names[3:6].tolist(), "rest": np.delete(names, [3, 4, 5]).tolist()}
    agree(TreeGame(model, table[:5], removal=removal, groups=groups), wh.Shapley())


def test_a_model_altered_after_it_was_read():
    """Kills: an explanation of what the model said once."""
    tree = pytest.importorskip("sklearn.tree")
    model = tree.DecisionTreeRegressor(max_depth=4, random_state=0).fit(X, Y)
    asked = game(model)
    TreeExact().attribute(asked, by_case=True)
    model.fit(X, Y + X[:, 4])
    with pytest.raises(ModelError, match="Was it altered meanwhile"):
        TreeExact().attribute(asked, by_case=True)


def test_a_prediction_near_zero():
    """Its float32 sums are off by more than 1e-5 of it, and are still those of its trees.
    Kills: an error that is measured by the answer alone."""
    xgboost = pytest.importorskip("xgboost")
    model = xgboost.XGBRegressor(n_estimators=200, max_depth=4, n_jobs=1).fit(X, 3 * Y)
    rows = np.random.default_rng(2).normal(size=(20_000, 5))
    least = np.argsort(np.abs(model.predict(rows)))[:10]
    for row in rows[least]:
        asked = TreeGame(model, row[None], removal=Marginal(X[:5]))
        found = TreeExact().attribute(asked, by_case=True)
        assert np.abs(found.gap).max() <= 1e-12


def forest_game(rows=40, background=30):
    model = RandomForestRegressor(5, random_state=0).fit(X, Y)
    return TreeGame(model, X[:rows], removal=Marginal(X[-background:]))


def priced(monkeypatch, **of):
    """Prices as a test wants them."""
    real = _tree_prices.prices
    monkeypatch.setattr(_tree_prices, "prices", lambda game: replace(real(game), **of))


def test_prices_are_counted():
    """Kills: a race of clocks; a price that forgets the rows, or the background."""
    few, many = _tree_prices.prices(forest_game()), _tree_prices.prices(forest_game(80, 300))
    assert few == _tree_prices.prices(forest_game())
    assert many.walk == 2 * few.walk
    assert many.exact > few.exact
    assert (few.rows, many.rows) == (40, 80)
    assert few.why_not(float("inf")) == ""


def test_the_model_is_asked_where_its_leaves_are_too_many(monkeypatch):
    """Kills: exact values that take minutes where seconds were given; another question asked."""
    exact = wh.attribute(forest_game(), by_case=True)
    assert exact.method == "TreeExact"
    assert "not read as trees" not in exact.provenance
    priced(monkeypatch, exact=1e3)
    budget = wh.Budget(seconds=20, relative_error=0.1)
    asked = wh.attribute(forest_game(), by_case=True, budget=budget)
    assert asked.method != "TreeExact"
    assert asked.cost.seconds < 20
    assert "should take about 1e+03 s here, and" in asked.provenance["not read as trees"]
    assert asked.question == exact.question
    assert np.allclose(asked.full, exact.full)
    wrong = np.abs(asked.values - exact.values) > 6 * asked.stderr + 1e-9
    assert wrong.mean() < 0.01
    assert wh.attribute(forest_game(), by_case=True).method == "TreeExact"  # time is not bounded


def test_what_no_way_ends_in_time_is_refused_before_it_begins(monkeypatch):
    """Kills: a run that ends with no answer; a refusal without its price."""
    game = forest_game()
    priced(monkeypatch, exact=1e3, walk=50.0)
    with (
        metering() as meter,
        pytest.raises(
            OutOfTimeError,
            match=r"the values of 40 rows should take about 1e\+02 s here and the budget has .* s: "
            r"give more of them, or fewer rows \(it pays for about 3\)",
        ),
    ):
        wh.attribute(game, by_case=True, budget=wh.Budget(seconds=9))
    assert meter.rows == 0


def test_exact_values_that_turn_out_to_be_late(monkeypatch):
    """Kills: a wait until the end; an answer of nobody; a refusal where the model can be asked."""
    begun = []

    def slow(job, weight, hear):
        for share in np.linspace(0.01, 1, 100):
            begun.append(share)
            time.sleep(0.15)
            hear(float(share))
        return real(job, weight, hear)

    real = kernel.values
    monkeypatch.setattr(kernel, "values", slow)
    budget = wh.Budget(seconds=8.0, relative_error=0.5)
    asked = wh.attribute(forest_game(4), by_case=True, budget=budget)
    assert asked.method != "TreeExact"
    assert max(begun) < 0.1
    assert "by the first of the trees" in asked.provenance["not read as trees"]
    with pytest.raises(OutOfTimeError, match=r"about \d.* by the first of the trees"):
        wh.attribute(forest_game(4), method=TreeExact(), by_case=True, budget=budget)
