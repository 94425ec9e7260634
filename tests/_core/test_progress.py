"""Progress and its listeners."""

import pytest

import whence as wh
from whence._core.progress import Progress, listening, tell

from .toys import Scattered


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
