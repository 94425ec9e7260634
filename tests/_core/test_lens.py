"""Lenses: what they hold, and how they are shown."""

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from drawn import clashes, images, labels, outside, words
from matplotlib import pyplot as plt

from whence._core.errors import OptionError, ResultError
from whence._core.lens import Lens

mpl.use("Agg")
TEXT = (" Paris", " the", "\n", " Liechtenstein", " of", " $a$")


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def build(layers, positions, *, known=True):
    rng = np.random.default_rng(0)
    kl = np.linspace(8, 0, layers)[:, None] * rng.uniform(0.3, 1, (1, positions))
    rows = rng.integers(6, size=(layers, positions))
    return Lens(
        layers=tuple(map(str, range(layers))),
        positions=tuple(range(positions)),
        tokens=tuple(tuple(TEXT[t] for t in row) for row in rows.tolist()),
        probability=np.exp(-kl) * 0.8,
        kl=kl,
        agreement=np.linspace(0.0, 1.0, layers),
        rank=rng.integers(0, 5000, (layers, positions)) if known else None,
        text=tuple(TEXT[p % 6] for p in range(positions)) if known else None,
    )


def test_a_frame_has_a_row_for_each_layer_and_position():
    found = build(3, 2)
    frame = found.to_frame()
    assert list(frame.columns) == [
        "layer", "position", "token", "probability", "kl", "agreement", "rank", "text",
    ]  # fmt: skip
    assert len(frame) == 6
    last = frame.iloc[-1]
    assert (last.layer, last.position, last.token) == ("2", 1, found.tokens[2][1])
    assert (last.kl, last.agreement) == (0.0, 1.0)
    assert "rank" not in build(3, 2, known=False).to_frame().columns


def test_words_are_a_table_of_the_last_position():
    """Kills: the first position, which has nothing to go by."""
    found = build(3, 4)
    title, head, *lines = repr(found).splitlines()
    assert title == "lens: 3 layers, 4 positions; at position 3"
    assert head.split() == [
        "layer",
        "token",
        "probability",
        "KL",
        "in",
        "nats",
        "agreement",
        "rank",
    ]
    assert len(lines) == 3
    assert f"{found.probability[2, 3]:.3f}" in lines[-1]
    assert lines[-1].endswith(f"{found.rank[2, 3]:,}")
    many = repr(build(80, 2)).splitlines()
    assert "66 more layers not shown" in many[0]
    assert many[-1].startswith("79")


def test_the_last_layer_is_on_top():
    found = build(5, 4)
    ax = found.plot()
    assert np.asarray(images(ax)[0].get_array()) == pytest.approx(found.kl)
    assert labels(ax) == list("01234")
    bottom, top = ax.get_ylim()
    assert bottom < top
    assert "nats" in ax.get_xlabel()
    told = [t.get_text() for t in ax.texts]
    assert {"0.00", "0.25", "1.00"} <= set(told)
    by_chance = found.plot(colour="probability")
    assert np.asarray(images(by_chance)[0].get_array()) == pytest.approx(found.probability)


def test_positions_beyond_the_most_are_counted():
    ax = build(5, 30).plot(max_display=4)
    assert np.asarray(images(ax)[0].get_array()).shape == (5, 4)
    assert "26 earlier positions not shown" in " ".join(ax.get_xlabel().split())


def test_options_are_checked():
    with pytest.raises(OptionError, match="Did you mean 'kl'"):
        build(2, 2).plot(colour="k")
    with pytest.raises(OptionError, match="takes no option 'color_by'"):
        build(2, 2).plot(color_by="kl")
    with pytest.raises(OptionError, match="positive number"):
        build(2, 2).plot(max_display=0)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"layers": ()}, "at least one layer"),
        ({"tokens": (("a", "b"),)}, "a row for each of 2 layers"),
        ({"tokens": (("a",), ("b",))}, "2 entries each"),
        ({"layers": ("a",), "tokens": (("x", "y"),)}, r"shape \(2, 2\); 1 layers and 2 positions"),
        ({"text": ("a",)}, "text has 1 tokens for 2 positions"),
    ],
)
def test_shapes_must_agree(change, match):
    with pytest.raises(ResultError, match=match):
        replace(build(2, 2), **change)


@pytest.mark.parametrize(("layers", "positions"), [(1, 1), (4, 3), (12, 8), (33, 30), (80, 12)])
@pytest.mark.parametrize("known", [False, True])
def test_no_letters_overlap_or_leave_the_figure(layers, positions, known):
    ax = build(layers, positions, known=known).plot()
    found = words(ax)
    assert clashes(found) == []
    assert outside(found, ax.figure.bbox) == []


def test_given_axes_are_used():
    _, ax = plt.subplots()
    assert build(3, 3).plot(ax) is ax
