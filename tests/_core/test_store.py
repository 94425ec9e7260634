"""Results on disk."""

import io
import json
import zipfile
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from sameness import same

import whence as wh
from whence import Attribution, Budget, Players
from whence._core import store
from whence._core.damage import check
from whence._core.errors import ResultError
from whence._core.game import Question
from whence._core.index import InOrder
from whence._core.kinds import ATTRIBUTION
from whence._core.record import VERSION

from .test_attribution import covariance, made
from .toys import Scattered

INDICES = (
    wh.Shapley(),
    wh.Banzhaf(),
    wh.BetaShapley(4.0, 1.5),
    wh.LeaveOneOut(),
    wh.FirstIn(),
    wh.LinearSurrogate(0.95),
    wh.AumannShapley(),
    wh.Share("residual stream, at fixed norm ✓"),
    InOrder(),
)


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_round_trip(index, tmp_path):
    a = made(
        4,
        index=index,
        covariance=covariance(),
        shared={"background": np.full((1, 2, 3), np.pi)},
        question=Question("what?", "nats", "marginal", "a model", ("no", "yes"), loss=True),
        data={
            "age": np.array([1.5, np.nan, np.inf, -0.0]),
            "n": np.arange(4),
            "t": np.array(list("abcd")),
        },
    )
    path = a.save(tmp_path / "a.whence")
    same(a, Attribution.load(path))
    same(a, wh.load(str(path)))


def test_round_trip_of_a_run(tmp_path):
    got = wh.attribute(Scattered([3.0, 1.0], 5), budget=Budget(evaluations=1_000), by_case=True)
    got = replace(got, values=np.where(got.values > 0, got.values, np.nan))
    same(got, wh.load(got.save(tmp_path / "run")))


@pytest.mark.parametrize(
    "column",
    [
        np.array(["no", "yes, ünïcode ✓", "", "x" * 300], dtype=object),
        np.array(["no", None, "None", "nan"], dtype=object),
        np.array([True, False, True, True]),
        np.array(["2026-01-01", "NaT", "2026-01-02", "2026-01-03"], dtype="datetime64[ns]"),
    ],
    ids=lambda c: str(c.dtype),
)
def test_columns_of_any_kind(column, tmp_path):
    """Kills: a missing entry that comes back as the word None."""
    back = wh.load(made(4, data={"c": column}).save(tmp_path / "a")).data["c"]
    if column.dtype == object:
        assert back.tolist() == column.tolist()
    else:
        assert back.dtype == column.dtype
        assert back.tobytes() == column.tobytes()


def test_players_with_columns(tmp_path):
    players = Players(
        ("a", "b", "ç"),
        "head",
        ordered=True,
        columns={"layer": (0, 1.5, "x"), "on": (True, None, np.int64(3))},
    )
    back = wh.load(made(players=players).save(tmp_path / "a")).players
    assert back == players
    assert back.columns["on"][0] is True


def test_no_pickle_is_written_or_read(tmp_path):
    """Kills: allow_pickle, which would run what a file says."""
    path = made(4, data={"c": np.array(["x", None, "y", "z"], dtype=object)}).save(tmp_path / "a")
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".npy"):
                np.load(io.BytesIO(archive.read(name)), allow_pickle=False)
    ran = []

    class Bomb:
        def __reduce__(self):
            return ran.append, ("boom",)

    block = io.BytesIO()
    np.save(block, np.array([Bomb()], dtype=object), allow_pickle=True)
    with pytest.raises(ResultError, match="not a whence result, or it is damaged"):
        wh.load(rewritten(path, {"values.npy": block.getvalue()}))
    assert ran == []


def rewritten(path, changes):
    """The archive with some members replaced (or, for None, left out)."""
    with zipfile.ZipFile(path) as archive:
        members = {n: archive.read(n) for n in archive.namelist()} | changes
    other = path.with_name("other")
    with zipfile.ZipFile(other, "w") as archive:
        for name, content in members.items():
            if content is not None:
                archive.writestr(name, content)
    return other


def header(path, change):
    with zipfile.ZipFile(path) as archive:
        head = json.loads(archive.read("header.json"))
    change(head)
    return rewritten(path, {"header.json": json.dumps(head)})


TAMPERED = {
    "another format": lambda h: h.update(format="zip"),
    "no version": lambda h: h.pop("version"),
    "a word for a version": lambda h: h.update(version="one"),
    "no version at all": lambda h: h.update(version=None),
    "no index": lambda h: h.pop("index"),
    "an index that is not one": lambda h: h.update(index={"name": "OptionError"}),
    "a function for an index": lambda h: h.update(index={"name": "dataclass"}),
    "an abstract index": lambda h: h.update(index={"name": "Semivalue"}),
    "a private index": lambda h: h.update(index={"name": "__name__"}),
    "an impossible index": lambda h: h.update(index={"name": "BetaShapley", "a": -1.0, "b": 1.0}),
    "settings that are not its own": lambda h: h["index"].update(alpha=3),
    "players given twice": lambda h: h["players"].update(names=["a", "a", "b"]),
    "fewer players": lambda h: h["players"].update(names=["a", "b"], columns={}),
    "players that are a word": lambda h: h.update(players="abc"),
    "more outputs": lambda h: h.update(outputs=["x", "y", "z"]),
    "a table that is not there": lambda h: h["tables"].update(parts=["estimation", "data", "moon"]),
    "tables of another kind": lambda h: h.update(tables=[1]),
    "no tables": lambda h: h.update(tables={}),
    "a cost that lacks": lambda h: h["cost"].pop("asked"),
    "another question": lambda h: h["question"].update(colour="red"),
    "an uncertainty of its own": lambda h: h.update(uncertainty="certain"),
    "averaged over a word": lambda h: h.update(averaged="many"),
    "a verdict that is a number": lambda h: h.update(verdict=7),
    "no dictionary": lambda h: h.clear(),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_header_that_was_tampered_with(how, tmp_path):
    path = made(4).save(tmp_path / "a")
    with pytest.raises(ResultError):
        store.load(header(path, TAMPERED[how]))


@pytest.mark.parametrize(
    ("name", "value"),
    [("parts", {}), ("uncertainty", "certain"), ("averaged", "many"), ("verdict", 7)],
)
def test_headers_are_checked_without_type_checks_too(name, value, tmp_path):
    """The tests' own type checks would refuse these first; a user has none."""
    bare = object.__new__(Attribution)
    for f in fields(Attribution):
        object.__setattr__(bare, f.name, getattr(made(4), f.name))
    object.__setattr__(bare, name, value)
    with pytest.raises(ResultError, match="is damaged"):
        check(bare, ATTRIBUTION, tmp_path)


def test_a_header_that_is_a_list(tmp_path):
    path = rewritten(made().save(tmp_path / "a"), {"header.json": "[]"})
    with pytest.raises(ResultError, match="not a whence result"):
        store.load(path)


def test_a_newer_version_asks_for_an_upgrade(tmp_path):
    with pytest.raises(ResultError, match=r"newer whence \(format 99, .*upgrade whence"):
        store.load(header(made().save(tmp_path / "a"), lambda h: h.update(version=99)))


@pytest.mark.parametrize(
    "name", ["values", "freedom", "empty", "full", "parts-0", "shared-0", "data-0"]
)
@pytest.mark.parametrize("shape", [(7,), (4, 2, 2), ()])
def test_arrays_that_do_not_fit(name, shape, tmp_path):
    """Kills: a damaged file that becomes a number."""
    a = made(4, shared={"background": np.ones((1, 2, 3))}, data={"age": np.arange(4.0)})
    block = io.BytesIO()
    np.save(block, np.zeros(shape))
    with pytest.raises(ResultError):
        store.load(rewritten(a.save(tmp_path / "a"), {f"{name}.npy": block.getvalue()}))


def test_arrays_of_words(tmp_path):
    block = io.BytesIO()
    np.save(block, np.full((4, 2, 3), "x"))
    with pytest.raises(ResultError):
        store.load(rewritten(made(4).save(tmp_path / "a"), {"values.npy": block.getvalue()}))


@pytest.mark.parametrize("name", ["header.json", "values.npy", "parts-1.npy"])
def test_members_that_are_gone(name, tmp_path):
    with pytest.raises(ResultError):
        store.load(rewritten(made(4).save(tmp_path / "a"), {name: None}))


def test_every_truncation_is_noticed(tmp_path):
    path = made(2).save(tmp_path / "a")
    whole = path.read_bytes()
    for size in range(0, len(whole), 37):
        path.write_bytes(whole[:size])
        with pytest.raises(ResultError):
            store.load(path)


def test_every_flipped_byte_is_noticed_or_harmless(tmp_path):
    """Kills: errors of zlib and of the zip format that reach the user bare."""
    a = made(2)
    path = a.save(tmp_path / "a")
    whole = path.read_bytes()
    refused = 0
    for place in range(0, len(whole), 7):
        broken = bytearray(whole)
        broken[place] ^= 0x5A
        path.write_bytes(broken)
        try:
            back = store.load(path)
        except ResultError:
            refused += 1
        else:  # a byte that says nothing, such as a date
            assert np.array_equal(back.values, a.values)
    assert refused > len(whole) / 7 / 3


@pytest.mark.parametrize("content", [b"", b"PK", b"\x80\x04pickle", b"{}", b"a,b\n1,2\n"])
def test_other_files(content, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(ResultError, match="not a whence result, or it is damaged"):
        store.load(path)


def test_no_file(tmp_path):
    with pytest.raises(ResultError, match=r"there is no file|is a folder"):
        store.load(tmp_path / "a")
    with pytest.raises(ResultError, match=r"there is no file|is a folder"):
        store.load(tmp_path)
    with pytest.raises(ResultError, match="Nothing was saved"):
        made().save(tmp_path / "nowhere" / "a")


def test_plain_numbers_for_json():
    a = made(4, data={"age": np.arange(4)}, covariance=covariance())
    a = replace(a, values=np.where(a.values > 0, a.values, np.nan))
    d = a.to_dict()
    text = json.dumps(d, allow_nan=False)
    back = json.loads(text)
    assert np.shape(back["values"]) == (4, 2, 3)
    assert (np.array(back["values"], dtype=float) > 0).sum() == (a.values > 0).sum()
    assert back["values"][0][0][0] == (a.values[0, 0, 0] if a.values[0, 0, 0] > 0 else None)
    low, high = a.ci()
    for name, array in (("low", low), ("high", high), ("stderr", a.stderr)):
        assert np.array_equal(np.array(back[name], dtype=float), array, equal_nan=True)
    assert back["players"]["names"] == ["age", "bmi", "sex"]
    assert back["data"] == {"age": {"type": "<i8", "entries": [0, 1, 2, 3]}}


FIXTURES = Path(__file__).parents[1] / "fixtures"
ZIPS = sorted(FIXTURES.glob("*-v*.whence"))


@pytest.mark.parametrize("path", ZIPS, ids=lambda p: p.stem)
def test_files_of_earlier_versions_are_read_as_they_were_meant(path):
    told = json.loads(path.with_suffix(".json").read_text())
    now = json.loads(json.dumps(store.load(path).to_dict()))
    assert told.pop("version") <= now.pop("version") == VERSION
    assert {name: now[name] for name in told} == told


def test_every_version_has_fixtures():
    """Kills: a version that goes up, and leaves no file behind."""
    versions = {int(path.stem.rpartition("-v")[2]) for path in ZIPS}
    assert versions == set(range(1, VERSION + 1))


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*-v*.json")), ids=lambda p: p.stem)
def test_the_dictionary_of_a_fixture_is_the_file(path):
    """Kills: a reader of JSON that differs from that of files. The first had some of it only."""
    zipped = store.load(path.with_suffix(".whence"))
    if path.stem.endswith("-v1"):
        assert np.array_equal(store.load(path).values, zipped.values, equal_nan=True)
    else:
        same(store.load(path), zipped)


@pytest.mark.parametrize("name", ["asked", "values"])
def test_a_damaged_trace_does_not_become_a_curve(name, tmp_path):
    run = wh.attribute(Scattered([1.0, 2.0]), budget=Budget(evaluations=2000), method="permutation")
    path = run.save(tmp_path / "a.whence")
    assert store.load(path).trace is not None
    block = io.BytesIO()
    np.save(block, getattr(run.trace, name)[:-1])
    with pytest.raises(ResultError, match="is damaged"):
        store.load(rewritten(path, {f"trace-{name}.npy": block.getvalue()}))
