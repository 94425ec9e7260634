"""Stores of gradients: whole or absent, whoever is killed, and never of something else."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from whence._core.errors import ModelError, OptionError, StoreError
from whence._core.progress import listening
from whence.models.gradients._files import put, sweep
from whence.models.gradients.kernels import kernel
from whence.models.gradients.layout import Layout
from whence.models.gradients.planning import batch_rows, plan
from whence.models.gradients.store import GradientStore

KEY = {"model": "m1", "data": "d1", "projection": "p1"}


def opened(path, rows=10, dim=3, block=4, **more):
    return GradientStore.open(path, rows=rows, dim=dim, key=KEY, block=block, **more)


def numbers(rows, dim, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, dim)).astype(np.float32)


def filled(path, rows=10, dim=3, block=4, **more):
    store, x = opened(path, rows, dim, block, **more), numbers(rows, dim)
    for b in store.missing:
        span = store.layout.span(b)
        store.write(b, x[span.start : span.stop])
    return store, x


def test_what_was_written_is_read(tmp_path):
    store, x = filled(tmp_path / "s")
    assert (store.blocks, store.rows, store.dim, store.key) == (3, 10, 3, KEY)
    assert store.complete
    assert store.missing == []
    found = store.read(1)
    assert isinstance(found, np.memmap)
    assert found.dtype == np.float32
    assert np.array_equal(np.concatenate([store.read(b) for b in range(3)]), x)
    assert np.array_equal(np.load(store.file(2)), x[8:])  # with numpy alone
    assert GradientStore.load(tmp_path / "s") == store
    store.check()


def test_blocks_come_in_any_order(tmp_path):
    store = opened(tmp_path / "s")
    store.write(2, numbers(2, 3))
    assert store.missing == [0, 1]
    assert not store.complete
    with pytest.raises(StoreError, match=r"block 0 .* not there yet: 2 of 3"):
        store.read(0)
    assert opened(tmp_path / "s").missing == [0, 1]


@pytest.mark.parametrize("extra", [(), ("1 - p", "loss")])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_the_plan_is_what_the_disk_says(tmp_path, dtype, extra):
    layout = Layout(10, 3, KEY, 4, dtype, extra)
    store = opened(tmp_path / "s", dtype=dtype, extra=extra)
    for b in range(3):
        columns = numbers(len(layout.span(b)), 2).astype(float) if extra else None
        store.write(b, numbers(len(layout.span(b)), 3), columns)
    made = plan(layout, 50)
    assert made.disk == store.size_bytes
    kernel(store)
    assert store.size_bytes == made.disk + made.kernel
    files = [f for f in (tmp_path / "s").iterdir() if not f.name.startswith("kernel")]
    assert sum(f.stat().st_size for f in files) == made.disk


def test_a_plan_in_words():
    made = plan(Layout(10**6, 512, KEY), 4810, seconds=90.0)
    assert made.disk == pytest.approx(10**6 * 512 * 4, rel=1e-3)
    assert "1,000,000 rows of 512 numbers (gradients have 4,810): 2.05 GB on disk" in str(made)
    assert "about 90 s to fill" in made.words
    assert "time unknown" in plan(Layout(1, 1, KEY), 1).words
    assert "about 2.78 hours" in plan(Layout(1, 1, KEY), 1, seconds=1e4).words
    assert batch_rows(10**9, 4096) == 1
    with pytest.raises(OptionError, match="not negative"):
        plan(Layout(1, 1, KEY), 1, seconds=-1.0)
    with pytest.raises(OptionError, match="size"):
        plan(Layout(1, 1, KEY), 0)


def test_extra_columns(tmp_path):
    store = opened(tmp_path / "s", extra=("1 - p", "loss"))
    columns = numbers(4, 2).astype(float)
    store.write(0, numbers(4, 3), columns)
    assert np.array_equal(store.column(0, "loss"), columns[:, 1])
    assert np.array_equal(store.read(0), numbers(4, 3))
    with pytest.raises(OptionError, match=r"no extra column 'p'.*'1 - p', 'loss'"):
        store.column(0, "p")
    with pytest.raises(OptionError, match=r"extra columns .* \(4, 2\).*\(4, 0\)"):
        store.write(1, numbers(4, 3))
    with pytest.raises(OptionError, match="extra columns"):
        filled(tmp_path / "t")[0].write(0, numbers(4, 3), columns)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rows": 11}, "rows is 10 there and 11 here"),
        ({"dim": 4}, "dim is 3 there and 4 here"),
        ({"block": 5}, "block is 4 there and 5 here"),
        ({"dtype": "float16"}, "dtype is 'float32' there and 'float16' here"),
        ({"extra": ("w",)}, "extra is"),
        ({"key": KEY | {"model": "m2"}}, "model is 'm1' there and 'm2' here"),
        ({"key": KEY | {"data": "d2"}}, "data is 'd1' there and 'd2' here"),
        ({"key": KEY | {"seed": "2"}}, "seed is None there and '2' here"),
    ],
)
def test_a_store_of_something_else_is_refused(tmp_path, change, says):
    opened(tmp_path / "s")
    asked = {"rows": 10, "dim": 3, "key": KEY, "block": 4} | change
    with pytest.raises(StoreError, match=says):
        GradientStore.open(tmp_path / "s", **asked)


def test_what_is_no_store_is_left_alone(tmp_path):
    with pytest.raises(StoreError, match="no store of gradients at"):
        GradientStore.load(tmp_path / "none")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(StoreError, match="holds something else"):
        opened(tmp_path)
    with pytest.raises(StoreError, match="holds something else"):
        opened(tmp_path / "notes.txt")
    with pytest.raises(StoreError, match="could not be made"):
        opened(tmp_path / "not there" / "s")
    with pytest.raises(OptionError, match="is at a path"):
        opened("")
    assert [f.name for f in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("{", "no store of gradients"),
        ("[]", "no store of gradients"),
        ({"kind": "notes"}, "'notes'"),
        ({"format": 2}, "has format 2"),
        ({"rows": -1}, "damaged: rows"),
        ({"key": 3}, "damaged"),
        ({"extra": None}, "damaged"),
        ({"rows": 10**9}, "1,000,000 are the most: give a larger block"),
        ({"rows": 13}, "its header is not as it was written"),
        ({"key": {"data": "other"}}, "its header is not as it was written"),
        ({"digest": 1}, "its header is not as it was written"),
    ],
)
def test_a_damaged_header_is_refused(tmp_path, header, says):
    opened(tmp_path / "s")
    file = tmp_path / "s" / "header.json"
    told = json.loads(file.read_text())
    file.write_text(header if isinstance(header, str) else json.dumps(told | header))
    # a wrong type is refused by the checker of types too, while tests run
    with pytest.raises(Exception, match=f"{says}|Type-check error"):
        GradientStore.load(tmp_path / "s")


def test_a_damaged_block_is_named(tmp_path):
    store, x = filled(tmp_path / "s")
    content = bytearray(store.file(1).read_bytes())
    content[140] ^= 1
    store.file(1).write_bytes(content)
    with pytest.raises(StoreError, match=r"1 blocks .* 'block-0000001.npy'\. Delete"):
        store.check()
    with pytest.raises(StoreError, match=r"block-0000001.npy is not as it was written"):
        GradientStore.load(store.path).read(1)
    store.file(1).write_bytes(content[:-1])
    with pytest.raises(StoreError, match=r"block-0000001.npy is not as it was written"):
        store.read(1)
    content[3] ^= 1  # numpy's magic
    store.file(1).write_bytes(content)
    with pytest.raises(StoreError, match=r"block-0000001.npy is not as it was written"):
        store.read(1)
    content[3] ^= 1
    content[:128] = bytes(content[:128]).replace(b"<f4", b"<i4")
    store.file(1).write_bytes(content)
    with pytest.raises(StoreError, match=r"block-0000001.npy is not as it was written"):
        store.read(1)
    store.file(1).unlink()
    assert store.missing == [1]
    store.write(1, x[4:8])
    store.check()


def test_any_byte_that_changes_is_refused_before_it_is_used(tmp_path):
    """Kills: numbers that are mapped from the disk, and whose seal nobody asks for."""
    store = opened(tmp_path / "s", extra=("w",))
    for block in range(3):
        rows = len(store.layout.span(block))
        store.write(block, numbers(rows, 3), numbers(rows, 1).astype(float))
    content = store.file(2).read_bytes()
    for at in range(0, len(content), 11):
        changed = bytearray(content)
        changed[at] ^= 4
        store.file(2).write_bytes(changed)
        for look in (lambda s: s.read(2), lambda s: s.column(2, "w"), lambda s: s.seal(2)):
            with pytest.raises(StoreError, match="not as it was written"):
                look(GradientStore.load(store.path))


def test_a_store_from_before_headers_had_a_digest(tmp_path):
    store, x = filled(tmp_path / "s")
    file = store.path / "header.json"
    told = json.loads(file.read_text())
    del told["digest"]
    file.write_text(json.dumps(told))
    np.testing.assert_array_equal(GradientStore.load(store.path).read(0), x[:4])


def test_damaged_columns_are_refused(tmp_path):
    store = opened(tmp_path / "s", extra=("w",))
    store.write(0, numbers(4, 3), numbers(4, 1).astype(float))
    content = bytearray(store.file(0).read_bytes())
    content[store.layout.at_extra(0)] ^= 1
    store.file(0).write_bytes(content)
    with pytest.raises(StoreError, match="not as it was written"):
        store.column(0, "w")


def test_a_block_stays(tmp_path):
    store, x = filled(tmp_path / "s")
    before = store.file(0).stat().st_mtime_ns
    store.write(0, x[:4])
    assert store.file(0).stat().st_mtime_ns == before
    with pytest.raises(StoreError, match="there already, with other numbers"):
        store.write(0, x[:4] + 1)


def test_what_is_no_block_is_refused(tmp_path):
    store = opened(tmp_path / "s")
    with pytest.raises(OptionError, match="no block 3: they are 0 to 2"):
        store.write(3, numbers(4, 3))
    with pytest.raises(OptionError, match=r"floats of shape \(2, 3\)"):
        store.write(2, numbers(4, 3))
    x = numbers(4, 3)
    x[1, 2] = np.inf
    with pytest.raises(OptionError, match="first of which is row 5"):
        store.write(1, x)
    assert store.missing == [0, 1, 2]


@pytest.mark.parametrize("scale", [1e6, 1e-8])
def test_float16_refuses_what_it_cannot_hold(tmp_path, scale):
    store, x = opened(tmp_path / "s", dtype="float16"), numbers(4, 3)
    x[2] *= scale
    with pytest.raises(StoreError, match=r"float16 cannot hold .* row 6: .*dtype='float32'"):
        store.write(1, x)
    store.write(1, numbers(4, 3))
    assert np.allclose(store.read(1), numbers(4, 3), rtol=1e-3)


@pytest.mark.parametrize(
    "wrong",
    [{"rows": 0}, {"dim": 0}, {"block": 0}, {"key": {}}, {"key": {"a": ""}}, {"extra": ("a", "a")}],
)
def test_layouts_that_cannot_be(wrong):
    with pytest.raises(OptionError):
        Layout(**{"rows": 4, "dim": 2, "key": KEY} | wrong)


def test_a_disk_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    store, x = opened(tmp_path / "s"), numbers(4, 3)

    def full(_handle):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match=r"could not be written: No space left .* run again"):
            store.write(0, x)
    assert [f.name for f in (tmp_path / "s").iterdir()] == ["header.json"]
    store.write(0, x)


def test_the_first_header_stays(tmp_path, monkeypatch):
    file = tmp_path / "header.json"
    assert put(file, [b"mine"], anew=False)
    assert not put(file, [b"yours"], anew=False)

    def unknown(_self, _other):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", unknown)  # a disk that knows no second names
    assert not put(file, [b"yours"], anew=False)
    assert put(tmp_path / "other", [b"mine"], anew=False)
    assert {f.name: f.read_bytes() for f in tmp_path.iterdir()} == {
        "header.json": b"mine",
        "other": b"mine",
    }


def test_what_the_dead_left_is_swept(tmp_path):
    opened(tmp_path / "s")
    left, lives = (tmp_path / "s" / f".aside-block-{i}" for i in "ab")
    for file in (left, lives):
        file.write_bytes(b"half")
    os.utime(left, (time.time() - 7200,) * 2)
    assert opened(tmp_path / "s").missing == [0, 1, 2]
    assert not left.exists()
    assert lives.exists()
    sweep(tmp_path / "s")
    assert lives.exists()


# From here on with torch.

CHILD = """
import sys, time, torch
from whence.models.gradients import SJLT, GradientStore, fill

torch.set_num_threads(1)
path, wait, part, parts = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
made = SJLT(60, 8)
def gradients(rows):
    time.sleep(wait)
    r = torch.tensor(rows, dtype=torch.float32)
    return torch.sin(r[:, None] * torch.arange(1.0, 61.0))
key = {"model": "m", "data": "d", "projection": repr(made)}
store = GradientStore.open(path, rows=400, dim=8, key=key, block=20)
fill(store, gradients, made, blocks=range(part, store.blocks, parts))
"""


def start(path, wait=0.0, part=0, parts=1):
    command = [sys.executable, "-c", CHILD, str(path), str(wait), str(part), str(parts)]
    return subprocess.Popen(command)


def run_here(path, monkeypatch, part=0, parts=1):
    monkeypatch.setattr(sys, "argv", ["-c", str(path), "0", str(part), str(parts)])
    exec(compile(CHILD, "child", "exec"), {})


def bytes_of(path):
    return {f.name: f.read_bytes() for f in Path(path).iterdir() if f.name[0] != "."}


@pytest.mark.usefixtures("one_thread")
def test_kill_9_costs_the_block_in_flight(tmp_path, monkeypatch):
    process = start(tmp_path / "killed", wait=0.05)
    while not (tmp_path / "killed" / "block-0000003.npy").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    store = GradientStore.load(tmp_path / "killed")
    store.check()
    assert 0 < len(store.missing) < 20
    for name in ("killed", "whole"):
        run_here(tmp_path / name, monkeypatch)
    assert bytes_of(tmp_path / "killed") == bytes_of(tmp_path / "whole")


@pytest.mark.usefixtures("one_thread")
def test_two_writers_at_once(tmp_path, monkeypatch):
    both = [start(tmp_path / "both", 0.005), start(tmp_path / "both", 0.005)]
    for part in range(2):  # taking turns, as two machines would
        run_here(tmp_path / "shared", monkeypatch, part, 2)
    assert [p.wait() for p in both] == [0, 0]
    store = GradientStore.load(tmp_path / "both")
    store.check()
    assert store.complete
    assert bytes_of(tmp_path / "both") == bytes_of(tmp_path / "shared")


@pytest.fixture
def torch_parts():
    torch = pytest.importorskip("torch")
    from whence.models.gradients import fill, forecast, projection

    return torch, fill, forecast, projection("sjlt", 30, 5)


def to_fill(path, made, **more):
    key = {"model": "m", "data": "d", "projection": repr(made)}
    return GradientStore.open(path, rows=100, dim=made.dim, key=key, block=32, **more)


def test_fill_writes_the_projected_gradients(tmp_path, torch_parts):
    torch, fill, forecast, made = torch_parts
    x, heard = torch.tensor(numbers(100, 30)), []
    store = to_fill(tmp_path / "s", made, extra=("number",))
    expected = forecast(store, lambda rows: x[rows], made)
    assert expected.seconds > 0
    assert store.missing == [0, 1, 2, 3]
    with listening(heard.append):
        did = fill(store, lambda rows: x[rows], made, extra=lambda rows: rows[:, None] * 1.0)
    assert (did.blocks, did.rows) == (4, 100)
    assert [round(p.share, 6) for p in heard] == [0.25, 0.5, 0.75, 1.0]
    found = np.concatenate([store.read(b) for b in range(4)])
    assert np.array_equal(found, made.project(x).numpy())
    assert store.column(3, "number").tolist() == [96.0, 97.0, 98.0, 99.0]
    assert store.size_bytes == expected.disk
    assert fill(store, lambda rows: x[rows], made, extra=lambda rows: rows[:, None] * 1.0).rows == 0


def test_fill_takes_factors(tmp_path, torch_parts):
    torch, fill, _, other = torch_parts
    from whence.models.gradients import Factored

    made = Factored(((6, 5),), (2, 2))
    d, a = torch.tensor(numbers(100, 6)), torch.tensor(numbers(100, 5, 1))
    store = to_fill(tmp_path / "s", made)
    fill(store, lambda rows: [(d[rows], a[rows])], made)
    assert np.array_equal(store.read(0), made.project_pairs([(d[:32], a[:32])]).numpy())
    with pytest.raises(OptionError, match="SJLT projects a tensor"):
        fill(to_fill(tmp_path / "t", other), lambda rows: [(d[rows], a[rows])], other)


def test_fill_refuses(tmp_path, torch_parts):
    torch, fill, forecast, made = torch_parts
    x, store = torch.tensor(numbers(100, 30)), to_fill(tmp_path / "s", made)
    other = type(made)(30, 5, seed=1)
    for call in (fill, forecast):
        with pytest.raises(StoreError, match=r"seed=0, per=1\); given SJLT\(.*seed=1"):
            call(store, lambda rows: x[rows], other)
    with pytest.raises(OptionError, match="gradients of 32 rows were asked for, and 1 came"):
        fill(store, lambda rows: x[rows].mean(0, keepdim=True), made)
    with pytest.raises(OptionError, match="extra= a function"):
        fill(store, lambda rows: x[rows], made, extra=lambda rows: rows[:, None] * 1.0)
    with pytest.raises(OptionError, match="no block 9"):
        fill(store, lambda rows: x[rows], made, blocks=[0, 9])
    with pytest.raises(ModelError, match="not finite"):
        fill(store, lambda rows: x[rows] / 0, made)
    assert store.missing == [0, 1, 2, 3]
