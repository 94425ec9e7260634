"""One case as pushes up and down."""

import pytest
from answers import many
from drawn import blocks, intervals
from matplotlib.colors import to_hex

import whence as wh
from whence._core.errors import ResultError
from whence.report.numbers import MINUS
from whence.report.pictures.force import force


def said(ax):
    return [t.get_text() for t in ax.texts]


def test_pushes_lead_from_nobody_up_and_back_down_to_everybody(make):
    """Kills: pushes of both signs in one lane, which end where they began."""
    ax = force(make([4.0, -3.0, 2.0, -0.5], 0.1, empty=[[1.0]]))
    up, down = blocks(ax)[:2], blocks(ax)[2:]
    assert [p.get_width() for p in up] == pytest.approx([4.0, 2.0])
    assert [p.get_width() for p in down] == pytest.approx([3.0, 0.5])
    assert up[0].get_x() == pytest.approx(1.0)
    assert up[1].get_x() + up[1].get_width() == pytest.approx(7.0)
    assert down[0].get_x() + down[0].get_width() == pytest.approx(7.0)
    assert down[1].get_x() == pytest.approx(3.5)
    assert {p.get_y() > -0.1 for p in up} == {True}
    assert {p.get_y() + p.get_height() < 0.1 for p in down} == {True}
    assert [to_hex(p.get_facecolor()) for p in (up[0], down[0])] == ["#ff0051", "#008bfb"]
    assert down[0].get_hatch()
    assert not up[0].get_hatch()
    assert "with no feature: 1.000" in said(ax)
    assert "with all: 3.500" in said(ax)


def test_each_push_has_its_interval(make):
    ax = force(make([4.0, -3.0], 0.1))
    low, high = intervals(ax)[0]
    assert high - low == pytest.approx(2 * 1.96 * 0.1, rel=1e-3)
    assert (low + high) / 2 == pytest.approx(4.0)
    assert said(ax)[0] == "x0  +4.00 ± 0.20"
    assert said(ax)[1] == f"x1  {MINUS}3.00 ± 0.20"


def test_labels_step_down_from_the_left():
    """Kills: labels on one line, where the names of thin pushes lie over one another."""
    ax = force(many(30, 1))
    above = sorted((t.xy[0], t.xy[1]) for t in ax.texts if t.xy[1] > 0)
    heights = [y for _, y in above]
    assert heights == sorted(heights, reverse=True)
    assert len(set(heights)) == len(heights)


def test_the_smallest_are_one_push_and_the_gap_is_grey(make):
    ax = force(make([4.0, 3.0, 2.0, 1.0], index=wh.Banzhaf(), full=[[12.0]]), max_display=3)
    assert any("2 other features  +3.00" in text for text in said(ax))
    grey = [p for p in blocks(ax) if to_hex(p.get_facecolor()) == "#8a8a8a"]
    assert [p.get_width() for p in grey] == pytest.approx([2.0])


def test_a_force_picture_is_of_one_case(rows60):
    with pytest.raises(ResultError, match=r"att\.select\(case=0\)\.plot\('force'\)"):
        force(rows60)
