"""A file is whole, or as it was; and it stays what it was: private, a link, a device, a pipe."""

import errno
import os
import resource
import stat
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from answers import edges, many
from selections import chosen

import whence as wh
from whence._core import atomic
from whence._core.atomic import write_file, write_files
from whence._core.errors import ResultError
from whence._core.lds import LDS, Beside
from whence.report.page import shell


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_a_new_file_follows_the_umask_and_an_old_one_keeps_its_mode(tmp_path, umask):
    """Kills: answers that hold rows of data, and come back readable to everybody."""
    for kept in (0o600, 0o640, 0o664):
        path = tmp_path / f"{kept:o}"
        path.write_bytes(b"old")
        path.chmod(kept)
        write_file(path, b"new")
        assert (path.read_bytes(), mode(path)) == (b"new", kept)
    assert mode(write_file(tmp_path / "new", b"")) == 0o644


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="files of others")
def test_the_owner_stays(tmp_path):
    path = write_file(tmp_path / "a", b"old")
    os.chown(path, 1234, 4321)
    write_file(path, b"new")
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 4321)


def test_a_link_stays_and_its_target_is_written(tmp_path):
    (tmp_path / "far").mkdir()
    link, target = tmp_path / "link", tmp_path / "far" / "target"
    link.symlink_to("far/target")
    for content in (b"made", b"written again"):  # the first time it points to nothing
        write_file(link, content)
        assert link.is_symlink()
        assert target.read_bytes() == content
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["far", "link", "target"]


def test_a_draft_is_not_written_through_what_stands_in_its_place(tmp_path, monkeypatch):
    """Kills: a name that can be foretold, opened through a link that somebody put there."""
    names = {atomic.secrets.token_hex(8) for _ in range(100)}
    assert len(names) == 100
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    monkeypatch.setattr(atomic.secrets, "token_hex", lambda size: "known")
    (tmp_path / ".whence-known").symlink_to("victim")
    with pytest.raises(ResultError, match="cannot write"):
        write_file(tmp_path / "a", b"new")
    assert victim.read_bytes() == b"precious"
    assert not (tmp_path / "a").exists()


def test_a_pipe_is_written_into(tmp_path):
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    content = bytes(range(256)) * 1000  # more than a pipe holds
    write_file(pipe, content)
    reader.join(5)
    assert got == [content]
    assert pipe.is_fifo()


def test_a_pipe_that_nobody_reads_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic, "READER", 0.05)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ResultError, match=r"nobody began to read it within 0.05 s"):
        write_files({tmp_path / "a": b"1", tmp_path / "pipe": b"2"})
    assert [p.name for p in tmp_path.iterdir()] == ["pipe"]


def test_a_device_is_written_into(tmp_path):
    try:
        os.mknod(tmp_path / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("no device can be made here")
    write_file(tmp_path / "null", b"gone")
    assert stat.S_ISCHR((tmp_path / "null").stat().st_mode)


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 300, "no/a", "loop"])
def test_places_where_nothing_can_be_written(name, tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(ResultError, match=r"cannot write .* Nothing was saved"):
        write_file(tmp_path / name, b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["loop"]


def test_all_or_none(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(ResultError, match="no/b"):
        write_files({tmp_path / "a": b"new", tmp_path / "no" / "b": b"new"})
    assert (tmp_path / "a").read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.fixture
def small_files():
    """No file may be larger than 100 bytes, as on a disk that is nearly full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))

    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def judged():
    near = Beside(0.1, (0.0, 0.2), 0.3, (0.1, 0.5))
    masks = np.array([[True, False], [False, True], [True, True]])
    told = np.array([[1.0], [2.0], [3.0]])
    return LDS(1.0, (0.5, 1.0), np.nan, {"distance": near}, np.ones(1), told, told[None], masks,
               np.array([0]), ("a", "b"), ("t",), "TRAK", "loss", "net", 0.5, 0, 100)  # fmt: skip


WRITERS = {
    "an answer": many(3, 2).save,
    "interactions": lambda path: pairs().save(path),
    "a selection": chosen().save,
    "an LDS": judged().save,
    "Parquet": many(3, 2).to_parquet,
    "a page": lambda path: shell.written("<p>" * 100, path),  # of every kind
    "a graph": edges(4).to_dot,
}


def pairs():
    return wh.load(Path(__file__).parents[1] / "fixtures" / "interactions-v2.whence")


@pytest.mark.parametrize("what", WRITERS)
def test_whoever_writes_leaves_the_old_file_on_a_full_disk(what, tmp_path, small_files):
    """Kills: an answer that is gone although the message says that nothing was saved."""
    path = tmp_path / "a"
    path.write_bytes(b"old")
    small_files(100)
    with pytest.raises(ResultError, match=r"cannot write .*Nothing was saved"):
        WRITERS[what](path)
    small_files(2**30)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    WRITERS[what](path)
    assert len(path.read_bytes()) > 100


def test_a_kill_leaves_the_old_file(tmp_path, monkeypatch):
    path = many(3, 2).save(tmp_path / "a.whence")
    before = path.read_bytes()

    def dies(handle):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", dies)
    with pytest.raises(KeyboardInterrupt):
        many(9, 2).save(path)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path, monkeypatch):
    """Kills: a rename, which asks the folder and not the file. Root may write everywhere."""
    path = write_file(tmp_path / "a", b"old")
    given = os.open

    def guarded(place, flags, *rest, **more):
        if str(place) == str(path) and flags & os.O_WRONLY:
            raise PermissionError(errno.EACCES, "Permission denied", str(place))
        return given(place, flags, *rest, **more)

    monkeypatch.setattr(os, "open", guarded)
    with pytest.raises(ResultError, match="Permission denied"):
        write_file(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"


def test_a_clock_before_1980(tmp_path, monkeypatch):
    """Kills: zip, which has no date before 1980; files that differ by the second."""
    now = many(3, 2).save(tmp_path / "now").read_bytes()
    monkeypatch.setattr(time, "time", lambda: 86_400.0)
    monkeypatch.setattr(time, "localtime", lambda *when: time.gmtime(86_400))
    assert many(3, 2).save(tmp_path / "then").read_bytes() == now
