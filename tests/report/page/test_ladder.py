"""How far up an answer was checked."""

import numpy as np

from whence._core.index import Banzhaf
from whence.report.page.ladder import ladder


def states(att):
    return [rung.state for rung in ladder(att)]


def test_six_rungs_and_nothing_is_claimed_above_the_first(churn, odd):
    """Kills: a rung that is said to be climbed when nobody climbed it."""
    for att in (churn, odd):
        assert len(ladder(att)) == 6
        assert states(att)[1:] == ["not checked"] * 5


def test_values_that_add_up_are_checked(churn):
    assert ladder(churn)[0].said == "the values add up to what there is to share."
    assert states(churn)[0] == "checked"


def test_a_gap_is_left_open(make):
    """Kills: the sum of the gaps of all cases, where they cancel."""
    att = make(np.ones((2, 1, 2)), full=[[2.5], [1.5]])
    rung = ladder(att)[0]
    assert rung.state == "open"
    assert "up to 0.5000" in rung.said


def test_an_index_that_need_not_add_up_is_not_checked_by_its_sum(make):
    assert states(make([1.0, 2.0], full=[[9.0]], index=Banzhaf()))[0] == "not checked"


def test_unasked_ends_are_not_checked(make):
    assert states(make([1.0, 2.0], empty=[[np.nan]]))[0] == "not checked"


def test_exact_is_said(make):
    assert "computed exactly" in ladder(make([1.0], 0.0, uncertainty="exact"))[0].said
