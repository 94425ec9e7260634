"""Progress and its listeners."""

import numpy as np
import pytest

import whence as wh
from whence._core.progress import Progress, listening, tell
from whence.methods import Exact

from .toys import NEVER, Scattered


def test_who_listens_hears():
    heard, other = [], []
    with listening(heard.append):
        tell(Progress(1, 2, 3.0))
        with listening(other.append), listening(None):
            tell(Progress(4, 5, 6.0))
    tell(Progress(7, 8, 9.0))
    assert [p.asked for p in heard] == [1, 4]
    assert [p.asked for p in other] == [4]


@pytest.mark.parametrize(
    ("seconds", "forecast", "share"), [(1.0, 4.0, 0.25), (9.0, 4.0, 1.0), (1.0, None, 0.0)]
)
def test_share(seconds, forecast, share):
    assert Progress(1, 1, seconds, forecast).share == share


def test_a_run_tells_how_far_it_is():
    """Kills: a forecast that never comes, or an error that is not a multiple of enough."""
    heard = []
    game = Scattered([3.0, 1.0, 0.0], 40)
    got = wh.attribute(game, progress=heard.append)
    assert got.converged
    assert [p.asked for p in heard] == sorted({p.asked for p in heard})
    assert heard[-1].asked == got.cost.asked
    assert heard[-1].rows == got.cost.rows
    assert heard[0].forecast is None  # two walks know nothing
    known = [p for p in heard if p.forecast is not None]
    assert len(known) > 1
    assert all(p.forecast >= p.seconds for p in known)
    assert known[-1].share == 1.0
    assert known[-1].error <= 1.0 < known[0].error


def test_the_forecast_ends_with_the_budget():
    """Kills: a forecast of the work that accuracy would take, where the budget ends first."""
    heard = []
    budget = wh.Budget(evaluations=4_000, relative_error=1e-9, data_share=None)
    wh.attribute(Scattered([1.0, 0.5], 5), budget=budget, progress=heard.append)
    late = heard[-4]
    # the accuracy would take 10^12 walks; seconds are real, so the price of a walk moves
    assert 1 <= late.forecast / late.seconds < 10 * 4_000 / late.asked


def test_nobody_listens_afterwards():
    heard = []
    wh.attribute(Scattered([1.0, 0.5], 5), progress=heard.append)
    n = len(heard)
    wh.attribute(Scattered([1.0, 0.5], 5))
    assert len(heard) == n


@pytest.mark.parametrize("by_case", [True, False])
def test_the_interval_that_is_told_is_the_answers(by_case):
    """Kills: one part of the error in place of all; z for t; another range."""
    heard = []
    budget = wh.Budget(evaluations=2_000, **NEVER)
    game = Scattered([3.0, 1.0, -1.0, 0.0], 40)
    got = wh.attribute(game, by_case=by_case, budget=budget, progress=heard.append)
    low, high = got.ci()
    assert heard[-1].interval == pytest.approx((high - low).max() / 2, rel=1e-12)
    range_ = np.maximum(got.values.max(axis=2), 0) - np.minimum(got.values.min(axis=2), 0)
    scale = np.sqrt((range_**2).mean())
    assert heard[-1].share_of_range == pytest.approx(heard[-1].interval / scale, rel=1e-12)
    assert heard[-1].unit == "worth"
    known = [p.interval for p in heard if p.interval is not None]
    assert known[0] > known[-1]
    assert heard[0].interval is None or not by_case  # most cases were not visited yet


def test_a_listener_that_fails_costs_no_work():
    """Kills: hours lost to a listener; a listener that fails a thousand times; others unheard."""
    heard, broken = [], []

    def fails(told):
        broken.append(told)
        raise ZeroDivisionError("listening is hard")

    game, budget = Scattered([1.0, 0.5], 5), wh.Budget(evaluations=600, **NEVER)
    alone = wh.attribute(game, budget=budget)
    with listening(heard.append), pytest.warns(RuntimeWarning, match="listening is hard.*no more"):
        got = wh.attribute(game, budget=budget, progress=fails)
    assert np.array_equal(got.values, alone.values)
    assert np.array_equal(got.stderr, alone.stderr)
    assert got.verdict == alone.verdict
    assert len(broken) == 1
    assert len(heard) > 3


def test_an_exact_answer_is_told_of_by_its_share(monkeypatch):
    """Kills: silence; a forecast that forgets what is left."""
    monkeypatch.setattr("whence.methods.perturbation.exact._BLOCK", 16)
    heard = []
    game = Scattered([1.0, 0.5, 2.0, 0.0], 20, n_draws=3)
    wh.attribute(game, method=Exact(), by_case=True, progress=heard.append)
    assert [p.asked for p in heard] == list(range(16, 961, 16))
    assert all(p.exact for p in heard)
    assert heard[-1].forecast == pytest.approx(heard[-1].seconds)
    assert heard[0].forecast == pytest.approx(60 * heard[0].seconds)
