"""The pool's own part of the error."""

import numpy as np
import pytest

from whence._core.moments import MOST, Moments
from whence._core.pool import PoolMoments


def u_statistic(pool, k, walks, rng):
    """Walks over samples of k whose mean is (b-bar, -b-bar^2 without bias, 0), all with noise."""
    members = rng.random((walks, len(pool))).argpartition(k, axis=1)[:, :k]
    b = pool[members]
    square = (b.sum(axis=1) ** 2 - (b**2).sum(axis=1)) / (k * (k - 1))
    gains = np.stack([b.mean(axis=1), -square, np.zeros(walks)], axis=1)[:, None, :]
    return gains + rng.normal(size=gains.shape), members


@pytest.mark.slow
@pytest.mark.parametrize(("k", "size"), [(2, 40), (4, 40), (8, 20), (16, 100)])
def test_reported_variance_is_the_variance_over_pools(k, size):
    """Kills: walk noise counted as the pool's, k for k^2, and members taken for independent.

    In a pool of M, a member's walks hold k - 1 of the M - 1 others, whose mean makes up for its
    own: without the factor (M - k)/(M - 1) the part was a quarter too small at k = 16, M = 100.
    """
    rng, pools, walks = np.random.default_rng(k), 500, 1500
    estimates, reported = [], []
    for _ in range(pools):
        pool = rng.normal(loc=1.0, size=size)
        gains, members = u_statistic(pool, k, walks, rng)
        got = PoolMoments(size, 1, 3).add(gains, members).covariance()
        reported.append(np.diagonal(got[0]))
        pairs = (pool.sum() ** 2 - (pool**2).sum()) / (size * (size - 1))
        estimates.append([pool.mean(), -pairs])
    mean, error = np.mean(reported, axis=0), np.std(reported, axis=0) / np.sqrt(pools)
    true = np.array([1 / size, np.var(estimates, axis=0, ddof=1)[1], 0.0])
    # chi-squared: a variance from 500 pools is known to 3 sqrt(2 / 500) = 19 %
    doubt = np.array([0.02 / size, true[1] * 3 * np.sqrt(2 / pools), 0.0])
    assert (np.abs(mean - true) <= doubt + 4 * error).all(), (mean, true)


def exactly(x, members, size):
    """One-way analysis of variance, by its definition, for one output and player."""
    k = members.shape[1]
    groups = [x[(members == b).any(axis=1)] for b in range(size)]
    groups = [g for g in groups if len(g)]
    every = np.concatenate(groups)
    n = np.array([len(g) for g in groups])
    between = sum(len(g) * (g.mean() - every.mean()) ** 2 for g in groups) / (len(groups) - 1)
    within = sum(((g - g.mean()) ** 2).sum() for g in groups) / (len(every) - len(groups))
    typical = (n.sum() - (n**2).sum() / n.sum()) / (len(groups) - 1)
    fewer = (size - k) / (size - 1)
    return k**2 * (between / fewer - within) / fewer / typical / size


@pytest.mark.parametrize("players", [3, MOST + 1])
def test_by_its_definition_in_any_batches(players):
    rng = np.random.default_rng(0)
    gains = rng.normal(size=(60, 2, players))
    members = np.array([rng.choice(9, 3, replace=False) for _ in range(60)])
    one = PoolMoments(9, 2, players).add(gains, members)
    two = PoolMoments(9, 2, players).add(gains[:7], members[:7]).add(gains[7:], members[7:])
    got, again = one.covariance(), two.covariance()
    assert np.allclose(got, again)
    diagonal = got if got.ndim == 2 else np.diagonal(got, axis1=1, axis2=2)
    for o in range(2):
        for p in range(3):
            assert diagonal[o, p] == pytest.approx(exactly(gains[:, o, p], members, 9))


def test_covariance_gives_the_variance_of_any_sum():
    rng = np.random.default_rng(0)
    gains = rng.normal(size=(60, 1, 3)) @ rng.normal(size=(3, 3))
    members = np.array([rng.choice(9, 3, replace=False) for _ in range(60)])
    got = PoolMoments(9, 1, 3).add(gains, members).covariance()
    total = PoolMoments(9, 1, 1).add(gains.sum(axis=2, keepdims=True), members).covariance()
    assert got.sum() == pytest.approx(total.item())


def test_unknown_before_members_have_met_twice():
    pool = PoolMoments(10, 1, 2)
    assert pool.covariance() is None
    pool.add(np.ones((1, 1, 2)), np.array([[0, 1, 2]]))
    assert pool.covariance() is None
    pool.add(np.ones((1, 1, 2)), np.array([[2, 1, 0]]))
    assert pool.covariance() is not None
    assert pool.count.tolist() == [2, 2, 2] + [0] * 7
    assert PoolMoments(1, 1, 1).add(np.ones((9, 1, 1)), np.zeros((9, 1), int)).covariance() is None
    every = np.broadcast_to(np.arange(4), (9, 4))
    assert PoolMoments(4, 1, 1).add(np.ones((9, 1, 1)), every).covariance() is None


def test_what_cases_have_apart_is_no_members_doing():
    """Kills: cases that differ a hundred times as much as members do, taken for members' noise.

    Truth: each member adds its own number to the gain, so that the part is sd / sqrt(size); by
    one-way squares of the gains themselves it is anything between 0 and six times as much.
    """
    rng, size, k, cases = np.random.default_rng(0), 40, 4, 30
    pool, base = rng.normal(size=size), 50 * rng.normal(size=cases)
    plain, within = PoolMoments(size, 1, 1), PoolMoments(size, 1, 1)
    moments = Moments(cases, 1, 1)
    for _ in range(20):
        members = rng.random((2 * cases, size)).argpartition(k, axis=1)[:, :k]
        at = rng.permutation(np.tile(np.arange(cases), 2))
        gains = (base[at] + pool[members].mean(axis=1))[:, None, None]
        plain.add(gains, members)
        apart, known = moments.from_earlier(gains, at)
        within.add(apart[known], members[known])
        moments.add(gains, at)
    assert within.analysed()[0] < plain.analysed()[0] / 100
    assert np.sqrt(within.covariance().item()) == pytest.approx(pool.std() / np.sqrt(size), rel=0.1)


@pytest.mark.parametrize("cut", [1, 7, 30, 59])
def test_earlier_draws_are_those_of_the_case_in_any_batches(cut):
    rng = np.random.default_rng(0)
    draws, cases = rng.normal(size=(60, 2, 3)), rng.integers(0, 5, 60)
    one, two = Moments(5, 2, 3), Moments(5, 2, 3)
    whole, known = one.from_earlier(draws, cases)
    first = two.from_earlier(draws[:cut], cases[:cut])
    two.add(draws[:cut], cases[:cut])
    rest = two.from_earlier(draws[cut:], cases[cut:])
    assert np.allclose(np.concatenate([first[0], rest[0]]), whole)
    assert np.array_equal(np.concatenate([first[1], rest[1]]), known)
    for i in np.flatnonzero(known):
        earlier = draws[:i][cases[:i] == cases[i]]
        assert np.allclose(whole[i], draws[i] - earlier.mean(axis=0))
