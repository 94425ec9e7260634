"""Budgets, counted from outside: in the model or the function, whatever the verb and the route.

Nobody asks more than the budget has, set-up and probes included; what cannot be done is refused,
and where questions are bounded, before the first of them.
"""

from functools import partial

import numpy as np
import pytest

import whence as wh
from whence import Budget, FunctionGame, Game, Players
from whence._core import account
from whence._core.errors import BudgetError
from whence._core.game import JointGame
from whence._core.meter import count
from whence.engines import Store, Threads

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 6))
Y = X[:, 0] * X[:, 1] + X[:, 2]
LABELS = (Y > 0).astype(int)
NEVER = {"relative_error": None, "data_share": None}


class Model:
    """Counts the rows that it is asked about."""

    def __init__(self):
        self.rows = 0

    def __call__(self, rows):
        self.rows += len(rows)
        return rows[:, 0] * rows[:, 1] + rows[:, 2]


class Chances(Model):
    classes_ = np.array([0, 1])

    def predict_proba(self, rows):
        self.rows += len(rows)
        p = 1 / (1 + np.exp(-rows[:, 0]))
        return np.stack([1 - p, p], axis=1)


def tables():
    """Verbs that ask a model of rows."""
    few = {"background": X[:9]}
    yield "explain one row", lambda m, **o: wh.explain(m, X[:1], background=X, **o)
    yield "explain rows", lambda m, **o: wh.explain(m, X[:8], **few, **o)
    yield (
        "explain by one row",
        lambda m, **o: wh.explain(m, X[:2], **few, index=wh.LeaveOneOut(), **o),
    )
    yield "explain banzhaf", lambda m, **o: wh.explain(m, X[:2], **few, index=wh.Banzhaf(), **o)
    yield (
        "explain baseline",
        lambda m, **o: wh.explain(m, X[:3], background=X[:1], removal="baseline", **o),
    )
    yield "explain exactly", lambda m, **o: wh.explain(m, X[:2], **few, method="exact", **o)
    yield "an ensemble", lambda m, **o: wh.explain([m, m], X[:2], **few, **o)
    yield "importance", lambda m, **o: wh.importance(m, X, Y, **o)
    yield "importance by case", lambda m, **o: wh.importance(m, X, Y, by_case=True, **few, **o)
    yield "in threads", lambda m, **o: wh.explain(m, X[:2], **few, engine=Threads(2), **o)
    yield (
        "drop",
        lambda _, model=None, **o: wh.drop(
            model, before=(np.round(X[:, :2]), LABELS), after=(np.round(X[:, :2]), LABELS),
            floor=2, groups=4, **o,
        ),
    )  # fmt: skip


@pytest.mark.parametrize(("name", "ask"), [pytest.param(*v, id=v[0]) for v in tables()])
@pytest.mark.parametrize("most", [45, 130, 700])
def test_rows(name, ask, most):
    """Kills: set-up that nobody counts; an enumeration that is not priced; a rounded step."""
    model = Chances() if name == "drop" else Model()
    ask = partial(ask, model=model) if name == "drop" else ask
    try:
        got = ask(model, budget=Budget(rows=most, **NEVER))
    except BudgetError as error:
        assert "rows" in str(error)  # noqa: PT017
    else:
        assert got.cost.rows == model.rows
    assert model.rows <= most


@pytest.mark.parametrize(("name", "ask"), [pytest.param(*v, id=v[0]) for v in tables()])
@pytest.mark.parametrize("most", [8, 100])
def test_questions_of_tables(name, ask, most):
    model = Chances() if name == "drop" else Model()
    ask = partial(ask, model=model) if name == "drop" else ask
    try:
        got = ask(model, budget=Budget(evaluations=most, **NEVER))
    except BudgetError as error:
        assert "needs at least" in str(error)  # noqa: PT017
    else:
        assert 0 < got.cost.asked <= most


class Asked(Game):
    """Counts its questions; a row each, where it is told to say so."""

    def __init__(self, n=9, n_cases=1, n_draws=1, *, ordered=False, rows=0):
        self.players = Players(tuple(f"p{i}" for i in range(n)), "step", ordered)
        self.n_cases, self.n_draws, self.rows, self.asked = n_cases, n_draws, rows, 0

    def _worth(self, coalitions, cases, draws):
        count(rows=self.rows * len(coalitions))
        self.asked += len(coalitions)
        return coalitions @ np.arange(coalitions.shape[1]) + coalitions[:, 0] * (draws % 7) + cases


class Joint(JointGame):
    """One evaluation answers every case."""

    players, n_cases = Players(tuple("abcdef")), 5

    def __init__(self):
        self.asked = 0

    def _worths(self, coalitions, draws):
        self.asked += len(coalitions)
        return coalitions.sum(axis=1)[:, None] * np.arange(1.0, 6.0)


GAMES = {
    "forty players": lambda: Asked(40),
    "a few players": lambda: Asked(4),
    "cases": lambda: Asked(5, 7),
    "draws": lambda: Asked(5, 3, 4),
    "endless draws": lambda: Asked(5, 3, None),
    "steps": lambda: Asked(12, ordered=True),
    "steps with draws": lambda: Asked(5, 2, None, ordered=True),
    "a joint game": Joint,
}
INDICES = (wh.Shapley(), wh.Banzhaf(), wh.LeaveOneOut(), wh.FirstIn(), wh.LinearSurrogate(0.5))


@pytest.mark.parametrize("index", INDICES, ids=repr)
@pytest.mark.parametrize("kind", GAMES)
def test_questions_of_games(kind, index):
    """Kills: two walks, where one is paid for; a step that is sized by the mean of those before."""
    for most, by_case in ((3, True), (20, False), (48, True), (170, False)):
        game = GAMES[kind]()
        try:
            got = wh.attribute(game, index=index, by_case=by_case, budget=Budget(evaluations=most))
        except BudgetError as error:
            assert game.asked == 0
            price = int(str(error).split("evaluations=")[1].split()[0])
            assert price > most
            again = Budget(evaluations=price)  # the price that was told is one that will do
            assert (
                wh.attribute(game, index=index, by_case=by_case, budget=again).cost.asked == price
            )
        except wh.WhenceError as error:
            assert "ordered" in str(error)  # noqa: PT017
        else:
            assert 0 < got.cost.asked == game.asked <= most


def test_the_example_of_forty_players():
    """As it was: 160 questions of a budget of 48."""
    asked = []

    def function(stay):
        asked.append(len(stay))
        return stay.sum(axis=1)

    game = FunctionGame(function, [f"p{i}" for i in range(40)])
    with pytest.raises(BudgetError, match=r"40 players needs at least 41.*the budget has 20"):
        wh.attribute(game, budget=Budget(evaluations=20))
    assert not asked
    for most, used in ((41, 41), (48, 41), (82, 82), (160, 160)):
        asked.clear()
        got = wh.attribute(game, budget=Budget(evaluations=most))
        assert sum(asked) == got.cost.asked == used


@pytest.mark.parametrize("most", [1, 40, 333])
def test_rows_that_a_game_counts_and_does_not_foretell(most):
    for draws in (1, None):
        for engine in (None, Threads(2)):
            game = Asked(5, 3, draws, rows=7)
            try:
                wh.attribute(game, budget=Budget(rows=most, **NEVER), engine=engine)
            except BudgetError:
                assert most < 70  # a walk, forth and back
            assert 7 * game.asked <= most


def test_a_named_store_is_paid_for(tmp_path):
    """Kills: questions that tell whether a store is of this game, beside the budget's own."""
    store = Store(tmp_path / "run.db", name="mine")
    for most in (12, 47, 100):  # answers are found the second time, and the probes are not
        game = Asked(5, 3, None)
        got = wh.attribute(game, keep=store, budget=Budget(evaluations=most, **NEVER))
        assert got.cost.asked <= most
        assert game.asked <= most


class Slope(wh.RelaxedGame):
    """Counts worths and gradients."""

    players, n_cases = Players(tuple("abcd")), 3

    def __init__(self):
        self.asked = 0

    def _worth(self, coalitions, cases, draws):
        self.asked += len(coalitions)
        return coalitions.sum(axis=1) ** 2.0

    def _gradient(self, weights, cases, draws):
        self.asked += len(weights)
        return np.repeat(2 * weights.sum(axis=1)[:, None, None], 4, axis=2)


@pytest.mark.parametrize("method", ["integrated_gradients", "attribution_patching"])
def test_gradients_are_questions(method):
    """Kills: a path of 32 steps, whatever it may cost."""
    for most in (5, 15, 24, 60, 500):
        game = Slope()
        try:
            got = wh.attribute(game, method=method, budget=Budget(evaluations=most))
        except BudgetError as error:
            assert game.asked == 0
            assert "needs at least" in str(error)  # noqa: PT017
            continue
        assert game.asked == got.cost.asked + got.cost.gradients <= most
        if method == "integrated_gradients":
            assert np.allclose(got.values, 4.0)


def trained():
    from sklearn.linear_model import LogisticRegression

    class Counting(LogisticRegression):
        fitted = 0

        def fit(self, X, y, sample_weight=None):
            type(self).fitted += 1
            return super().fit(X, y, sample_weight)

    Counting.fitted = 0
    return Counting


@pytest.mark.parametrize("most", [4, 30])
@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("shapley", {"groups": np.arange(24) % 4}),
        ("shapley", {"groups": np.arange(24) % 4, "folds": 3}),
        ("shapley", {"groups": np.arange(24) % 12}),
        ("loo", {"groups": np.arange(24) % 6}),
        ("loo", {"groups": np.arange(24) % 6, "folds": 2}),
        ("oob", {}),
    ],
    ids=str,
)
def test_trainings(method, options, most):
    """Kills: each fold with a budget of its own; ten groups that are enumerated anyway."""
    pytest.importorskip("sklearn")
    kind = trained()
    test = () if "folds" in options or method == "oob" else (X[:8], LABELS[:8])
    ask = partial(wh.value, X, LABELS, *test, model=kind(), method=method, **options)
    try:
        ask(budget=Budget(evaluations=most))
    except wh.WhenceError as error:
        assert "give evaluations=" in str(error) or "Use more bags" in str(error)  # noqa: PT017
        assert kind.fitted == 0
    assert kind.fitted <= most


def test_votes_of_groups_are_questions():
    for most in (3, 12, 40):
        try:
            got = wh.value(
                X, LABELS, groups=np.arange(24) % 7, folds=2, budget=Budget(evaluations=most)
            )
        except BudgetError:
            assert most < 16
        else:
            assert got.cost.asked <= most


class Sleepy(Model):
    """A row takes five thousandths of a second, by the clock that accounts look at."""

    now = 0.0

    def __call__(self, rows):
        self.now += 0.005 * len(rows)
        return super().__call__(rows)


TIMED = [pytest.param(ask, id=name) for name, ask in tables() if name != "drop"]


@pytest.mark.parametrize("seconds", [0.01, 3.0])
@pytest.mark.parametrize("ask", TIMED)
def test_seconds(ask, seconds, monkeypatch):
    """Kills: an enumeration that nobody stops. When time is over, the step under way is finished.

    Set-up asks about 42 rows (twice as many of an ensemble), nobody is worth 24 at most, and the
    largest step that may be under way is the first: two walks, of 12 questions of up to 24 rows.
    """
    model = Sleepy()
    monkeypatch.setattr(account.time, "perf_counter", lambda: model.now)
    try:
        got = ask(model, budget=Budget(seconds=seconds, **NEVER))
    except BudgetError as error:
        assert f"the budget has {seconds:g}" in str(error)  # noqa: PT017
    else:
        assert (
            f"{seconds:g} seconds" in got.verdict or "another walk" in got.verdict or got.converged
        )
        assert got.cost.seconds == model.now
    setup = 0.005 * (84 + 24)
    assert model.now <= max(seconds, setup) + 0.005 * 2 * 12 * 24


def test_a_proxy_is_not_made_when_it_is_not_paid_for():
    """Kills: 20,000 rows asked and 300 trees fitted, whatever the budget."""
    pytest.importorskip("sklearn")
    model = Model()
    game = wh.games.features.Prediction(model, X[:4], removal=wh.games.features.Marginal(X))
    model.rows = 0
    method = wh.methods.ControlVariate(proxy=True)
    for budget in (Budget(rows=15_000, evaluations=3_000, **NEVER), Budget(seconds=0.2, **NEVER)):
        got = wh.attribute(game, method=method, budget=budget, by_case=True)
        assert "distilled" not in got.verdict
    assert "0.2 seconds" in got.verdict or "another walk" in got.verdict


ROUTES = (
    {},
    {"index": wh.LeaveOneOut()},
    {"method": "permutation"},
    {"method": "component_regression"},
    {"method": "attribution_patching"},
    {"method": "edge_attribution_patching"},
)


@pytest.mark.parametrize("route", ROUTES, ids=str)
@pytest.mark.parametrize("kind", ["heads", "edges"])
def test_networks(route, kind, one_thread):
    """Kills: prompts that are run, and counted afterwards; slopes that nobody pays for."""
    pytest.importorskip("torch")
    from networks.induction import ANSWERS, CLEAN, CORRUPTED, Induction

    module, seen = Induction(), [0]
    hooked = wh.models.HookedModel(module)
    parts = wh.games.components
    game = parts.PatchingGame(
        hooked,
        CLEAN,
        CORRUPTED,
        players=getattr(parts, kind)(hooked),
        behaviour=parts.logit_difference(*ANSWERS),
    )

    def watch(_, given):
        seen[0] += len(given[0])

    module.register_forward_pre_hook(watch)
    for bound, most in (("rows", 1), ("rows", 40), ("evaluations", 1), ("evaluations", 40)):
        seen[0] = 0
        try:
            got = wh.attribute(game, budget=Budget(**{bound: most}), **route)
        except wh.WhenceError as error:  # or masks so few that a fit cannot tell players apart
            assert isinstance(error, BudgetError) or "ask more masks" in str(error)  # noqa: PT017
        else:
            assert bound == "rows" or got.cost.asked + got.cost.gradients <= most
        assert bound == "evaluations" or seen[0] <= most
