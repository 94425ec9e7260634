"""Ratios of means: closed forms, and intervals that hold the truth as often as they say."""

import numpy as np
import pytest

from whence._core.ratio import ratios, steady, vanishes


def test_it_is_the_ratio_of_the_means_and_not_the_mean_of_ratios():
    found = ratios(np.array([[1.0], [1.0]]), np.array([[1.0], [3.0]]))
    assert found.value.tolist() == [0.5]
    # a - r b = 0.5, -0.5: standard deviation sqrt(1/2), over sqrt(2) * 2
    assert found.stderr.tolist() == pytest.approx([0.25])
    low, high = found.ci()
    assert high[0] - low[0] == pytest.approx(2 * 12.706 * 0.25, rel=1e-4)  # t of one degree


def test_what_cases_have_in_common_cancels():
    """Kills: the error of the top alone."""
    whole = np.array([[1.0], [5.0], [40.0]])
    assert ratios(0.3 * whole, whole).stderr[0] == pytest.approx(0.0, abs=1e-15)


def test_of_one_case_nobody_knows():
    found = ratios(np.array([[1.0, 2.0]]), np.array([[4.0, 4.0]]))
    assert found.value.tolist() == [0.25, 0.5]
    assert np.isnan(found.stderr).all()
    assert np.isnan(found.ci()[0]).all()


def test_nothing_but_rounding_vanishes():
    low = np.array([[1.0, 1.0, 0.0], [-1.0, 1.0, 0.0]])
    assert vanishes(low, low + np.array([1e-9, 1e-3, 0.0])).tolist() == [True, False, True]
    assert vanishes(low, low + np.array([[1.0, 1.0, 1.0], [-1.0, 1.0, 0.0]])).tolist() == [
        True,
        False,
        False,
    ]


def test_steady():
    gain = np.array([[1.0, 1.0], [1.1, -1.0], [0.9, 1.0]])
    assert steady(np.zeros((3, 2)), gain).tolist() == [True, False]
    assert steady(np.zeros((1, 2)), gain[:1]).tolist() == [True, True]


@pytest.mark.slow
def test_intervals_hold_the_truth():
    """Of 2000 intervals at 95 %, 1900 +- 20 (two standard deviations) would; t is a bit wide."""
    rng = np.random.default_rng(5)
    whole = 2.0 + rng.normal(size=(12, 2000)) * 0.4
    part = 0.7 * whole + rng.normal(size=(12, 2000)) * 0.3
    low, high = ratios(part, whole).ci()
    assert 1860 <= ((low <= 0.7) & (high >= 0.7)).sum() <= 1960
