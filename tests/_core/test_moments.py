"""Mergeable moments."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence._core.moments import MOST, PRIOR, Moments

FIELDS = ("count", "mean", "squares", "with_total", "products")


def draws(size=60, cases=5, outputs=2, players=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(size, outputs, players)) + 1000, rng.integers(cases, size=size)


def brute(x, cases, n):
    """Everything by its definition."""
    count = np.bincount(cases, minlength=n)
    mean, squares, with_total = (np.zeros((n, *x.shape[1:])) for _ in range(3))
    products = np.zeros((x.shape[1], x.shape[2], x.shape[2]))
    for c in range(n):
        mine = x[cases == c]
        if len(mine):
            mean[c] = mine.mean(axis=0)
            rest = mine - mean[c]
            squares[c] = (rest**2).sum(axis=0)
            with_total[c] = (rest * rest.sum(axis=2, keepdims=True)).sum(axis=0)
            products += np.einsum("voi,voj->oij", rest, rest)
    return dict(zip(FIELDS, (count, mean, squares, with_total, products), strict=True))


def same(got, wanted):
    for name in FIELDS:
        assert np.allclose(getattr(got, name), wanted[name], rtol=1e-9, atol=1e-6), name


def test_one_batch_is_the_definition():
    x, cases = draws()
    same(Moments(7, 2, 3).add(x, cases), brute(x, cases, 7))


@settings(deadline=None)
@given(cut=st.lists(st.integers(0, 60), max_size=4), seed=st.integers(0, 20))
def test_batches_and_merges_are_one_long_run(cut, seed):
    """Kills: a merge that forgets how far apart the means are."""
    x, cases = draws(seed=seed)
    wanted = brute(x, cases, 6)
    ends = [0, *sorted(cut), 60]
    added, merged = Moments(6, 2, 3), Moments(6, 2, 3)
    for low, high in pairwise(ends):
        if low < high:
            added.add(x[low:high], cases[low:high])
            merged.merge(Moments(6, 2, 3).add(x[low:high], cases[low:high]))
    same(added, wanted)
    same(merged, wanted)


def test_no_cancellation_far_from_zero():
    """Kills: a sum of squares less the square of the sum."""
    x, cases = draws()
    far = Moments(5, 2, 3).add(x + 1e8, cases)
    assert np.allclose(far.squares, brute(x, cases, 5)["squares"], rtol=1e-4)


def test_a_merge_leaves_the_other_alone():
    x, cases = draws()
    one, two = Moments(5, 2, 3).add(x, cases), Moments(5, 2, 3).add(x, cases)
    before = {name: getattr(two, name).copy() for name in FIELDS}
    one.merge(two)
    same(two, before)


def test_the_pooled_variance_counts_for_two_draws():
    """Kills: every case on its own few draws, or all cases pooled into one."""
    x, cases = draws()
    m = Moments(6, 2, 3).add(x, cases)  # case 5 has none
    free = np.maximum(m.count - 1, 0)
    pooled = m.squares.sum(axis=0) / free.sum()
    wanted = (m.squares + PRIOR * pooled) / (free[:, None, None] + PRIOR)
    got = m.stderr
    assert np.allclose(got[:5], np.sqrt(wanted / np.maximum(m.count, 1)[:, None, None])[:5])
    assert np.isnan(got[5]).all()
    assert m.freedom.tolist() == free.tolist()


def test_a_single_case_has_its_own_variance():
    x = draws()[0]
    m = Moments(1, 2, 3).add(x, np.zeros(60, dtype=int))
    assert np.allclose(m.stderr, x.std(axis=0, ddof=1) / np.sqrt(60))


def test_one_draw_tells_no_error():
    one = Moments(2, 1, 1).add(np.ones((1, 1, 1)), np.array([0]))
    assert np.isinf(one.stderr[0])
    assert np.isnan(one.stderr[1])
    two = one.add(np.zeros((1, 1, 1)), np.array([0]))
    assert np.isfinite(two.stderr[0])


def test_many_players_keep_no_covariance():
    m = Moments(1, 1, MOST + 1)
    assert m.products is None
    x = np.random.default_rng(0).normal(size=(4, 1, MOST + 1))
    m.add(x, np.zeros(4, dtype=int)).merge(m)
    assert m.products is None
    assert Moments(1, 1, MOST).products is not None
    assert m.count[0] == 8


def test_products_give_the_covariance_of_any_sum():
    x, cases = draws(400, 4)
    m = Moments(4, 2, 3).add(x, cases)
    total = sum((x[cases == c].sum(axis=2).var(axis=0) * (cases == c).sum()) for c in range(4))
    assert np.allclose(m.products.sum(axis=(1, 2)), total)
    assert np.allclose(m.with_total.sum(axis=(0, 2)), total)


@pytest.mark.parametrize("scale", [0.0, 1.0])
def test_reported_errors_are_the_spread_of_the_means(scale):
    """Kills: n for n - 1, and a forgotten root."""
    rng, n = np.random.default_rng(1), 4000
    x = scale * rng.normal(size=(n, 1, 1))
    m = Moments(n // 4, 1, 1).add(x, np.arange(n) // 4)
    spread = m.mean.std()
    assert np.sqrt((m.stderr**2).mean()) == pytest.approx(spread, rel=0.12, abs=1e-12)
