"""What a page carries: compact, true to the digit, and inert."""

import json
from base64 import b64decode
from dataclasses import replace

import numpy as np
import pytest

from whence._core.trace import Trace
from whence.report.page.carried import cases_kept, players_kept
from whence.report.page.columns import column
from whence.report.page.pack import inert
from whence.report.page.payload import labels, payload


def array(text):
    return np.frombuffer(b64decode(text), dtype="<f4")


def carried(att, outputs=(0,)):
    kept = players_kept(att, len(outputs))
    return payload(att, outputs, kept, cases_kept(att, len(outputs), len(kept)))


def test_numbers_survive(many):
    """Kills: outputs or players in each other's place."""
    told = carried(many, (0, 1))
    for o in (0, 1):
        got = array(told["outputs"][o]["values"]).reshape(80, 3)
        assert np.allclose(got, many.values[:, o], rtol=1e-6)
        assert np.allclose(array(told["outputs"][o]["errors"]), 0.05)
    low, high = many.mean().ci()
    assert told["outputs"][1]["rows"]["low"] == pytest.approx(low[0, 1].tolist(), rel=1e-6)
    assert told["outputs"][1]["rows"]["high"] == pytest.approx(high[0, 1].tolist(), rel=1e-6)


def test_exact_answers_carry_no_errors(many):
    parts = {"estimation": np.zeros_like(many.values)}
    told = carried(replace(many, uncertainty="exact", parts=parts))
    assert told["outputs"][0]["errors"] is None


def test_student_has_a_quantile_for_every_subgroup(many):
    told = carried(many)["cases"]
    quantiles = array(told["student"])
    assert len(quantiles) == 79
    assert quantiles[[0, 9]] == pytest.approx([12.7062, 2.2281], rel=1e-4)
    assert array(told["half"]) == pytest.approx(np.full(80, 2.2622), rel=1e-4)


def test_an_average_carries_no_cases(churn):
    assert carried(churn)["cases"] is None


def test_the_last_and_the_first_case_are_kept(make):
    att = make(np.arange(2 * 5000.0).reshape(5000, 1, 2))
    at = cases_kept(att, 1, 2)
    assert (at[0], at[-1], len(at)) == (0, 4999, 4000)


def test_cases_are_called_by_their_rows(many, rows60):
    at = np.array([0, 3])
    assert labels(many, at) == ["row 100", "row 103"]
    assert labels(rows60, at) == ["case 0", "case 3"]


def test_columns():
    """Kills: levels out of order; a missing word that is none; a flag with a range from 0 to 1."""
    words = column("w", np.array(["b", None, "a", "b"], dtype=object))
    assert words["levels"] == ["a", "b", "missing"]
    assert words["codes"] == [1, 2, 0, 1]
    assert not words["numeric"]
    few = column("n", np.array([10.0, 2.0, np.nan]))
    assert few["numeric"]
    assert few["levels"] == ["2", "10", "missing"]
    assert np.isnan(array(few["values"])[2])
    assert "levels" not in column("many", np.arange(30.0))
    assert column("b", np.array([True, False]))["levels"] == ["False", "True"]


def test_a_trace_is_carried_for_the_largest(make):
    looks = np.array([10, 20])
    values = np.arange(4.0).reshape(2, 1, 2)
    trace = Trace(looks, looks, looks / 10.0, values, np.full((2, 1, 2), 0.5))
    told = carried(make([0.1, 9.0], trace=trace))["outputs"][0]["looks"]
    assert told["names"] == ["x1", "x0"]
    assert told["value"] == [[1.0, 3.0], [0.0, 2.0]]
    assert told["half"][0] == pytest.approx([0.98, 0.98], rel=1e-3)


def test_nothing_of_a_payload_is_markup(make):
    """Kills: a name that closes the script it stands in."""
    names = ["</script>", "<!--<script>", "\u2028"]
    text = inert(carried(make([1.0, 2.0, 3.0], names=names)))
    assert "<" not in text
    assert text.isascii()
    assert json.loads(text)["players"][:2] == names[:2]
