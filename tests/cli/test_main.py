"""The app itself, as a program."""

import os
import subprocess
import sys

import pytest

from whence.cli import main

HEAVY = ["pandas", "polars", "sklearn", "torch", "matplotlib", "scipy", "xgboost", "joblib"]
PROGRAM = "from whence.cli.main import main; main()"


def started(code, *words, **more):
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **more,
    )


def program(*words, **more):
    return started(PROGRAM, *words, **more)


@pytest.mark.parametrize("words", [["--help"], ["importance", "--help"], ["--version"]])
def test_help_is_light(words):
    code = (
        "import sys, atexit\n"
        f"atexit.register(lambda: print('LOADED', [m for m in {HEAVY} if m in sys.modules]))\n"
        f"{PROGRAM}"
    )
    got = started(code, *words)
    assert got.returncode == 0
    assert "LOADED []" in got.stdout
    assert "hence" in got.stdout


def test_help_names_every_verb(run):
    said = run("--help").stdout
    for verb in ("demo", "importance", "explain", "compare", "show", "methods", "schema"):
        assert verb in said
    assert "Exit codes" in said


@pytest.mark.parametrize("words", [["imprtance"], ["importance"], ["show", "nothing.whence"]])
def test_usage_errors_are_2(words):
    got = program(*words)
    assert got.returncode == 2
    assert not got.stdout
    assert "Traceback" not in got.stderr


def test_a_program_from_end_to_end(desk):
    got = program(
        *("importance", "churn.json", "holdout.csv", "--target", "left", "--json", "-q"),
        env={**os.environ, "COLUMNS": "80"},
    )
    assert got.returncode == 0, got.stderr
    assert got.stdout.startswith("{")
    assert not got.stderr


def test_version(run, monkeypatch):
    from importlib import metadata

    monkeypatch.setattr(metadata, "version", lambda name: "1.2")
    assert run("--version").stdout == "whence 1.2\n"

    def missing(name):
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(metadata, "version", missing)
    assert "not installed" in run("--version").stdout


def test_the_entry_point(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["whence", "--help"])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 0
    assert "importance" in capsys.readouterr().out


def test_a_terminal_without_bars_gets_question_marks(made):
    got = program("show", str(made), env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert got.returncode == 0, got.stderr
    assert "tenure" in got.stdout
    assert "?" in got.stdout
