"""Where players stand inside a network, and the picture that suits them."""

import numpy as np
import pytest
from answers import edges, heads, many, sources

from whence._core.players import Players
from whence.report import default_kind
from whence.report.inside import lanes, picture_of, wholes


def players(names, **columns):
    return Players(tuple(names), "head", columns=columns)


def test_answers_about_networks_are_drawn_by_place():
    assert default_kind(heads(2, 2)) == "heads"
    assert default_kind(heads(2, 2, 9, mlps=True)) == "heads"
    assert default_kind(sources(2, 3)) == "sources"
    assert default_kind(edges(3)) == "circuit"
    assert default_kind(many(4, 9)) == "beeswarm"


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"layer": (0, 0, 0), "head": (0, 1, 2)},  # one layer
        {"layer": (0, 1, 2), "head": (0, 0, 0)},  # one head each
        {"layer": (0, 1, 1), "head": (0, 1, 1)},  # a cell for two
        {"layer": (0, 1, None), "head": (0, 1, None)},  # one without a place
        {"layer": ("0", "1", "1"), "head": (True, False, 2.0)},  # no whole numbers
        {"source": ("a", "b", None), "target": ("c", "d", "e")},
        {"source": (0, 0, 1)},  # tokens, and no layer: who reads them?
    ],
)
def test_other_players_have_bars(columns):
    """Kills: a picture that hides players, or puts two of them in one place."""
    assert picture_of(players("abc", **columns)) == ""


def test_whole_numbers_of_numpy_count():
    assert wholes(players("ab", layer=(np.int64(3), False)), "layer") == (3, None)


def test_what_has_no_head_has_a_lane():
    found = players(["1.0", "mlp 1", "blocks.1.attn", "1", "embed"],
                    layer=(1, 1, 1, 1, None), head=(0, None, None, None, None))  # fmt: skip
    assert lanes(found) == (0, "mlp", "blocks attn", "all", None)
