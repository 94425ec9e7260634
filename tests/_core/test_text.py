"""Words that are safe to print, and names that stay apart when they are shortened."""

import doctest
import random

import pytest

from whence._core import text
from whence._core.errors import OptionError, positive
from whence._core.text import brief, clean, numbered, printable, told_apart, unformula

STEM, REST = "How satisfied are you, all in all, with the ", " of the service in these months?"
SURVEY = tuple(f"{STEM}{word}{REST}" for word in ("speed", "price", "staff"))


def test_the_examples():
    assert doctest.testmod(text).failed == 0


@pytest.mark.parametrize("most", [20, 30, 36])
def test_the_middle_stays_where_names_differ(most):
    short = told_apart(SURVEY, most)
    assert all(len(one) <= most for one in short)
    for one, word in zip(short, ("speed", "price", "staff"), strict=True):
        assert word in one


def test_no_two_names_are_ever_shortened_alike():
    """Kills: one label for two players, whatever they share and however little room there is."""
    rng = random.Random(0)
    for _ in range(400):
        letters = rng.choice(["ab", "a ", "ab_c1"])
        names = tuple(
            "".join(rng.choices(letters, k=rng.randint(1, 60))) for _ in range(rng.randint(1, 8))
        )
        short = told_apart(names, rng.randint(6, 40))
        assert len(set(short)) == len(names)


def test_a_number_is_not_taken_by_a_name():
    assert numbered(["a", "a", "a (2)"]) == ("a", "a (3)", "a (2)")


@pytest.mark.parametrize(
    "evil", ["\x1b[2J", "\x1b]0;t\x07", "\u202e", "\x9b2J", "\ud800", "\r", "\x00"]
)
def test_no_terminal_obeys(evil):
    for said in (clean(f"a{evil}b"), printable(f"a{evil}b\nc"), brief(f"a{evil}b")):
        assert said.replace("\n", "").isprintable()
        assert "a" in said
        assert "b" in said


def test_an_error_is_one_line_that_no_terminal_obeys():
    """Kills: a model's own words, or a file's name, that clear the screen of whoever reads them."""
    assert str(OptionError("the model said: x\n  \x1b[2Jy")) == "the model said: x �[2Jy"
    with pytest.raises(OptionError) as caught:
        positive("x\n" * 3000, "k", "how many")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(1)", "'@SUM(1)"),
        ("-1", "-1"),
        ("-x", "'-x"),
        (-1.0, -1.0),
        ("", ""),
    ],
)
def test_no_spreadsheet_runs_it(cell, kept):
    assert unformula(cell) == kept
