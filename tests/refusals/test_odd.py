"""Odd values at every public door: a WhenceError of one line, or right; no builtin exception."""

import warnings

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from jaxtyping import config

import whence as wh

from . import odd
from .odd import Doors, arguments, is_right, tried, values

pytest.importorskip("sklearn")
FEW = ("object", "'no'", "[[]]", "pd.NA", "array([])")


@pytest.fixture(autouse=True)
def users_have_no_type_checker():
    config.update("jaxtyping_disable", True)
    with mpl.rc_context({"backend": "agg"}), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    config.update("jaxtyping_disable", False)


def wrong(doors, labels):
    """(door, argument, value, what happened) wherever it is no error of one line, and not right."""
    from matplotlib import pyplot as plt

    for door, (call, right) in doors.items():
        for name, kind in arguments(call):
            odd_ones = values()
            for label in labels:
                try:
                    tried(call, right, name, kind, odd_ones[label])
                except wh.WhenceError as error:
                    said = str(error)
                    if not said.isprintable() or not 10 < len(said) < 1000:
                        yield door, name, label, said
                except Exception as error:
                    yield door, name, label, repr(error)
                else:
                    if not is_right(door, name, label):
                        yield door, name, label, "accepted"
                plt.close("all")


def test_a_few_odd_values_where_nothing_is_computed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert list(wrong(Doors(tmp_path).quick(), FEW)) == []


@pytest.mark.slow
def test_every_odd_value_at_every_door(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bench = Doors(tmp_path)
    doors = bench.quick() | bench.verbs()
    drop = {"drop": doors.pop("drop")}  # it makes a game before it looks at some of its arguments
    assert list(wrong(doors, values())) == []
    assert list(wrong(drop, FEW)) == []


def test_arguments_are_read_off_the_signatures():
    """Kills: a walk that tries nothing."""
    tried_at = [name for name, _ in arguments(wh.importance)]
    assert {"model", "by_case", "seed", "thresh"} <= set(tried_at)
    assert len(values()) >= 50
    assert "by_case" in odd.RIGHT


@pytest.mark.parametrize(
    ("case", "chosen"),
    [
        (1, [1]), (np.int64(1), [1]), (-1, [2]), ([0, 2], [0, 2]), (np.array([2, 0]), [2, 0]),
        ((0, 1), [0, 1]), (range(2), [0, 1]), (slice(1, None), [1, 2]), (np.array(1), [1]),
        (np.array([True, False, True]), [0, 2]), ([False, True, False], [1]),
        (pd.Series([1, 2]), [1, 2]),
    ],
)  # fmt: skip
def test_cases_are_selected_by_all_that_numpy_takes(tmp_path, case, chosen):
    """Kills: `select(case=np.array([0, 1]))`, met daily, that fails."""
    bench = Doors(tmp_path)
    att = bench.explain(X=bench.X[:3])
    assert np.array_equal(att.select(case=case).values, att.values[chosen])


@pytest.mark.parametrize("case", [(), [], np.array([]), [False] * 3, 3, [0, 3], True, [True], 1.0])
def test_cases_that_are_none(tmp_path, case):
    bench = Doors(tmp_path)
    att = bench.explain(X=bench.X[:3])
    with pytest.raises(wh.WhenceError, match="this answer has cases 0 to 2"):
        att.select(case=case)


@pytest.mark.parametrize("given", [np.int64(3), np.uint8(3), 3])
def test_numbers_of_numpy_are_numbers(tmp_path, given):
    bench = Doors(tmp_path)
    assert np.array_equal(bench.sampled(given).values, bench.sampled(3).values)
    assert bench.sampled(given).provenance["seed"] == 3
    assert wh.Players(("a", "b"), ordered=np.bool_(True)).ordered is True


@pytest.mark.parametrize("name", [None, np.nan, pd.NA, pd.NaT, [], {}, np.array([1])])
def test_what_is_no_name(name):
    with pytest.raises(wh.WhenceError, match="is no name"):
        wh.Players(("a", name))
