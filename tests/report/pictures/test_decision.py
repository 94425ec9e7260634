"""The paths of cases through the players."""

import numpy as np
import pytest
from answers import many
from drawn import intervals, labels, named
from matplotlib.colors import to_hex

from whence.report.pictures.decision import decision


def paths(ax, name):
    (lines,) = named(ax, name)
    return np.array([segment[:, 0] for segment in lines.get_segments()])


def test_paths_lead_from_nobody_to_everybody(rows60):
    """Kills: paths without their base; players added from the top."""
    ax = decision(rows60)
    up, down = paths(ax, "_up"), paths(ax, "_down")
    full = rows60.empty[:, 0] + rows60.values[:, 0].sum(axis=1)
    rises = full >= rows60.empty[:, 0]
    assert up[:, -1] == pytest.approx(full[rises])
    assert down[:, -1] == pytest.approx(full[~rises])
    assert up[:, 0] == pytest.approx(-0.5)
    assert labels(ax) == ["age", "fee", "colour"]
    moves = np.diff(up, axis=1)  # from the bottom: colour, fee, age
    assert moves[:, 2] == pytest.approx(rows60.values[rises, 0, 0])
    assert moves[:, 0] == pytest.approx(rows60.values[rises, 0, 2])


def test_ways_have_colours_and_dashes(rows60):
    ax = decision(rows60)
    (up,), (down,) = named(ax, "_up"), named(ax, "_down")
    assert [to_hex(c.get_colors()[0]) for c in (up, down)] == ["#ff0051", "#008bfb"]
    assert up.get_linestyles()[0][1] is None
    assert down.get_linestyles()[0][1] is not None
    said = [t.get_text() for t in ax.get_legend().get_texts()]
    assert sum(int(text.split()[0]) for text in said) == 60


def test_few_cases_have_their_own_intervals(one_row):
    ax = decision(one_row)
    low, high = one_row.ci()
    got = intervals(ax)
    assert len(got) == 3
    widths = sorted(b - a for a, b in got)
    assert widths == pytest.approx(sorted((high - low)[0, 0]))


def test_many_cases_have_those_of_the_mean(rows60):
    """Kills: intervals of a case around the path of the mean."""
    ax, one = decision(rows60), rows60.mean()
    low, high = one.ci()
    widths = sorted(b - a for a, b in intervals(ax))
    assert widths == pytest.approx(sorted((high - low)[0, 0]))
    (mean,) = named(ax, "_mean path")
    assert np.asarray(mean.get_xdata())[-1] == pytest.approx(one.full[0, 0])


def test_the_smallest_are_one_step():
    att = many(30, 9)
    ax = decision(att, max_display=5)
    assert len(labels(ax)) == 5
    assert labels(ax)[-1] == "26 other features"
    ends = np.concatenate([paths(ax, "_up")[:, -1], paths(ax, "_down")[:, -1]])
    assert sorted(ends) == pytest.approx(sorted(att.full[:, 0]))
