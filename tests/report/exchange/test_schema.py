"""The published schema: every answer keeps to it, and what is no answer does not."""

import copy
import inspect
import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from selections import chosen

import whence as wh
from whence._core import index as indices
from whence._core.errors import OptionError
from whence._core.index import Index
from whence._core.record import VERSION

jsonschema = pytest.importorskip("jsonschema")

FIXTURES = Path(__file__).parents[2] / "fixtures"
EVERY = sorted(FIXTURES.glob(f"*-v{VERSION}.json"))


def faults(told):
    kind = told.get("format", "whence attribution").removeprefix("whence ")
    known = {"attribution", "interactions", "selection"}
    schema = wh.json_schema(kind if kind in known else "attribution")
    return list(jsonschema.Draft202012Validator(schema).iter_errors(told))


def by_json(result):
    return json.loads(json.dumps(result.to_dict(), allow_nan=False))


@pytest.mark.parametrize("kind", ["attribution", "interactions", "selection"])
def test_it_is_a_schema(kind):
    schema = wh.json_schema(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:whence:schema:{kind}:{VERSION}"


@pytest.mark.parametrize("kind", ["interactions", "selection"])
def test_both_say_the_same_of_what_both_have(kind):
    """Kills: a definition that is changed in one file alone."""
    one, other = wh.json_schema("attribution"), wh.json_schema(kind)
    for name in one["$defs"].keys() & other["$defs"].keys():
        assert one["$defs"][name] == other["$defs"][name], name
    for name in one["properties"].keys() & other["properties"].keys():
        if name not in {"format", "values"}:
            assert one["properties"][name] == other["properties"][name], name


@pytest.mark.parametrize("path", EVERY, ids=lambda p: p.stem)
def test_fixtures_keep_to_it(path):
    assert faults(json.loads(path.read_text())) == []


def test_odd_answers_keep_to_it(odd):
    with np.errstate(invalid="ignore"):
        assert faults(by_json(odd)) == []


def test_answers_keep_to_it(churn, rows60):
    for answer in (churn, rows60, rows60.mean(), churn - churn, rows60.select(players=["age"])):
        assert faults(by_json(answer)) == []
    assert faults(by_json(rows60.group({"all": ["age", "fee"]}))) == []


KINDS = [
    kind for _, kind in inspect.getmembers(indices, inspect.isclass) if issubclass(kind, Index)
]
SETTINGS = {"BetaShapley": {"a": 4.0, "b": 1.0}, "Share": {"identity": "at fixed norm"}}


@pytest.mark.parametrize("kind", [k for k in KINDS if not inspect.isabstract(k) and k is not Index])
def test_every_index_has_a_name_there(kind, make):
    """Kills: an index that is added, and not published."""
    if kind.__name__ != "Semivalue":
        index = kind(**SETTINGS.get(kind.__name__, {}))
        assert faults(by_json(make([1.0, 2.0], index=index))) == []


def test_every_field_is_described(churn):
    """Kills: a field that is told, and described nowhere."""
    pairs = json.loads((FIXTURES / f"interactions-v{VERSION}.json").read_text())
    for told in (by_json(churn), pairs):
        schema = wh.json_schema(told["format"].removeprefix("whence "))
        may = {"written", "certificates", "suspects", "flagged", "background", "case_names"}
        may |= {"weights"}
        assert set(told) - may == set(schema["required"]) == set(schema["properties"]) - may


def test_certificates_keep_to_it(churn):
    table = {"players": ("a", "b"), "miss": (0.1, float("nan"))}
    own = wh.Certificate("calibration", None, "few", {"slope": 1.0}, {"slope": (0.5, 1.5)}, table)
    told = by_json(replace(churn, certificates=(own,)))
    assert faults(told) == []
    described = set(wh.json_schema()["$defs"]["certificate"]["required"])
    assert set(told["certificates"][0]) == described == {f.name for f in fields(own)}
    told["certificates"][0]["holds"] = "yes"
    assert faults(told) != []


def test_selections_keep_to_it():
    flat = replace(chosen(), full=chosen().empty)
    judged = replace(chosen(), certificates=(wh.Certificate("again", True, "yes", {}),))
    for one in (chosen(), flat, judged):
        assert faults(by_json(one)) == []
    schema, told = wh.json_schema("selection"), by_json(chosen())
    may = {"written", "certificates", "suspects", "flagged"}
    assert set(told) == set(schema["required"]) == set(schema["properties"]) - may
    for damage in ({"chosen": [1, 0, 1]}, {"order": "b"}, {"path": [1.0]}, {"worth": [1.0]}):
        assert faults(told | damage) != []


WRONG = {
    "another format": lambda d: d.update(format="shap values"),
    "another version": lambda d: d.update(version=1),
    "no values": lambda d: d.pop("values"),
    "no infinities": lambda d: d.pop("infinities"),
    "values of one row": lambda d: d.update(values=d["values"][0]),
    "words for values": lambda d: d["values"][0][0].append("1.5"),
    "errors below zero": lambda d: d["parts"]["estimation"][0][0].append(-1.0),
    "a number for a part": lambda d: d["parts"].update(data=0.1),
    "an uncertainty of its own": lambda d: d.update(uncertainty="certain"),
    "converged in words": lambda d: d.update(converged="yes"),
    "averaged over none": lambda d: d.update(averaged=0),
    "players without names": lambda d: d["players"].pop("names"),
    "a player twice": lambda d: d["players"].update(names=["a", "a", "b"]),
    "an unknown index": lambda d: d.update(index={"name": "Owen"}),
    "settings that are not its own": lambda d: d["index"].update(a=1.0),
    "a beta without its settings": lambda d: d.update(index={"name": "BetaShapley"}),
    "a cost below zero": lambda d: d["cost"].update(asked=-1),
    "a cost in words": lambda d: d["cost"].update(seconds="4 s"),
    "no unit": lambda d: d["question"].pop("unit"),
    "a column without its type": lambda d: d["data"].update(age={"entries": [1]}),
    "a column of raw bytes": lambda d: d["data"].update(age={"type": "|V8", "entries": [1]}),
    "a trace without errors": lambda d: d.update(
        trace={"asked": [1], "rows": [0], "seconds": [0.1], "values": [[[1.0]]]}
    ),
    "an infinity of another sign": lambda d: d["infinities"].update(values={"+": [0]}),
}


@pytest.mark.parametrize("how", WRONG)
def test_what_is_no_answer_does_not(how, churn):
    """Kills: a schema that lets anything through."""
    told = copy.deepcopy(by_json(churn))
    assert faults(told) == []
    WRONG[how](told)
    assert faults(told) != []


def test_a_schema_that_is_not_published():
    with pytest.raises(OptionError, match="Did you mean 'attribution'"):
        wh.json_schema("attributions")
    with pytest.raises(OptionError, match=f"no schema of version 99 is published: .* {VERSION}"):
        wh.json_schema(version=99)
