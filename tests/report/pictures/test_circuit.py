"""Circuits: where nodes stand, and what edges look like."""

from dataclasses import replace

import numpy as np
import pytest
from answers import edges as network
from answers import inside
from drawn import clashes, named, outside, words
from matplotlib.colors import to_hex

from whence._core.errors import ResultError
from whence.report.edges import edges
from whence.report.pictures.circuit import circuit
from whence.report.pictures.layout import layout


def exact(ways, values, error=0.1):
    """Edges with these very values."""
    columns = dict(zip(("source", "target", "channel"), zip(*ways, strict=True), strict=True))
    att = inside([f"{a} -> {b} {c}" for a, b, c in ways], "edge", columns, 1, error, 0)
    values = np.array(values, dtype=float)[None, None, :]
    return replace(att, values=values, full=att.empty + values.sum(axis=2))


@pytest.fixture
def small():
    ways = [("embed", "0.1", "v"), ("0.1", "mlp 0", "in"), ("mlp 0", "1.0", "k"),
            ("0.1", "1.0", "q"), ("1.0", "logits", None)]  # fmt: skip
    return exact(ways, [2.0, -1.0, 0.05, 0.5, 4.0])


def test_layers_lead_from_the_bottom_to_the_top(small):
    """Kills: an MLP beside or below the heads that it reads; a place by strength."""
    places = layout(edges(small, 0, 9)).places
    heights = [places[n].y for n in ("embed", "0.1", "mlp 0", "1.0", "logits")]
    assert heights == sorted(set(heights))
    assert places["mlp 0"].x > places["0.1"].x
    assert places["1.0"].channels == ("q", "k")
    assert places["1.0"].port("q") < places["1.0"].x < places["1.0"].port("k")
    assert places["embed"].width > 0.9


def test_a_network_s_own_edges_end_at_the_parts_that_read():
    """Kills: boxes for "1.0.k" and "1.0" apart, as the names of a game's readers have it."""
    ways = [("embed", "1.0.k", "k"), ("embed", "1.0.v", "v"), ("1.0", "logits", "in")]
    found = edges(exact(ways, [2.0, 1.0, 4.0]), 0, 9)
    assert {edge.target for edge in found} == {"1.0", "logits"}
    assert layout(found).places["1.0"].channels == ("k", "v")


def test_heads_stand_by_their_numbers():
    ways = [("embed", f"0.{h}", None) for h in (11, 0, 4)]
    places = layout(edges(exact(ways, [1, 2, 3]), 0, 9)).places
    assert places["0.0"].x < places["0.4"].x < places["0.11"].x


def test_names_without_layers_stand_above_what_they_read():
    """Kills: one row for everything; an endless walk around a circle."""
    ways = [("in", "a", None), ("a", "b", None), ("b", "c", None), ("c", "out", None),
            ("in", "c", None), ("c", "a", None)]  # fmt: skip
    places = layout(edges(exact(ways[:5], range(1, 6)), 0, 9)).places
    assert [places[n].y for n in ("in", "a", "b", "c", "out")] == [0, 1, 2, 3, 4]
    assert set(layout(edges(exact(ways, range(1, 7)), 0, 9)).places) == set(places)


def test_edges_have_width_colour_ends_and_dashes(small):
    """Kills: signs by colour alone; an edge that may be nothing and looks as sure as any."""
    ax = circuit(small)
    sure, unsure = named(ax, "_edge"), named(ax, "_unsure")
    assert len(sure) == 4
    assert len(unsure) == 1
    widths = sorted(e.get_linewidth() for e in sure)
    assert widths[-1] == pytest.approx(4.0)
    assert widths[-1] - widths[-2] == pytest.approx(2 * (widths[-2] - widths[-3]))  # 4, 2, 1
    (negative,) = (e for e in sure if to_hex(e.get_edgecolor()) == "#008bfb")
    others = {type(e.get_arrowstyle()) for e in sure if e is not negative}
    assert type(negative.get_arrowstyle()) not in others
    assert "the widest: 4.000 ± 0.098" in " ".join(ax.get_xlabel().split())


def test_edges_beyond_the_most_are_counted(small):
    ax = circuit(small, max_display=2)
    assert len(named(ax, "_edge")) == 2
    assert {t.get_text() for t in ax.texts} >= {"embed", "0.1", "1.0", "logits"}
    assert "3 more edges not shown" in " ".join(ax.get_xlabel().split())


def test_what_has_no_number_is_not_drawn(small):
    values = small.values.copy()
    values[0, 0, 4] = np.nan
    assert len(edges(replace(small, values=values), 0, 9)) == 4
    with pytest.raises(ResultError, match="no edge has a number"):
        circuit(replace(small, values=np.full_like(values, np.nan)))


def test_no_edges_at_all(churn):
    with pytest.raises(ResultError, match=r"features of this answer have none.*plot\('bar'\)"):
        circuit(churn)


@pytest.mark.parametrize("size", [(2, 4), (6, 8), (12, 12), (24, 32)])
@pytest.mark.parametrize("count", [1, 5, 15, 40])
def test_no_letters_overlap_or_leave_the_figure(size, count):
    layers, across = size
    ax = circuit(network(count, layers=layers, across=across), max_display=40)
    found = words(ax)
    assert clashes(found) == []
    assert outside(found, ax.figure.bbox) == []


def test_a_crowded_layer_takes_several_rows():
    """Kills: boxes on top of one another."""
    ways = [(f"0.{h}", "logits", None) for h in range(32)]
    ax = circuit(exact(ways, np.arange(1, 33)), max_display=40)
    assert clashes(words(ax)) == []
    boxes = [p.get_bbox() for p in named(ax, "_node")]
    found = list(enumerate(boxes))
    assert clashes([(str(i), box) for i, box in found], slack=0.0) == []
    assert min(b.x0 for b in boxes) >= -1e-9
    assert max(b.x1 for b in boxes) <= 1 + 1e-9
