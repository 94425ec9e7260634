"""Cheap estimates against exact values."""

import numpy as np
import pytest

from whence import Players
from whence._core.calibration import calibration, spearman
from whence._core.errors import OptionError

NAMES = ("a", "b", "c", "d")
EXACT = np.array([4.0, -2.0, 1.0, 0.1])


def test_what_is_exact_is_calibrated():
    found = calibration(NAMES, EXACT, EXACT)
    assert found.holds is True
    assert found.numbers == {"slope": 1.0, "rank": 1.0, "sign": 1.0, "worst": 0.0, "checked": 4.0}
    assert found.table["players"] == NAMES
    assert found.table["exact"] == tuple(EXACT)


@pytest.mark.parametrize("factor", [0.7, 1.3])
def test_the_slope_is_what_a_unit_is_worth(factor):
    """Kills: the slope of the estimate on the exact values, which is its inverse."""
    found = calibration(Players(NAMES), factor * EXACT, EXACT)
    assert found.numbers["slope"] == pytest.approx(1 / factor)
    assert found.numbers["worst"] == pytest.approx(0.3)
    assert found.holds is True


def test_a_wrong_sign_is_named():
    """Kills: a slope or a rank that hides the largest player's sign."""
    found = calibration(("0.3", "0.1"), [-0.9, 0.2], [4.31, 0.25])
    assert found.holds is False
    assert "wrong sign on '0.3' (-0.9 against +4.31 exact)" in found.words
    assert found.numbers["sign"] == 0.5
    two = calibration(NAMES, [-4.0, 2.0, 1.0, 0.1], EXACT)
    assert "wrong sign on 'a' (-4 against +4 exact) and on 'b'" in two.words


def test_no_estimate_is_a_wrong_sign():
    """Kills: a zero that passes for the right sign."""
    found = calibration(NAMES, [4.0, -2.0, 0.0, 0.1], EXACT)
    assert found.holds is False
    assert found.numbers["sign"] == pytest.approx(2 / 3)


def test_negligible_players_need_no_sign():
    assert calibration(NAMES, [4.0, -2.0, 1.0, -0.1], EXACT).holds is True
    strict = calibration(NAMES, [4.0, -2.0, 1.0, -0.1], EXACT, negligible=0.01)
    assert "wrong sign on 'd'" in strict.words


def test_an_order_that_is_lost():
    found = calibration(NAMES, [1.0, 1.2, 1.4, 1.6], [1.6, 1.4, 1.2, 1.0])
    assert found.numbers["rank"] == pytest.approx(-1.0)
    assert found.words == "4 players asked exactly: the order agrees at only -1.00"
    assert found.holds is False
    assert calibration(NAMES, [1.0, 1.2, 1.4, 1.6], [1.6, 1.4, 1.2, 1.0], rank=-1.0).holds is True


def test_the_largest_miss_is_named():
    found = calibration(NAMES, [10.0, -2.0, 1.0, 0.1], EXACT)
    assert found.words.endswith(
        "misses 'a' (+10 against +4 exact) by 150 % of the largest exact value"
    )
    assert found.numbers["worst"] == pytest.approx(1.5)
    assert calibration(NAMES, [10.0, -2.0, 1.0, 0.1], EXACT, miss=2.0).holds is True


def test_two_players_have_no_order():
    found = calibration(("a", "b"), [1.0, 0.9], [0.9, 1.0])
    assert np.isnan(found.numbers["rank"])
    assert "the order is not judged" in found.words
    assert found.holds is True
    assert calibration(("a",), [1.0], [0.9]).words.startswith("1 player asked exactly")


def test_nothing_is_not_judged():
    """Kills: a pass for two columns of zeros."""
    assert calibration(NAMES, np.zeros(4), np.zeros(4)).holds is None
    found = calibration(NAMES, [1.0, 0, 0, 0], np.zeros(4))
    assert found.holds is False
    assert found.words.endswith("it misses 'a' (+1 against +0 exact) where all are 0")
    assert np.isnan(calibration(NAMES, np.zeros(4), EXACT).numbers["slope"])


def test_cases_are_averaged_and_give_an_interval():
    """Kills: an interval over players in place of cases."""
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(200):
        cases = 2 * EXACT + rng.normal(size=(12, 4))
        found = calibration(NAMES, EXACT, cases, miss=2.0)
        low, high = found.intervals["slope"]
        inside += low <= 2 <= high
    assert 178 <= inside <= 200  # 190 expected, with 3.1 standard deviations of about 3.1
    np.testing.assert_allclose(found.table["exact"], cases.mean(axis=0))
    np.testing.assert_allclose(found.table["stderr"], cases.std(axis=0, ddof=1) / np.sqrt(12))
    both = calibration(NAMES, np.stack([EXACT, 3 * EXACT]), cases, miss=2.0)
    np.testing.assert_allclose(both.table["estimate"], 2 * EXACT)


def test_ties_share_their_rank():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(1)
    for _ in range(20):
        a, b = rng.integers(0, 4, (2, 9)).astype(float)
        assert spearman(a, b) == pytest.approx(stats.spearmanr(a, b).statistic)
    assert np.isnan(spearman(np.ones(5), np.arange(5.0)))


@pytest.mark.parametrize(
    ("estimate", "exact", "message"),
    [
        (EXACT[:3], EXACT, r"estimate of shape \(3,\) for 4 players"),
        (EXACT, EXACT[None, None], r"exact of shape \(1, 1, 4\) for 4 players"),
        (EXACT, np.zeros((0, 4)), r"exact of shape \(0, 4\)"),
        (EXACT, [1.0, np.nan, 1, np.inf], "exact has 2 NaN or infinite of 4 numbers"),
        (["a", "b", "c", "d"], EXACT, "estimate must be an array of numbers"),
    ],
)
def test_what_is_refused(estimate, exact, message):
    with pytest.raises(OptionError, match=message):
        calibration(NAMES, estimate, exact)


def test_names_come_one_by_one():
    with pytest.raises(OptionError, match="players must be"):
        calibration("abcd", EXACT, EXACT)
    with pytest.raises(OptionError, match="0 players"):
        calibration((), [], [])


def test_near_ties_may_change_places():
    """Kills: an order that fails for differences that nobody would tell apart."""
    found = calibration(NAMES, [1.0, 1.03, 0.99, 0.2], [1.02, 1.0, 1.01, 0.2])
    assert found.numbers["rank"] < 0.8
    assert found.holds is True
