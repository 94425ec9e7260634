"""A result as one dictionary, by way of strict JSON, and back."""

import copy
import json
from dataclasses import replace

import numpy as np
import pytest
from sameness import same

import whence as wh
from whence import Players
from whence._core.attribution import Attribution, Cost
from whence._core.errors import ResultError
from whence._core.game import Question
from whence._core.index import InOrder
from whence._core.interactions import Interactions

from .test_attribution import covariance, made
from .toys import Scattered

INDICES = (wh.Shapley(), wh.BetaShapley(4.0, 1.5), wh.Share("at fixed norm ✓"), InOrder())
COLUMNS = {
    "number": np.array([1.5, np.nan, np.inf, -0.0]),
    "small": np.array([1.1, -np.inf, 3.3, np.nan], dtype=np.float32),
    "count": np.array([2**62, -1, 0, 7]),
    "yes": np.array([True, False, True, True]),
    "word": np.array(["a", "", "ünï ✓", "x" * 50]),
    "gaps": np.array(["no", None, "None", "nan"], dtype=object),
    "mixed": np.array([1, 2.5, "x", float("nan")], dtype=object),
    "day": np.array(["2026-01-01", "NaT", "2026-01-02", "1969-07-20"], dtype="datetime64[D]"),
    "moment": np.array([1, 2, 3, "NaT"], dtype="datetime64[ns]"),
    "wait": np.array([5, "NaT", -3, 0], dtype="timedelta64[s]"),
}


def by_json(result):
    return wh.from_dict(json.loads(json.dumps(result.to_dict(), allow_nan=False)))


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_nothing_is_lost(index):
    """Kills: infinities told as NaN; an order of fields or columns that is not kept."""
    values = made(4).values.copy()
    values[0, 0, 0], values[1, 1, 2], values[2, 0, 1] = np.nan, np.inf, -np.inf
    values[3, 0, 0] = -0.0
    parts = {name: part.copy() for name, part in made(4).parts.items()}
    parts["data"][3] = np.inf
    a = made(
        4,
        values=values,
        parts=parts,
        freedom=np.array([3.0, 1e9, 0.0, 17.5]),
        index=index,
        covariance=covariance(),
        shared={"background": np.full((1, 2, 3), np.pi)},
        question=Question("what?", "nats", "marginal", "a model", ("no", "yes"), loss=True),
        data=COLUMNS,
        provenance={"seed": 3, "share": float("inf"), "inner": {"a": [1, None, True]}},
        players=Players(("a", "b", "ç"), "head", True, {"layer": (0, float("nan"), None)}),
    )
    back = by_json(a)
    assert repr(back.players.columns) == repr(a.players.columns)
    same(replace(a, players=back.players), back)


def test_a_run_with_its_trace():
    got = wh.attribute(Scattered([3.0, 1.0], 5), budget=wh.Budget(evaluations=1_000), by_case=True)
    same(got, by_json(got))
    run = wh.attribute(
        Scattered([1.0, 2.0]), budget=wh.Budget(evaluations=2000), method="permutation"
    )
    assert run.trace is not None
    same(run, by_json(run))


def test_no_cases():
    empty = made(4).select(case=slice(0, 1))
    nobody = {name: getattr(empty, name)[:0] for name in ("values", "freedom", "empty", "full")}
    a = replace(empty, **nobody, parts={k: v[:0] for k, v in empty.parts.items()})
    same(a, by_json(a))


def test_a_column_that_json_has_no_form_for():
    with pytest.raises(ResultError, match="no form for a column of complex128: convert it"):
        made(4, data={"c": np.ones(4, dtype=complex)}).to_dict()


def pairs(values=((1.0, np.nan), (0.5, -np.inf)), places=((0, 1), (1, 2))):
    values = np.array(values).reshape(2, 1, len(places))
    return Interactions(
        values=values,
        main=np.arange(6.0).reshape(2, 1, 3),
        pairs=places,
        players=Players(("a", "b", "c"), "feature"),
        outputs=("raw",),
        index=wh.Shapley(),
        method="TreeExact",
        empty=np.zeros((2, 1)),
        full=np.ones((2, 1)),
        cost=Cost(0, 0, 0, 12, 0, 0.5),
        verdict="exact",
        provenance={"seed": 1},
    )


@pytest.mark.parametrize("found", [pairs(), pairs(np.zeros((2, 1, 0)), ())], ids=["two", "none"])
def test_interactions_are_kept_and_told(found, tmp_path):
    """Kills: interactions that nobody can save; pairs that come back as lists."""
    same(found, by_json(found))
    path = found.save(tmp_path / "a.whence")
    same(found, wh.load(path))
    with pytest.raises(ResultError, match=r"holds interactions, .* read it with wh.load"):
        Attribution.load(path)


WRONG = {
    "a pair with itself": lambda d: d.update(pairs=[[0, 0], [1, 2]]),
    "a pair of strangers": lambda d: d.update(pairs=[[0, 1], [1, 3]]),
    "a pair twice": lambda d: d.update(pairs=[[0, 1], [0, 1]]),
    "a pair from the end": lambda d: d.update(pairs=[[-1, 1], [1, 2]]),
    "fewer pairs": lambda d: d.update(pairs=[[0, 1]]),
    "three to a pair": lambda d: d.update(pairs=[[0, 1, 2], [1, 2, 3]]),
    "no main effects": lambda d: d.pop("main"),
    "an attribution's format": lambda d: d.update(format="whence attribution"),
    "a newer version": lambda d: d.update(version=9),
    "sampled by nobody's leave": lambda d: d.update(uncertainty="certain"),
    "infinities nowhere": lambda d: d.update(infinities={"values": {"inf": [99]}}),
    "infinities of another sign": lambda d: d.update(infinities={"values": {"infinite": [0]}}),
}


@pytest.mark.parametrize("how", WRONG)
def test_interactions_that_were_tampered_with(how):
    told = copy.deepcopy(pairs().to_dict())
    WRONG[how](told)
    with pytest.raises(ResultError):
        wh.from_dict(told)


@pytest.mark.parametrize("kind", ["|V8", "<c16", "rubbish"])
def test_columns_of_another_type(kind):
    """Kills: a type that runs away with what numpy makes of a word."""
    told = made(4, data={"age": np.arange(4)}).to_dict()
    told["data"]["age"]["type"] = kind
    with pytest.raises(ResultError, match="is damaged"):
        wh.from_dict(told)


@pytest.mark.parametrize("thing", [{}, {"format": "shap"}, {"format": ["whence attribution"]}])
def test_what_is_no_result(thing):
    with pytest.raises(ResultError, match="this dictionary is not a whence result"):
        wh.from_dict(thing)


def test_what_can_be_worked_out_is_not_read():
    told = made(4).to_dict()
    for name in ("stderr", "low", "high", "gap"):
        del told[name]
    same(made(4), wh.from_dict(told | {"written": ["a.html"], "of my own": 1}))
