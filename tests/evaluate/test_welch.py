"""Welch's comparison, and Student's distribution."""

import numpy as np
import pytest

from whence._core.student import quantile
from whence.evaluate import welch
from whence.evaluate.welch import below, contrast

stats = pytest.importorskip("scipy.stats")


def test_student_s_distribution():
    t = np.concatenate([-np.geomspace(1e-4, 60, 40), [0.0], np.geomspace(1e-4, 60, 40)])
    for freedom in (1.0, 1.5, 2.0, 7.3, 60.0, 1e3, 1e6):
        df = np.full_like(t, freedom)
        np.testing.assert_allclose(below(t, df), stats.t.cdf(t, df), rtol=1e-8, atol=1e-13)


def test_it_is_the_inverse_of_the_quantiles():
    """Kills: a bound that passes at theta + nothing, and a p that says it does not."""
    freedom = np.array([2.0, 5.0, 20.0, 200.0])
    np.testing.assert_allclose(below(-quantile(0.9, freedom), freedom), 0.05, rtol=2e-4)


def test_it_is_welch_s():
    rng = np.random.default_rng(0)
    members, x = rng.random((300, 12)) < 0.1, 5 + rng.exponential(size=300)
    found = contrast(members, x)
    for j in range(12):
        peer = stats.ttest_ind(x[members[:, j]], x[~members[:, j]], equal_var=False)
        assert found.difference[j] / found.stderr[j] == pytest.approx(peer.statistic)
        assert found.freedom[j] == pytest.approx(peer.df)


def test_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    members, x = rng.random((101, 7)) < 0.3, rng.normal(size=101)
    one = contrast(members, x)
    monkeypatch.setattr(welch, "_BLOCK", 7 * 13)
    np.testing.assert_allclose(contrast(members, x).stderr, one.stderr)


def test_equal_numbers_are_no_proof_that_there_is_no_spread():
    """Kills: a standard error of zero, from three zeros."""
    members = np.zeros((10, 2), dtype=bool)
    members[:3, 0] = members[5:, 1] = True
    x = np.array([0.0, 0, 0, 1, 2, 3, 4, 5, 6, 7])
    found = contrast(members, x)
    low, rest = x.var(ddof=1) / 3, x[3:].var(ddof=1) / 7
    assert found.stderr[0] == pytest.approx(np.sqrt(low + rest))
