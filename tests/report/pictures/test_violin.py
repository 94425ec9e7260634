"""The spread of each player's values."""

import numpy as np
import pytest
from drawn import intervals, labels, named
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex

from whence._core.errors import ResultError
from whence.report.pictures.violin import violin


def shapes(ax):
    return [c for c in ax.collections if isinstance(c, PolyCollection) and len(c.get_paths())]


def test_a_shape_for_each_player_ends_where_the_data_end(rows60):
    """Kills: a density that runs beyond the data, into values that nobody has."""
    ax = violin(rows60)
    assert labels(ax) == ["age", "fee", "colour"]
    red, blue = shapes(ax)[:2]
    values = rows60.values[:, 0, 0]
    points = [np.concatenate([p.vertices for p in c.get_paths()]) for c in (red, blue)]
    assert points[0][:, 0].max() == pytest.approx(values.max())
    assert points[1][:, 0].min() == pytest.approx(values.min())
    assert points[0][:, 0].min() == pytest.approx(0.0)
    assert np.abs(points[0][:, 1]).max() <= 0.4 + 1e-12


def test_signs_have_colours_and_hatches(rows60):
    red, blue = shapes(violin(rows60))[:2]
    assert [to_hex(c.get_facecolors()[0]) for c in (red, blue)] == ["#ff0051", "#008bfb"]
    assert blue.get_hatch()
    assert not red.get_hatch()


def test_the_mean_stands_with_its_interval(rows60):
    ax, one = violin(rows60), rows60.mean()
    low, high = one.ci()
    assert intervals(ax, 0)[0] == pytest.approx((low[0, 0, 0], high[0, 0, 0]))
    assert named(ax, "_mean")[0].get_xdata()[0] == pytest.approx(one.values[0, 0, 0])


def test_few_cases_and_equal_ones_are_dots(rows60, make):
    """Kills: a kernel density of one point, which is not a number."""
    few = violin(make(np.arange(6.0).reshape(3, 1, 2)))
    assert shapes(few) == []
    assert len(few.collections[0].get_offsets()) == 3
    assert len(shapes(violin(rows60))) == 4  # "fee" adds the same everywhere


def test_a_violin_is_of_many_cases(churn):
    with pytest.raises(ResultError, match="by_case=True"):
        violin(churn)
