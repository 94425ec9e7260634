"""Which (case, draw) each walk is on."""

from math import gcd

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence._core.visits import TWICE, Rota, visits

from .toys import Blank


def places(game, seed, size, batch):
    got = [visits(game, seed, first, batch) for first in range(0, size, batch)]
    parts = (np.concatenate([getattr(v, k) for v in got]) for k in ("cases", "draws", "passes"))
    return tuple(parts)


@pytest.mark.parametrize("n", [1, 2, 7, TWICE - 1, TWICE, TWICE + 1, 3 * TWICE + 5])
def test_every_pass_visits_every_case_once(n):
    """Kills: a slot skipped, or repeated, where the double start ends."""
    cases, _, passes = places(Blank(n, None), 3, 4 * n, 1 + n // 3)
    cases, passes = cases[: 4 * n], passes[: 4 * n]
    for p in range(4):
        assert sorted(cases[passes == p].tolist()) == list(range(n))
    assert sorted(cases[:n].tolist()) == list(range(n)) or n > TWICE
    assert sorted(cases[2 * n : 3 * n].tolist()) == list(range(n))


@pytest.mark.parametrize("n", [5, TWICE, 3 * TWICE])
def test_the_first_cases_come_twice_before_the_others_come(n):
    cases, _, passes = places(Blank(n, None), 1, 2 * n, 64)
    head = min(n, TWICE)
    assert np.array_equal(cases[:head], cases[head : 2 * head])
    assert passes[:head].max() == 0
    assert (passes[head : 2 * head] == 1).all()
    assert np.bincount(cases[: 2 * head], minlength=n).max() == 2
    assert set(cases[: n + head].tolist()) == set(range(n))


def test_passes_are_shuffled_anew():
    cases, _, _ = places(Blank(50, None), 1, 200, 50)
    assert np.array_equal(cases[:50], cases[50:100])  # the double start
    assert not np.array_equal(cases[50:100], cases[100:150])
    assert not np.array_equal(cases[100:150], cases[150:200])
    assert not np.array_equal(cases[:50], np.arange(50))


@pytest.mark.parametrize("k", [2, 4, 256, 257, 1000])
def test_draws_sweep_without_repeats(k):
    """Kills: a stride that shares a factor with k; both kinds of sweep, sorted and affine."""
    cases, draws, _ = places(Blank(3, k), 8, 3 * 2 * k, 3 * k)
    for case in range(3):
        mine = draws[cases == case]
        assert sorted(mine[:k].tolist()) == list(range(k))
        assert sorted(mine[k : 2 * k].tolist()) == list(range(k))
        if k > 4:
            assert not np.array_equal(mine[:k], mine[k : 2 * k])


@pytest.mark.parametrize("k", [3, 300])
def test_every_draw_is_equally_likely_in_every_place(k):
    draws = visits(Blank(30_000, k), 2, 0, 30_000).draws
    counts = np.bincount(draws, minlength=k)
    assert counts.min() > 0
    chi2 = ((counts - 30_000 / k) ** 2 / (30_000 / k)).sum()
    assert chi2 < (k - 1) + 6 * np.sqrt(2 * (k - 1))


def test_affine_strides_differ_and_are_coprime():
    k = 600
    cases, draws, passes = places(Blank(40, k), 2, 80, 40)
    strides = {
        int((draws[(cases == c) & (passes == 1)] - draws[(cases == c) & (passes == 0)])[0]) % k
        for c in range(40)
    }
    assert len(strides) > 20
    assert all(gcd(s, k) == 1 for s in strides)


def test_one_draw_is_draw_zero():
    assert not visits(Blank(3, 1), 2, 0, 9).draws.any()


def test_endless_draws_are_seeds_that_never_come_twice():
    cases, draws, _ = places(Blank(10, None), 2**70, 10_000, 1000)
    assert draws.min() >= 0
    assert draws.max() < 2**31
    assert len(set(zip(cases.tolist(), draws.tolist(), strict=True))) == 10_000
    assert draws.max() > 2**30  # all 31 bits are used


@settings(deadline=None, max_examples=25)
@given(
    n=st.integers(1, 40),
    k=st.sampled_from([1, 3, 300, None]),
    seed=st.integers(0, 99),
    batch=st.integers(1, 50),
)
def test_no_batch_changes_a_walk(n, k, seed, batch):
    """Kills: walks that know where they stand in a step."""
    size = 100
    whole = visits(Blank(n, k), seed, 0, size)
    parts = [visits(Blank(n, k), seed, s, min(batch, size - s)) for s in range(0, size, batch)]
    for name in ("cases", "draws", "passes"):
        together = np.concatenate([getattr(p, name) for p in parts])
        assert np.array_equal(together, getattr(whole, name))
    chance = np.concatenate([p.chance(2, 3, stream=4) for p in parts])
    assert np.array_equal(chance, whole.chance(2, 3, stream=4))
    assert len(whole) == size


@pytest.mark.parametrize("k", [1, 7, 400, None])
def test_other_cases_do_not_change_a_walk(k):
    """Kills: draws or chance that depend on how many cases there are."""
    few, many = visits(Blank(5, k), 3, 0, 10), visits(Blank(50, k), 3, 0, 100)

    def by_walk(v):
        keys = zip(v.cases.tolist(), v.passes.tolist(), strict=True)
        return dict(
            zip(keys, zip(v.draws.tolist(), v.chance(2).tolist(), strict=True), strict=True)
        )

    small, large = by_walk(few), by_walk(many)
    assert len(small) == 10
    assert all(large[walk] == got for walk, got in small.items())


def test_another_seed_is_another_run():
    a, b = visits(Blank(9, None), 1, 0, 9), visits(Blank(9, None), 2, 0, 9)
    assert not np.array_equal(a.draws, b.draws)
    assert not np.array_equal(a.chance(1), b.chance(1))


def test_streams_are_independent():
    v = visits(Blank(5000, None), 1, 0, 5000)
    one, two = v.chance(1, stream=0)[:, 0], v.chance(1, stream=1)[:, 0]
    assert abs(np.corrcoef(one, two)[0, 1]) < 5 / np.sqrt(5000)


def test_settled_cases_come_no_more():
    """Kills: a case's walks that change, or start again, once others are settled."""
    game = Blank(7, None)
    rota, plain = Rota(game, 4), visits(game, 4, 0, 200)
    taken = [rota.take(12)]
    settled = np.zeros(7, bool)
    settled[[1, 5]] = True
    rota.retire(settled)
    taken += [rota.take(size) for size in (3, 1, 20)]
    rota.retire(settled | (np.arange(7) == 2))
    taken += [rota.take(15)]
    rota.retire(np.ones(7, bool))  # never all of them
    taken += [rota.take(5)]
    later = np.concatenate([v.cases for v in taken[1:]])
    assert not np.isin(later, [1, 5]).any()
    assert not (np.concatenate([v.cases for v in taken[4:]]) == 2).any()
    known = {(c, p): d for c, p, d in zip(plain.cases, plain.passes, plain.draws, strict=True)}
    counts = dict.fromkeys(range(7), 0)
    for v in taken:
        for case, number, draw in zip(v.cases, v.passes, v.draws, strict=True):
            assert number == counts[case]  # each case's passes follow one another
            counts[case] += 1
            assert known.get((case, number), draw) == draw


def test_rounds_of_what_is_left_do_not_depend_on_the_steps():
    def cases(sizes):
        rota = Rota(Blank(6, None), 1)
        rota.take(12)
        rota.retire(np.arange(6) == 3)
        return np.concatenate([rota.take(size).cases for size in sizes])

    assert np.array_equal(cases([20]), cases([1, 4, 5, 10]))
