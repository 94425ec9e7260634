"""Selections: closed forms, the way to a file and back, and what makes no sense."""

import json

import numpy as np
import pytest
from sameness import same
from selections import chosen

import whence as wh
from whence._core.errors import ResultError


def test_shares_are_those_of_the_means():
    found = chosen()
    assert found.faithfulness.value == pytest.approx(0.9)
    assert found.faithfulness.stderr == pytest.approx(0.0, abs=1e-15)
    assert found.completeness.value == pytest.approx(0.3 / 6)
    assert found.kept == ("b", "a")
    lost = found.minimality
    assert list(lost) == ["b", "a"]
    assert lost["a"].value == pytest.approx((5.4 - 1.5) / 6)
    assert lost["b"].value == pytest.approx((5.4 - 4.5) / 6)
    assert lost["b"].ci[0] <= lost["b"].value <= lost["b"].ci[1]
    assert np.isnan(found.lost().value[0, 2])
    assert "a" in found
    assert "c" not in found


def test_shares_may_leave_the_unit_interval():
    """Kills: a faithfulness that is cut at 1."""
    assert chosen(worth=np.array([[3.0], [6.0]])).faithfulness.value == pytest.approx(1.5)
    assert chosen(without=np.array([[-1.0], [-2.0]])).completeness.value == pytest.approx(-0.5)


def test_no_share_of_nothing():
    flat = chosen(full=np.array([[1.0], [-1.0]]))
    for name in ("faithfulness", "completeness", "minimality"):
        with pytest.raises(ResultError, match="no share of the difference is defined"):
            getattr(flat, name)
    assert "undefined" in repr(flat)
    assert flat.to_dict()["faithfulness"] is None
    same(wh.from_dict(json.loads(json.dumps(flat.to_dict(), allow_nan=False))), flat)


def test_nothing_is_lost_on_the_way_to_a_file(tmp_path):
    """Kills: a mask that comes back as numbers; NaN of who was not chosen that becomes a zero."""
    judged = wh.Certificate("reliability", True, "again", {"jaccard": 1.0})
    for one in (chosen(), chosen(certificates=(judged,)), chosen(path={}), chosen(order=())):
        same(wh.load(one.save(tmp_path / "one.whence")), one)
        text = json.dumps(one.to_dict(), allow_nan=False)
        same(wh.from_dict(json.loads(text)), one)
        (tmp_path / "one.json").write_text(text)
        same(wh.load(tmp_path / "one.json"), one)


def test_several_outputs():
    two = {
        n: np.repeat(getattr(chosen(), n), 2, axis=1) for n in ("empty", "full", "without", "less")
    }
    found = chosen(outputs=("x", "y"), worth=np.array([[1.8, 1.0], [3.6, 2.0]]), **two)
    assert found.faithfulness.value == pytest.approx(0.9)
    assert found.select(output="y").faithfulness.value == pytest.approx(0.5)
    assert found.select(output="y").outputs == ("y",)
    with pytest.raises(ResultError, match="'z'"):
        found.select(output="z")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"chosen": np.ones(4, bool), "less": np.zeros((2, 1, 4))},
            r"chosen has the shape \(4,\); .* it is \(3,\)",
        ),
        ({"outputs": ("a", "b")}, "2 outputs"),
        ({"path": {"size": np.zeros(1), "stderr": np.zeros(2)}}, "path differ in length"),
    ],
)
def test_arrays_that_do_not_fit(changes, message):
    with pytest.raises(ResultError, match=message):
        chosen(**changes)


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d.update(chosen=[1, 0, 1]),
        lambda d: d.pop("chosen"),
        lambda d: d.update(converged="yes"),
        lambda d: d.update(held_out="all"),
        lambda d: d.update(worth=[[1.0]]),
        lambda d: d["path"].update(size=[1.0]),
    ],
)
def test_damage_is_said_to_be_damage(damage):
    told = chosen().to_dict()
    damage(told)
    with pytest.raises(ResultError, match="damaged"):
        wh.from_dict(told)


def test_a_selection_is_no_attribution(tmp_path):
    path = chosen().save(tmp_path / "one.whence")
    with pytest.raises(ResultError, match="holds a selection, and no attribution"):
        wh.Attribution.load(path)
    with pytest.raises(wh.WhenceError, match="ask for a head by name"):
        _ = None in chosen()
