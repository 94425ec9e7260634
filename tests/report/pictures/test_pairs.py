"""Interactions as a heat map of pairs."""

from dataclasses import replace

import numpy as np
import pytest
from drawn import clashes, images, labels, named, outside, words

from whence._core.attribution import Cost
from whence._core.errors import OptionError, ResultError
from whence._core.game import Question
from whence._core.index import Shapley
from whence._core.interactions import Interactions
from whence._core.players import Players


def build(values, pairs, names):
    values = np.asarray(values, float)[:, None, :]
    cases = len(values)
    return Interactions(
        values=values,
        main=np.zeros((cases, 1, len(names))),
        pairs=tuple(pairs),
        players=Players(tuple(names), "feature"),
        outputs=("prediction",),
        index=Shapley(),
        method="TreeExact",
        empty=np.zeros((cases, 1)),
        full=values.sum(axis=2),
        cost=Cost(0, 0, 0, 1, 0, 0.1),
        verdict="exact",
        question=Question(unit="log-odds"),
    )


@pytest.fixture
def three():
    return build([[2.0, -1.0]], [(0, 1), (1, 2)], ["a", "b", "c"])


def xnames(ax):
    return [t.get_text() for t in ax.get_xticklabels()]


def test_one_case_has_signs(three):
    """Kills: half an interaction in each cell, where a pair has one."""
    ax = three.plot()
    assert labels(ax) == ["a", "c"]
    assert xnames(ax) == ["b", "a"]  # b has the strongest pairs
    (cells,) = images(ax)
    shown = np.asarray(cells.get_array().filled(np.nan))
    assert shown[1, 0] == 2.0
    assert shown[2, 0] == -1.0
    assert shown[2, 1] == 0.0
    assert np.isnan(shown[0]).all()
    (negative,) = named(ax, "_negative")
    assert len(negative.get_paths()) == 1
    assert "\N{MINUS SIGN}1" in " ".join(t.get_text() for t in ax.texts)
    assert "log-odds" in ax.get_xlabel()
    assert "exact: no intervals" in ax.get_xlabel()


def test_many_cases_have_sizes():
    """Kills: signs that cancel over cases."""
    ax = build([[2.0], [-2.0]], [(0, 1)], ["a", "b"]).plot()
    assert np.nanmax(np.asarray(images(ax)[0].get_array().filled(np.nan))) == 2.0
    assert "mean size over 2 cases" in " ".join(ax.get_xlabel().split())


def test_pairs_that_are_not_shown_are_counted(three):
    assert "1 more pair not shown" in " ".join(three.plot(max_display=2).get_xlabel().split())


def test_nobody_interacts(three):
    none = replace(three, values=np.zeros((1, 1, 0)), pairs=())
    with pytest.raises(ResultError, match="no two players interact"):
        none.plot()
    with pytest.raises(OptionError, match="Did you mean 'max_display'"):
        three.plot(max_displa=3)


@pytest.mark.parametrize("players", [3, 30, 300])
@pytest.mark.parametrize("cases", [1, 50])
def test_no_letters_overlap_or_leave_the_figure(players, cases):
    rng = np.random.default_rng(0)
    pairs = [(i, i + 1) for i in range(players - 1)] + [(0, i) for i in range(2, players)]
    names = [f"a rather long name of a feature {i}" for i in range(players)]
    ax = build(rng.normal(size=(cases, len(pairs))), pairs, names).plot()
    found = words(ax)
    slanted = set(xnames(ax))  # their boxes overlap where their letters do not
    assert clashes([w for w in found if w[0] not in slanted]) == []
    assert outside(found, ax.figure.bbox) == []
