"""When an estimate is good enough."""

import numpy as np
import pytest

import whence as wh
from whence import Budget
from whence._core.reading import Averaged, Reading
from whence._core.stopping import (
    NEGLIGIBLE,
    TELLING,
    _walks_needed,
    error_of_sum,
    judge,
    negligible,
    nothing,
    spread,
)
from whence._core.visits import TWICE

from .toys import NEVER, Blank, Scattered

RELATIVE = Budget(relative_error=0.1, data_share=None)


def one_case(values, error, free=1000.0):
    v = np.array(values, dtype=float)[None, None]
    return Reading(v, np.full_like(v, error), np.array([free]), *np.full((2, 1, 1), -1.0))


def cases(values, error, free=100.0, n=50, noise=0.0):
    rng = np.random.default_rng(0)
    v = np.array(values, dtype=float) + noise * rng.normal(size=(n, 1, len(values)))
    return Reading(v, np.full_like(v, error), np.full(n, free), *np.full((2, n, 1), -1.0))


def single(reading, budget, walks):
    return judge(reading, budget, 1, walks, by_case=False)


def mean(reading, budget, walks, **more):
    return judge(reading, budget, len(reading.values), walks, by_case=False, **more)


# -- each rule --


def test_never_before_the_rule_of_three():
    """Kills: stopping on 64 walks that look alike."""
    sure = one_case([1.0, 0.0], 0.001)
    assert not single(sure, RELATIVE, 29).enough
    assert single(sure, RELATIVE, 30).enough
    assert not single(sure, Budget(relative_error=0.01, data_share=None), 299).enough
    share = Budget(relative_error=None, absolute_error=0.1)
    assert not single(sure, share, 119).enough  # 0.025 stands in
    assert single(sure, share, 120).enough


def test_never_before_the_first_cases_were_seen_twice():
    sure = cases([1.0, 0.0], 0.001)
    assert not mean(sure, RELATIVE, 99).enough
    assert mean(sure, RELATIVE, 100).enough
    many = cases([1.0, 0.0], 0.001, n=3 * TWICE)
    assert not mean(many, RELATIVE, 2 * TWICE - 1).enough
    assert mean(many, RELATIVE, 2 * TWICE).enough


def test_never_on_few_degrees_of_freedom():
    assert not single(one_case([1.0, 0.0], 0.001, 6.0), RELATIVE, 10**6).enough
    assert single(one_case([1.0, 0.0], 0.001, 7.0), RELATIVE, 10**6).enough
    assert not mean(cases([1.0, 0.0], 0.001, 1.0, n=14), RELATIVE, 10**6).enough
    assert mean(cases([1.0, 0.0], 0.001, 1.0, n=15), RELATIVE, 10**6).enough


def test_relative_error():
    """Kills: a scale that leaves out zero."""
    assert spread(np.array([[[5.0, 5.0, 5.0]]])).item() == 5.0
    assert spread(np.array([[[-1.0, 3.0]], [[0.0, 0.0]]])).item() == pytest.approx(np.sqrt(8))
    got = single(one_case([5.0, 5.0], 0.5), RELATIVE, 100)
    assert got.enough
    assert got.why == "every error is within 10 % of the spread of the values"
    assert got.excess == pytest.approx(1.0)
    over = single(one_case([5.0, 5.0], 0.51), RELATIVE, 100)
    assert not over.enough
    assert over.excess == pytest.approx(1.02)


def test_absolute_error():
    budget = Budget(relative_error=None, absolute_error=0.2, data_share=None)
    assert single(one_case([5.0, 5.0], 0.2), budget, 200).why == "every error is within 0.2"
    assert not single(one_case([5.0, 5.0], 0.21), budget, 200).enough


def test_the_data_dominate():
    budget = Budget(relative_error=0.001, data_share=0.5)
    rough = cases([1.0, 0.5], 0.5, noise=2.0)
    assert "finite sample of cases dominates" in mean(rough, budget, 10**4).why
    assert not mean(rough, Budget(relative_error=0.001, data_share=None), 10**4).enough


def test_the_first_reason_is_given():
    assert "spread of the values" in mean(cases([1.0, 0.5], 0.01, noise=2.0), Budget(), 10**4).why


def test_no_spread_left():
    assert single(one_case([0.0, 0.0], 0.0), RELATIVE, 100).why == "the estimate has no spread left"


def test_zero_rule():
    """Noise ends, once as many walks were made as the relative error would take."""
    few = one_case([0.01, -0.01], 0.01, free=98.0)
    many = one_case([0.01, -0.01], 0.01, free=99.0)
    assert not single(few, RELATIVE, 1000).enough
    assert "no player can be told from zero after 1,000 walks" in single(many, RELATIVE, 1000).why


def test_zero_rule_for_a_mean_counts_walks():
    noise = cases([0.01, -0.01], 0.1, free=1.0)
    assert not mean(noise, RELATIVE, 99).enough
    assert "told from zero" in mean(noise, RELATIVE, 100).why


def test_a_signal_is_not_nothing():
    assert not single(one_case([0.06, 0.0], 0.01), RELATIVE, 10**6).enough


def test_together_they_are_something():
    """Kills: many players, each too small to see, called nothing."""
    got = averaged_of([0.02] * 10, 0.01)
    assert not nothing(got)
    assert nothing(averaged_of([0.02, -0.02] * 5, 0.01))


def test_who_makes_a_loss_larger_is_not_nothing():
    """Kills: "nothing matters" beside an interval that lies below zero."""
    assert not nothing(averaged_of([-0.5, 0.01], 0.01))
    assert not nothing(averaged_of([0.5, -0.6], 0.01))


def averaged_of(values, error, empty=-1.0, covariance=None):
    v = np.array(values)[None, None]
    parts = {"estimation": np.full_like(v, error)}
    ends = np.full((1, 1), empty), np.zeros((1, 1))
    return Averaged(v, parts, np.array([100.0]), *ends, covariance or {})


def test_negligible_of_the_loss_with_nobody():
    small = NEGLIGIBLE / 2
    assert negligible(averaged_of([small, -1.0], small / 10))
    assert not negligible(averaged_of([small, -1.0], small))
    assert not negligible(averaged_of([2 * NEGLIGIBLE], 1e-9))
    assert negligible(averaged_of([2 * NEGLIGIBLE], 1e-9, empty=-3.0))


def test_negligible_noise_ends_early_for_a_loss():
    small = cases([0.0001, -0.0001], 0.002, free=1.0)
    budget = Budget(relative_error=0.01, data_share=None)
    assert not mean(small, budget, 5_000).enough
    assert "told from zero" in mean(small, budget, 5_000, loss=True).why


def test_noise_ends_early_where_the_data_dominate():
    noise = cases([0.0, 0.0], 0.1, free=1.0, noise=0.5, n=50)
    budget = Budget(relative_error=0.01, data_share=0.001)
    assert "told from zero" in mean(noise, budget, 5_000).why


def test_error_of_the_sum():
    plain = averaged_of([0.0, 0.0], 3.0)
    assert error_of_sum(plain).item() == pytest.approx(np.sqrt(18))
    tied = np.array([[[9.0, 9.0], [9.0, 9.0]]])
    both = averaged_of([0.0, 0.0], 3.0, covariance={"estimation": tied})
    assert error_of_sum(both).item() == pytest.approx(6.0)
    closed = averaged_of([0.0, 0.0], 3.0, covariance={"estimation": tied * [[1, -1], [-1, 1]]})
    assert error_of_sum(closed).item() == 0.0


def test_unknown_errors_are_not_enough():
    hidden = one_case([1.0, 0.0], np.inf)
    assert not single(hidden, RELATIVE, 10**6).enough
    assert single(hidden, RELATIVE, 10**6).walks == float("inf")
    unseen = one_case([np.nan, np.nan], 0.0)
    assert not single(unseen, RELATIVE, 10**6).enough
    part = cases([1.0, 0.0], 0.001)
    part.values[3] = np.nan
    assert not judge(part, RELATIVE, 50, 10**6, by_case=True).enough
    assert judge(part, RELATIVE, 50, 10**6, by_case=False).enough


def test_by_case_every_case_must_be_sure():
    """Kills: the mean of the errors for the largest."""
    r = cases([1.0, 0.0], 0.001)
    assert judge(r, RELATIVE, 50, 1000, by_case=True).enough
    r.stderr[7] = 0.2
    assert not judge(r, RELATIVE, 50, 1000, by_case=True).enough


# -- the forecast --


@pytest.mark.parametrize("walks", [20, 100, 400])
@pytest.mark.parametrize("target", [0.5, 0.05, 0.001])
@pytest.mark.parametrize(("between", "within"), [(1.0, 0.2), (0.1, 3.0), (0.0, 1.0)])
def test_the_forecast_solves_its_own_equation(walks, target, between, within):
    """Kills: a factor dropped from one side of it."""
    n = 100

    def error(m):
        return np.sqrt((within + max(0.0, 1 - m / n) * between) / m)

    got = _walks_needed(
        np.full((1, 1, 1), error(walks)),
        np.full((1, 1, 1), np.sqrt(between / n)),
        np.full((1, 1, 1), target),
        walks,
        n,
    )
    assert error(got) == pytest.approx(target)


def test_the_forecast_of_one_case_is_the_square():
    got = _walks_needed(np.array([[[0.2, 0.1]]]), None, np.array([[[0.1, 0.1]]]), 50, 1)
    assert got == 200


def test_no_forecast_before_the_parts_are_told_apart():
    early = cases([1.0, 0.0], 0.5, free=TELLING / 50 - 0.01)
    assert mean(early, RELATIVE, 60).walks == float("inf")
    assert np.isfinite(mean(cases([1.0, 0.0], 0.5, free=TELLING / 50), RELATIVE, 60).walks)


def test_the_forecast_is_never_below_the_rule_of_three():
    assert single(one_case([1.0, 0.0], 1e-9), RELATIVE, 5).walks == pytest.approx(30)


# -- at large --


def test_noise_ends():
    got = wh.attribute(Scattered([0.0] * 4, 1, between=0.0))
    assert got.converged
    assert "no player can be told from zero" in got.verdict
    assert 1_600 * 8 <= got.cost.asked < 40_000


def test_a_blank_game_ends_at_once():
    got = wh.attribute(Blank(5, None, 3))
    assert got.converged
    assert got.verdict == "the estimate has no spread left"
    assert got.cost.asked < 2_000
    assert (got.values == 0).all()


@pytest.mark.parametrize("by_case", [True, False])
def test_stops_at_the_error_that_was_asked(by_case):
    game = Scattered([3.0, 1.0, -1.0], 8, within=4.0)
    got = wh.attribute(game, budget=Budget(relative_error=0.03, data_share=None), by_case=by_case)
    enough = 0.03 * spread(got.values)
    assert got.converged
    error = got.parts["estimation"].max()
    assert 0.8 * enough.item() < error <= enough.item()


def test_without_a_rule_only_the_budget_ends_a_run():
    budget = Budget(evaluations=12_000, **NEVER)
    got = wh.attribute(Scattered([1.0, 0.0], 5, within=1e-3), budget=budget)
    assert not got.converged
    assert got.cost.asked == 12_000
    assert "12,000 evaluations" in got.verdict
