"""Intervals by resampling."""

import numpy as np
import pytest

from whence.evaluate import resample
from whence.evaluate.resample import resampled


def test_a_mean_has_the_interval_of_theory():
    rows = np.random.default_rng(0).normal(size=(400, 2))
    value, low, high = resampled(rows, 0.95, 1).mean(0)
    half = 1.96 * rows[:, 0].std() / 20
    assert value == pytest.approx(rows[:, 0].mean())
    assert (high - low) / 2 == pytest.approx(half, rel=0.08)  # 2,000 resamples: about 2.5 %


def test_rows_are_resampled_together():
    """Kills: a ratio of two columns that are resampled apart."""
    rng = np.random.default_rng(0)
    one = 1 + rng.normal(size=100)
    found = resampled(np.stack([one, 2 * one, 2 * one], axis=1), 0.9, 0)
    assert found.ratio(0, 1) == pytest.approx((0.5, 0.5, 0.5))
    assert found.difference(1, 2) == (0.0, 0.0, 0.0)


def test_many_rows_come_in_blocks(monkeypatch):
    """Kills: resamples that are lost, or of another number, at the end of a block."""
    monkeypatch.setattr(resample, "_CELLS", 3000)
    found = resampled(np.random.default_rng(0).normal(size=(1000, 1)), 0.95, 0)
    assert found.again.shape == (2000, 1)
    assert found.again.std() == pytest.approx(1 / np.sqrt(1000), rel=0.1)


def test_one_row_has_no_interval():
    found = resampled(np.array([[2.0, 4.0]]), 0.95, 0)
    assert found.ratio(0, 1)[0] == 0.5
    assert np.isnan(found.mean(0)[1:]).all()
    assert not found.noise(0)
    assert resampled(np.zeros((1, 1)), 0.95, 0).noise(0)


def test_noise_is_what_cannot_be_told_from_nothing():
    rng = np.random.default_rng(2)
    rows = np.stack([rng.normal(size=50), 3 + rng.normal(size=50)], axis=1)
    found = resampled(rows, 0.95, 0)
    assert (found.noise(0), found.noise(1)) == (True, False)


def test_a_resample_without_a_bottom_is_left_out():
    """Kills: an infinite end, by a resample of zeros alone."""
    rows = np.zeros((6, 2))
    rows[:4] = 1.0
    assert resampled(rows, 0.95, 0).ratio(0, 1) == (1.0, 1.0, 1.0)
