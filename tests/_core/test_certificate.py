"""A judgement, and its way with the answer that it judges."""

import json
import math
from dataclasses import fields, replace

import numpy as np
import pytest
from sameness import same

import whence as wh
from whence import Certificate
from whence._core.errors import ResultError

from .test_attribution import made

WHOLE = Certificate(
    "calibration",
    False,
    "wrong sign on 'ç'",
    {"slope": np.float64(0.5), "rank": np.nan, "worst": np.inf},
    {"slope": (-1.0, 1.5)},
    {"players": ("a", "ç"), "exact": (np.float64(1.5), np.nan), "yes": (True, None), "n": (2, 3)},
)
BARE = Certificate("screen", None, "not testable here", {})


def test_nothing_is_lost():
    """Kills: NaN or an infinity that JSON does not have; a column that comes back as a list."""
    for one in (WHOLE, BARE):
        assert Certificate.from_dict(json.loads(json.dumps(one.to_dict(), allow_nan=False))) == one
    assert math.isnan(WHOLE.numbers["rank"])
    assert type(WHOLE.numbers["slope"]) is float
    assert WHOLE.table["exact"][0] == 1.5


def test_what_it_says():
    assert [replace(BARE, holds=h).verdict for h in (True, False, None)] == [
        "passes",
        "FAILS",
        "not judged",
    ]
    assert repr(WHOLE).splitlines() == [
        "calibration: FAILS - wrong sign on 'ç'",
        "  slope 0.5 [-1, 1.5] · rank nan · worst inf",
        "  table of 2 rows: players, exact, yes, n",
    ]
    assert repr(BARE) == "screen: not judged - not testable here"


def test_other_objects_are_kept_in_words():
    assert Certificate(
        "x", True, "", {}, {}, {"day": (np.datetime64("2026-01-01"), (1, 2))}
    ).table == {"day": ("2026-01-01", "(1, 2)")}


WRONG = {
    "no name": ({"check": ""}, "says in words what was checked"),
    "columns that differ": ({"table": {"a": (1,), "b": ()}}, r"differ in length \('a' 1, 'b' 0\)"),
    "an interval of nothing": ({"intervals": {"slop": (0.0, 1.0)}}, "intervals of 'slop', and no"),
    "a word for a number": ({"numbers": {"slope": "steep"}}, "slope"),
}


@pytest.mark.parametrize("how", WRONG)
def test_what_is_refused(how):
    change, message = WRONG[how]
    told = {**WHOLE.to_dict(), **change}
    with pytest.raises(ResultError, match=message):
        Certificate.from_dict(told)


@pytest.mark.parametrize("told", [{}, {"check": "x"}, {**WHOLE.to_dict(), "holds": "yes"}])
def test_what_is_no_certificate(told):
    with pytest.raises(ResultError):
        Certificate.from_dict(told)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("holds", "yes", "True, False or None; given 'yes'"),
        ("words", 3, "says in words what was checked"),
        ("numbers", {"slope": "steep"}, "could not convert string to float: 'steep'"),
        ("numbers", [1.0], "needs numbers by name"),
        ("intervals", {"slope": (1.0,)}, "intervals of two numbers"),
        ("table", {"players": 3}, "columns by name"),
    ],
)
def test_fields_are_checked_without_type_checks_too(name, value, message):
    """The tests' own type checks would refuse these first; a user has none."""
    bare = object.__new__(Certificate)
    for f in fields(Certificate):
        object.__setattr__(bare, f.name, getattr(WHOLE, f.name))
    object.__setattr__(bare, name, value)
    with pytest.raises(ResultError, match=message):
        bare.__post_init__()


# -- with its answer --

KEPT = made(4, certificates=(WHOLE, BARE))


@pytest.mark.parametrize("way", ["file", "dict", "json", "parquet"])
def test_it_goes_where_the_answer_goes(way, tmp_path):
    """Kills: a format that forgets what was checked."""
    for att in (KEPT, replace(KEPT, certificates=())):
        if way == "file":
            back = wh.load(att.save(tmp_path / "a.whence"))
        elif way == "parquet":
            pytest.importorskip("pyarrow")
            back = wh.load(att.to_parquet(tmp_path / "a.parquet"))
        elif way == "json":
            path = tmp_path / "a.json"
            path.write_text(json.dumps(att.to_dict(), allow_nan=False))
            back = wh.load(path)
        else:
            back = wh.from_dict(att.to_dict())
        same(att, back)


def test_an_answer_without_says_nothing_of_them():
    assert "certificates" not in made().to_dict()
    assert made().certificates == ()


@pytest.mark.parametrize("certificates", [3, "x", [3], [{"check": "x"}], {"check": "x"}])
def test_a_damaged_one_is_no_certificate(certificates):
    with pytest.raises(ResultError, match="this dictionary is damaged"):
        wh.from_dict({**KEPT.to_dict(), "certificates": certificates})


def test_columns_that_were_cut_are_damage():
    told = KEPT.to_dict()
    told["certificates"][0]["table"]["players"].pop()
    with pytest.raises(ResultError, match="dictionary is damaged: the columns of the certificate"):
        wh.from_dict(told)


def test_it_is_found_by_its_name():
    again = replace(BARE, words="again")
    assert KEPT.certificate("screen") is BARE
    assert replace(KEPT, certificates=(BARE, WHOLE, again)).certificate("screen") is again
    with pytest.raises(ResultError, match=r"no certificate 'scren'. Did you mean 'screen'"):
        KEPT.certificate("scren")
    with pytest.raises(ResultError, match=r"no certificate 'screen'. Nothing was checked of it"):
        made().certificate("screen")


def test_it_judges_the_whole_answer():
    """Kills: a part, a sum or a difference that carries the judgement of something else."""
    assert KEPT.mean().certificates == KEPT.certificates
    assert KEPT.select(players=["sex", "age", "bmi"]).certificates == KEPT.certificates
    cut = ({"players": ["age"]}, {"case": 0}, {"output": "x"}, {"layer": 1})
    assert all(KEPT.select(**how).certificates == () for how in cut)
    assert KEPT.group("layer").certificates == ()
    assert (KEPT - KEPT).certificates == ()
    other = replace(KEPT, provenance={"seed": 9})
    assert wh.Attribution.merge([KEPT, other]).certificates == ()
