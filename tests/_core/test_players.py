"""Who could be responsible."""

import numpy as np
import pytest

from whence import Players
from whence._core.errors import PlayersError

HEADS = Players(
    ("h0", "h1", "h2", "h3"), kind="head", columns={"layer": (0, 0, 1, 1), "side": list("lrlr")}
)


def players(names, columns=None):
    """Without the tests' type checks, as a user meets it."""
    made = object.__new__(Players)
    given = {"names": names, "columns": columns or {}, "kind": "player", "ordered": False}
    for name, value in given.items():
        object.__setattr__(made, name, value)
    made.__post_init__()
    return made


def test_names_become_text_and_columns_tuples():
    p = players((1, 2.5, "c"), columns={"x": np.array([1, 2, 3])})
    assert p.names == ("1", "2.5", "c")
    assert p.columns == {"x": (1, 2, 3)}
    assert len(p) == 3


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Players(()), "at least one player"),
        (lambda: Players(("a", "b", "a")), "'a'"),
        (lambda: players((1, "1")), "'1'"),
        (lambda: Players(("a",), columns={"layer": (1, 2)}), "'layer' has 2 entries for 1"),
    ],
)
def test_refusals(make, says):
    with pytest.raises(PlayersError, match=says):
        make()


def test_one_string_is_not_names():
    """Kills: "abc" taken for three players."""
    with pytest.raises(PlayersError, match="given 'abc'"):
        players("abc")


def test_index_by_name_and_place():
    assert [HEADS.index(x) for x in ("h0", "h3", 1, -1)] == [0, 3, 1, 3]
    for wrong in (4, -5, "h9", "H0"):
        with pytest.raises(PlayersError, match="no head is called"):
            HEADS.index(wrong)
    with pytest.raises(PlayersError, match="Did you mean 'h1'"):
        HEADS.index("h11")


def test_a_name_that_looks_like_a_place():
    assert Players(("2", "1", "0")).index("0") == 2


def test_where():
    assert HEADS.where(layer=1).tolist() == [2, 3]
    assert HEADS.where(layer=1, side="l").tolist() == [2]
    assert HEADS.where(names="h1").tolist() == [1]
    assert HEADS.where(layer=7).tolist() == []
    assert HEADS.where().tolist() == [0, 1, 2, 3]
    with pytest.raises(PlayersError, match=r"no column 'layers'.*'layer'"):
        HEADS.where(layers=1)


def test_take_keeps_everything_else():
    some = HEADS.take([3, 0])
    assert some.names == ("h3", "h0")
    assert some.kind == "head"
    assert some.columns == {"layer": (1, 0), "side": ("r", "l")}
    assert Players(("a", "b"), ordered=True).take([0]).ordered


def test_a_set_has_no_order():
    """Kills: values that land under other names in another process."""
    for names in ({"a", "b"}, frozenset({"a", "b"})):
        with pytest.raises(PlayersError, match=r"a set, which has no order.* \['a', 'b'\]"):
            players(names)
    assert players({"a": 1, "b": 2}.keys()).names == ("a", "b")
