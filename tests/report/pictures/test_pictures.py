"""What is drawn, read back from the axes."""

import matplotlib as mpl
import numpy as np
import pytest
from drawn import blocks, intervals, labels
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

import whence as wh
from whence._core.errors import OptionError, ResultError
from whence.games.synthetic import Noisy, Unanimity
from whence.methods.perturbation.permutation import Permutation
from whence.report.numbers import MINUS
from whence.report.pictures.bar import bar
from whence.report.pictures.beeswarm import beeswarm
from whence.report.pictures.shades import scaled
from whence.report.pictures.swarm import pile
from whence.report.pictures.waterfall import waterfall


def test_bars_stand_in_order_with_both_intervals(churn):
    ax = bar(churn)
    assert labels(ax) == ["tenure_months", "contract", "monthly_fee", "region", "noise"]
    low, high = churn.ci()
    inner_low, inner_high = churn.ci(parts="estimation")
    for row, player in enumerate([0, 1, 2, 3, 4]):
        outer, inner = intervals(ax, row)
        assert outer == pytest.approx((low[0, 0, player], high[0, 0, player]))
        assert inner == pytest.approx((inner_low[0, 0, player], inner_high[0, 0, player]))


def test_bars_have_their_lengths_colours_and_hatches(churn):
    first, *_, region, _ = blocks(bar(churn))
    assert first.get_width() == pytest.approx(0.1124)
    assert to_hex(first.get_facecolor()) == "#ff0051"
    assert first.get_hatch() is None
    assert to_hex(region.get_facecolor()) == "#008bfb"
    assert region.get_hatch()
    assert (region.get_x(), region.get_width()) == pytest.approx((-0.0021, 0.0021))


def test_what_may_be_nothing_is_pale(churn):
    alphas = [p.get_alpha() for p in blocks(bar(churn))]
    assert alphas[:3] == [1.0] * 3
    assert alphas[-1] < 1


def test_the_axis_says_what_and_in_which_unit(churn, rows60, one_row, make):
    assert "brings predictive power (nats), mean of 3,000 cases" in bar(churn).get_xlabel()
    assert "adds to the prediction: yes (log-odds)" in beeswarm(rows60).get_xlabel()
    assert "prediction: yes (log-odds)" in waterfall(one_row).get_xlabel()
    assert "minus the loss (nats)" in waterfall(churn).get_xlabel()
    assert "Shapley value (worth)" in bar(make([1.0])).get_xlabel()


def test_numbers_stand_beside_the_bars(churn):
    texts = [t.get_text() for t in bar(churn).texts]
    assert texts[0] == "+0.1124"
    assert texts[3] == f"{MINUS}0.00210"


def test_players_beyond_the_most_are_counted(churn):
    ax = bar(churn, max_display=2)
    assert labels(ax) == ["tenure_months", "contract", "3 more"]
    assert ax.texts[-1].get_text() == "each at most 0.031 in size"


def test_one_part_has_one_interval(make):
    assert len(intervals(bar(make([1.0, 2.0])), 0)) == 1


def test_unknown_errors_have_no_interval(make):
    ax = bar(make([1.0, 2.0], np.nan, uncertainty="unquantified"))
    assert intervals(ax, 0) == []
    assert "uncertainty not quantified" in ax.get_xlabel()


def test_names_are_elided_and_never_mathematics(make):
    ax = bar(make([2.0, 1.0], names=["a" * 90, "$x^$ costs $"]))
    assert len(labels(ax)[0]) == 34
    ax.figure.canvas.draw()
    assert labels(ax)[1] == r"\$x^\$ costs \$"


def test_outputs_by_name_or_position(make):
    att = make([[1.0, 0.0], [0.0, 5.0]], outputs=("no", "yes"))
    assert labels(bar(att, output="yes"))[0] == "x1"
    assert labels(bar(att, output=-1))[0] == "x1"
    with pytest.raises(ResultError, match="yess"):
        bar(att, output="yess")


def test_given_axes_are_used_and_nothing_else_changes(churn, rows60):
    before, (_, (left, right)) = dict(mpl.rcParams), plt.subplots(1, 2)
    opened = plt.get_fignums()
    assert churn.plot(ax=left) is left
    assert rows60.plot(ax=right) is right
    assert plt.get_fignums() == opened
    assert dict(mpl.rcParams) == before


def test_the_picture_that_suits(churn, rows60, one_row):
    assert len(blocks(churn.plot())) == 5
    assert rows60.plot().collections
    assert rows60.plot("summary").collections
    assert "with no feature" in one_row.plot().get_title(loc="left")
    assert not rows60.plot("bar").collections


def test_unknown_kinds_and_options(churn):
    with pytest.raises(OptionError, match=r"is offered\. Did you mean 'waterfall'"):
        churn.plot("waterfal")
    with pytest.raises(OptionError, match="Did you mean 'max_display'"):
        churn.plot(max_displays=3)
    with pytest.raises(OptionError, match="never opens a window"):
        churn.plot(show=True)
    churn.plot(show=False)
    with pytest.raises(OptionError, match="positive number of players"):
        churn.plot(max_display=0)


def test_a_beeswarm_has_a_dot_for_each_case(rows60):
    ax = beeswarm(rows60)
    assert labels(ax) == ["age", "fee", "colour"]
    for row, player in enumerate([0, 1, 2]):
        offsets = np.asarray(ax.collections[row].get_offsets())
        assert offsets[:, 0] == pytest.approx(rows60.values[:, 0, player])
        assert np.abs(offsets[:, 1] - row).max() <= 0.4


def test_a_beeswarm_shows_the_mean_and_its_interval(rows60):
    ax, one = beeswarm(rows60), rows60.mean()
    low, high = one.ci()
    assert intervals(ax, 0)[0] == pytest.approx((low[0, 0, 0], high[0, 0, 0]))
    means = [line for line in ax.lines if line.get_label() == "_mean"]
    assert means[0].get_xdata()[0] == pytest.approx(one.values[0, 0, 0])


def test_dots_are_coloured_by_numbers_and_grey_for_strings(rows60):
    age, _, colour = beeswarm(rows60).collections[:3]
    high, low = np.argmax(rows60.data["age"]), np.argmin(rows60.data["age"])
    assert to_hex(age.get_facecolors()[high]) == "#b8003c"
    assert to_hex(age.get_facecolors()[low]) == "#55b8ff"
    assert {to_hex(c) for c in colour.get_facecolors()} == {"#8a8a8a"}


def test_one_case_makes_no_beeswarm(churn):
    with pytest.raises(ResultError, match="by_case=True"):
        beeswarm(churn)


def test_many_dots_become_a_bitmap(make):
    att = make(np.random.default_rng(0).normal(size=(400, 1, 2)))
    assert beeswarm(att).get_rasterization_zorder() is not None


def test_fewer_dots_keep_the_means_of_all(rows60):
    every, fewer = beeswarm(rows60), beeswarm(rows60, dots=10)
    assert len(fewer.collections[0].get_offsets()) == 10
    assert "60 cases, 10 drawn" in fewer.get_xlabel()
    assert intervals(every, 0) == intervals(fewer, 0)


def test_piles_are_ordered_by_the_key_and_hide_nobody():
    offsets = pile(np.zeros(5), np.array([3.0, 1.0, 2.0, np.nan, 5.0]))
    assert np.argsort(offsets).tolist() == [3, 1, 2, 0, 4]
    assert len(set(offsets.tolist())) == 5
    assert np.abs(offsets).max() <= 1
    assert pile(np.zeros(0), np.zeros(0)).shape == (0,)
    apart = pile(np.array([0.0, 1.0]), np.zeros(2))
    assert apart.tolist() == [0.0, 0.0]


def test_one_far_value_leaves_the_colours():
    keys = np.append(np.arange(100.0), 1e9)
    assert scaled(keys)[50] == pytest.approx(0.5, abs=0.05)
    assert scaled(np.full(3, 2.0)).tolist() == [0.5] * 3
    assert scaled(np.array([0.0] * 99 + [1.0]))[-1] == 1.0
    assert scaled(np.zeros(0)).shape == (0,)


def test_a_waterfall_leads_from_nobody_to_everybody(one_row):
    one = one_row
    ax = waterfall(one)
    steps = blocks(ax)
    values = one.values[0, 0]
    order = np.argsort(-np.abs(values))
    assert [p.get_width() for p in steps] == pytest.approx(np.abs(values[order]))
    ends = sorted([steps[-1].get_x(), steps[-1].get_x() + steps[-1].get_width()])
    assert any(e == pytest.approx(one.empty[0, 0]) for e in ends)
    top = [steps[0].get_x(), steps[0].get_x() + steps[0].get_width()]
    assert any(e == pytest.approx(one.full[0, 0]) for e in top)
    assert ax.get_title(loc="left").startswith(f"with no feature {MINUS}0.5000, with all")
    assert labels(ax)[0] == "fee = 2"


def test_a_waterfall_has_intervals_at_the_ends_of_its_bars(one_row):
    one = one_row
    ax = waterfall(one)
    low, high = one.ci()
    (got,) = intervals(ax, 0)
    assert got[1] - got[0] == pytest.approx((high - low)[0, 0, 0])
    assert np.mean(got) == pytest.approx(one.full[0, 0])


def test_a_waterfall_gathers_the_smallest(make):
    att = make([4.0, 3.0, 2.0, 1.0, -0.5])
    ax = waterfall(att, max_display=3)
    assert labels(ax) == ["x0", "x1", "3 other features"]
    assert blocks(ax)[-1].get_width() == pytest.approx(2.5)
    assert intervals(ax, 2) == []  # the covariance is unknown, and so is the error of a sum


def test_a_waterfall_shows_what_is_not_accounted_for(make):
    ax = waterfall(make([0.3, 0.1], index=wh.Banzhaf(), full=[[0.9]]))
    assert labels(ax)[-1] == "not accounted for"
    assert blocks(ax)[-1].get_width() == pytest.approx(0.5)
    assert to_hex(blocks(ax)[-1].get_facecolor()) == "#8a8a8a"


def test_a_waterfall_is_of_one_case(rows60):
    with pytest.raises(ResultError, match=r"att\.select\(case=0\)"):
        waterfall(rows60)


def test_a_computed_answer_is_drawn():
    game = Noisy(Unanimity({("a", "b"): 2.0, ("c",): 5.0}, ("a", "b", "c", "d")), 0.5, n_cases=30)
    each = Permutation().attribute(game, by_case=True)
    assert labels(each.plot())[0] == "c"
    assert labels(each.mean().plot())[0] == "c"
