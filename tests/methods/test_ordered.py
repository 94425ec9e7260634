"""Ordered players: only prefixes are asked, and each step is credited what it adds to those before.

phi_t = v(the first t) - v(the first t - 1)
"""

import numpy as np
import pytest

import whence as wh
from whence import Budget, FunctionGame, Game, Players
from whence._core.errors import UnsupportedGameError
from whence._core.game import JointGame
from whence._core.keyed import uniforms
from whence.methods import ControlVariate, Exact, Permutation

WORTH = np.array([0.5, 2.0, 1.0, 5.0])
STEPS = Players(("look", "think", "act"), "step", ordered=True)


class Rollouts(Game):
    """The worth of a prefix differs by case, and by chance in each draw."""

    players = STEPS

    def __init__(self, n_cases=1, n_draws=1, spread=1.0):
        self.n_cases, self.n_draws, self.spread, self.asked = n_cases, n_draws, spread, []

    def _worth(self, coalitions, cases, draws):
        assert not (coalitions[:, 1:] > coalitions[:, :-1]).any()
        self.asked += coalitions.sum(axis=1).tolist()
        size = coalitions.sum(axis=1)
        luck = uniforms(4, 7, draws)[np.arange(len(size)), size] - 0.5
        return WORTH[size] * (1 + cases) + self.spread * luck

    def truth(self):
        """By case, where draws never end."""
        return np.diff(WORTH) * (1 + np.arange(self.n_cases))[:, None]


@pytest.mark.parametrize("method", [None, "exact", "permutation"])
def test_credit_is_what_a_step_adds_to_those_before_it(method):
    """Kills: every route refuses; players credited in another order; the reverse asked too."""
    asked = []

    def function(stay):
        asked.extend(stay.tolist())
        return WORTH[stay.sum(axis=1)]

    budget = None if method is None else Budget(evaluations=4)
    got = wh.attribute(FunctionGame(function, STEPS), method=method, budget=budget)
    assert got.values[0, 0].tolist() == [1.5, -1.0, 4.0]
    assert (got.empty, got.full) == (0.5, 5.0)
    assert not np.abs(got.gap).max()
    assert asked == [[False] * 3, [True, False, False], [True, True, False], [True] * 3]
    assert got.cost.asked == 4
    if method != "permutation":
        assert got.converged
        assert got.uncertainty == "exact"
        assert not got.stderr.any()
        assert got.verdict == "exact: every prefix was asked"


def test_a_thousand_steps_are_a_thousand_and_one_questions():
    slopes = np.random.default_rng(0).normal(size=1_000)
    names = Players(tuple(f"step {i}" for i in range(1_000)), "step", ordered=True)
    got = wh.attribute(FunctionGame(lambda stay: stay @ slopes, names))
    assert got.method == "Exact"
    assert got.cost.asked == 1_001
    assert np.allclose(got.values[0, 0], slopes, atol=1e-12)


@pytest.mark.parametrize("by_case", [True, False])
def test_cases_and_draws_that_end_are_exact(by_case):
    game = Rollouts(5, 8)
    got = wh.attribute(game, by_case=by_case)
    luck = np.diff(uniforms(4, 7, np.arange(8)), axis=1).mean(axis=0)
    each = game.truth() + luck
    assert np.allclose(got.values[:, 0], each if by_case else each.mean(axis=0), atol=1e-12)
    assert not got.error("estimation").any()
    assert len(game.asked) == got.cost.asked == 4 * 5 * 8
    if not by_case:
        spread = each.std(axis=0, ddof=1) / np.sqrt(5)
        assert np.allclose(got.parts["data"][0, 0], spread)


@pytest.mark.parametrize("method", [None, Permutation(), ControlVariate()], ids=repr)
@pytest.mark.parametrize("by_case", [True, False])
def test_draws_that_never_end_are_sampled(method, by_case):
    """Kills: an error that forgets the luck of the draws."""
    game = Rollouts(5, None)
    got = wh.attribute(game, method=method, by_case=by_case, budget=Budget(evaluations=8_000))
    truth = game.truth() if by_case else game.truth().mean(axis=0)[None]
    low, high = got.ci(0.9999, ("estimation",))
    assert ((low[:, 0] <= truth) & (truth <= high[:, 0])).all()
    assert (got.error("estimation") > 0).all()
    assert got.uncertainty == "sampled"


class Trained(JointGame):
    """One evaluation answers every case."""

    players, n_cases = STEPS, 3

    def _worths(self, coalitions, draws):
        return WORTH[coalitions.sum(axis=1)][:, None] * np.arange(1.0, 4.0)


def test_a_joint_game_of_steps():
    got = wh.attribute(Trained(), by_case=True)
    assert np.allclose(got.values[:, 0], np.diff(WORTH) * np.arange(1.0, 4.0)[:, None])
    assert got.cost.asked == 4


@pytest.mark.parametrize("index", [wh.Banzhaf(), wh.LeaveOneOut(), wh.FirstIn()], ids=repr)
def test_other_indices_say_what_can(index):
    """Kills: coalitions that nobody can ask, asked until the game refuses them."""
    for draws in (1, None):
        game = Rollouts(2, draws)
        with pytest.raises(UnsupportedGameError, match=r"wh\.Shapley\(\), by Exact\(\)"):
            wh.attribute(game, index=index)
        assert not game.asked
    with pytest.raises(UnsupportedGameError, match="ordered players"):
        Exact(wh.Banzhaf()).attribute(Rollouts())
