"""A digest tells every change of an answer, in every format; and nothing but changes."""

import copy
import json

import numpy as np
import pytest
from answers import many
from sameness import same
from selections import chosen

import whence as wh
from whence._core import store
from whence._core.errors import ResultError

from .test_attribution import covariance, made
from .test_store import header, rewritten

WHOLE = made(
    4,
    covariance=covariance(),
    shared={"background": np.full((1, 2, 3), np.pi)},
    data={
        "age": np.arange(4.0),
        "n": np.arange(4),
        "word": np.array(["a", "b", None, "d"], object),
    },
    provenance={"seed": 1, "asked of": ["model.json"], "share": 1.0},
)


def swapped(entries, i, j):
    entries[i], entries[j] = entries[j], entries[i]


FORGED = {
    "two values changed places": lambda d: swapped(d["values"][0][0], 0, 2),
    "two cases changed places": lambda d: swapped(d["values"], 0, 1),
    "a digit": lambda d: d["values"][0][0].__setitem__(1, d["values"][0][0][1] + 1e-12),
    "an error": lambda d: d["parts"]["estimation"][1][0].__setitem__(0, 0.5),
    "degrees of freedom": lambda d: d["freedom"].__setitem__(0, 5.0),
    "a covariance": lambda d: d["covariance"]["estimation"][0][0].__setitem__(1, 0.5),
    "a row of data": lambda d: d["data"]["age"]["entries"].__setitem__(1, 9.0),
    "a word": lambda d: d["data"]["word"]["entries"].__setitem__(1, "c"),
    "two players": lambda d: swapped(d["players"]["names"], 0, 1),
    "the verdict": lambda d: d.update(verdict="exact"),
    "what it cost": lambda d: d["cost"].update(asked=1),
    "where it comes from": lambda d: d["provenance"].update({"asked of": ["another.json"]}),
    "the seed": lambda d: d["provenance"].update(seed=True),
    "the unit": lambda d: d["question"].update(unit="nats"),
    "no digest": lambda d: d.pop("digest"),
    "an empty digest": lambda d: d.update(digest=None),
    "the version": lambda d: d.update(version=2),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_dictionary_that_was_changed_is_refused(how):
    """Kills: values that changed places, and load in silence."""
    told = copy.deepcopy(WHOLE.to_dict())
    FORGED[how](told)
    with pytest.raises(ResultError, match="this dictionary is damaged"):
        wh.from_dict(told)


def test_a_file_that_was_changed_is_refused(tmp_path):
    path = WHOLE.save(tmp_path / "a.whence")
    with pytest.raises(ResultError, match="it is not as whence wrote it"):
        store.load(header(path, lambda h: h["provenance"].update(seed=2)))
    block = store._npy(WHOLE.values[:, :, [1, 0, 2]])
    with pytest.raises(ResultError, match="it is not as whence wrote it"):
        store.load(rewritten(path, {"values.npy": block}))


def test_every_format_has_the_same_digest(tmp_path):
    told = WHOLE.to_dict()
    assert len({told["digest"], wh.from_dict(told).to_dict()["digest"]}) == 1
    for path in (WHOLE.save(tmp_path / "a"), WHOLE.to_parquet(tmp_path / "b")):
        assert wh.load(path).to_dict()["digest"] == told["digest"]
    assert many(3, 2).to_dict()["digest"] != told["digest"]


def reordered(value):
    """As a tool of another language may write it: fields in another order, 1 for 1.0."""
    if isinstance(value, dict):
        return {name: reordered(value[name]) for name in reversed(value)}
    if isinstance(value, list):
        return [reordered(entry) for entry in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@pytest.mark.parametrize("one", [WHOLE, chosen(), many(3, 2)], ids=["all", "selection", "run"])
def test_how_json_is_written_does_not_count(one):
    """Kills: a digest of letters, which another program's JSON does not keep."""
    told = reordered(one.to_dict())
    ours = one.to_dict()
    for name in ("parts", "data", "path", "trace"):  # their order is kept, and is not in the digest
        if isinstance(ours.get(name), dict):
            told[name] = {key: told[name][key] for key in ours[name]}
    back = wh.from_dict(json.loads(json.dumps(told)))
    assert back.to_dict()["digest"] == ours["digest"]
    if one is not WHOLE:
        same(one, back)


OLD = {
    "values": lambda d: swapped(d["values"][0][0], 0, 2),
    "an error": lambda d: d["parts"]["estimation"][1][0].__setitem__(0, 0.5),
    "freedom": lambda d: d["freedom"].__setitem__(0, 2.0),
    "an end": lambda d: d["full"][0].__setitem__(0, 7.0),
    "stderr": lambda d: d["stderr"][0][0].__setitem__(0, 7.0),
    "low": lambda d: d["low"][0][0].__setitem__(0, None),
    "gap": lambda d: d.update(gap=[]),
}


@pytest.mark.parametrize("what", OLD)
def test_what_follows_from_the_rest_must_follow(what):
    """Dictionaries of before there was a digest say some things twice."""
    told = copy.deepcopy(made(4).to_dict()) | {"version": 2}
    del told["digest"]
    wh.from_dict(copy.deepcopy(told))
    OLD[what](told)
    with pytest.raises(ResultError, match="is not what follows from its values and errors"):
        wh.from_dict(told)
