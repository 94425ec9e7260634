"""Cases by players."""

import numpy as np
import pytest
from drawn import grey, images, labels, named

from whence.report.pictures.heatmap import heatmap
from whence.report.pictures.shades import SIGNS, SIZES, VALUES


def test_cells_are_the_values_of_players_by_size(rows60):
    ax = heatmap(rows60, order="given")
    assert labels(ax) == ["age", "fee", "colour"]
    (cells,) = images(ax)
    assert np.asarray(cells.get_array()) == pytest.approx(rows60.values[:, 0].T)
    low, high = cells.get_clim()
    assert low == pytest.approx(-high)


def test_cases_by_total(rows60):
    (cells,) = images(heatmap(rows60, order="total"))
    total = np.asarray(cells.get_array()).sum(axis=0)
    assert (np.diff(total) >= 0).all()


def test_cases_that_are_alike_stand_together(make):
    """Kills: cases as they come; and an order that depends on the sign of an eigenvector."""
    kinds = np.array([[3.0, 0.0], [0.0, 1.0]])
    which = np.array([0, 1] * 10)
    values = kinds[which] + 0.01 * np.arange(20)[:, None]
    (cells,) = images(heatmap(make(values[:, None, :])))
    first = np.asarray(cells.get_array())[0] > 1
    assert np.abs(np.diff(first.astype(int))).sum() == 1
    assert first[-1]  # the larger totals stand on the right
    (again,) = images(heatmap(make(values[::-1, None, :])))
    assert np.asarray(again.get_array()) == pytest.approx(np.asarray(cells.get_array()))


def test_signs_and_doubt_have_textures(make):
    """Kills: signs by colour alone; doubtful cells that look as sure as any."""
    ax = heatmap(make([[[5.0]], [[-5.0]], [[0.1]]], 0.2), order="given")
    (negative,), (unsure,) = named(ax, "_negative"), named(ax, "_unsure")
    boxes = [path.get_extents().bounds for path in negative.get_paths()]
    assert boxes == [pytest.approx((0.5, -0.5, 1.0, 1.0))]
    assert [p.get_extents().bounds[0] for p in unsure.get_paths()] == pytest.approx([1.5])
    assert negative.get_hatch() != unsure.get_hatch()


def test_marks_of_neighbours_are_one_and_specks_are_left_out(make):
    values = np.where(np.arange(400) < 200, -5.0, 5.0)
    values[300] = -5.0
    ax = heatmap(make(values[:, None, None], 0.1), order="given")
    (negative,) = named(ax, "_negative")
    assert [p.get_extents().width for p in negative.get_paths()] == pytest.approx([200.0])
    assert "stretches of 5 cases and more" in " ".join(ax.get_xlabel().split())


def test_cases_that_nobody_visited_are_counted(odd, make):
    values = np.where(np.arange(4)[:, None, None] < 3, np.arange(8.0).reshape(4, 1, 2), np.nan)
    assert "3 cases, alike side by side; 1 not visited" in heatmap(make(values)).get_xlabel()


def test_shades_read_in_grey():
    """Kills: shap's red and blue, which are one grey: values by colour alone."""
    for shades in (VALUES, SIZES):
        light = [grey(shades(x)) for x in np.linspace(0, 1, 21)]
        assert (np.diff(light) < 0).all()
        assert light[0] - light[-1] > 0.12
    # signs: equally dark at both ends, so that size reads in grey and texture says the sign
    ends, middle = [grey(SIGNS(x)) for x in (0.0, 1.0)], grey(SIGNS(0.5))
    assert abs(ends[0] - ends[1]) < 0.1
    assert middle - max(ends) > 0.35
