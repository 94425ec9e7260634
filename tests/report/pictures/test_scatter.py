"""A player's values against what it adds."""

import numpy as np
import pytest
from drawn import named
from matplotlib.colors import to_hex

from whence._core.errors import PlayersError, ResultError
from whence.report.pictures.scatter import scatter


def dots(ax):
    return next(c for c in ax.collections if c.get_label() != "_interval")


def test_cases_stand_at_their_values_with_their_intervals(rows60):
    """Kills: x of one player and y of another; intervals of the mean."""
    ax = scatter(rows60, player="age")
    at = np.asarray(dots(ax).get_offsets())
    assert at[:, 0] == pytest.approx(rows60.data["age"])
    assert at[:, 1] == pytest.approx(rows60.values[:, 0, 0])
    low, high = (end[:, 0, 0] for end in rows60.ci())
    (lines,) = named(ax, "_interval")
    ends = np.array([segment[:, 1] for segment in lines.get_segments()])
    assert ends[:, 0] == pytest.approx(low)
    assert ends[:, 1] == pytest.approx(high)
    assert ax.get_xlabel().startswith("value of age, 60 cases")
    assert "adds to the prediction: yes (log-odds)" in " ".join(ax.get_ylabel().split())


def test_the_largest_player_with_data_is_taken(rows60):
    assert scatter(rows60).get_xlabel().startswith("value of age")


def test_sign_is_colour_and_doubt_is_a_hollow_dot(make):
    data = {"x0": np.arange(3.0)}
    ax = scatter(make([[[1.0]], [[-1.0]], [[0.01]]], 0.1, data=data))
    faces, edges = dots(ax).get_facecolors(), dots(ax).get_edgecolors()
    assert [to_hex(e) for e in edges] == ["#ff0051", "#008bfb", "#ff0051"]
    assert faces[:, 3].tolist() == [1, 1, 0]


def test_dots_are_coloured_by_another_column(rows60):
    ax = scatter(rows60, player="fee", colour="age")
    shades = [to_hex(c) for c in dots(ax).get_edgecolors()]
    assert shades[np.argmax(rows60.data["age"])] == "#b8003c"
    assert shades[np.argmin(rows60.data["age"])] == "#55b8ff"
    assert "age from low to high" in ax.get_xlabel()


def test_words_are_columns_side_by_side(rows60):
    ax = scatter(rows60, player="colour")
    assert [t.get_text() for t in ax.get_xticklabels()] == ["blue", "red"]
    at = np.asarray(dots(ax).get_offsets())[:, 0]
    assert np.round(at).tolist() == [1.0, 0.0] * 30  # red comes first in the data
    assert len(set(at.tolist())) == 60


def test_too_many_words_are_gathered(make):
    words = np.array([f"town {i // 2}" for i in range(40)])
    att = make(np.ones((40, 1, 1)), data={"x0": words})
    ax = scatter(att, max_display=4)
    titles = [t.get_text() for t in ax.get_xticklabels()]
    assert len(titles) == 5
    assert titles[-1] == "16 others"


def test_missing_values_stand_aside(make):
    """Kills: cases with NaN in the data that vanish from the picture."""
    data = {"x0": np.array([1.0, 2.0, np.nan, 3.0])}
    ax = scatter(make(np.ones((4, 1, 1)), data=data))
    at = np.asarray(dots(ax).get_offsets())[:, 0]
    assert np.isfinite(at).all()
    assert at[2] < 1.0
    assert "missing" in [t.get_text() for t in ax.texts]


def test_what_is_not_there_is_named(rows60, make):
    with pytest.raises(PlayersError, match="Did you mean 'age'"):
        scatter(rows60, player="agee")
    with pytest.raises(ResultError, match=r"colour='fe'.*Did you mean 'fee'"):
        scatter(rows60, colour="fe")
    with pytest.raises(ResultError, match=r"wh\.explain.*records"):
        scatter(make(np.ones((4, 1, 2))))


def test_exact_values_say_so(make):
    att = make(np.ones((4, 1, 1)), 0.0, uncertainty="exact", data={"x0": np.arange(4.0)})
    assert "exact: the intervals have no width" in scatter(att).get_xlabel()
