"""The estimands."""

from math import comb

import numpy as np
import pytest

from whence import Banzhaf, BetaShapley, FirstIn, LeaveOneOut, Shapley, Share
from whence._core.errors import OptionError
from whence._core.index import AumannShapley, InOrder

EVERY = (
    Shapley(),
    Banzhaf(),
    BetaShapley(4.0, 1.0),
    BetaShapley(1.0, 16.0),
    LeaveOneOut(),
    FirstIn(),
)


@pytest.mark.parametrize("index", EVERY, ids=repr)
@pytest.mark.parametrize("n", [1, 2, 3, 8, 40])
def test_weights_are_a_distribution(index, n):
    assert index.sizes(n).sum() == pytest.approx(1.0, rel=1e-9)
    assert (index.sizes(n) >= 0).all()


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_beta_one_one_is_shapley(n):
    sizes = [BetaShapley(1.0, 1.0).weight(s, n) for s in range(n)]
    assert np.allclose(sizes, [Shapley().weight(s, n) for s in range(n)])
    assert np.allclose(Shapley().sizes(n), 1 / n)


def test_which_side_beta_favours():
    """Kills: a and b exchanged. Kwon & Zou's (16, 1) looks at small coalitions."""
    sizes = BetaShapley(16.0, 1.0).sizes(10)
    assert sizes[0] > sizes[5] > sizes[9]
    assert np.allclose(sizes, BetaShapley(1.0, 16.0).sizes(10)[::-1])


def test_banzhaf_is_a_fair_coin():
    assert np.allclose(Banzhaf().sizes(6), [comb(5, s) / 32 for s in range(6)])


def test_the_two_ends():
    assert LeaveOneOut().sizes(4).tolist() == [0, 0, 0, 1]
    assert FirstIn().sizes(4).tolist() == [1, 0, 0, 0]


def test_who_closes_the_gap():
    efficient = (Shapley(), AumannShapley(), Share("x"), InOrder())
    assert all(index.efficient for index in efficient)
    assert not any(i.efficient for i in EVERY[1:])


@pytest.mark.parametrize(("a", "b"), [(0.0, 1.0), (1.0, 0.0), (-1.0, 2.0), (1.0, float("nan"))])
def test_beta_needs_positive_numbers(a, b):
    with pytest.raises(OptionError, match="a > 0 and b > 0"):
        BetaShapley(a, b)
