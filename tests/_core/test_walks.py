"""What walks bring home, and the total as a control variate."""

import numpy as np
import pytest

from whence import Banzhaf, Budget, Players
from whence._core.game import PooledGame, Question
from whence._core.keyed import uniforms
from whence._core.visits import visits
from whence.methods.perturbation.exact import Exact
from whence.methods.perturbation.leave_one_out import OnePlayer
from whence.methods.perturbation.permutation import Permutation
from whence.methods.perturbation.semivalue import SampledSemivalue

from .toys import NEVER, Scattered


class Pool(PooledGame):
    """v_{c,b}(S): products of a case's and a pool member's numbers; the last player is a dummy."""

    question = Question(asks="?")

    def __init__(self, n_cases, n_pool, *, every=False):
        self.players = Players(tuple("abcd"))
        self.n_cases, self.n_pool = n_cases, n_pool
        self.n_draws, self.sample = (1, n_pool) if every else (n_pool, 1)

    def _worth(self, coalitions, cases, draws):
        b = 3 * uniforms(4, 2, np.arange(self.n_pool) if self.n_draws == 1 else draws[:, None])
        x = 1 + uniforms(4, 1, cases)
        z = np.where(coalitions[:, None], x[:, None], b)  # row, member, player
        return (z[:, :, 0] * z[:, :, 1] + z[:, :, 2]).mean(axis=1)

    def members(self, cases, draws):
        return draws[:, None]

    def whole(self):
        return Pool(self.n_cases, self.n_pool, every=True)

    def nobody(self):
        cases = np.arange(self.n_cases)
        return Pool(self.n_cases, self.n_pool, every=True).worth(
            np.zeros((self.n_cases, 4), bool), cases, np.zeros_like(cases)
        )


BUDGET = Budget(evaluations=2_000, **NEVER)


@pytest.mark.parametrize("by_case", [True, False])
def test_the_total_is_imposed(by_case):
    """Kills: the gap shared out evenly, which would give a dummy something."""
    got = Permutation().attribute(Pool(6, 30), BUDGET, 1, by_case)
    exact = Exact().attribute(Pool(6, 30), BUDGET, 1, by_case)
    assert np.allclose(got.gap, 0, atol=1e-12)
    assert np.allclose(got.full, exact.full)
    assert np.allclose(got.empty, exact.empty)
    assert (got.values[:, :, 3] == 0).all()
    assert (got.error("estimation")[:, :, 3] == 0).all()
    low, high = got.ci(0.9999, "estimation")
    assert ((low - 1e-9 <= exact.values) & (exact.values <= high + 1e-9)).all()


@pytest.mark.slow
@pytest.mark.parametrize("by_case", [True, False])
def test_it_is_surer_and_says_so(by_case):
    """Kills: the error of the plain mean reported for what the control variate left."""
    game = Pool(6, 1000)  # so many draws that a sweep of them never ends
    exact = Exact().attribute(game, BUDGET, 1, by_case)
    errors, reported, plain = [], [], []
    for seed in range(80):
        got = Permutation().attribute(game, BUDGET, seed, by_case)
        errors.append((got.values - exact.values)[:, 0, :3])
        reported.append(got.error("estimation")[:, 0, :3])
        free = SampledSemivalue(Banzhaf()).attribute(game, BUDGET, seed, by_case)
        plain.append((free.values)[:, 0, :3])
    z = np.divide(errors, reported)
    assert np.mean(z**2) == pytest.approx(1.0, abs=0.06 + 4 * np.sqrt(2 / (80 * 3)))
    assert np.abs(np.mean(errors, axis=0) / np.std(errors, axis=0)).max() < 4.5 / np.sqrt(80)
    assert np.std(errors, axis=0).mean() < 0.9 * np.std(plain, axis=0).mean()


def test_an_index_with_a_gap_is_left_alone():
    """Kills: Banzhaf values scaled to fill a gap that is theirs."""
    got = SampledSemivalue(Banzhaf()).attribute(Pool(6, 30), Budget(evaluations=20_000, **NEVER))
    exact = Exact(Banzhaf()).attribute(Pool(6, 30))
    assert np.isnan(got.empty).all()
    low, high = got.ci(0.9999, "estimation")
    assert ((low - 1e-9 <= exact.values) & (exact.values <= high + 1e-9)).all()


def test_the_background_part_needs_a_pool():
    assert "background" in Permutation().attribute(Pool(6, 30), BUDGET).parts
    assert "background" not in Permutation().attribute(Scattered([1.0, 2.0], 4), BUDGET).parts
    assert "background" not in Permutation().attribute(Pool(6, 30, every=True), BUDGET).parts


def test_by_case_the_background_is_shared():
    mean = Permutation().attribute(Pool(6, 30), BUDGET, 0)
    same = Budget(evaluations=mean.cost.asked, **NEVER)
    got = Permutation().attribute(Pool(6, 30), same, 0, by_case=True)
    bound = got.parts["background"]  # as if all of a case's spread were the pool's
    assert (bound[..., :3] >= mean.parts["background"][..., :3] / 6).all()
    assert (bound[..., 3] == 0).all()  # a dummy's is nothing
    assert set(got.shared) == {"background"}
    assert np.allclose(got.mean().parts["background"], mean.parts["background"])
    assert np.allclose(got.mean().values, mean.values)


@pytest.mark.parametrize("by_case", [True, False])
def test_one_case_has_the_background_part_and_its_covariance(by_case):
    """Kills: what all cases share forgotten where there is only one."""
    got = Permutation().attribute(Pool(1, 30), BUDGET, 0, by_case)
    assert set(got.parts) == set(got.covariance) == {"estimation", "background"}
    assert (got.parts["background"][0, 0, :3] > 0).all()
    pair = got.group({"pair": ["a", "b"]})
    assert np.isfinite(pair.stderr).all()
    for part in ("estimation", "background"):
        own = np.sqrt(got.covariance[part].diagonal(axis1=1, axis2=2))
        assert np.allclose(own, got.parts[part][0], rtol=1e-6)


def test_ends_are_averaged_over_the_walks():
    """Kills: the last walk's ends reported for all of them."""
    game = Scattered([3.0, 1.0], 5)
    got = Permutation().attribute(game, Budget(evaluations=4_000, **NEVER), 3, by_case=True)
    assert (got.empty == 0).all()
    assert np.allclose(got.gap, 0, atol=1e-12)
    assert np.isnan(OnePlayer().attribute(game, BUDGET).full).all()


class Wide(PooledGame):
    """More players than a covariance is kept for."""

    question = Question()
    n_cases, n_pool, n_draws, sample = 3, 30, 30, 1

    def __init__(self):
        self.players = Players(tuple(f"p{i}" for i in range(513)))

    def _worth(self, coalitions, cases, draws):
        return coalitions.sum(axis=1) * (1.0 + cases) + coalitions[:, 0] * draws

    def members(self, cases, draws):
        return draws[:, None]

    def whole(self):
        raise NotImplementedError

    def nobody(self):
        return np.zeros((3, 1))


def test_a_wide_pool_has_its_background_part_too():
    got = Permutation(antithetic=False).attribute(Wide(), Budget(evaluations=514 * 64, **NEVER))
    assert got.covariance == {}
    wanted = np.arange(30).std() / np.sqrt(30)
    assert got.parts["background"][0, 0, 0] == pytest.approx(wanted, rel=0.3)
    assert (got.parts["background"][0, 0, 1:] < 1e-6).all()
    assert np.isnan(got.group({"two": ["p0", "p1"]}).stderr[0, 0, 0])


def test_many_players_have_no_covariance_but_all_else():
    game = Scattered(np.ones(513), 3)
    got = Permutation(antithetic=False).attribute(game, Budget(evaluations=514 * 12, **NEVER))
    assert got.covariance == {}
    assert np.isfinite(got.stderr).all()


class Constant(PooledGame):
    """The total never varies; what players add does, and the last bit of its sum."""

    question = Question(asks="?")
    players = Players(tuple("ab"))
    n_pool, sample, n_draws = 50, 1, None

    def _worth(self, coalitions, cases, draws):
        noise = uniforms(2, 3, draws)
        one = coalitions.sum(axis=1) == 1
        ends = np.where(coalitions.all(axis=1), 0.7, 0.1)
        return np.where(one, noise[:, 0] + coalitions[:, 0] * noise[:, 1], ends)

    def members(self, cases, draws):
        return draws[:, None] % 50

    def whole(self):
        return self

    def nobody(self):
        return np.full((1, 1), 0.1)


def test_a_total_that_varies_by_its_rounding_alone_corrects_nothing():
    """Kills: the ratio of one rounding error to another, times a third."""
    method, game = Permutation(antithetic=False), Constant()
    state = method.step(game, method.init(game), visits(game, 0, 0, 40))
    assert np.array_equal(state.reading().values[0], state.moments.mean[0])
