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


def parquet(b, change):
    """The answer as a table that another tool has changed."""
    import pyarrow.parquet as pq

    b.made.add("answer.parquet")
    path = b.answer.to_parquet(b.folder / "answer.parquet")
    file = pq.ParquetFile(path)
    table = change(file.read()).replace_schema_metadata(file.metadata.metadata)
    pq.write_table(table, path)
    return wh.load(path)


def without(b, name):
    return rewritten(b, lambda entries: {k: v for k, v in entries.items() if k != name})


def flipped(b):
    path = b.saved()
    raw = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:  # a byte of the content: a date may be any date
        info = archive.getinfo("header.json")
    raw[info.header_offset + 30 + len(info.filename) + info.compress_size // 2] ^= 0xFF
    path.write_bytes(raw)
    return wh.load(path)


def cut(b):
    path = b.saved()
    path.write_bytes(path.read_bytes()[:-200])
    return wh.load(path)


RESULTS = [
    (
        "a group of players is None",
        V,
        ["a group must be a sequence", "given None"],
        lambda b: b.explained.group({"a": None}),
    ),
    (
        "players are selected by a number",
        V,
        ["players must be a sequence", "given 3"],
        lambda b: b.explained.select(players=3),
    ),
    (
        "merge a number",
        V,
        ["merge takes a list of answers: Attribution.merge([a, b])"],
        lambda b: wh.Attribution.merge(5),
    ),
    (
        "no such player",
        V,
        ["no feature is called 'agee'. Did you mean 'age'?"],
        lambda b: b.explained["agee"],
    ),
    (
        "no such place",
        V,
        [
            "no feature is called 7. There are: 'age', 'bmi',",
            "called 7. There are: 'age', 'bmi', 'smoker'.",
        ],
        lambda b: b.explained[7],
    ),
    (
        "top of nothing",
        V,
        [
            "k is a positive whole number (how many players);",
            "whole number (how many players); given 0",
        ],
        lambda b: b.answer.top(0),
    ),
    (
        "top of a fraction",
        V,
        [
            "k is a positive whole number (how many players);",
            "positive whole number (how many players); given",
        ],
        lambda b: b.answer.top(2.5),
    ),
    (
        "top of a word",
        V,
        [
            "k is a positive whole number (how many players);",
            "whole number (how many players); given 'all'",
        ],
        lambda b: b.answer.top("all"),
    ),
    (
        "top of an unknown output",
        V,
        ["no output is called 'x'. There are: 'worth'."],
        lambda b: b.answer.top(output="x"),
    ),
    (
        "level above one",
        V,
        ["a level lies between 0 and 1, such as", "; given 2"],
        lambda b: b.answer.ci(level=2),
    ),
    (
        "level in percent",
        V,
        ["a level lies between 0 and 1, such as", "; given 95"],
        lambda b: b.sampled().ci(level=95),
    ),
    (
        "level zero",
        V,
        ["a level lies between 0 and 1, such as", "; given 0"],
        lambda b: b.sampled().ci(level=0),
    ),
    (
        "level NaN",
        V,
        ["a level lies between 0 and 1, such as", "; given nan"],
        lambda b: b.sampled().ci(level=float("nan")),
    ),
    (
        "level in words",
        V,
        ["a level lies between 0 and 1, such as", "; given '95%'"],
        lambda b: b.sampled().ci(level="95%"),
    ),
    (
        "no such part",
        V,
        [
            "this answer has no error part 'dataa'. There are:",
            "no error part 'dataa'. There are: 'estimation'.",
        ],
        lambda b: b.sampled().ci(parts="dataa"),
    ),
    (
        "no such part of the error",
        V,
        [
            "this answer has no error part 'noise'. There are:",
            "no error part 'noise'. There are: 'estimation'.",
        ],
        lambda b: b.sampled().error("noise"),
    ),
    (
        "no such output",
        V,
        ["no output is called 'x'. There are: 'worth'."],
        lambda b: b.answer.select(output="x"),
    ),
    (
        "output beyond the last of an answer",
        V,
        ["no output is called 3. There are: 'worth'."],
        lambda b: b.answer.select(output=3),
    ),
    (
        "no such case",
        V,
        ["no case 99: this answer has cases 0 to", "this answer has cases 0 to 1"],
        lambda b: b.explained.select(case=99),
    ),
    (
        "case in words",
        V,
        ["no case 'first': this answer has cases 0 to", "this answer has cases 0 to 1"],
        lambda b: b.explained.select(case="first"),
    ),
    (
        "no cases",
        V,
        ["no case is left: this answer has cases 0", "this answer has cases 0 to 1"],
        lambda b: b.explained.select(case=[]),
    ),
    (
        "nobody selected",
        V,
        ["nobody is left: no player has all of these", "has all of these names and columns"],
        lambda b: b.explained.select(players=[]),
    ),
    (
        "unknown player selected",
        V,
        ["no feature is called 'agee'. Did you mean 'age'?"],
        lambda b: b.explained.select(players=["agee"]),
    ),
    (
        "player selected twice",
        V,
        [
            "players need different names; given more than once: 'age'.",
            "given more than once: 'age'. Rename them.",
        ],
        lambda b: b.explained.select(players=["age", "age"]),
    ),
    (
        "no such column of players",
        V,
        ["these players have no column 'layer'. There are: 'names'."],
        lambda b: b.explained.select(layer=3),
    ),
    (
        "groups of players overlap",
        V,
        ["groups overlap: 'bmi' stand in more than one. Take", "than one. Take them out of one."],
        lambda b: b.explained.group({"a": ["age", "bmi"], "b": ["bmi"]}),
    ),
    (
        "groups name nobody",
        V,
        ["no feature is called 'agee'. Did you mean 'age'?"],
        lambda b: b.explained.group({"a": ["agee"]}),
    ),
    (
        "groups by no column",
        V,
        ["these players have no column 'layer'. There are: 'names'."],
        lambda b: b.explained.group("layer"),
    ),
    (
        "groups are a list",
        V,
        [
            "groups are a mapping such as {'size': ['height', 'width']},",
            "a column of the players; given list",
        ],
        lambda b: b.explained.group([["age", "bmi"]]),
    ),
    (
        "a group of players is empty",
        V,
        ["groups without players: 'a'. Leave them out."],
        lambda b: b.explained.group({"a": []}),
    ),
    (
        "a group has a player's name",
        V,
        [
            "a group has the name of another player: 'age'.",
            "name of another player: 'age'. Rename it.",
        ],
        lambda b: b.explained.group({"age": ["bmi", "smoker"]}),
    ),
    (
        "merge nothing",
        V,
        ["there is nothing to merge: give at least one", "to merge: give at least one run"],
        lambda b: wh.Attribution.merge([]),
    ),
    (
        "merge one seed twice",
        V,
        ["runs with the seeds [0, 0]: equal seeds take", "twice. Give each run its own seed."],
        lambda b: wh.Attribution.merge([b.sampled(), b.sampled()]),
    ),
    (
        "merge different questions",
        V,
        [
            "these answers are to different questions: the players differ",
            "in the same way before comparing them.",
        ],
        lambda b: wh.Attribution.merge([b.sampled(1), b.explained]),
    ),
    (
        "merge what is no answer",
        V,
        ["answers are compared and merged with answers; given int"],
        lambda b: wh.Attribution.merge([b.sampled(), 3]),
    ),
    (
        "merge an answer, not a list",
        V,
        ["merge takes a list of answers: Attribution.merge([a, b])"],
        lambda b: wh.Attribution.merge(b.sampled()),
    ),
    (
        "difference of other players",
        V,
        [
            "these answers are to different questions: the players differ",
            "in the same way before comparing them.",
        ],
        lambda b: b.answer - b.attribute(b.many(3)),
    ),
    (
        "difference with a number",
        V,
        ["answers are compared and merged with answers; given int"],
        lambda b: b.answer - 1,
    ),
    (
        "compare what is no answer",
        V,
        ["b must be an answer, such as wh.explain gives; given dict"],
        lambda b: wh.compare(b.answer, {"a": 1}),
    ),
    (
        "compare other players",
        V,
        [
            "these answers are to different questions: the players differ",
            "in the same way before comparing them.",
        ],
        lambda b: wh.compare(b.answer, b.attribute(b.many(3))),
    ),
    (
        "compare other removals",
        V,
        [
            "these answers are to different questions: the removal differ",
            "in the same way before comparing them.",
        ],
        lambda b: wh.compare(b.explained, b.explain(removal="baseline", background=b.X[:1])),
    ),
    (
        "compare other backgrounds",
        V,
        [
            "these answers are to different questions: the removal differ",
            "in the same way before comparing them.",
        ],
        lambda b: wh.compare(b.explained, b.explain(background=b.X[:7])),
    ),
    (
        "compare other units",
        V,
        [
            "these answers are to different questions: the unit differ",
            "in the same way before comparing them.",
        ],
        lambda b: wh.compare(
            b.importance(b.codes, b.A, b.k), b.importance(b.codes, b.A, b.k, loss="zero-one")
        ),
    ),
    (
        "compare other indices",
        V,
        [
            "these answers are to different questions: the index differ",
            "in the same way before comparing them.",
        ],
        lambda b: wh.compare(b.answer, b.attribute(index=wh.Banzhaf())),
    ),
    (
        "compare with a judge of other players",
        V,
        ["the answer has no value for", "judge it: judge by a game of the same players"],
        lambda b: wh.compare(
            b.answer, b.answer, judge=wh.FunctionGame(lambda s: s.sum(axis=1), ("zz", "yy"))
        ),
    ),
    (
        "compare at a level above one",
        V,
        ["a level lies between 0 and 1, such as", "; given 5"],
        lambda b: wh.compare(b.sampled(), b.sampled(1)).real(5),
    ),
    (
        "compare an unknown output",
        V,
        ["no output is called 'x'. There are: 'worth'."],
        lambda b: wh.compare(b.answer, b.answer).real(output="x"),
    ),
    (
        "frame of another library",
        V,
        [
            "no frames of 'x' are offered. There are: 'pandas',",
            "are offered. There are: 'pandas', 'polars', 'pyarrow'.",
        ],
        lambda b: b.answer.to_frame(backend="x"),
    ),
    (
        "picture of another kind",
        V,
        ["no picture of kind 'pie' is offered. There are: bar, beeswarm, waterfall, force,"],
        lambda b: b.answer.plot("pie"),
    ),
    (
        "picture with another option",
        V,
        ["a bar picture takes no option 'color'. There are: 'max_display', 'output'."],
        lambda b: b.answer.plot(color="red"),
    ),
    (
        "picture of no players",
        V,
        ["max_display is a positive number of players; given 0"],
        lambda b: b.answer.plot(max_display=0),
    ),
    # -- files --
    (
        "save into a folder that is not there",
        V,
        ["cannot write", "such file or directory. Nothing was saved."],
        lambda b: b.answer.save(b.folder / "no" / "a.whence"),
    ),
    (
        "save over a folder",
        V,
        ["cannot write", "Is a directory. Nothing was saved."],
        lambda b: b.answer.save(b.folder),
    ),
    (
        "save to a number",
        V,
        ['path must be the path of a file, such as "a.whence"; given 3'],
        lambda b: b.answer.save(3),
    ),
    (
        "page into a folder that is not there",
        V,
        ["cannot write", "such file or directory. Nothing was saved."],
        lambda b: b.answer.to_html(b.folder / "no" / "a.html"),
    ),
    (
        "load a file that is not there",
        V,
        ["there is no file", "path of a result that was saved"],
        lambda b: wh.load(b.folder / "no.whence"),
    ),
    (
        "load a folder",
        V,
        ["is a folder: give the path", "path of a result that was saved"],
        lambda b: wh.load(b.folder),
    ),
    (
        "load None",
        V,
        ['path must be the path of a file, such as "a.whence"; given None'],
        lambda b: wh.load(None),
    ),
    (
        "load an empty file",
        V,
        ["is not a whence result, or it is damaged", "`save`, or by the command line's --out."],
        lambda b: wh.load(b.file("a.whence", "")),
    ),
    (
        "load text",
        V,
        ["is not a whence result, or it is damaged", "`save`, or by the command line's --out."],
        lambda b: wh.load(b.file("a.whence", "hello")),
    ),
    (
        "load a cut file",
        V,
        ["is not a whence result, or it is damaged", "`save`, or by the command line's --out."],
        cut,
    ),
    (
        "load a flipped byte",
        V,
        ["is not a whence result, or it is damaged", "`save`, or by the command line's --out."],
        flipped,
    ),
    (
        "load a pickle",
        V,
        ["is not a whence result, or it is damaged", "`save`, or by the command line's --out."],
        lambda b: wh.load(b.file("a.whence", b"\x80\x04K\x01.")),
    ),
    (
        "load another zip",
        V,
        ["is not a whence result, or it is damaged", "`save`, or by the command line's --out."],
        lambda b: rewritten(b, lambda e: {"a.txt": b"1"}),
    ),
    (
        "load a header of another format",
        V,
        ["is not a whence result"],
        lambda b: header(b, format="shap values"),
    ),
    (
        "load a newer file",
        V,
        ["was written by a newer whence (format 99, this", "): upgrade whence to read it"],
        lambda b: header(b, version=99),
    ),
    (
        "load a version in words",
        V,
        ["is damaged: its version is 'two'"],
        lambda b: header(b, version="two"),
    ),
    (
        "load a header without a version",
        V,
        ["is damaged: its version is None"],
        lambda b: header(b, version=None),
    ),
    (
        "load a header that is a list",
        V,
        ["is not a whence result"],
        lambda b: rewritten(b, lambda e: e | {"header.json": b"[1]"}),
    ),
    (
        "load a header that is no JSON",
        V,
        ["is not a whence result, or it is damaged", "`save`, or by the command line's --out."],
        lambda b: rewritten(b, lambda e: e | {"header.json": b"{"}),
    ),
    (
        "load a header without players",
        V,
        ["is missing or wrong"],
        lambda b: header(b, players={}),
    ),
    (
        "load an unknown index",
        V,
        ["is damaged", "the index 'Owen'"],
        lambda b: header(b, index={"name": "Owen"}),
    ),
    (
        "load an index that is none",
        V,
        ["is damaged", "the index"],
        lambda b: header(b, index={"name": "np"}),
    ),
    (
        "load fewer players",
        V,
        ["is damaged: values of shape (1, 1, 3), header", "1, 3), header says (1, 1, 1)"],
        lambda b: header(b, players={"names": ["a"], "kind": "p", "ordered": False, "columns": {}}),
    ),
    (
        "load an unknown uncertainty",
        V,
        ["is damaged: its uncertainty is 'certain'"],
        lambda b: header(b, uncertainty="certain"),
    ),
    (
        "load without an array",
        V,
        ["is damaged: KeyError('values') is missing or wrong"],
        lambda b: without(b, "values.npy"),
    ),
    (
        "load without a part",
        V,
        ["is damaged: KeyError('parts-0') is missing or wrong"],
        lambda b: without(b, "parts-0.npy"),
    ),
    (
        "load values of another shape",
        V,
        ["is damaged: values of shape (2, 2, 2), header", "2, 2), header says (1, 1, 3)"],
        lambda b: array(b, "values.npy", np.ones((2, 2, 2))),
    ),
    (
        "load values of text",
        V,
        ["is damaged: no numbers in 'values'"],
        lambda b: array(b, "values.npy", np.full((1, 1, 3), "a")),
    ),
    (
        "load negative errors",
        V,
        ["is damaged: it holds standard errors below zero"],
        lambda b: array(b, "parts-0.npy", np.full((1, 1, 3), -1.0)),
    ),
    (
        "load ends of another shape",
        V,
        ["is damaged: empty of shape"],
        lambda b: array(b, "empty.npy", np.ones((3, 3))),
    ),
    (
        "load pickled values",
        V,
        ["is not a whence result, or it is damaged", "`save`, or by the command line's --out."],
        lambda b: array(b, "values.npy", np.array([{"a": 1}], object), allow_pickle=True),
    ),
    # -- other formats --
    (
        "load a table of somebody else",
        V,
        ["is a Parquet table, and not a whence result:", "those are written by to_parquet"],
        lambda b: wh.load(b.table(b.X)),
    ),
    (
        "load a table that was sorted",
        V,
        ["is not as whence wrote it: its rows", "by another tool", "read them as a table."],
        lambda b: parquet(b, lambda table: table.take([2, 1, 0])),
    ),
    (
        "load a table that was cut",
        V,
        ["is not as whence wrote it: its rows", "by another tool", "read them as a table."],
        lambda b: parquet(b, lambda table: table.slice(1)),
    ),
    (
        "load a cut table",
        V,
        ["is not a whence result, or it is damaged", "`save`, or by the command line's --out."],
        lambda b: wh.load(b.file("a.parquet", b"PAR1 and no more")),
    ),
    (
        "parquet into a folder that is not there",
        V,
        ["cannot write", "such file or directory. Nothing was saved."],
        lambda b: b.answer.to_parquet(b.folder / "no" / "a.parquet"),
    ),
    (
        "parquet to a number",
        V,
        ['path must be the path of a file, such as "a.whence"; given 3'],
        lambda b: b.answer.to_parquet(3),
    ),
    (
        "load JSON of something else",
        V,
        ["is not a whence result, or it is damaged (its JSON is no result)"],
        lambda b: wh.load(b.file("a.json", '{"a": 1}')),
    ),
    (
        "a dictionary of something else",
        V,
        ["this dictionary is not a whence result"],
        lambda b: wh.from_dict({"a": 1}),
    ),
    (
        "a dictionary that is a list",
        V,
        ["this dictionary is not a whence result"],
        lambda b: wh.from_dict([1]),
    ),
    (
        "a dictionary without values",
        V,
        ["this dictionary is damaged: KeyError('values') is missing or wrong"],
        lambda b: wh.from_dict({k: v for k, v in b.answer.to_dict().items() if k != "values"}),
    ),
    (
        "a dictionary of a newer version",
        V,
        ["was written by a newer whence (format 99,", "upgrade whence to read it"],
        lambda b: wh.from_dict(b.answer.to_dict() | {"version": 99}),
    ),
    (
        "the schema of something else",
        V,
        ["no schema of 'game' is published.", "'attribution', 'interactions', 'selection'."],
        lambda b: wh.json_schema("game"),
    ),
    (
        "shapiq has no name for it",
        V,
        ["shapiq has no name for LeaveOneOut(), only for Shapley", "numbers: to_frame()."],
        lambda b: b.attribute(index=wh.LeaveOneOut()).to_shapiq(),
    ),
    (
        "from shap a number",
        V,
        ["from_shap takes a shap.Explanation, or values [rows, features]", "given float"],
        lambda b: wh.from_shap(0.5),
    ),
    (
        "from shap interactions",
        V,
        ["these are interaction values,", "of tree models, wh.interactions has them"],
        lambda b: wh.from_shap(np.ones((2, 3, 3))),
    ),
    (
        "from shap pixels",
        V,
        ["values of shape (2, 8, 9, 3) have more axes than", "values.reshape(rows, -1)"],
        lambda b: wh.from_shap(np.ones((2, 8, 9, 3))),
    ),
    (
        "from shap texts",
        V,
        ["rows with different features,", "are read one at a time"],
        lambda b: wh.from_shap([[1.0, 2.0], [1.0]]),
    ),
    (
        "from shap too few names",
        V,
        ["2 feature names for 3 features: give one for each"],
        lambda b: wh.from_shap(np.ones((2, 3)), feature_names=["a", "b"]),
    ),
    (
        "from shap other rows of data",
        V,
        ["data of shape (40, 3) for 2 rows and 3 features", "a column for each feature"],
        lambda b: wh.from_shap(np.ones((2, 3)), data=b.X),
    ),
    (
        "from shap too few base values",
        V,
        ["base_values of shape () for 2 rows and 4 outputs", "for each row and output"],
        lambda b: wh.from_shap(np.ones((2, 3, 4)), base_values=0.5),
    ),
]
