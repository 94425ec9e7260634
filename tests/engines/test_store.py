"""The file: what it refuses, and that nothing in it is lost or mixed."""

import sqlite3
import subprocess

import numpy as np
import pytest

import whence as wh
from whence._core.errors import StoreError
from whence.engines import store as stores
from whence.engines.places import keys_of
from whence.engines.store import Shelf

GAME = {"kind": "Toy", "asks": "", "players": ("a", "b"), "outputs": ("worth",), "whence": "0"}
RNG = np.random.default_rng(0)


def entry(n=100):
    stay = RNG.random((n, 40)) < 0.5
    return keys_of(stay, np.arange(n), np.zeros(n, int)), RNG.normal(size=(n, 1))


def filled(path, batches=40):
    """A file with batches in it, closed."""
    shelf = Shelf(path)
    game = shelf.enter("toy", **GAME)
    for _ in range(batches):
        shelf.add(game, *entry(), 7)
    shelf.close()
    return path


def toy(keep):
    return wh.attribute(wh.FunctionGame(lambda stay: stay @ [1.0, 2.0], ("a", "b")), keep=keep)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"not a store" * 30, "is not a store of worths. Nothing was written"),
        (b"SQLite format 3\0" + b"\1" * 10, "was cut off"),
        (b"SQLite format 3\0" + b"\1" * 300, "was cut off|damaged"),
    ],
)
def test_other_files_are_refused_and_left_alone(content, says, tmp_path):
    path = tmp_path / "run.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=says):
        toy(path)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_a_saved_answer_is_no_store(tmp_path):
    path = toy(None).save(tmp_path / "answer.whence")
    with pytest.raises(StoreError, match="is not a store of worths"):
        toy(path)


def test_another_programs_database(tmp_path):
    path = tmp_path / "notes.db"
    with sqlite3.connect(path) as db:
        db.execute("create table notes (text)")
    db.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program's SQLite file"):
        toy(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(("version", "age"), [(0, "an older"), (99, "a newer")])
def test_another_format(version, age, tmp_path):
    path = filled(tmp_path / "run.db")
    with sqlite3.connect(path) as db:
        db.execute(f"pragma user_version = {version}")
    db.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=f"{age} whence .store format {version}"):
        toy(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_a_file_that_was_cut_off(share, tmp_path):
    path = filled(tmp_path / "run.db")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(StoreError, match="was cut off"):
        toy(path)


def test_no_damaged_byte_becomes_a_number(tmp_path):
    """Kills: worths without a seal. Wherever a byte is changed, it is noticed or does no harm."""
    path = filled(tmp_path / "run.db", 40)
    shelf = Shelf(path)
    worths = [shelf.worths(batch.id, 1) for batch in shelf.batches(1, 0)]
    shelf.close()
    content = path.read_bytes()
    noticed = 0
    for at in np.linspace(100, len(content) - 1, 150).astype(int):
        other = bytearray(content)
        other[at] ^= 0x55
        path.write_bytes(other)
        try:
            shelf = Shelf(path)
            try:
                got = [shelf.worths(batch.id, 1) for batch in shelf.batches(1, 0)]
            finally:
                shelf.close()
        except StoreError:
            noticed += 1
            continue
        assert len(got) <= len(worths)
        assert all(any(np.array_equal(g, w) for w in worths) for g in got)
    assert noticed > 75


def test_a_check_reads_everything(tmp_path):
    path = filled(tmp_path / "run.db", 6)
    content = bytearray(path.read_bytes())
    content[-100] ^= 1  # the last page is full of worths
    shelf = Shelf(path)
    shelf.check()
    shelf.close()
    path.write_bytes(content)
    shelf = Shelf(path)
    with pytest.raises(StoreError, match="damaged"):
        shelf.check()
    shelf.close()


def until_full(shelf, game):
    """Batches that fit."""

    def fill():
        for _ in range(1000):
            shelf.add(game, *entry(), 0)

    with pytest.raises(StoreError, match=r"the disk is full .* kept before is safe: make room"):
        fill()
    return len(shelf.batches(game, 0))


def test_a_full_disk_loses_nothing(tmp_path):
    """The disk is full in the middle of a batch: the batch is absent, those before it are safe."""
    shelf = Shelf(tmp_path / "run.db")
    game = shelf.enter("toy", **GAME)
    shelf.db.execute("pragma max_page_count = 30")
    kept = until_full(shelf, game)
    assert 3 < kept < 100
    shelf.db.execute("pragma max_page_count = 10000")
    shelf.add(game, *entry(), 0)
    shelf.check()
    shelf.close()


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 256 KiB, where the machine lets us have one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False).returncode
    except OSError:
        done = 1
    if done:
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_really_full(small_disk):
    shelf = Shelf(small_disk / "run.db")
    game = shelf.enter("toy", **GAME)
    kept = until_full(shelf, game)
    shelf.close()
    shelf = Shelf(small_disk / "run.db")
    assert len(shelf.batches(game, 0)) == kept > 3
    shelf.check()
    shelf.close()


@pytest.mark.parametrize("room", [0, 16, 48])
def test_a_disk_that_is_full_from_the_start(small_disk, room):
    """Kills: a full disk that is called damage."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes((256 - room) * 1024))
    with pytest.raises(StoreError, match=r"the disk is full|the disk failed"):
        toy(small_disk / "run.db")
    ballast.unlink()
    assert toy(small_disk / "run.db").cost.evaluations == 4


def test_somebody_else_is_writing(tmp_path, monkeypatch):
    monkeypatch.setattr(stores, "PATIENCE", 0.05)
    path = filled(tmp_path / "run.db", 1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin immediate")
    with pytest.raises(StoreError, match="another process has been writing to it for"):
        toy(path)
    other.execute("rollback")
    other.close()
    assert toy(path).cost.evaluations == 4


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(StoreError, match="is a folder"):
        toy(tmp_path)
    with pytest.raises(StoreError, match="make it first"):
        toy(tmp_path / "a" / "run.db")
    with pytest.raises(StoreError, match="there is no file"):
        Shelf(tmp_path / "run.db", new=False)


def test_what_is_forgotten_leaves_room(tmp_path):
    path = filled(tmp_path / "run.db", 200)
    shelf = Shelf(path)
    other = shelf.enter("other", **GAME)
    shelf.add(other, *entry(), 1)
    shelf.drop([1])
    assert [game.name for game in shelf.games()] == ["other"]
    assert len(shelf.batches(other, 0)) == 1
    shelf.close()
    assert path.stat().st_size < 60_000
