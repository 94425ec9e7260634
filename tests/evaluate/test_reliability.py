"""Reliability: known overlaps."""

import numpy as np
import pytest
from selections import chosen

from whence._core.errors import OptionError, ResultError
from whence._core.players import Players
from whence.evaluate import reliability


def of(*names):
    return chosen(chosen=np.isin(["a", "b", "c"], names), less=np.full((2, 1, 3), np.nan))


def test_known_overlaps():
    found = reliability([of("a", "b"), of("a", "b"), of("a", "c")])
    assert found.numbers["jaccard"] == pytest.approx((1 + 1 / 3 + 1 / 3) / 3)
    assert found.numbers["least"] == pytest.approx(1 / 3)
    assert found.numbers["by chance"] == pytest.approx(2 / (6 - 2))
    assert (found.numbers["always"], found.numbers["ever"]) == (1.0, 3.0)
    assert found.table["player"] == ("a", "b", "c")
    assert found.table["share"] == pytest.approx((1.0, 2 / 3, 1 / 3))
    assert found.holds is False
    assert "3 circuits share 56 %" in found.words


def test_the_same_again_passes():
    assert reliability([of("a"), of("a")]).holds is True
    assert reliability([of(), of()]).numbers["jaccard"] == 1.0
    assert reliability([of("a"), of()], at_least=0.0).holds is True


def test_what_makes_no_sense():
    with pytest.raises(OptionError, match="two selections or more; given 1"):
        reliability([of("a")])
    with pytest.raises(OptionError, match="at_least is a share"):
        reliability([of("a"), of("a")], at_least=2)
    other = chosen(players=Players(("x", "y", "z")), order=())
    with pytest.raises(ResultError, match="selection 1 is about 'x'"):
        reliability([of("a"), other])
