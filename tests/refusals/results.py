"""Answers: asked for what they do not have, combined wrongly, or read from bad files."""

import io
import json
import zipfile

import numpy as np

import whence as wh

V, T = ValueError, TypeError


def rewritten(b, change):
    """The saved answer with its entries changed: name -> bytes."""
    path = b.saved()
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    entries = change(entries) or entries
    other = b.file("changed.whence", "")
    with zipfile.ZipFile(other, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return wh.load(other)


def header(b, **changes):
    def change(entries):
        told = json.loads(entries["header.json"]) | changes
        entries["header.json"] = json.dumps(told).encode()

    return rewritten(b, change)


def array(b, name, values, **options):
    def change(entries):
        block = io.BytesIO()
        np.save(block, values, **options)
        entries[name] = block.getvalue()

    return rewritten(b, change)


def without(b, name):
    return rewritten(b, lambda entries: {k: v for k, v in entries.items() if k != name})


def flipped(b):
    path = b.saved()
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 3] ^= 0xFF
    path.write_bytes(raw)
    return wh.load(path)


def cut(b):
    path = b.saved()
    path.write_bytes(path.read_bytes()[:-200])
    return wh.load(path)


RESULTS = [
    ("no such player", V, [], lambda b: b.explained["agee"]),
    ("no such place", V, [], lambda b: b.explained[7]),
    ("top of nothing", V, [], lambda b: b.answer.top(0)),
    ("top of a fraction", V, [], lambda b: b.answer.top(2.5)),
    ("top of a word", V, [], lambda b: b.answer.top("all")),
    ("top of an unknown output", V, [], lambda b: b.answer.top(output="x")),
    ("level above one", V, [], lambda b: b.answer.ci(level=2)),
    ("level in percent", V, [], lambda b: b.sampled().ci(level=95)),
    ("level zero", V, [], lambda b: b.sampled().ci(level=0)),
    ("level NaN", V, [], lambda b: b.sampled().ci(level=float("nan"))),
    ("level in words", V, [], lambda b: b.sampled().ci(level="95%")),
    ("no such part", V, [], lambda b: b.sampled().ci(parts="dataa")),
    ("no such part of the error", V, [], lambda b: b.sampled().error("noise")),
    ("no such output", V, [], lambda b: b.answer.select(output="x")),
    ("output beyond the last of an answer", V, [], lambda b: b.answer.select(output=3)),
    ("no such case", V, [], lambda b: b.explained.select(case=99)),
    ("case in words", V, [], lambda b: b.explained.select(case="first")),
    ("no cases", V, [], lambda b: b.explained.select(case=[])),
    ("nobody selected", V, [], lambda b: b.explained.select(players=[])),
    ("unknown player selected", V, [], lambda b: b.explained.select(players=["agee"])),
    ("player selected twice", V, [], lambda b: b.explained.select(players=["age", "age"])),
    ("players selected by a string", V, [], lambda b: b.explained.select(players="age")),
    ("no such column of players", V, [], lambda b: b.explained.select(layer=3)),
    (
        "groups of players overlap",
        V,
        [],
        lambda b: b.explained.group({"a": ["age", "bmi"], "b": ["bmi"]}),
    ),
    ("groups name nobody", V, [], lambda b: b.explained.group({"a": ["agee"]})),
    ("groups by no column", V, [], lambda b: b.explained.group("layer")),
    ("groups are a list", V, [], lambda b: b.explained.group([["age", "bmi"]])),
    ("a group of players is empty", V, [], lambda b: b.explained.group({"a": []})),
    ("a group has a player's name", V, [], lambda b: b.explained.group({"age": ["bmi", "smoker"]})),
    ("merge nothing", V, [], lambda b: wh.Attribution.merge([])),
    ("merge one seed twice", V, [], lambda b: wh.Attribution.merge([b.sampled(), b.sampled()])),
    (
        "merge different questions",
        V,
        [],
        lambda b: wh.Attribution.merge([b.sampled(1), b.explained]),
    ),
    ("merge what is no answer", V, [], lambda b: wh.Attribution.merge([b.sampled(), 3])),
    ("merge an answer, not a list", V, [], lambda b: wh.Attribution.merge(b.sampled())),
    ("difference of other players", V, [], lambda b: b.answer - b.attribute(b.many(3))),
    ("difference with a number", V, [], lambda b: b.answer - 1),
    ("compare what is no answer", V, [], lambda b: wh.compare(b.answer, {"a": 1})),
    ("compare other players", V, [], lambda b: wh.compare(b.answer, b.attribute(b.many(3)))),
    (
        "compare other removals",
        V,
        [],
        lambda b: wh.compare(b.explained, b.explain(removal="baseline", background=b.X[:1])),
    ),
    (
        "compare other backgrounds",
        V,
        [],
        lambda b: wh.compare(b.explained, b.explain(background=b.X[:7])),
    ),
    (
        "compare other units",
        V,
        [],
        lambda b: wh.compare(
            b.importance(b.codes, b.A, b.k), b.importance(b.codes, b.A, b.k, loss="zero-one")
        ),
    ),
    (
        "compare other indices",
        V,
        [],
        lambda b: wh.compare(b.answer, b.attribute(index=wh.Banzhaf())),
    ),
    ("compare with a judge", V, [], lambda b: wh.compare(b.answer, b.answer, judge=b.game)),
    (
        "compare at a level above one",
        V,
        [],
        lambda b: wh.compare(b.sampled(), b.sampled(1)).real(5),
    ),
    ("compare an unknown output", V, [], lambda b: wh.compare(b.answer, b.answer).real(output="x")),
    ("frame of another library", V, [], lambda b: b.answer.to_frame(backend="x")),
    ("picture of another kind", V, [], lambda b: b.answer.plot("pie")),
    ("picture with another option", V, [], lambda b: b.answer.plot(color="red")),
    ("picture of no players", V, [], lambda b: b.answer.plot(max_display=0)),
    # -- files --
    (
        "save into a folder that is not there",
        V,
        [],
        lambda b: b.answer.save(b.folder / "no" / "a.whence"),
    ),
    ("save over a folder", V, [], lambda b: b.answer.save(b.folder)),
    ("save to a number", V, [], lambda b: b.answer.save(3)),
    (
        "page into a folder that is not there",
        V,
        [],
        lambda b: b.answer.to_html(b.folder / "no" / "a.html"),
    ),
    ("load a file that is not there", V, [], lambda b: wh.load(b.folder / "no.whence")),
    ("load a folder", V, [], lambda b: wh.load(b.folder)),
    ("load None", V, [], lambda b: wh.load(None)),
    ("load an empty file", V, [], lambda b: wh.load(b.file("a.whence", ""))),
    ("load text", V, [], lambda b: wh.load(b.file("a.whence", "hello"))),
    ("load a cut file", V, [], cut),
    ("load a flipped byte", V, [], flipped),
    ("load a pickle", V, [], lambda b: wh.load(b.file("a.whence", b"\x80\x04K\x01."))),
    ("load another zip", V, [], lambda b: rewritten(b, lambda e: {"a.txt": b"1"})),
    ("load a header of another format", V, [], lambda b: header(b, format="shap values")),
    ("load a newer file", V, [], lambda b: header(b, version=99)),
    ("load a version in words", V, [], lambda b: header(b, version="two")),
    ("load a header without a version", V, [], lambda b: header(b, version=None)),
    (
        "load a header that is a list",
        V,
        [],
        lambda b: rewritten(b, lambda e: e | {"header.json": b"[1]"}),
    ),
    (
        "load a header that is no JSON",
        V,
        [],
        lambda b: rewritten(b, lambda e: e | {"header.json": b"{"}),
    ),
    ("load a header without players", V, [], lambda b: header(b, players={})),
    ("load an unknown index", V, [], lambda b: header(b, index={"name": "Owen"})),
    ("load an index that is none", V, [], lambda b: header(b, index={"name": "np"})),
    (
        "load fewer players",
        V,
        [],
        lambda b: header(b, players={"names": ["a"], "kind": "p", "ordered": False, "columns": {}}),
    ),
    ("load an unknown uncertainty", V, [], lambda b: header(b, uncertainty="certain")),
    ("load without an array", V, [], lambda b: without(b, "values.npy")),
    ("load without a part", V, [], lambda b: without(b, "parts-0.npy")),
    ("load values of another shape", V, [], lambda b: array(b, "values.npy", np.ones((2, 2, 2)))),
    ("load values of text", V, [], lambda b: array(b, "values.npy", np.full((1, 1, 3), "a"))),
    ("load negative errors", V, [], lambda b: array(b, "parts-0.npy", np.full((1, 1, 3), -1.0))),
    ("load ends of another shape", V, [], lambda b: array(b, "empty.npy", np.ones((3, 3)))),
    (
        "load pickled values",
        V,
        [],
        lambda b: array(b, "values.npy", np.array([{"a": 1}], object), allow_pickle=True),
    ),
]
