"""The driver: one loop for every sampler."""

from dataclasses import dataclass

import numpy as np
import pytest

import whence as wh
from whence import Budget, FunctionGame, Game, Players
from whence._core.driver import _size
from whence._core.errors import BudgetError, OptionError, UnsupportedGameError
from whence._core.game import AdditiveGame, JointGame
from whence._core.keyed import uniforms
from whence._core.meter import count
from whence._core.method import Method, whole
from whence._core.wrap import AllCases, Metered
from whence.games.synthetic import Linear
from whence.methods.perturbation.exact import Exact
from whence.methods.perturbation.leave_one_out import OnePlayer
from whence.methods.perturbation.permutation import Permutation
from whence.methods.perturbation.semivalue import SampledSemivalue
from whence.methods.perturbation.sweep import Sweep

from .toys import NEVER, Blank, Scattered


class Logged(Game):
    """Writes down what it is asked; may be interrupted after so many questions."""

    def __init__(self, inner, life=None):
        self.inner, self.log, self.life = inner, [], life
        self.players, self.outputs = inner.players, inner.outputs
        self.n_cases, self.n_draws = inner.n_cases, inner.n_draws

    def _worth(self, coalitions, cases, draws):
        if self.life is not None and len(self.log) + len(cases) > self.life:
            raise KeyboardInterrupt
        stays = [tuple(row) for row in coalitions.tolist()]
        self.log += list(zip(stays, cases.tolist(), draws.tolist(), strict=True))
        return self.inner.worth(coalitions, cases, draws)


GAME = Scattered([3.0, 1.0, -1.0, 0.0], 7)


@pytest.mark.parametrize("method", [Permutation(), SampledSemivalue(), OnePlayer()], ids=repr)
@pytest.mark.parametrize("budget", [50, 999, 1000, 5_003])
def test_the_budget_is_kept(method, budget):
    """Kills: a step that is not cut to what is left."""
    got = method.attribute(GAME, Budget(evaluations=budget, **NEVER))
    assert budget - 16 < got.cost.asked <= budget
    assert got.cost.asked == got.cost.evaluations == got.cost.rows
    assert not got.converged
    assert "evaluation" in got.verdict or "another walk" in got.verdict


def test_a_budget_of_rows():
    got = Permutation().attribute(GAME, Budget(rows=1_000, **NEVER))
    assert got.cost.rows == 1_000
    assert "1,000 model rows" in got.verdict
    with pytest.raises(BudgetError, match="nobody counts"):
        Permutation().attribute(FunctionGame(len_of, ("a", "b")), Budget(rows=1_000))


def len_of(stay):
    return stay.sum(axis=1).astype(float)


def test_a_budget_of_seconds():
    got = Permutation().attribute(GAME, Budget(seconds=0.3, **NEVER))
    assert 0.1 < got.cost.seconds < 2.0
    assert "0.3 seconds" in got.verdict or "another walk" in got.verdict


def test_a_budget_that_does_not_pay_for_another_walk():
    got = Permutation().attribute(GAME, Budget(evaluations=23, **NEVER))
    assert got.cost.asked == 16  # two walks of eight
    assert got.verdict == "the budget does not pay for another walk"


def test_a_shorter_run_is_a_prefix():
    """Kills: walks that know the budget."""
    long, short, rule = (Logged(GAME) for _ in range(3))
    Permutation().attribute(long, Budget(evaluations=9_000, **NEVER))
    Permutation().attribute(short, Budget(evaluations=1_203, **NEVER))
    Permutation().attribute(rule, Budget(relative_error=0.2))
    for other in (short, rule):
        assert 0 < len(other.log) < len(long.log)
        assert other.log == long.log[: len(other.log)]


@pytest.mark.parametrize("batch", [1, 3, 7, 100])
def test_batches_change_no_walk(batch):
    budget = Budget(evaluations=8 * 210, **NEVER)
    one = Permutation().attribute(GAME, budget, 5)
    two = Permutation(batch=batch).attribute(GAME, budget, 5)
    assert two.cost.asked in (1680, 1680 - 1680 % (8 * batch))
    if two.cost.asked == one.cost.asked:
        assert np.allclose(one.values, two.values, rtol=1e-12)
        assert np.allclose(one.stderr, two.stderr, rtol=1e-9)


def test_steps_grow_up_to_a_bound():
    few, many, most = Blank(players=4), Blank(players=100), Blank(players=1000)
    assert [_size(few, None, w) for w in (0, 2, 4, 64, 10_000)] == [2, 2, 2, 32, 1024]
    assert _size(most, None, 10_000) == 8
    assert _size(many, None, 10_000) == 209
    assert _size(few, 33, 0) == 33


# -- interrupted --


@pytest.mark.parametrize("by_case", [True, False])
@pytest.mark.parametrize("life", [100, 3_000])
def test_an_interrupt_returns_what_there_is(life, by_case):
    """Kills: the last step's answers lost, or half of a step taken in."""
    game = Scattered([3.0, 1.0, -1.0, 0.0], 40)
    logged = Logged(game, life)
    got = Permutation().attribute(logged, Budget(**NEVER, seconds=60.0), 2, by_case)
    assert got.verdict.startswith("interrupted")
    assert not got.converged
    assert got.uncertainty == "sampled"
    done = len(logged.log)
    assert 0 < done <= life
    again = Permutation().attribute(game, Budget(evaluations=done, **NEVER), 2, by_case)
    assert np.array_equal(got.values, again.values, equal_nan=True)
    assert np.array_equal(got.stderr, again.stderr, equal_nan=True)
    if not by_case:
        low, high = got.ci(0.9999)
        assert ((low[0, 0] < game.truth()) & (game.truth() < high[0, 0])).all()


def test_an_interrupt_before_anything_is_an_interrupt():
    with pytest.raises(KeyboardInterrupt):
        Permutation().attribute(Logged(GAME, 3))


def test_an_interrupted_run_is_less_sure():
    full = Permutation().attribute(GAME, Budget(evaluations=8_000, **NEVER))
    cut = Permutation().attribute(Logged(GAME, 800), Budget(evaluations=8_000, **NEVER))
    assert (cut.error("estimation") > 1.5 * full.error("estimation")).all()


# -- narrower types --


@dataclass(frozen=True)
class ReadOff(Method[AdditiveGame]):
    """A method that looks behind the wrappers."""

    index: wh.Shapley = wh.Shapley()

    @property
    def needs(self):
        return AdditiveGame

    def _run(self, game, budget, seed, by_case):
        from whence._core.reading import Reading
        from whence.methods import Outcome

        empty, parts = game.coefficients(np.arange(game.n_cases), np.zeros(game.n_cases, int))
        free = np.ones(game.n_cases)
        reading = Reading(parts, np.zeros_like(parts), free, empty, empty + parts.sum(axis=2))
        return Outcome(reading, "exact", True, "read off")


def test_a_narrower_type_is_seen_through_wrappers():
    got = ReadOff().attribute(Metered(Linear((3.0, 1.0), 4)))
    assert got.values.tolist() == [[[3.0, 1.0]]]
    assert got.cost.asked == 0
    assert got.method == "ReadOff"
    with pytest.raises(UnsupportedGameError, match="ReadOff needs a AdditiveGame; Scattered is"):
        ReadOff().attribute(GAME)


class Trained(JointGame):
    """One evaluation answers every case; draws are shared by all of them."""

    players, outputs, n_cases, n_draws = Players(tuple("abc")), ("x", "y"), 12, None

    def _worths(self, coalitions, draws):
        count(rows=len(coalitions))
        noise = uniforms(3, 5, draws) - 0.5
        slopes = np.linspace(-1, 1, 12)[:, None] + np.array([3.0, 1.0, 0.0])
        both = coalitions[:, None, :] * (slopes[None] + noise[:, None, :])
        return np.stack([both.sum(axis=2), 2 * both.sum(axis=2)], axis=2)


@pytest.mark.parametrize("by_case", [True, False])
def test_a_joint_game_is_folded_back(by_case):
    """Kills: cases that share a draw taken for independent."""
    budget = Budget(evaluations=6_000, **NEVER)
    got = wh.attribute(Trained(), method=Permutation(), budget=budget, by_case=by_case)
    assert got.outputs == ("x", "y")
    assert got.values.shape == (12 if by_case else 1, 2, 3)
    assert got.cost.rows == got.cost.asked == 6_000
    slopes = np.linspace(-1, 1, 12)[:, None] + np.array([3.0, 1.0, 0.0])
    truth = slopes if by_case else slopes.mean(axis=0)[None]
    low, high = got.ci(0.9999, "estimation")
    assert ((low[:, 0] <= truth) & (truth <= high[:, 0])).all()
    assert np.allclose(2 * got.values[:, 0], got.values[:, 1])
    mean = got.mean()
    walks = 6_000 / 6
    shared = np.sqrt(1 / 12 / walks)  # the noise of one draw is not averaged over cases
    assert np.allclose(mean.parts["estimation"][0, 0], shared, rtol=0.1)
    assert np.allclose(
        mean.parts["data"][0, 0], slopes.std(axis=0, ddof=1) / np.sqrt(12), rtol=0.02
    )
    assert mean.averaged == 12


def test_a_joint_game_exactly():
    class Sure(Trained):
        n_draws = 1

        def _worths(self, coalitions, draws):
            return Trained._worths(self, coalitions, draws)

    got = wh.attribute(Sure(), by_case=True)
    assert got.uncertainty == "exact"
    assert (got.stderr == 0).all()
    assert np.allclose(np.diff(got.values[:, 0, 0]), 2 / 11)


def test_all_cases_says_its_outputs_when_asked_directly():
    got = Permutation().attribute(AllCases(Trained()), Budget(evaluations=600, **NEVER), 0, True)
    assert got.values.shape == (12, 2, 3)
    assert got.provenance["game"] == "Trained"


def test_whole_leaves_other_games_alone():
    assert whole(GAME) is GAME


# -- the front door --


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"index": wh.Shapley}, r"index must be .* given Shapley \(a class\)"),
        ({"method": 3}, "method must be"),
        ({"budget": 100}, "budget must be a wh.Budget"),
        ({"seed": -1}, "seed must be an integer from 0; given -1"),
        ({"seed": True}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"engine": 4}, "engine must be"),
        ({"keep": 3}, "keep must be the path of a file"),
        ({"progress": "yes"}, "progress is True"),
        ({"method": "permutations"}, "Did you mean 'permutation'"),
        ({"method": Permutation(), "index": wh.Banzhaf()}, "computes Shapley.*Banzhaf"),
    ],
)
def test_the_front_door_refuses(more, says):
    with pytest.raises(OptionError, match=says):
        checked({**dict.fromkeys(ORDER), "seed": 0, **more})


ORDER = ("index", "method", "budget", "seed", "engine", "keep", "progress")


def checked(given):
    """Without the tests' type checks, as a user meets it."""
    from whence._attribute import _method, check

    check(GAME, *(given[name] for name in ORDER))
    _method(GAME, given["index"], given["method"])


def test_only_games_come_in():
    from whence._attribute import check

    with pytest.raises(OptionError, match=r"game must be a Game.*given function"):
        check(len_of, None, None, None, 0, None, None, None)
    with pytest.raises(OptionError, match="given NoneType"):
        check(None, None, None, None, 0, None, None, None)


@pytest.mark.parametrize(
    ("name", "index", "wanted"),
    [
        ("permutation", None, Permutation()),
        ("Permutation", wh.Shapley(), Permutation()),
        ("exact", wh.Banzhaf(), Exact(wh.Banzhaf())),
        ("leave-one-out", None, OnePlayer()),
        ("leave_one_out", wh.FirstIn(), OnePlayer(wh.FirstIn())),
        ("SampledSemivalue", wh.LeaveOneOut(), SampledSemivalue(wh.LeaveOneOut())),
    ],
)
def test_methods_by_name(name, index, wanted):
    from whence._attribute import named

    assert named(name, index) == wanted


def test_choices():
    from whence._choose import choose

    small = Linear((1.0, 2.0), 3, 5)
    assert isinstance(choose(small, wh.BetaShapley(2.0, 1.0))[0], Exact)
    sampled = {
        wh.Shapley(): Permutation(),
        wh.Banzhaf(): SampledSemivalue(wh.Banzhaf()),
        wh.BetaShapley(4.0, 1.0): SampledSemivalue(wh.BetaShapley(4.0, 1.0)),
        wh.LeaveOneOut(): OnePlayer(),
        wh.FirstIn(): OnePlayer(wh.FirstIn()),
    }
    one_by_one = {index: Sweep(index) for index in (wh.LeaveOneOut(), wh.FirstIn())}
    for index, method in sampled.items():
        assert choose(GAME, index)[0] == method  # endless draws
        finite = one_by_one.get(index, method)
        assert choose(Linear([1.0] * 17), index)[0] == finite  # too many players
        assert choose(Linear([1.0] * 12, 100), index)[0] == finite  # too many questions
        assert choose(Linear([1.0] * 1000, 200), index)[0] == method  # both
    for bound in ({"evaluations": 17}, {"rows": 99}):  # whole or nothing
        assert choose(Linear([1.0] * 17), wh.LeaveOneOut(), Budget(**bound))[0] == OnePlayer()
    for bound in ({"evaluations": 18}, {"seconds": 9.0}):  # which show as it is asked
        assert choose(Linear([1.0] * 17), wh.LeaveOneOut(), Budget(**bound))[0] == Sweep()
    for bound, method in (
        ({"evaluations": 1024}, Exact()),
        ({"evaluations": 1023}, Permutation()),
        ({"evaluations": 40}, Permutation()),
        ({"evaluations": 39}, Permutation(antithetic=False)),
        ({"rows": 10_000}, Permutation()),  # nobody knows what a question takes
    ):
        assert choose(Linear([1.0] * 10), wh.Shapley(), Budget(**bound))[0] == method
    with pytest.raises(UnsupportedGameError, match="AumannShapley"):
        choose(small, wh.AumannShapley())


def test_provenance():
    got = wh.attribute(GAME, seed=3, budget=Budget(evaluations=500))
    assert got.provenance["seed"] == 3
    assert type(got.provenance["seed"]) is int
    assert got.provenance["game"] == "Scattered"
    assert {"whence", "numpy", "python", "made", "chosen because"} <= set(got.provenance)


def test_seeds_change_the_answer_and_nothing_else_does():
    budget = Budget(evaluations=2_000, **NEVER)
    one, again, other = (wh.attribute(GAME, seed=s, budget=budget) for s in (1, 1, 2))
    assert np.array_equal(one.values, again.values)
    assert np.array_equal(one.stderr, again.stderr)
    assert not np.array_equal(one.values, other.values)
