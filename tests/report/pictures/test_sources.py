"""Heads by the token that they read."""

from dataclasses import replace

import numpy as np
import pytest
from answers import sources as reading
from drawn import clashes, images, labels, named, outside, words

from whence._core.errors import ResultError
from whence.report.pictures.sources import sources


def shown(ax):
    return np.asarray(images(ax)[0].get_array().filled(np.nan))


def test_the_strongest_heads_are_on_top():
    """Kills: rows by their sums, where plus and minus cancel."""
    att = reading(6, 5)
    cells = att.values[0, 0, :-1].reshape(6, 5)
    order = np.argsort(-np.abs(cells).sum(axis=1))
    ax = sources(att)
    assert shown(ax) == pytest.approx(cells[order])
    assert labels(ax) == [f"{h // 4}.{h % 4}" for h in order]


def test_positions_stand_under_their_tokens():
    """Kills: spaces and line ends that vanish."""
    names = [t.get_text() for t in sources(reading(3, 6)).get_xticklabels()]
    assert names[:3] == ["The", "·capital", "·of"]
    assert names[-1] == "↵"
    ax = sources(reading(3, 6, named=False))
    assert [t.get_text() for t in ax.get_xticklabels()] == list("012345")
    assert ax.get_xlabel().startswith("position that is read")


def test_what_reads_no_position_is_told():
    """Kills: a picture whose cells do not add up, without a word."""
    att = reading(3, 4)
    said = " ".join(sources(att).get_xlabel().split())
    assert f"from no position: bias {att['bias'].value:.4f}" in said


def test_heads_beyond_the_most_are_counted():
    ax = sources(reading(9, 4), max_display=2)
    assert len(labels(ax)) == 2
    assert "7 more heads not shown" in " ".join(ax.get_xlabel().split())


def test_a_position_that_a_head_cannot_read_is_blank():
    att = reading(2, 3)
    ax = sources(att.select(players=[0, 1, 2, 3, 6]))
    assert np.isnan(shown(ax)).sum() == 2
    assert "blank: nobody is there" in " ".join(ax.get_xlabel().split())
    (there,) = named(ax, "_there")
    assert len(there.get_path().to_polygons()) == 4


def test_nobody_reads(churn):
    with pytest.raises(ResultError, match="no feature of this answer has one"):
        sources(churn)
    att = reading(2, 3)
    players = replace(att.players, columns=att.players.columns | {"source": (0,) * 7})
    with pytest.raises(ResultError, match="would share a cell"):
        sources(replace(att, players=players))


@pytest.mark.parametrize(("rows", "tokens"), [(1, 1), (8, 6), (30, 24), (12, 200)])
@pytest.mark.parametrize("told", [False, True])
def test_no_letters_overlap_or_leave_the_figure(rows, tokens, told):
    ax = sources(reading(rows, tokens, named=told))
    found = words(ax)
    assert clashes(found) == []
    assert outside(found, ax.figure.bbox) == []
