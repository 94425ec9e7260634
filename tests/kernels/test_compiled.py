"""Where kernels are kept, and that nothing depends on how many cores there are."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from whence._core.deadline import deadline
from whence._core.errors import OutOfTimeError
from whence._core.index import Shapley
from whence.kernels import compiled as module
from whence.kernels.compiled import compiled, cores, spread
from whence.kernels.means import Means
from whence.kernels.values import Job, values

from .forests import alone, cells, forest, members

SAY = """
import hashlib
from kernels.test_compiled import answers
print(hashlib.sha256(b"".join(a.tobytes() for a in answers())).hexdigest())
"""


def answers():
    """Every way to an answer: patterns, pairs, products, means."""
    ensemble = forest(70, columns=8, trees=12, depth=6, odd=True, outputs=2, categorical=(1,))
    X, pool = cells(ensemble, 700), cells(ensemble, 300, seed=1)
    who, weight = alone(ensemble), Shapley().weight
    for rows, background in ((X, pool), (X[:3], pool[:2]), (X[:200], None)):
        yield from values(Job.of(ensemble, who, rows, background), weight, lambda _: None)
    yield Means.of(ensemble, who, X[:50], pool)(members(8)[::3], np.arange(50))


def test_bits_do_not_depend_on_the_number_of_cores():
    """Kills: sums that are split among threads."""
    here = Path(__file__).parents[1]
    path = os.pathsep.join([str(here), *sys.path])
    said = set()
    for many in ("1", "2"):
        env = {**os.environ, "NUMBA_NUM_THREADS": many, "PYTHONPATH": path}
        ran = subprocess.run(
            [sys.executable, "-c", SAY], env=env, capture_output=True, text=True, check=True
        )
        said.add(ran.stdout)
    assert len(said) == 1


def test_many_callers_at_once():
    """Kills: arrays to work in that callers share."""
    alone = list(answers())
    with ThreadPoolExecutor(4) as threads:
        others = [threads.submit(lambda: list(answers())) for _ in range(6)]
    for other in others:
        for one, two in zip(alone, other.result(), strict=True):
            assert np.array_equal(one, two)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_first_error_is_raised(threads, monkeypatch):
    """Kills: errors that are lost in a thread; a later one that hides the first."""
    monkeypatch.setattr(module, "cores", lambda: threads)
    done = []

    def work(at):
        done.append(at)
        if at in {3, 7}:
            raise ValueError(f"slice {at}")

    with pytest.raises(ValueError, match="slice 3"):
        spread(work, range(10))
    assert {0, 1, 2, 3} <= set(done)
    spread(done.append, [])
    spread(done.append, [11])
    assert done[-1] == 11


def test_every_kernel_inside_every_other():
    """Kills: work spread on a pool from inside that pool's own tasks, which waits for ever."""
    here = Path(__file__).parents[1]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here), *sys.path])}
    ran = subprocess.run(
        [sys.executable, "-m", "kernels.nested", "1", "2", "4"],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("every kernel inside every other", "")


def pooled(monkeypatch, threads):
    """Kernels on so many threads of a pool of their own."""
    pool = ThreadPoolExecutor(threads)
    monkeypatch.setattr(module, "cores", lambda: threads)
    monkeypatch.setattr(module, "_pool", lambda _: pool)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_an_interrupt_ends_the_wait_and_the_work(threads, monkeypatch):
    """Kills: an interrupt that waits for slices; slices begun after it; a pool that is spoilt."""
    pooled(monkeypatch, threads)
    begun, open_door = [], threading.Event()

    def work(at):
        begun.append(at)
        if at == 0:
            os.kill(os.getpid(), signal.SIGINT)
        if threading.current_thread() is not threading.main_thread():
            open_door.wait(5)

    with pytest.raises(KeyboardInterrupt):
        spread(work, range(1000))
    open_door.set()
    time.sleep(0.05)
    assert len(begun) <= threads
    spread(begun.append, range(1000, 1100))
    assert set(range(1000, 1100)) <= set(begun)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_deadline_ends_the_wait_and_the_work(threads, monkeypatch):
    """Kills: seconds that nobody looks at; work that goes on when nobody waits for it."""
    pooled(monkeypatch, threads)
    begun = []

    def inner(at):
        begun.append(at)
        time.sleep(0.01)

    start = time.perf_counter()
    with deadline(0.05), pytest.raises(OutOfTimeError, match="give more of them"):
        spread(lambda _: spread(inner, range(10_000)), range(4))
    assert time.perf_counter() - start < 2
    time.sleep(0.05)
    many = len(begun)
    time.sleep(0.05)
    assert len(begun) == many < 1000
    with deadline(float("inf")), deadline(1e300):
        spread(begun.append, range(8))
    assert len(begun) == many + 8


def test_every_slice_once(monkeypatch):
    """Kills: an iterator that is used up."""
    for threads in (1, 2):
        monkeypatch.setattr(module, "cores", lambda threads=threads: threads)
        done = []
        spread(done.append, iter(range(100)))
        assert sorted(done) == list(range(100))


def test_cores(monkeypatch):
    monkeypatch.setenv("NUMBA_NUM_THREADS", "3")
    assert cores.__wrapped__() == 3
    monkeypatch.delenv("NUMBA_NUM_THREADS")
    assert 1 <= cores.__wrapped__() <= os.cpu_count()


def kept():
    return Path(module._kept.__wrapped__())


def test_the_folder_is_named_after_the_sources(tmp_path, monkeypatch):
    """Kills: a kernel that goes on calling its neighbour of yesterday."""
    monkeypatch.setattr(module.numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "__file__", str(tmp_path / "compiled.py"))
    names = []
    for source in ("a = 1", "a = 2", "a = 1"):
        (tmp_path / "twigs.py").write_text(source)
        names.append(kept())
    assert names[0] == names[2] != names[1]
    assert all(name.is_dir() and name.parent == tmp_path / "cache" for name in names)


def test_homes(tmp_path, monkeypatch):
    """Beside the sources, else in the user's cache, else nowhere."""
    monkeypatch.setattr(module.numba.config, "CACHE_DIR", "")
    package = tmp_path / "package"
    package.mkdir()
    monkeypatch.setattr(module, "__file__", str(package / "compiled.py"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert kept().parent == package / "__pycache__"
    kept().rmdir()
    (package / "__pycache__").rmdir()
    (package / "__pycache__").write_text("in the way")
    assert kept().parent == tmp_path / "home" / ".cache" / "whence"
    monkeypatch.setenv("HOME", str(package / "__pycache__"))
    assert module._kept.__wrapped__() == ""


def test_compiling_leaves_numba_as_it_was():
    """Kills: everybody's cache moved."""
    before = module.numba.config.CACHE_DIR
    double = compiled(lambda x: 2 * x)
    assert double(2) == 4
    assert before == module.numba.config.CACHE_DIR
