"""The verb importance, as a user types it."""

import numpy as np
import pytest

import whence as wh
from whence import Budget
from whence._core.errors import OptionError, TableError
from whence.recipes.aliases import as_budget, as_engine

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 4)).round(3)
Y = 3 * X[:, 0] + X[:, 1] + RNG.normal(size=120)
FEW = Budget(evaluations=3_000)


def model(Z):
    Z = np.asarray(Z)
    return 3 * Z[:, 0] + Z[:, 1] + 0.2 * np.sin(5 * Z[:, 2])


def same(a, b):
    return np.array_equal(a.values, b.values) and np.array_equal(a.stderr, b.stderr)


def test_importance():
    got = wh.importance(model, X, Y)
    assert got.values.shape == (1, 1, 4)
    assert [c.player for c in got.top(2)] == ["x0", "x1"]
    assert got.converged
    assert "nothing matters" not in got.verdict
    assert got["x0"].ci[0] > 0
    assert got["x3"].value == 0.0
    assert got.index == wh.Shapley()
    assert got.question.removal == "marginal (120 background rows)"
    assert got.averaged == 120
    assert got.data == {}
    assert wh.recipes.sage is wh.importance


@pytest.mark.parametrize(
    ("alias", "ours"),
    [
        ({"random_state": 7}, {"seed": 7}),
        ({"max_evals": 2_000}, {"budget": Budget(evaluations=2_000)}),
        ({"thresh": 0.2}, {"budget": Budget(relative_error=0.2)}),
    ],
)
def test_aliases(alias, ours):
    few = {"budget": FEW} if "random_state" in alias else {}
    one, two = (wh.importance(model, X, Y, **few, **a) for a in (alias, ours))
    assert same(one, two)
    assert one.cost.asked == two.cost.asked


@pytest.mark.parametrize(
    "both",
    [
        {"seed": 3, "random_state": 4},
        {"engine": wh.engines.Serial(), "n_jobs": 2},
        {"budget": Budget(evaluations=10), "max_evals": 20},
        {"budget": Budget(relative_error=0.1), "thresh": 0.2},
    ],
    ids=lambda b: list(b)[-1],
)
def test_an_argument_and_its_alias(both):
    """Kills: one of two contradicting arguments silently preferred."""
    with pytest.raises(OptionError, match="give one of them"):
        wh.importance(model, X, Y, **both)


def test_an_alias_beside_another_bound():
    assert as_budget(Budget(seconds=5.0), 100, 0.1) == Budget(100, None, 5.0, 0.1)
    assert as_budget(None) is None
    assert as_budget(None, 100) == Budget(evaluations=100)
    assert as_budget(FEW) is FEW


def test_jobs():
    from joblib import effective_n_jobs

    from whence.engines.local import Processes, Serial

    assert as_engine(None, 3) == Processes(3)
    assert as_engine(None, -1) == Processes(effective_n_jobs(-1))
    assert as_engine(None, None) is None
    assert as_engine(Serial(), None) == Serial()
    for wrong in (0, True):
        with pytest.raises(OptionError, match="n_jobs is a number"):
            as_engine(None, wrong)


def test_noise_does_not_matter():
    noise = np.random.default_rng(1).normal(size=120)
    got = wh.importance(lambda Z: 0.02 * np.asarray(Z)[:, 2], X, noise, budget=Budget(8_000))
    assert got.verdict.startswith("nothing matters: neither one feature nor all together")


def test_what_makes_predictions_worse_is_not_nothing():
    """Kills: "nothing matters" beside an interval that lies below zero."""
    got = wh.importance(lambda Z: -3 * np.asarray(Z)[:, 0], X, Y)
    assert "nothing matters" not in got.verdict
    assert got.verdict.startswith("in this loss the model is worse than knowing nothing (")
    assert "1 of 4 make the predictions worse" in got.verdict


def forest(n=300):
    sklearn = pytest.importorskip("sklearn.ensemble")
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(2 * n, 3))
    y = (rows[:, 0] + rng.normal(size=2 * n) > 0).astype(int)
    model = sklearn.RandomForestClassifier(4, random_state=0, n_jobs=1).fit(rows[:n], y[:n])

    def asked(Z):  # a forest would be read by kernels, which is not what is looked at here
        return model.predict_proba(Z)

    return asked, rows[n:], y[n:], rows[:20]


def test_an_overconfident_forest_is_not_powerless():
    """Its labels are right in seven rows of ten; log-loss calls it worse than knowing nothing.

    Kills: "nothing matters", said of such a model.
    """
    model, rows, y, pool = forest()
    got = wh.importance(model, rows, y, background=pool, budget=FEW)
    assert got.question.unit == "Brier score"
    assert got.provenance["loss"] == "brier"
    assert "had probability 0 for what happened" in got.provenance["loss chosen because"]
    assert got.verdict.endswith(got.provenance["loss chosen because"])
    assert got["x0"].ci[0] > 0
    asked = wh.importance(model, rows, y, background=pool, loss="log-loss", budget=FEW)
    assert asked.question.unit == "nats"
    assert "in this loss the model is worse than knowing nothing (" in asked.verdict
    assert "rows had probability 0 for what happened), not powerless: it names" in asked.verdict
    assert "Ask loss='brier' or 'auc', or calibrate it" in asked.verdict


@pytest.mark.parametrize(
    ("loss", "pool", "slope", "said"),
    [
        ("zero-one", 8, 2.0, "all features together are better than knowing nothing (0.17 against"),
        ("log-loss", 4, 2.0, "all features together are better than knowing nothing (0.348 agai"),
        ("zero-one", 8, -2.0, "in this loss the model is worse than knowing nothing (0.83 against"),
    ],
)
def test_a_small_background_does_not_hide_what_all_features_bring(loss, pool, slope, said):
    """Row by row the model's loss is clearly apart, though each feature's interval is wide.

    Kills: "cannot be told from knowing nothing", or "nothing can be told", said of it.
    """
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(100, 2))
    y = (rows.sum(axis=1) + 0.6 * rng.normal(size=100) > 0).astype(int)

    def model(Z):
        p = 1 / (1 + np.exp(-slope * Z.sum(axis=1)))
        return np.column_stack([1 - p, p])

    got = wh.importance(model, rows, y, background=rows[:pool], loss=loss)
    low, high = got.ci()
    assert ((low < 0) & (high > 0)).all()
    assert got.verdict.startswith(said)


def test_nothing_is_never_said_beside_an_interval_that_excludes_zero():
    """Of twenty models of noise some bring an interval above zero by chance, and some below."""
    said = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        noise, weight = rng.normal(size=120), rng.normal(size=4) / 3
        got = wh.importance(lambda Z, w=weight: np.asarray(Z) @ w, X, noise, background=X[:6])
        low, high = got.ci()
        excludes = bool(((low > 0) | (high < 0)).any())
        said.append("nothing can be told from zero with these 120 rows" in got.verdict)
        assert not (said[-1] and excludes)
        assert "nothing matters" not in got.verdict  # 120 rows are too few to say so
    assert 0 < sum(said) < 12


def test_few_rows_are_not_said_to_show_that_nothing_matters():
    """The truth is large for each of five features; 30 rows cannot show it.

    Kills: "nothing matters", said because intervals are wide.
    """
    rng = np.random.default_rng(1)
    spread = 0.4 * np.ones((8, 8)) + 0.6 * np.eye(8)

    def f(Z):
        return Z[:, 0] * Z[:, 1] + np.tanh(2 * Z[:, 2]) + 0.7 * Z[:, 3] * (Z[:, 4] > 0)

    told = []
    for seed in range(10):
        rows, pool = (rng.multivariate_normal(np.zeros(8), spread, n) for n in (30, 10))
        y = f(rows) + 0.5 * rng.normal(size=30)
        got = wh.importance(f, rows, y, background=pool, seed=seed)
        assert "nothing matters" not in got.verdict
        told.append("nothing can be told from zero with these 30 rows" in got.verdict)
    assert any(told)


def test_heavy_tails_widen_intervals_and_are_said():
    """One row of 60 decides the loss; without it nothing is heavy."""
    light = np.random.default_rng(2).uniform(-1, 1, size=(60, 4))
    heavy = light.copy()
    heavy[7, 0] = 60.0
    answers = []
    for rows in (light, heavy):
        y = model(rows) + np.random.default_rng(3).normal(size=60)
        answers.append(wh.importance(model, rows, y, background=light[:8]))
    assert "tails" not in answers[0].parts
    assert answers[0].certificates == ()
    judged = answers[1].certificate("tails")
    assert judged.holds is False
    assert judged.numbers["wider"] > 1.5
    assert "intervals are up to" in judged.words
    one = answers[1]
    plain = np.sqrt(sum(p**2 for name, p in one.parts.items() if name != "tails"))
    some = plain > 0
    assert (one.stderr[some] / plain[some]).max() == pytest.approx(judged.numbers["wider"])
    assert np.isfinite(one.group({"both": one.players.names[:2]}).stderr).all()


def test_each_row_costs_hardly_more_than_their_mean():
    """Kills: a tolerance for every row by itself, which one row's own noise never meets."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(150, 6))
    y = rows[:, 0] + rows[:, 1] * rows[:, 2] + rng.normal(size=150)

    def f(Z):
        return np.asarray(Z)[:, 0] + 0.8 * np.asarray(Z)[:, 1] * np.asarray(Z)[:, 2]

    plain, each = (wh.importance(f, rows, y, by_case=b) for b in (False, True))
    assert each.converged
    assert each.cost.rows <= 3 * plain.cost.rows
    assert each.values.shape == (150, 1, 6)
    mean = each.mean()
    assert (np.abs(mean.values - plain.values) <= 4 * (mean.stderr + plain.stderr)).all()
    assert (mean.parts["estimation"] <= 0.6 * mean.parts["data"] + 1e-9).all()


@pytest.mark.parametrize("by_case", [False, True])
def test_many_small_features_matter_together(by_case):
    """Kills: a verdict that looks at one feature after the other, or at an error that is NaN."""
    rng = np.random.default_rng(9)
    many = rng.normal(size=(40, 9))
    y = many.sum(axis=1) + 2.0 * rng.normal(size=40)
    got = wh.importance(
        lambda Z: np.asarray(Z).sum(axis=1), many, y, background=np.zeros((2, 9)), by_case=by_case
    )
    assert got.uncertainty == "exact"
    alone = got.mean()
    assert (alone.values[0, 0] < 3 * alone.stderr[0, 0]).all()
    assert "nothing matters" not in got.verdict


def test_by_case():
    few = Budget(evaluations=3_000, relative_error=0.001, data_share=None)
    got = wh.importance(model, X, Y, by_case=True, budget=few)
    assert got.values.shape == (120, 1, 4)
    assert list(got.data) == ["x0", "x1", "x2", "x3"]
    assert np.array_equal(got.data["x1"], X[:, 1])
    mean = wh.importance(model, X, Y, budget=few)
    assert np.allclose(got.mean().values, mean.values)
    grouped = wh.importance(model, X, Y, by_case=True, budget=FEW, groups={"g": ["x0", "x1"]})
    assert list(grouped.data) == ["x2", "x3"]


def test_background_and_removal():
    other = wh.importance(model, X, Y, background=X[:5] + 1, budget=FEW)
    assert other.question.removal == "marginal (5 background rows)"
    row = dict.fromkeys(["x0", "x1", "x2", "x3"], 0.0)
    fixed = wh.importance(model, X, Y, removal="baseline", background=row, budget=FEW)
    assert fixed.question.removal.startswith("baseline")
    with pytest.raises(TableError, match="one row, and 120"):
        wh.importance(model, X, Y, removal="baseline")
    with pytest.raises(OptionError, match="no removal is called 'conditional'"):
        wh.importance(model, X, Y, removal="conditional")


def test_one_seed_one_answer_and_nothing_touched():
    before = repr(np.random.get_state())
    copies = X.copy(), Y.copy()
    one, two = (wh.importance(model, X, Y, seed=5, budget=FEW) for _ in range(2))
    assert same(one, two)
    assert not same(one, wh.importance(model, X, Y, seed=6, budget=FEW))
    assert repr(np.random.get_state()) == before
    assert np.array_equal(X, copies[0])
    assert np.array_equal(Y, copies[1])


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_any_kind_of_table(kind):
    frames = pytest.importorskip(kind)
    names = ["x0", "x1", "x2", "x3"]
    frame = frames.DataFrame({n: X[:, j] for j, n in enumerate(names)})
    plain = wh.importance(model, X, Y, budget=FEW)
    got = wh.importance(lambda Z: model(Z.to_numpy()), frame, frames.Series(Y), budget=FEW)
    assert np.allclose(got.values, plain.values, rtol=1e-12)
    assert got.players.names == plain.players.names


def test_progress_and_engine():
    heard = []
    one = wh.importance(model, X, Y, budget=FEW, progress=heard.append)
    two = wh.importance(model, X, Y, budget=FEW, engine=wh.engines.Threads(2))
    assert same(one, two)
    assert heard[-1].asked == one.cost.asked


def test_an_interrupt_returns_what_there_is():
    asked = [0]

    def impatient(Z):
        asked[0] += len(Z)
        if asked[0] > 4_000:
            raise KeyboardInterrupt
        return model(Z)

    got = wh.importance(impatient, X, Y)
    assert got.verdict.startswith("interrupted")
    assert np.isfinite(got.stderr).all()
    assert got.stderr.max() > wh.importance(model, X, Y).stderr.max()
