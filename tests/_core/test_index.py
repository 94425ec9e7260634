"""The estimands."""

from math import comb

import numpy as np
import pytest

from whence import Banzhaf, BetaShapley, FirstIn, LeaveOneOut, LinearSurrogate, Shapley, Share
from whence._core.enumeration import coalitions
from whence._core.errors import OptionError
from whence._core.index import AumannShapley, InOrder
from whence.games.synthetic import Airport, Gloves, Unanimity, Voting
from whence.methods import Exact

EVERY = (
    Shapley(),
    Banzhaf(),
    BetaShapley(4.0, 1.0),
    BetaShapley(1.0, 16.0),
    LeaveOneOut(),
    FirstIn(),
    LinearSurrogate(0.95),
    LinearSurrogate(0.2),
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


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.8])
@pytest.mark.parametrize(
    "game",
    [Gloves(), Airport(), Voting(), Unanimity({("a", "b", "c"): 2.0, ("a", "d"): -3.0}, "abcde")],
    ids=lambda g: type(g).__name__,
)
def test_a_surrogate_is_the_slope_of_the_best_linear_fit(game, keep):
    """Least squares over all coalitions, each with its chance. Mutant: keep and 1 - keep."""
    n = len(game.players)
    stay = coalitions(n)
    zeros = np.zeros(2**n, dtype=int)
    worth = game.worth(stay, zeros, zeros)[:, 0]
    root = np.sqrt(np.where(stay, keep, 1 - keep).prod(axis=1))
    design = np.hstack([stay.astype(float), np.ones((2**n, 1))])
    fit = np.linalg.lstsq(root[:, None] * design, root * worth, rcond=None)[0]
    assert np.allclose(game.truth(LinearSurrogate(keep)), fit[:n], atol=1e-12)
    assert np.allclose(Exact(LinearSurrogate(keep)).attribute(game).values[0, 0], fit[:n])


def test_a_surrogate_lies_between_the_others():
    half = [LinearSurrogate().weight(s, 6) for s in range(6)]
    assert np.allclose(half, [Banzhaf().weight(s, 6) for s in range(6)])
    assert np.allclose(LinearSurrogate(1 - 1e-9).sizes(6), LeaveOneOut().sizes(6))
    assert np.allclose(LinearSurrogate(1e-9).sizes(6), FirstIn().sizes(6))


@pytest.mark.parametrize("keep", [0.0, 1.0, -0.5, 2, True, float("nan")])
def test_a_surrogate_needs_a_chance(keep):
    with pytest.raises(OptionError, match=r"keep is the chance .* between 0 and 1.*; given"):
        LinearSurrogate(keep)


@pytest.mark.parametrize("index", EVERY, ids=repr)
def test_sizes_of_more_players_than_floats_count(index):
    """2,000 players have more coalitions of one size than a float holds."""
    assert index.sizes(2000).sum() == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize(("a", "b"), [(1e15, 1e15), (1e30, 1e30), (1e290, 1e290)])
def test_beta_of_large_numbers_is_a_fair_coin(a, b):
    assert np.allclose(BetaShapley(a, b).sizes(9), Banzhaf().sizes(9), rtol=1e-9)


def test_beta_of_one_large_number_is_an_end():
    assert np.allclose(BetaShapley(1e30, 1.0).sizes(5), FirstIn().sizes(5))
    assert np.allclose(BetaShapley(1.0, 1e30).sizes(5), LeaveOneOut().sizes(5))


@pytest.mark.parametrize("a", [10**400, 1e308, float("inf"), float("nan"), True])
def test_beta_of_no_number(a):
    with pytest.raises(OptionError, match="lie below 1e300"):
        BetaShapley(a, 1.0)
