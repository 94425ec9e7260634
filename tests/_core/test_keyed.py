"""Chance as a function of its key."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence._core.keyed import hashed, uniforms

MANY = 50_000


def test_uniform_in_every_column():
    """Kills: a multiplier that leaves low words of the key unmixed."""
    u = uniforms(4, 5, np.arange(MANY), 7)
    assert u.shape == (MANY, 4)
    assert ((u >= 0) & (u < 1)).all()
    counts = np.apply_along_axis(lambda c: np.bincount((c * 100).astype(int), minlength=100), 0, u)
    chi2 = ((counts - MANY / 100) ** 2 / (MANY / 100)).sum(axis=0)
    assert (chi2 < 175).all()  # 99 degrees of freedom: p < 1e-6 each


def test_columns_and_neighbours_are_independent():
    u = uniforms(4, 5, np.arange(MANY), 7)
    bound = 5 / np.sqrt(MANY)
    assert np.abs(np.corrcoef(u.T) - np.eye(4)).max() < bound
    assert abs(np.corrcoef(u[:-1, 0], u[1:, 0])[0, 1]) < bound


def test_neighbouring_words_of_the_key_are_independent():
    """Kills: words added, so that (1, 2) and (2, 1) share their numbers."""
    a, b = np.meshgrid(np.arange(300), np.arange(300), indexing="ij")
    assert len(np.unique(hashed(a, b))) == 300 * 300


@given(
    key=st.tuples(st.integers(0, 2**70), st.integers(0, 2**31)),
    rows=st.lists(st.integers(0, 2**40), min_size=1, max_size=9),
    size=st.integers(1, 5),
)
def test_no_batch_changes_a_number(key, rows, size):
    whole = uniforms(size, *key, np.array(rows))
    for place, row in enumerate(rows):
        assert np.array_equal(uniforms(size, *key, np.array([row]))[0], whole[place])
    assert np.array_equal(uniforms(size + 2, *key, np.array(rows))[:, :size], whole)


def test_no_collisions_among_many():
    assert len(np.unique(hashed(3, np.arange(200_000)))) == 200_000


@pytest.mark.parametrize("seed", [0, 2**31, 2**63, 2**64 - 1, -1])
def test_any_whole_number_is_a_seed(seed):
    assert uniforms(1, seed).shape == (1, 1)
    assert uniforms(1, seed) != uniforms(1, seed + 1)


def test_known_numbers():
    """Kills: any change of the hash, which would change every seeded answer in the field."""
    assert hashed(1, 2, 3).tolist() == hashed(1, np.array([2]), 3).tolist()
    assert hashed(0).tolist() == [0xE220A8397B1DCDAF]  # SplitMix64's first output from seed 0


def test_the_global_state_is_left_alone():
    before = repr(np.random.get_state())
    uniforms(5, 1, np.arange(10))
    assert repr(np.random.get_state()) == before
