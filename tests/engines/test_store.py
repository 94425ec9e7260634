"""The file: what it refuses, and that nothing in it is lost or mixed."""

import hashlib
import os
import sqlite3
import subprocess

import numpy as np
import pytest

import whence as wh
from whence._core.errors import StoreError
from whence.engines import store as stores
from whence.engines import store_schema
from whence.engines.places import keys_of
from whence.engines.store import PrunedError, Shelf

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


@pytest.mark.parametrize("kind", ["pipe", "device", "a name that is too long"])
def test_what_is_no_file_is_refused_at_once(kind, tmp_path):
    """Kills: a pipe that is opened, and waited at for ever."""
    path = tmp_path / ("x" * 300 if "name" in kind else "run.db")
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    with pytest.raises(StoreError, match=r"a pipe or a device|File name too long"):
        Shelf(path)


def test_no_number_is_given_twice(tmp_path):
    """Kills: a number that a run still has in hand, and that another game is given."""
    shelf = Shelf(tmp_path / "run.db")
    numbers = []
    for name in "abc":
        numbers.append(shelf.enter(name, **GAME))
        shelf.drop(numbers)
    shelf.close()
    shelf = Shelf(tmp_path / "run.db")
    assert len({*numbers, shelf.enter("d", **GAME)}) == 4
    with pytest.raises(PrunedError, match="somebody pruned this game"):
        shelf.add(numbers[0], *entry(), 0)
    shelf.close()


def first_format(path):
    """A file as the first whence made it, with 3 batches of a game, and one that was pruned."""
    with sqlite3.connect(path) as db:
        tables = [sql.replace(" autoincrement, name", ", name") for sql in store_schema.TABLES]
        assert tables[0] != store_schema.TABLES[0]
        for statement in tables:
            db.execute(statement)
        db.execute(f"pragma application_id = {store_schema.OURS}")
        db.execute("pragma user_version = 1")
        now = "2026-03-03T00:00:00+00:00"
        row = ("toy", "Toy", "", '["a", "b"]', '["worth"]', "0", now, now)
        db.execute("insert into games values (7, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        for game in (7, 7, 7, 9):
            keys, worths = (part.tobytes() for part in entry())
            mark = hashlib.blake2b(keys + worths, digest_size=16).digest()
            batch = (game, 100, 7, mark, keys, worths)
            db.execute("insert into batches values (null, ?, ?, ?, ?, ?, ?)", batch)
    db.close()
    return path


def test_files_of_the_first_format_are_read_and_brought_up(tmp_path):
    path = first_format(tmp_path / "run.db")
    before = path.read_bytes()
    shelf = Shelf(path)
    [game] = shelf.games()
    assert (game.id, game.worths) == (7, 300)
    worths = [shelf.worths(batch.id, 1) for batch in shelf.batches(7, 0)]
    shelf.close()
    assert path.read_bytes() == before  # whoever only looks changes nothing
    shelf = Shelf(path)
    assert shelf.enter("toy", **GAME) == 7
    assert shelf.enter("new", **GAME) > 9  # which has left a batch behind
    assert all(
        np.array_equal(shelf.worths(batch.id, 1, 7), w)
        for batch, w in zip(shelf.batches(7, 0), worths, strict=True)
    )
    shelf.add(7, *entry(), 1)
    shelf.check()
    shelf.close()
    shelf = Shelf(path)
    assert (shelf.version, len(shelf.batches(7, 0))) == (2, 4)
    shelf.close()


def test_a_batch_that_stands_under_another_game_is_noticed(tmp_path):
    """Kills: a damaged number of a game, by which the worths of one are found by another."""
    path = filled(tmp_path / "run.db", 2)
    shelf = Shelf(path)
    other = shelf.enter("other", **GAME)
    shelf.db.execute("update batches set game = ? where id = 1", (other,))
    with pytest.raises(StoreError, match="batch 1 is not as it was written"):
        shelf.worths(1, 1, other)
    with pytest.raises(StoreError, match="batch 1 is not as it was written"):
        shelf.worths(1, 1)
    with pytest.raises(StoreError, match="batch 1 is not as it was written"):
        shelf.check()
    shelf.close()


STRANGE = {
    "a trigger": "create trigger t after insert on games begin delete from batches; end",
    "a view": "create view v as select * from games",
    "a table": "create table more (n)",
    "an index": "create index more on games (used)",
}


@pytest.mark.parametrize("what", STRANGE)
def test_what_whence_did_not_make_is_not_run(what, tmp_path):
    path = filled(tmp_path / "run.db", 1)
    with sqlite3.connect(path) as db:
        db.execute(STRANGE[what])
    db.close()
    with pytest.raises(StoreError, match="its tables are others"):
        toy(path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("update games set players = '[1]'", "where names belong"),
        ("update games set outputs = '{'", "where names belong"),
        ("update games set used = 'yesterday'", "'yesterday' stands where"),
        ("update games set used = '2026-01-01'", "'2026-01-01' stands where"),
        ("update games set kind = x'00'", "stands where something else"),
        ("update batches set keys = 'text'", "stands where something else"),
        ("update batches set keys = x'00'", "is not as it was written"),
        ("update batches set questions = 99", "is not as it was written"),
        ("update batches set rows = -1", "is not as it was written"),
        ("update batches set seal = 1", "stands where something else"),
    ],
)
def test_values_of_another_kind(change, says, tmp_path):
    """Kills: SQLite's columns, which hold anything, and break whoever uses it."""
    path = filled(tmp_path / "run.db", 1)
    with sqlite3.connect(path) as db:
        db.execute(change)
    db.close()
    shelf = Shelf(path)
    with pytest.raises(StoreError, match=says):
        read_all(shelf)
    shelf.close()


def read_all(shelf):
    shelf.games()
    for batch in shelf.batches(1, 0):
        shelf.worths(batch.id, 1)
    shelf.check()


def test_reading_ends(tmp_path, monkeypatch):
    """Kills: pages that point at each other, and are followed for ever."""
    shelf = Shelf(filled(tmp_path / "run.db", 40))
    read_all(shelf)
    monkeypatch.setattr(stores, "_WORK", (0, 0))
    with pytest.raises(StoreError, match="reading it never ends"):
        read_often(shelf)
    shelf.close()


def read_often(shelf):
    for _ in range(100):
        read_all(shelf)


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
