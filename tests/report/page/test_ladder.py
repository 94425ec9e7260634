"""How far up an answer was checked."""

from dataclasses import replace

import numpy as np
import pytest

from whence._core.certificate import Certificate
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


def rungs(att, *certificates):
    return {r.name: r for r in ladder(replace(att, certificates=certificates))}


@pytest.mark.parametrize(
    ("holds", "state"), [(True, "checked"), (False, "open"), (None, "not checked")]
)
def test_a_calibration_decides_the_coalition_fit(holds, state, churn):
    rung = rungs(churn, Certificate("calibration", holds, "what came of it", {}))["Coalition fit"]
    assert (rung.state, rung.said) == (state, "what came of it.")


def test_one_that_fails_leaves_it_open(churn):
    """Kills: the first certificate alone, or the kindest."""
    good, bad = (
        Certificate("held-out fit", True, "fits.", {}),
        Certificate("calibration", False, "no", {}),
    )
    for both in ((good, bad), (bad, good)):
        assert rungs(churn, *both)["Coalition fit"].state == "open"
    assert rungs(churn, good, bad)["Coalition fit"].said == "fits. no."


def test_other_checks_have_rungs_of_their_own(churn):
    """Kills: an illusion's certificate that says the numbers predict the game."""
    found = rungs(churn, Certificate("illusion", True, "kept\x1b", {}))
    assert found["Coalition fit"].state == "not checked"
    assert (found["Illusion"].state, found["Illusion"].said) == (
        "checked",
        "kept\N{REPLACEMENT CHARACTER}.",
    )
    assert len(found) == 7


def test_a_page_says_what_was_checked(churn):
    page = replace(churn, certificates=(Certificate("screen", False, "p7 & co", {}),)).to_html()
    assert '<strong>Screen</strong> <span class="state">open</span>' in page
    assert "p7 &amp; co." in page
