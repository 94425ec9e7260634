"""What a budget pays for: model rows, rows that are weighed, mechanisms tried together."""

import numpy as np
import pandas as pd
import pytest

import whence as wh
from whence._core.account import opened
from whence.games.shifts import MechanismShift
from whence.games.shifts.limits import Limits, sampled

NAMES = ["P(region)", "P(use | region)", "P(y | region, use)"]


def rows(n, seed, west=0.2):
    rng = np.random.default_rng(seed)
    region = rng.choice(["n", "w"], n, p=[1 - west, west])
    use = rng.normal(size=n)
    y = (rng.random(n) < 1 / (1 + np.exp(-4 * use * (region == "n")))).astype(int)
    return pd.DataFrame({"region": region, "use": use}), y


def model(X):
    return (X["use"] > 0).to_numpy(float)


@pytest.mark.parametrize("most", [600, 1500, 10_000])
def test_no_more_rows_are_given_to_the_model(most):
    given = []

    def counted(X):
        given.append(len(X))
        return model(X)

    budget = wh.Budget(rows=most)
    att = wh.drop(
        counted, before=rows(1000, 1), after=rows(900, 2, 0.6), mechanisms=NAMES, budget=budget
    )
    assert sum(given) <= most + 2  # trying the model out
    assert att.cost.rows <= most
    assert sum(given) > min(most, 1900) - 20
    assert att["P(region)"].value < -0.05


def test_too_few_rows_are_refused_with_what_is_needed():
    with pytest.raises(wh.WhenceError, match="at least 12"):
        wh.drop(model, before=rows(50, 1), after=rows(50, 2), budget=wh.Budget(rows=10))


def test_no_more_mechanisms_are_tried_together():
    budget = wh.Budget(evaluations=14)
    att = wh.drop(model, before=rows(400, 1), after=rows(400, 2), mechanisms=None, budget=budget)
    assert att.cost.asked <= 14


def test_a_sample_is_weighed_and_everything_measured(monkeypatch):
    """The change is that of all rows; the error is that of the sample, and it says so."""
    from whence.games.shifts import limits

    monkeypatch.setattr(limits, "WEIGHED", 500)
    monkeypatch.setattr(limits.Limits.here, "__defaults__", None)
    before, after = rows(4000, 1), rows(4000, 2, 0.6)
    with opened(wh.Budget(seconds=1000.0)):
        monkeypatch.setattr(limits, "_A_SECOND", 0.5)
        monkeypatch.setattr(limits, "_FEWEST", 100)
        game = MechanismShift(model, before=before, after=after, mechanisms=NAMES)
    sample, whole = game, MechanismShift(model, before=before, after=after, mechanisms=NAMES)
    assert 400 < sample.evidence.sizes[0] < 500
    assert sample.evidence.asked == (4000, 4000)
    assert sample.measured()[1][0] == pytest.approx((model(after[0]) == after[1]).mean())
    few, many = (wh.attribute(g) for g in (sample, whole))
    assert few.empty[0, 0] == pytest.approx(many.empty[0, 0])
    assert few.stderr[0, 0, 0] > 1.5 * many.stderr[0, 0, 0]
    off = np.abs(few.values - many.values)[0, 0]
    assert (off <= 4 * few.stderr[0, 0]).all()
    assert "of 4,000 rows of before" in sample.certificates()[0].words


def test_rows_that_carry_are_named_as_they_were_given(monkeypatch):
    from whence.games.shifts import limits

    before, after = rows(3000, 1), rows(3000, 2, 0.6)
    with opened(wh.Budget(seconds=1000.0)):
        monkeypatch.setattr(limits, "_A_SECOND", 0.3)
        monkeypatch.setattr(limits, "_FEWEST", 100)
        game = MechanismShift(model, before=before, after=after, mechanisms=NAMES)
    found = game.rows("P(region)")
    named = np.r_[found.before, 3000 + found.after]
    assert len(named) == len(found.rows)
    wrong = np.r_[model(before[0]) != before[1], model(after[0]) != after[1]]
    west = np.r_[before[0]["region"] == "w", after[0]["region"] == "w"]
    assert (wrong == west)[named].all()  # who does badly in the west, who does well elsewhere


def test_limits_are_those_of_the_account_that_is_open():
    assert Limits.here() == Limits()
    with opened(wh.Budget(seconds=20.0, rows=7000)):
        here = Limits.here()
    assert here.rows == 7000
    assert 9_000 < here.weighed < 10_000
    assert Limits(rows=1000).sizes(300, 5000) == (300, 700)
    assert Limits(rows=1000).sizes(3000, 5000) == (500, 500)


def test_a_sample_is_a_sample():
    at = sampled(1000, 100, 0, 3)
    assert len(at) == len(set(at.tolist())) == 100
    assert (np.diff(at) > 0).all()
    assert not np.array_equal(at, sampled(1000, 100, 1, 3))
    assert sampled(50, 100, 0, 3).tolist() == list(range(50))
