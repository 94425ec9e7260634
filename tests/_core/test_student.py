"""Student's t."""

import numpy as np
import pytest

from whence._core.errors import OptionError
from whence._core.student import normal, quantile

LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99, 0.999)


@pytest.mark.parametrize("level", LEVELS)
def test_as_scipy(level):
    stats = pytest.importorskip("scipy.stats")
    free = np.arange(1.0, 1001.0)
    assert np.allclose(quantile(level, free), stats.t.ppf((1 + level) / 2, free), rtol=1e-5)


def test_closed_forms():
    """One degree of freedom is Cauchy's; two have a closed form too."""
    assert quantile(0.95, np.array([1.0])) == pytest.approx(np.tan(np.pi * 0.475))
    p = 0.05
    assert quantile(0.95, np.array([2.0])) == pytest.approx(np.sqrt(2 / (p * (2 - p)) - 2))
    assert quantile(0.95, np.array([1e9])) == pytest.approx(normal(0.975), rel=1e-6)


def test_fewer_than_one_degree_counts_as_one():
    assert (quantile(0.95, np.array([0.0, 0.3])) == quantile(0.95, np.array([1.0]))).all()


def test_shape_and_order_are_kept():
    free = np.array([[30.0, 1.0], [5.0, 30.0]])
    got = quantile(0.9, free)
    assert got.shape == (2, 2)
    assert got[0, 0] == got[1, 1] < got[1, 0] < got[0, 1]


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, 1.2, 95.0, float("nan")])
def test_levels_outside(level):
    with pytest.raises(OptionError, match="between 0 and 1"):
        quantile(level, np.array([3.0]))
