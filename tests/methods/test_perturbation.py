"""Methods beyond the laws: closed forms, costs and refusals."""

import tracemalloc

import numpy as np
import pytest

import whence as wh
from whence import Budget, FunctionGame, Players
from whence._core.errors import UnsupportedGameError
from whence.games.synthetic import Airport, Gloves, Linear, Noisy, Unanimity, Voting, unanimity
from whence.methods.perturbation.exact import Exact
from whence.methods.perturbation.leave_one_out import OnePlayer
from whence.methods.perturbation.permutation import Permutation
from whence.methods.perturbation.semivalue import SampledSemivalue

INDICES = (
    wh.Shapley(),
    wh.Banzhaf(),
    wh.BetaShapley(4.0, 1.0),
    wh.BetaShapley(1.0, 2.0),
    wh.LeaveOneOut(),
    wh.FirstIn(),
)
GAMES = (
    Gloves(),
    Gloves(2, 3, 1),
    Airport(),
    Airport((2.0, 2.0, 0.5)),
    Voting(),
    Voting((3, 3, 2, 1, 1), 7),
    Unanimity({("a", "b", "c"): 2.0, ("d",): 1.0, ("a", "d"): -3.0}, tuple("abcde")),
    Linear((3.0, -1.0, 0.0), 3, 5),
)
NEVER = {"relative_error": None, "data_share": None}


@pytest.mark.parametrize("index", INDICES, ids=repr)
@pytest.mark.parametrize("game", GAMES, ids=lambda g: type(g).__name__)
def test_enumeration_is_the_closed_form(game, index):
    got = Exact(index).attribute(game)
    assert np.allclose(got.values[0, 0], game.truth(index), atol=1e-9)
    if index.efficient:
        assert np.allclose(got.gap, 0, atol=1e-9)


def test_textbook_numbers():
    """Shapley & Shubik's vote; Littlechild & Owen's airport; three gloves."""
    vote = Exact().attribute(Voting((4, 3, 2, 1), 6)).values[0, 0]
    assert np.allclose(vote, [5 / 12, 3 / 12, 3 / 12, 1 / 12])
    runway = Exact().attribute(Airport((1.0, 2.0, 2.0, 5.0))).values[0, 0]
    share = np.array([1 / 4, 1 / 4 + 1 / 3, 1 / 4 + 1 / 3, 1 / 4 + 1 / 3 + 3])
    assert np.allclose(runway, -share)
    gloves = Exact().attribute(Gloves(1, 2, 0)).values[0, 0]
    assert np.allclose(gloves, [2 / 3, 1 / 6, 1 / 6])
    assert unanimity(wh.Banzhaf(), 3, 7) == pytest.approx(1 / 4)


def test_enumeration_asks_every_coalition_on_every_draw():
    game = Linear((3.0, -1.0, 0.0), 4, 5)
    got = Exact().attribute(game)
    assert got.cost.asked == 2**3 * 4 * 5
    assert got.uncertainty == "exact"
    assert (got.parts["estimation"] == 0).all()
    assert got.verdict == "exact: every coalition was asked"


def test_enumeration_refuses():
    with pytest.raises(UnsupportedGameError, match="at most 16 players, and this game has 17"):
        Exact().attribute(Linear([1.0] * 17))
    with pytest.raises(UnsupportedGameError, match="draws never end"):
        Exact().attribute(Noisy(Gloves()))
    steps = Players(("a", "b"), kind="step", ordered=True)
    with pytest.raises(UnsupportedGameError, match="ordered"):
        Exact(wh.Banzhaf()).attribute(FunctionGame(lambda s: s.sum(axis=1), steps))
    assert Exact(max_players=3).attribute(Linear([1.0] * 3)).converged


@pytest.mark.parametrize(
    ("method", "price"),
    [
        (Permutation(), 10),
        (Permutation(antithetic=False), 6),
        (SampledSemivalue(), 10),
        (OnePlayer(), 6),
        (OnePlayer(wh.FirstIn()), 6),
    ],
    ids=repr,
)
def test_the_price_of_a_walk(method, price):
    """Of five players. Kills: ends asked twice."""
    got = method.attribute(Noisy(Gloves()), Budget(evaluations=100 * price, **NEVER))
    assert got.cost.asked == 100 * price


@pytest.mark.slow
@pytest.mark.parametrize(
    "method",
    [
        Permutation(),
        Permutation(antithetic=False),
        *(SampledSemivalue(i) for i in INDICES[:4]),
        OnePlayer(),
        OnePlayer(wh.FirstIn()),
    ],
    ids=repr,
)
def test_estimates_have_no_bias_and_errors_no_lie(method):
    """Over 200 runs on a noisy game. Kills: weights a little off, which one run cannot see."""
    game = Noisy(Gloves(2, 3, 1), 0.5)
    truth = game.truth(method.index)
    runs = [method.attribute(game, Budget(evaluations=600, **NEVER), s) for s in range(200)]
    error = np.array([r.values[0, 0] for r in runs]) - truth
    told = np.array([r.stderr[0, 0] for r in runs])
    spread = error.std(axis=0, ddof=1)
    assert (np.abs(error.mean(axis=0)) < 4.2 * spread / np.sqrt(200)).all()
    assert np.allclose(np.sqrt((told**2).mean(axis=0)), spread, rtol=4 / np.sqrt(2 * 200))


def test_pairs_help_where_they_should():
    """For a game of pairs, a walk and its reverse together are exact."""
    pairs = Unanimity({("a", "b"): 2.0, ("b", "c"): -1.0}, tuple("abc"))
    got = Permutation().attribute(pairs, Budget(evaluations=600, **NEVER))
    assert np.allclose(got.values[0, 0], pairs.truth(wh.Shapley()), atol=1e-12)
    alone = Permutation(antithetic=False).attribute(pairs, Budget(evaluations=600, **NEVER))
    assert alone.stderr.max() > 0.01


def test_one_player_games():
    game = FunctionGame(lambda stay: 2.0 * stay[:, 0], ("a",))
    for method in (Exact(), Permutation(), SampledSemivalue(), OnePlayer()):
        got = method.attribute(game)
        assert got.values.tolist() == [[[2.0]]]
        assert got.converged


@pytest.mark.parametrize("index", [wh.LeaveOneOut(), wh.FirstIn()], ids=repr)
def test_blocks_of_players_change_nothing(index, monkeypatch):
    from whence.methods.perturbation import leave_one_out

    game = Noisy(Gloves(2, 3, 1))
    budget = Budget(evaluations=700, **NEVER)
    whole = OnePlayer(index).attribute(game, budget)
    monkeypatch.setattr(leave_one_out, "_CELLS", 1)
    again = OnePlayer(index).attribute(game, budget)
    assert np.array_equal(whole.values, again.values)


def test_many_players_in_little_memory():
    n = 4_000
    weights = np.random.default_rng(0).normal(size=n)
    game = FunctionGame(lambda stay: stay @ weights, Players(tuple(map(str, range(n)))))
    tracemalloc.start()
    got = OnePlayer(batch=2).attribute(game, Budget(evaluations=2 * (n + 1), **NEVER))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.allclose(got.values[0, 0], weights)
    assert (
        peak < 300 * 2**20
    )  # all coalitions at once would take 2 * 64 MB of bits, and 1 GB in float
