"""A small file may not take a large memory, whatever it says."""

import io
import json
import struct
import tracemalloc
import zipfile
from contextlib import suppress

import numpy as np
import pytest

import whence as wh
from whence._core import archive, store
from whence._core.errors import ResultError

from .test_attribution import made
from .test_store import header, rewritten

BIG = 2**24  # bytes; of zeros they are 16 kB in a zip


def npy(shape, dtype="<f8", content=b""):
    block = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        block, {"descr": dtype, "fortran_order": False, "shape": shape}
    )
    return block.getvalue() + content


def squeezed(path, **members):
    """The file with further members, deflated."""
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name.replace("_", "."), content)
    return path


def peak(path):
    """Bytes that reading takes."""
    tracemalloc.start()
    with suppress(ResultError):
        store.load(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def test_members_that_nobody_names_are_not_read(tmp_path):
    """Kills: every array in a zip, inflated because it is there."""
    path = squeezed(made(4).save(tmp_path / "a"), bomb_npy=npy((BIG // 8,), content=bytes(BIG)))
    assert peak(path) < 2**22
    np.testing.assert_array_equal(store.load(path).values, made(4).values)


BOMBS = {
    "cases": {"values.npy": npy((BIG // 48, 2, 3), content=bytes(BIG))},
    "a head that lies": {"values.npy": npy((2**40, 2, 3), content=b"")},
    "a length below zero": {"values.npy": npy((-1, 2, 3), content=bytes(48))},
    "more than it says": {"values.npy": npy((4, 2, 3), content=bytes(BIG))},
    "a head without end": {
        "values.npy": b"\x93NUMPY\x02\x00" + struct.pack("<I", BIG) + bytes(BIG)
    },
    "objects": {"values.npy": npy((4, 2, 3), "|O", bytes(192))},
}


@pytest.mark.parametrize("what", BOMBS)
def test_an_array_is_weighed_before_it_is_read(what, tmp_path, monkeypatch):
    """Kills: a megabyte that becomes two gigabytes."""
    monkeypatch.setattr(archive, "_ROOM", 2**20)
    path = made(4).save(tmp_path / "a")
    members = store.zipfile.ZipFile(path)
    contents = {n: members.read(n) for n in members.namelist() if n not in BOMBS[what]}
    bomb = tmp_path / "b"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in (contents | BOMBS[what]).items():
            file.writestr(name, content)
    assert peak(bomb) < BIG / 4
    with pytest.raises(ResultError, match="damaged"):
        store.load(bomb)


def test_a_header_has_a_longest_length(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "HEADER", 2**16)
    path = header(made(4).save(tmp_path / "a"), lambda h: h.update(more="x" * 2**17))
    with pytest.raises(ResultError, match=r"header.json is .* bytes long"):
        store.load(path)


def test_two_members_of_one_name(tmp_path):
    path = made(4).save(tmp_path / "a")
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate name"):
        file.writestr("values.npy", npy((4, 2, 3), content=bytes(192)))
    with pytest.raises(ResultError, match="two of its members have one name"):
        store.load(path)


def test_another_compression(tmp_path):
    """Kills: bzip2 and lzma, whose members grow further than deflate's."""
    path = made(4).save(tmp_path / "a")
    with zipfile.ZipFile(path) as file:
        contents = {n: file.read(n) for n in file.namelist()}
    with zipfile.ZipFile(tmp_path / "b", "w", zipfile.ZIP_LZMA) as file:
        for name, content in contents.items():
            file.writestr(name, content)
    with pytest.raises(ResultError, match="compressed in another way"):
        store.load(tmp_path / "b")


def test_what_a_file_is_its_first_bytes_say(tmp_path):
    """Kills: six gigabytes that are read to look at the first of them."""
    path = tmp_path / "long"
    with path.open("wb") as file:
        file.truncate(2**32)  # a file of zeros that takes no room on the disk
    assert peak(path) < 2**22
    with pytest.raises(ResultError, match="not a whence result"):
        store.load(path)


def test_constant_arrays_are_no_bombs(tmp_path):
    """An answer of 30,000 cases whose errors are all zero is a small file, and is read."""
    one = made(30_000, parts={"estimation": np.zeros((30_000, 2, 3))})
    back = store.load(one.save(tmp_path / "a"))
    assert back.values.shape == (30_000, 2, 3)


WRONG = {
    "cost.seconds": ["x", -1, [1], None, "1", {"whence:float": "nan"}],
    "cost.asked": [[1], 1.5, True, -1, "1", None, 2**70],
    "cost.rows": [[1], 1.5, "many"],
    "players.kind": [1, None],
    "players.names": ["abc", [1, 2, 3], {"a": 1, "b": 2, "c": 3}],
    "players.ordered": [1, "no", None],
    "players.columns": [[1], {"layer": [[1], [2], [3]]}, {"layer": "abc"}, {"layer": [1]}],
    "question.removal": [1, None, ["x"]],
    "question.unit": [0],
    "question.loss": ["yes", 1],
    "question.classes": ["yes", [["a"]]],
    "provenance": ["x", [1], None],
    "provenance.seed": ["x", 1.5, -1],
    "provenance.merged seeds": ["x", ["x"]],
    "provenance.relative error asked": ["x", [1]],
    "outputs": ["xy", [1, 2], [None, "y"], ["x", "y", "z"]],
    "method": [None, 5],
    "verdict": [None, 5],
    "uncertainty": ["certain", None, 1],
    "converged": [1, "yes", None],
    "averaged": [0, 1.5, True, -3, "1"],
    "tables.parts": [[5, 6], ["a", "a"], "ab", 5, ["estimation", "data", "moon"]],
    "tables.data": [[1], [None], [["a"]]],
    "index.name": [5, None, "Owen"],
    "certificates": [[1], [{"check": "x"}], "x"],
}
CASES = [(path, value) for path, values in WRONG.items() for value in values]


@pytest.mark.parametrize(("path", "value"), CASES, ids=lambda v: str(v)[:30])
def test_whatever_is_wrong_is_seen_when_it_is_read(path, value, tmp_path):
    """Kills: files that load, and break when somebody prints what they hold."""

    def change(h):
        *rest, last = path.split(".")
        for name in rest:
            h = h[name]
        h[last] = value

    a = made(4, data={"age": np.arange(4.0)}, provenance={"seed": 1})
    file = header(a.save(tmp_path / "a"), lambda h: (h.update(version=2), h.pop("digest")))
    store.load(file)
    with pytest.raises(ResultError) as caught:
        store.load(header(file, change))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("entry", ["1.5", True, [1.0], {}, "x"])
def test_what_is_no_number_does_not_become_one(entry):
    """Kills: numpy, which reads "1.5" and true as numbers."""
    told = json.loads(json.dumps(made(4).to_dict()))
    told["values"][0][0][0] = entry
    with pytest.raises(ResultError, match="is damaged"):
        wh.from_dict(told)


def test_members_that_are_not_used_do_not_count_in_the_file(tmp_path):
    path = made(4).save(tmp_path / "a")
    assert rewritten(path, {"notes.txt": b"mine"}).stat().st_size > 0
    assert store.load(rewritten(path, {"notes.txt": b"mine"})).method == made(4).method


def test_arrays_in_the_other_byte_order(tmp_path):
    """Kills: arrays as they lie there, which Arrow refuses."""
    block = io.BytesIO()
    np.save(block, np.array([1.0, 2.5], ">f8"))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("values.npy", block.getvalue())
    with zipfile.ZipFile(tmp_path / "a.zip") as file:
        array = archive.Content(file, 1000).array("values.npy")
    assert array.dtype.isnative
    assert array.tolist() == [1.0, 2.5]
