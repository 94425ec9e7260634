"""What holds for every picture: its axes, its options, its letters, and what it refuses."""

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from answers import edges, heads, many, sources
from drawn import clashes, outside, words
from matplotlib import pyplot as plt

from whence._core.errors import OptionError, ResultError
from whence.report import KINDS

ONE_CASE = {"waterfall", "force"}
CASES = {"beeswarm", "violin"}
OPTIONS = {
    "comparison": lambda att: {"others": [att]},
    "cost": lambda att: {"others": [att], "names": ["now", "then"]},
    "scatter": lambda att: {"colour": "blood pressure"},
}


INSIDE = {
    "heads": lambda n, cases: heads(max(n // 10, 2), min(n, 10), cases, mlps=n > 5),
    "sources": lambda n, cases: sources(4, max(n // 4, 2), cases),
    "circuit": edges,
}


def answer(kind, players, cases):
    return INSIDE.get(kind, many)(players, cases)


def drawn(kind, players, cases, **more):
    att = answer(kind, players, cases)
    return att.plot(kind, **OPTIONS.get(kind, lambda _: {})(att), **more)


def fits(kind, cases):
    return cases == 1 if kind in ONE_CASE else cases > 1 or kind not in CASES


def sizes():
    """Three of the nine sizes for each kind, another three for the next: each meets each."""
    for place, kind in enumerate(KINDS):
        for row, players in enumerate((3, 30, 300)):
            few = [cases for cases in (1, 5, 200) if fits(kind, cases)]
            yield kind, players, few[(place + row) % len(few)]


@pytest.mark.parametrize(("kind", "players", "cases"), list(sizes()))
def test_no_letters_overlap_or_leave_the_figure(kind, players, cases):
    """Kills: labels at the places of their values, and figures of one size for any answer."""
    ax = drawn(kind, players, cases)
    found = words(ax)
    assert clashes(found) == []
    assert outside(found, ax.figure.bbox) == []
    wide, high = ax.figure.get_size_inches()
    assert 5 <= wide <= 9
    assert high <= 12
    assert ax.bbox.width > 0.4 * ax.figure.bbox.width  # names leave room for the picture


@pytest.mark.parametrize("kind", KINDS)
def test_the_unit_and_the_output_are_on_an_axis(kind):
    """Kills: an axis that says "value"."""
    ax = drawn(kind, 5, 1 if kind in ONE_CASE else 9)
    said = f"{ax.get_xlabel()} {ax.get_ylabel()}"
    assert "prediction" in said
    assert "log-odds" in said or kind == "cost"  # a share has no unit


@pytest.mark.parametrize("kind", KINDS)
def test_uncertainty_is_drawn_or_said_to_be_unknown(kind):
    """Kills: an unquantified answer that looks as sure as any."""
    cases = 1 if kind in ONE_CASE else 9
    known = answer(kind, 4, cases)
    unknown = {"estimation": np.full_like(known.values, np.nan)}
    att = replace(known, parts=unknown, uncertainty="unquantified", trace=None)
    options = OPTIONS.get(kind, lambda _: {})(att)
    if kind in {"convergence", "cost"}:
        with pytest.raises(ResultError, match="trace"):
            att.plot(kind, **options)
    else:
        assert "uncertainty" in att.plot(kind, **options).get_xlabel()
        assert "not quantified" in " ".join(att.plot(kind, **options).get_xlabel().split())


@pytest.mark.parametrize("kind", KINDS)
def test_given_axes_are_used_and_nothing_else_changes(kind):
    """Kills: a figure of its own, a window, a setting of matplotlib left changed."""
    before, (figure, (left, right)) = dict(mpl.rcParams), plt.subplots(1, 2, layout="constrained")
    opened = plt.get_fignums()
    ax = drawn(kind, 4, 1 if kind in ONE_CASE else 9, ax=right)
    assert ax is right
    assert not left.lines
    assert plt.get_fignums() == opened
    assert dict(mpl.rcParams) == before
    figure.canvas.draw()


@pytest.mark.parametrize("kind", KINDS)
def test_max_display_and_output(kind):
    cases = 1 if kind in ONE_CASE else 9
    drawn(kind, 6, cases, max_display=2, output="prediction")
    with pytest.raises(OptionError, match="positive number of players"):
        drawn(kind, 6, cases, max_display=0)
    with pytest.raises(ResultError, match="predicton"):
        drawn(kind, 6, cases, output="predicton")


def attempt(att, kind):
    options = {"others": [att]} if kind == "comparison" else {}
    try:
        return att.plot(kind, **options), ""
    except ResultError as error:
        return None, str(error)


@pytest.mark.parametrize("kind", KINDS)
def test_odd_answers_can_be_drawn_or_say_why_not(kind, odd):
    """Kills: a stack trace from matplotlib; a picture of nothing."""
    ax, why_not = attempt(odd, kind)
    if ax is None:
        assert len(why_not) > 40  # it says what to do instead
        assert kind != "bar"
    else:
        ax.figure.set_layout_engine("none")
        ax.figure.canvas.draw()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("dependence", "scatter"),
        ("dependence_plot", "scatter"),
        ("heat map", "heatmap"),
        ("decision_plot", "decision"),
        ("violin_plot", "violin"),
        ("Convergence", "convergence"),
        ("cost-versus-error", "cost"),
        ("summary_plot", "beeswarm"),
    ],
)
def test_names_of_other_libraries_are_known(name, kind):
    att = many(4, 9)
    assert att.plot(name).get_xlabel() == att.plot(kind).get_xlabel()


def test_names_of_one_case():
    att = many(4, 1)
    assert att.plot("force_plot").get_xlabel() == att.plot("force").get_xlabel()
    assert att.plot("break-down").get_xlabel() == att.plot("waterfall").get_xlabel()


def test_options_are_those_of_the_picture():
    """Kills: an option that is swallowed by a picture that does nothing with it."""
    att = many(4, 9)
    with pytest.raises(OptionError, match="Did you mean 'player'"):
        att.plot("scatter", playr="bmi")
    with pytest.raises(OptionError, match=r"heatmap picture takes no option 'player'"):
        att.plot("heatmap", player="bmi")
    with pytest.raises(OptionError, match="Did you mean 'similarity'"):
        att.plot("heatmap", order="similar")
    assert (
        att.plot("scatter", color="age").get_xlabel()
        == att.plot("scatter", colour="age").get_xlabel()
    )


def test_pictures_of_cases_say_how_to_get_them(churn):
    for kind in ("heatmap", "scatter"):
        with pytest.raises(ResultError, match="by_case=True"):
            churn.plot(kind)
