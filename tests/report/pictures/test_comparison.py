"""Answers side by side."""

from dataclasses import replace

import numpy as np
import pytest
from answers import many
from drawn import intervals, labels, named

import whence as wh
from whence._core.errors import OptionError, ResultError
from whence.report.pictures.comparison import comparison


def bars(ax):
    return [p for p in ax.patches if p.get_label() == "_difference"]


def test_each_answer_has_its_mark_and_interval(make):
    a, b = make([3.0, -1.0], 0.1), make([2.0, -1.5], 0.2)
    ax = comparison(a, others=[b])
    assert labels(ax) == ["x0", "x1"]
    first, second = (named(ax, f"_answer {k}") for k in (0, 1))
    assert [m.get_xdata()[0] for m in first] == pytest.approx([3.0, -1.0])
    assert [m.get_xdata()[0] for m in second] == pytest.approx([2.0, -1.5])
    assert {m.get_marker() for m in first} != {m.get_marker() for m in second}
    assert first[0].get_ydata()[0] < second[0].get_ydata()[0]  # as in the key, from the top
    widths = sorted(high - low for low, high in intervals(ax))
    assert widths == pytest.approx(2 * 1.96 * np.array([0.1, 0.1, 0.2, 0.2]), rel=1e-3)


def test_differences_are_those_of_compare():
    """Kills: differences with the errors of independent answers, where cases are shared."""
    a = many(3, 60)
    b = replace(a, values=a.values + 0.05)
    got, ax = wh.compare(a, b), wh.compare(a, b).plot(names=["May", "June"])
    assert got.paired
    low, high = got.difference.ci()
    spans = {n: (lo, hi) for n, lo, hi in zip(a.players.names, low[0, 0], high[0, 0], strict=True)}
    assert len(bars(ax)) == 3
    shown = [(p.get_x(), p.get_x() + p.get_width()) for p in bars(ax)]
    for name, span in zip(labels(ax), shown, strict=True):
        whole = next(n for n in spans if n.startswith(name[:10]))
        assert span == pytest.approx(spans[whole])
    said = [t.get_text() for t in ax.get_legend().get_texts()]
    assert said[:2] == ["May", "June"]
    assert "May \N{MINUS SIGN} June: real" in said


def test_real_differences_are_darker(make):
    ax = comparison(make([3.0, 1.0], 0.1), others=make([1.0, 1.01], 0.1))
    real, noise = (sum(p.get_facecolor()[:3]) for p in bars(ax))
    assert noise - real > 0.5


def test_answers_to_two_questions_have_no_differences(make):
    """Kills: an interval for the difference of two quantities."""
    ax = comparison(make([1.0, 2.0]), others=[make([1.0, 2.0], index=wh.Banzhaf())])
    assert bars(ax) == []
    assert "no differences, since the index differ" in " ".join(ax.get_xlabel().split())


def test_what_cannot_stand_side_by_side(make, churn):
    with pytest.raises(OptionError, match=r"others=\[b\]"):
        make([1.0]).plot("comparison")
    with pytest.raises(ResultError, match="about the same features"):
        comparison(make([1.0]), others=[make([1.0, 2.0])])
    with pytest.raises(ResultError, match=r"two \(worth and nats\)"):
        comparison(replace(make([1.0] * 5), players=churn.players), others=[churn])
    with pytest.raises(OptionError, match="at most 6"):
        comparison(make([1.0]), others=[make([1.0])] * 6)
    with pytest.raises(OptionError, match="one name for each of the 2"):
        comparison(make([1.0]), others=[make([1.0])], names=["one"])
    with pytest.raises(OptionError, match="given str"):
        comparison(make([1.0]), others=["b"])


def test_names_are_models_or_methods_where_they_differ(make):
    a, b = make([1.0]), make([2.0], method="Exact")
    said = [t.get_text() for t in comparison(a, others=[b]).get_legend().get_texts()]
    assert said[:2] == ["Permutation", "Exact"]
