"""Samples of a background pool."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.games.features.replicates import without_each, without_folds
from whence.games.features.sampling import folds, subsets


@pytest.mark.parametrize(("sample", "pool"), [(1, 7), (2, 6), (3, 6), (5, 6)])
def test_every_subset_is_equally_likely(sample, pool):
    """Kills: Floyd's method off by one, which never draws the last member first."""
    n = 60_000
    got = np.sort(subsets(np.zeros(n, int), np.arange(n), sample, pool), axis=1)
    every = list(combinations(range(pool), sample))
    place = {s: i for i, s in enumerate(every)}
    counts = np.bincount([place[tuple(s)] for s in got.tolist()], minlength=len(every))
    chi2 = ((counts - n / len(every)) ** 2 / (n / len(every))).sum()
    free = len(every) - 1
    assert chi2 < free + 6 * np.sqrt(2 * free)


@given(
    sample=st.integers(1, 12),
    pool=st.integers(1, 12),
    asked=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2**31 - 1)), min_size=1, max_size=9),
)
def test_a_function_of_case_and_draw(sample, pool, asked):
    cases, draws = np.array(asked).T
    got = subsets(cases, draws, sample, pool)
    assert got.shape == (len(asked), min(sample, pool))
    assert all(len(set(row)) == len(row) for row in got.tolist())
    assert got.min() >= 0
    assert got.max() < pool
    again = np.repeat(np.arange(len(asked)), 2)[::-1]
    other = subsets(cases[again], draws[again], sample, pool)
    assert np.array_equal(other, got[again])


def test_cases_do_not_share_their_samples():
    n = 2000
    one, two = (subsets(np.full(n, c), np.arange(n), 1, 10)[:, 0] for c in (0, 1))
    assert abs((one == two).mean() - 0.1) < 5 * np.sqrt(0.09 / n)


@pytest.mark.parametrize("pool", [2, 7, 20, 21, 101])
def test_folds_are_even(pool):
    fold = folds(pool)
    counts = np.bincount(fold)
    assert len(counts) == min(20, pool)
    assert counts.max() - counts.min() <= 1
    assert np.array_equal(folds(pool), fold)


def test_folds_do_not_follow_the_rows():
    """Kills: folds of neighbours, which share a month or a patient."""
    fold = folds(400)
    assert not np.array_equal(fold, np.arange(400) % 20)
    assert abs(np.corrcoef(fold, np.arange(400))[0, 1]) < 0.2


def test_means_without_each_fold():
    p = np.random.default_rng(0).normal(size=(3, 10, 2))
    fold = np.arange(10) % 4
    got = list(without_folds(p, fold))
    assert len(got) == 4
    for f, mean in enumerate(got):
        assert np.allclose(mean, p[:, fold != f].mean(axis=1, keepdims=True))


def test_each_member_left_out():
    p = np.arange(12.0).reshape(2, 3, 2)
    got = list(without_each(p, axis=1))
    assert [g.tolist() for g in got] == [p[:, k].tolist() for k in ([1, 2], [0, 2], [0, 1])]
