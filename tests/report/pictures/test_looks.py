"""Convergence, and cost versus error: what a trace tells."""

from dataclasses import replace

import numpy as np
import pytest
from answers import many
from drawn import named

import whence as wh
from whence._core.errors import OptionError, ResultError
from whence.games.synthetic import Noisy, Unanimity
from whence.report.pictures.convergence import convergence
from whence.report.pictures.cost import cost, shares
from whence.report.pictures.placing import spread


@pytest.fixture(scope="module")
def run():
    game = Noisy(Unanimity({("a", "b"): 2.0, ("c",): -5.0}, ("a", "b", "c", "d")), 0.5, n_cases=30)
    return wh.attribute(game, method="permutation", budget=wh.Budget(relative_error=0.01))


def test_curves_end_at_the_answer(run):
    ax = convergence(run)
    ends = sorted(line.get_ydata()[-1] for line in named(ax, "_value"))
    assert ends == pytest.approx(sorted(run.values[0, 0]))
    asked = named(ax, "_value")[0].get_xdata()
    assert asked.tolist() == run.trace.asked.tolist()
    assert ax.get_xscale() == "log"
    assert ax.get_xlabel().startswith("questions asked")


def test_bands_are_intervals_by_the_estimation_part(run):
    """Kills: bands of one standard error."""
    ax = convergence(run, max_display=1)
    (band,) = named(ax, "_interval")
    ends = band.get_paths()[0].vertices
    last = ends[np.isclose(ends[:, 0], run.trace.asked[-1]), 1]
    error = run.trace.stderr[-1, 0, np.argmax(np.abs(run.values[0, 0]))]
    assert np.ptp(last) == pytest.approx(2 * 1.959964 * error, rel=1e-6)


def test_the_widest_error_is_a_share_of_the_range(run):
    """Kills: a share of the largest value, where values of both signs span more."""
    values, error = run.trace.values[-1, 0], run.trace.stderr[-1, 0]
    wanted = error.max() / (max(values.max(), 0) - min(values.min(), 0))
    assert shares(run.trace, 0)[-1] == pytest.approx(wanted)
    line = named(cost(run), "_answer 0")[0]
    assert line.get_ydata()[-1] == pytest.approx(wanted)
    assert (cost(run).get_xscale(), cost(run).get_yscale()) == ("log", "log")


def test_what_was_asked_is_a_line(run):
    line = named(cost(run), "_tolerance")[0]
    assert line.get_ydata()[0] == pytest.approx(0.01)
    assert "asked: 1.0 %" in [t.get_text() for t in cost(run).texts]
    assert named(cost(run, tolerance=0.2), "_tolerance")[0].get_ydata()[0] == pytest.approx(0.2)
    two = cost(run, others=[replace(run, provenance={})])
    assert named(two, "_tolerance") == []
    with pytest.raises(OptionError, match="positive share"):
        cost(run, tolerance=0)


def test_several_runs_have_several_marks():
    a, b = many(5, 9), replace(many(5, 9, seed=1), method="Kernel")
    ax = cost(a, others=[b])
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["Permutation", "Kernel"]
    first, second = (named(ax, f"_answer {k}")[0] for k in (0, 1))
    assert first.get_marker() != second.get_marker()
    assert first.get_linestyle() != second.get_linestyle()
    assert "1 more answer not shown" in " ".join(
        cost(a, others=[b], max_display=1).get_xlabel().split()
    )


@pytest.mark.parametrize("kind", ["convergence", "cost"])
def test_rows_and_seconds(kind):
    att = many(5, 9)
    assert att.plot(kind, against="rows").get_xlabel().startswith("model rows")
    assert att.plot(kind, against="seconds").get_xlabel().startswith("seconds")
    with pytest.raises(OptionError, match="Did you mean 'seconds'"):
        att.plot(kind, against="second")
    unknown = replace(att, trace=replace(att.trace, rows=0 * att.trace.rows))
    with pytest.raises(ResultError, match="nobody counted model rows"):
        unknown.plot(kind, against="rows")


@pytest.mark.parametrize("kind", ["convergence", "cost"])
def test_an_answer_without_a_trace(kind, make):
    with pytest.raises(ResultError, match=r"Exact left no trace.*method='permutation'"):
        make([1.0, 2.0], method="Exact").plot(kind)


def test_first_looks_without_an_error_are_left_out():
    """Kills: infinite bands, which make every other one a line."""
    att = many(3, 9)
    error = att.trace.stderr.copy()
    error[:5] = np.inf
    odd = replace(att, trace=replace(att.trace, stderr=error))
    low, high = convergence(odd).get_ylim()
    assert high - low < 10 * np.ptp(att.trace.values)
    assert len(named(cost(odd), "_answer 0")[0].get_xdata()) == len(att.trace) - 5


def test_labels_are_spread_and_keep_their_order():
    wanted = np.array([1.0, 1.01, 0.99, 5.0])
    places = spread(wanted, 0.5)
    assert np.argsort(places).tolist() == np.argsort(wanted).tolist()
    assert np.diff(np.sort(places)).min() >= 0.5 - 1e-12
    assert places[3] == 5.0
    assert places[:3].mean() == pytest.approx(1.0)
    assert spread(np.zeros(0), 1.0).shape == (0,)
