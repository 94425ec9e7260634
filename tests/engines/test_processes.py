"""Processes: what they are sent, what they may use, and how they end."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

import whence as wh
from whence import Game, Players
from whence._core.errors import EngineError
from whence.engines import _pool
from whence.engines.engine import QUESTIONS
from whence.engines.local import Processes, Threads

AB = Players(("a", "b"))


def asked(blocks):
    """As many blocks of questions."""
    n = blocks * QUESTIONS
    return np.ones((n, 2), bool), np.zeros(n, int), np.zeros(n, int)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where temporary folders would be left behind."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert [p for p in tmp_path.iterdir() if p.name.startswith("whence-")] == []


class Counts(Game):
    """Notes, in a file, each time that it is unpickled; answers with the process that asked."""

    players = AB

    def __init__(self, notes):
        self.notes = notes

    def __setstate__(self, state):
        self.__dict__.update(state)
        with Path(self.notes).open("a") as notes:
            notes.write(f"{os.getpid()}\n")

    def _worth(self, coalitions, cases, draws):
        time.sleep(0.002)
        return np.full(len(cases), float(os.getpid()))


def test_the_game_is_sent_once_to_each_worker(tmp_path):
    """Kills: a game that travels with every parcel."""
    notes = tmp_path / "notes"
    with Processes(2).open(Counts(str(notes))) as opened:
        pids = {*opened.worth(*asked(40))[:, 0], *opened.worth(*asked(40))[:, 0]}
    loaded = notes.read_text().split()
    assert len(loaded) == len(set(loaded)) <= 2
    assert {float(pid) for pid in loaded} == pids


class Pools(Game):
    """The largest number of threads that any library would use here."""

    players = AB

    def _worth(self, coalitions, cases, draws):
        import sklearn.ensemble._hist_gradient_boosting.predictor  # noqa: F401 - brings OpenMP

        most = max(pool["num_threads"] for pool in threadpool_info())
        limit = float(os.environ.get("OMP_THREAD_LIMIT", "1"))
        return np.full(len(cases), max(most, limit))


@pytest.mark.parametrize("engine", [Threads(2), Processes(2)], ids=repr)
def test_a_worker_is_one_thread(engine):
    """Kills: workers that each start as many threads as there are cores."""
    import sklearn.ensemble._hist_gradient_boosting.predictor  # noqa: F401

    with engine.open(Pools()) as opened:
        assert (opened.worth(*asked(4)) == 1).all()


class Dies(Game):
    players = AB

    def _worth(self, coalitions, cases, draws):
        os.kill(os.getpid(), signal.SIGKILL)
        return np.zeros(len(cases))


def test_a_worker_that_dies_is_told():
    """Kills: joblib's own words, which name neither the engine nor a remedy."""
    with (
        pytest.raises(EngineError, match=r"a worker of Processes\(workers=2\) died.*Serial"),
        Processes(2).open(Dies()) as opened,
    ):
        opened.worth(*asked(4))
    with Processes(2).open(Counts(os.devnull)) as opened:  # and the next run has live ones
        assert len(opened.worth(*asked(1))) == QUESTIONS


def test_what_cannot_be_sent_is_named():
    """Kills: `cannot pickle '_thread.lock' object`, with nothing about whose it is."""
    lock = threading.Lock()

    def scored(stay):
        with lock:
            return stay.sum(axis=1)

    game = wh.FunctionGame(scored, ("a", "b"))
    says = r"FunctionGame\.function\.lock \(lock\) cannot be pickled.*Use wh\.engines\.Threads"
    with pytest.raises(EngineError, match=says):
        wh.attribute(game, engine=Processes(2))
    assert wh.attribute(game, engine=Threads(2))["a"].value == 1


class Foreign(Game):
    """Pickles here, and cannot be unpickled anywhere."""

    players = AB

    def __reduce__(self):
        return __import__, ("no_such_module",)

    def _worth(self, coalitions, cases, draws):
        return coalitions.sum(axis=1)


def test_what_cannot_be_opened_there_is_told():
    with (
        pytest.raises(EngineError, match=r"cannot open the game: ModuleNotFoundError.*install it"),
        Processes(1).open(Foreign()) as opened,
    ):
        opened.worth(*asked(1))


class Stubborn(Exception):  # noqa: N818 - not ours
    """Cannot be pickled."""

    def __reduce__(self):
        raise TypeError("no")


class Raises(Game):
    players = AB

    def __init__(self, error):
        self.error = error

    def _worth(self, coalitions, cases, draws):
        raise Stubborn("deep inside") if self.error is None else self.error


def test_errors_that_cannot_travel_are_told_in_words():
    """Kills: an error that breaks the pool of processes on its way home."""
    with (
        pytest.raises(EngineError, match="failed in a worker: Stubborn: deep inside"),
        Processes(1).open(Raises(None)) as opened,
    ):
        opened.worth(*asked(1))


def test_errors_say_where_they_come_from():
    with (
        pytest.raises(ZeroDivisionError) as caught,
        Processes(1).open(Raises(ZeroDivisionError("oh"))) as opened,
    ):
        opened.worth(*asked(1))
    assert "In a worker" in caught.value.__notes__[0]
    assert "in _worth" in caught.value.__notes__[0]


def alive(pid):
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{int(pid)}/stat").read_text().rpartition(")")[2].split()[0]


def gone(pids, within=10.0):
    end = time.monotonic() + within
    while any(map(alive, pids)) and time.monotonic() < end:
        time.sleep(0.02)
    return not any(map(alive, pids))


def pids_of(engine):
    with engine.open(Counts(os.devnull)) as opened:
        return set(opened.worth(*asked(40))[:, 0])


def test_processes_wait_for_another_run_for_a_while(monkeypatch):
    """Kills: processes that start again for each of many short runs, or that never end."""
    monkeypatch.setattr(_pool, "PATIENCE", 30.0)
    first = pids_of(Processes(2))
    monkeypatch.setattr(_pool, "PATIENCE", 0.1)
    assert pids_of(Processes(2)) == first
    assert gone(first)


def test_two_runs_at_once_have_processes_of_their_own(monkeypatch):
    """Kills: one pool that two runs share, so that the failure of one ends the other."""
    monkeypatch.setattr(_pool, "PATIENCE", 0.1)
    with Processes(1).open(Counts(os.devnull)) as one, Processes(1).open(Counts(os.devnull)) as two:
        pids = {*one.worth(*asked(1))[:, 0], *two.worth(*asked(1))[:, 0]}
    assert len(pids) == 2
    assert gone(pids)


class Slow(Counts):
    def _worth(self, coalitions, cases, draws):
        time.sleep(30 if cases[0] else 0)
        return np.full(len(cases), float(os.getpid()))

    n_cases = 2


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_a_run_that_is_left_half_way_leaves_nothing(error, monkeypatch):
    """Kills: waiting for blocks that nobody wants, and processes that go on with them."""
    monkeypatch.setattr(_pool, "PATIENCE", 0.1)
    stay, cases, draws = asked(12)
    cases[4 * QUESTIONS :] = 1
    pids, start = [], time.monotonic()

    def half_way():
        with Processes(2).open(Slow(os.devnull)) as opened:
            for worths, _ in opened.stream(stay, cases, draws, QUESTIONS):
                pids.append(worths[0, 0])
                if len(pids) == 4:
                    raise error

    with pytest.raises(error):
        half_way()
    assert time.monotonic() - start < 20
    assert gone(pids)


def test_a_stream_closed_early_ends_its_processes():
    """The driver catches Ctrl-C, so that the engine is closed as if nothing had happened."""
    stay, cases, draws = asked(12)
    cases[4 * QUESTIONS :] = 1
    with Processes(2).open(Slow(os.devnull)) as opened:
        stream = opened.stream(stay, cases, draws, QUESTIONS)
        pid = next(stream)[0][0, 0]
        time.sleep(0.2)  # the slow ones are at work by now
        stream.close()
    assert gone([pid])


SCRIPT = """
import os, sys, time
import numpy as np, whence as wh

class Slow(wh.Game):
    players = wh.Players(tuple("abcdefgh"))
    n_draws = None
    def _worth(self, coalitions, cases, draws):
        with open({notes!r}, "a") as notes:
            notes.write(str(os.getpid()) + "\\n")
        time.sleep(0.05)
        return coalitions.sum(axis=1) + draws / 2**31

budget = wh.Budget(seconds=60, relative_error=None, data_share=None)
att = wh.attribute(Slow(), budget=budget, engine=wh.engines.Processes(2))
print(att.verdict)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=lambda how: how.name)
def test_ctrl_c_and_kill_leave_nothing(how, tmp_path, folder):
    """Kills: workers that answer Ctrl-C with stack traces, and orphans of a killed driver."""
    notes = tmp_path / "notes"
    notes.touch()
    place = os.pathsep.join([str(Path(wh.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    driver = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(notes=str(notes))],
        env={**os.environ, "TMPDIR": str(folder), "PYTHONPATH": place},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while len(set(notes.read_text().split())) < 2 and driver.poll() is None:
        time.sleep(0.05)
    time.sleep(0.3)
    if how is signal.SIGINT:
        os.killpg(driver.pid, how)  # as a terminal does: everybody hears of it
    else:
        os.kill(driver.pid, how)
    said, told = driver.communicate(timeout=30)
    assert gone(notes.read_text().split())
    if how is signal.SIGINT:
        assert (driver.returncode, told) == (0, "")
        assert said.startswith("interrupted")
    end = time.monotonic() + 10  # the tracker outlives a killed driver, to clean up
    while list(folder.glob("whence-*")) and time.monotonic() < end:
        time.sleep(0.05)
