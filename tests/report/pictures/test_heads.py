"""Heads at their places."""

from dataclasses import replace

import numpy as np
import pytest
from answers import heads as network
from answers import inside
from drawn import clashes, images, labels, named, outside, words

from whence._core.errors import ResultError
from whence.report.pictures.heads import heads


def exact(values, names, **columns):
    """An answer with these very values, each known to 0.1."""
    att = inside(names, "head", columns, 1, 0.1, 0)
    values = np.array(values, dtype=float)[None, None, :]
    return replace(att, values=values, full=att.empty + values.sum(axis=2))


@pytest.fixture
def four():
    return exact([5.0, -5.0, 0.05, 1.0], ["0.0", "0.2", "1.0", "mlp 1"],
                 layer=(0, 0, 1, 1), head=(0, 2, 0, None))  # fmt: skip


def shown(ax):
    return np.asarray(images(ax)[0].get_array().filled(np.nan))


def test_a_later_layer_stands_higher(four):
    """Kills: layers and heads exchanged; an MLP among the heads."""
    ax = heads(four)
    cells = shown(ax)
    assert cells[:, :3] == pytest.approx(
        np.array([[5.0, np.nan, -5.0], [0.05, np.nan, np.nan]]), nan_ok=True
    )
    assert cells[1, -1] == 1.0
    assert np.isnan(cells[:, 3]).all()  # a gap
    assert labels(ax) == ["0", "1"]
    bottom, top = ax.get_ylim()
    assert bottom < top
    assert images(ax)[0].get_clim() == (-5.0, 5.0)
    assert "mlp" in [t.get_text() for t in ax.texts]


def test_signs_doubt_and_absence_have_marks(four):
    ax = heads(four)
    (negative,), (unsure,) = named(ax, "_negative"), named(ax, "_unsure")
    assert [p.get_extents().bounds[:2] for p in negative.get_paths()] == [(1.5, -0.5)]
    assert [p.get_extents().bounds[:2] for p in unsure.get_paths()] == [(-0.5, 0.5)]
    assert negative.get_hatch() != unsure.get_hatch()
    (there,) = named(ax, "_there")
    assert len(there.get_path().to_polygons()) == 4
    assert "blank: nobody is there" in " ".join(ax.get_xlabel().split())


def test_numbers_have_half_of_their_interval(four):
    """Kills: values that look sure; a standard error sold as an interval."""
    said = [t.get_text() for t in heads(four).texts]
    assert "5.000\n±0.098" in said  # 1.96 * 0.05
    assert "\N{MINUS SIGN}5.000\n±0.098" in said


def test_max_display_is_how_many_numbers_are_written():
    ax = network(4, 6).plot(max_display=3)
    assert sum("±" in t.get_text() for t in ax.texts) == 3
    assert "numbers of the largest 3" in " ".join(ax.get_xlabel().split())
    assert np.isfinite(shown(ax)).all()


def test_many_cases_are_averaged():
    att = network(3, 4, 7)
    assert shown(att.plot()) == pytest.approx(att.mean().values[0, 0].reshape(3, 4))
    assert "mean of 7 cases" in att.plot().get_xlabel()


def test_unknown_values_are_grey_and_not_zero(four):
    values = four.values.copy()
    values[0, 0, 0] = np.nan
    ax = heads(replace(four, values=values))
    assert len(named(ax, "_unknown")) == 1
    assert "grey: unknown" in " ".join(ax.get_xlabel().split())


def test_who_has_no_layer_is_told():
    att = exact([1.0, 2.0, -0.5], ["0.0", "0.1", "embed"], layer=(0, 0, None), head=(0, 1, None))
    assert "in no layer: embed \N{MINUS SIGN}0.5" in " ".join(heads(att).get_xlabel().split())


def test_two_in_one_cell_are_refused():
    att = exact([1.0, 2.0], ["0.0 q", "0.0 k"], layer=(0, 0), head=(0, 0))
    with pytest.raises(ResultError, match=r"'0.0 q', '0.0 k' would share a cell.*att.group"):
        heads(att)


def test_no_heads_at_all(churn, four):
    with pytest.raises(ResultError, match=r"no feature of this answer has them.*plot\('bar'\)"):
        heads(churn)
    with pytest.raises(ResultError, match="nobody in this picture has a number"):
        heads(replace(four, values=np.full_like(four.values, np.nan)))


@pytest.mark.parametrize("shape", [(2, 2), (6, 12), (12, 12), (32, 32), (80, 64)])
@pytest.mark.parametrize("mlps", [False, True])
def test_no_letters_overlap_or_leave_the_figure(shape, mlps):
    ax = network(*shape, mlps=mlps).plot()
    found = words(ax)
    if shape != (80, 64):
        assert clashes(found) == []
    assert outside(found, ax.figure.bbox) == []
    written = sum("±" in t.get_text() for t in ax.texts)
    assert written == (shape[0] * (shape[1] + mlps) if shape[1] <= 12 else 0)
