"""The first job: a model, a CSV, a table."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import whence as wh

from .typed import ASK, fail


def test_a_table_says_what_brings_how_much(desk, run):
    got = run(*ASK)
    assert got.exit_code == 0
    assert "tenure" in got.stdout
    assert "Why stop here" in got.stdout
    assert "how much of its predictive power" in got.stderr
    assert "100 rows of holdout.csv" in got.stderr
    assert "300 rows of train.csv" in got.stderr
    assert "classes '0', '1'" in got.stderr
    assert "forecast" in got.stderr


def test_it_is_the_python_verb(desk, run):
    """Mutant killed: the background, the seed or the target lost on the way."""
    import pandas as pd
    import skops.io

    train, rows = pd.read_csv("train.csv"), pd.read_csv("holdout.csv")
    model = skops.io.load("churn.skops", trusted=[])
    plain = wh.importance(
        model,
        rows.drop(columns="left"),
        rows["left"],
        background=train.drop(columns="left"),
        seed=3,
    )
    got = run(*ASK, "--seed", 3, "--out", "a.whence")
    assert got.exit_code == 0
    loaded = wh.load("a.whence")
    assert np.array_equal(loaded.values, plain.values)
    assert np.array_equal(loaded.stderr, plain.stderr)


def test_json_is_one_object_and_nothing_else(desk, run):
    got = run(*ASK, "--json", "--out", "a.whence")
    told = json.loads(got.stdout)
    assert got.exit_code == 0
    assert told["players"]["names"] == ["tenure", "fee", "calls", "noise"]
    assert told["question"]["unit"] == "nats"
    assert told["converged"] is True
    assert told["written"] == ["a.whence"]
    assert told["provenance"]["data"] == "holdout.csv"
    assert told["provenance"]["asked of"] == ["churn.skops"]
    low, value, high = (np.array(told[k]) for k in ("low", "values", "high"))
    assert (low <= value).all()
    assert (value <= high).all()


def test_quiet_leaves_the_answer_alone(desk, run):
    got = run(*ASK, "--quiet", "--out", "a.whence")
    assert not got.stderr
    assert "tenure" in got.stdout


def test_everything_that_can_be_kept(desk, run):
    got = run(*ASK, "--out", "a.whence", "--html", "a.html", "--csv", "a.csv")
    assert got.exit_code == 0
    assert "Saved a.whence, a.html, a.csv." in got.stderr
    assert "whence show a.whence --open" in got.stderr
    assert "--drop left --background train.csv --row 0" in got.stderr
    assert wh.load("a.whence").players.names[0] == "tenure"
    assert "<" in (desk / "a.html").read_text()
    assert (desk / "a.csv").read_text().count("tenure") == 1
    assert not list(desk.glob(".a.*"))


def test_a_spent_budget_is_exit_code_1_and_still_kept(desk, run):
    got = run(*ASK, "--evaluations", 60, "--error", "0.0001", "--out", "a.whence")
    assert got.exit_code == 1
    assert "tenure" in got.stdout
    assert "surer with a larger budget" in got.stderr
    assert not wh.load("a.whence").converged


@pytest.mark.parametrize("option", [("--rows", 5000), ("--seconds", 0.05)])
def test_other_budgets(desk, run, option):
    assert run(*ASK, "--error", "1e-9", *option, "-q").exit_code in {0, 1}


def test_groups_leave_together(desk, run):
    got = run(*ASK, "--group", "service=calls, fee", "--json", "-q")
    assert json.loads(got.stdout)["players"]["names"] == ["tenure", "service", "noise"]


def test_a_column_that_is_not_the_models(desk, run):
    ask = ("importance", "churn.skops", "named.csv", "--target", "left")
    fail(run(*ask, "-q"), "'id'", "--drop COLUMN")
    assert run(*ask, "-q", "--drop", "id").exit_code == 0
    fail(run(*ask, "-q", "--drop", "idd"), "--drop 'idd'", "Did you mean 'id'?")


@pytest.mark.parametrize("background", [(), ("--background", "few.csv")])
def test_a_column_of_weights(desk, run, background):
    """Kills: weights that are a feature, or that the background lost."""
    import pandas as pd

    rows = pd.read_csv("holdout.csv")[:30]
    rows.drop(columns="left")[:5].to_csv("few.csv", index=False)
    rows["often"] = np.arange(30) % 3
    rows.to_csv("weighted.csv", index=False)
    rows.loc[rows.index.repeat(rows.often)].drop(columns="often").to_csv("twice.csv", index=False)
    ask = ("--target", "left", "--loss", "brier", "--group", "a=tenure,fee", "--json", "-q")
    ask += background
    got = run("importance", "churn.skops", "weighted.csv", "--weight", "often", *ask)
    twice = run("importance", "churn.skops", "twice.csv", *ask)
    assert got.exit_code == twice.exit_code == 0, got.stderr
    values, wanted = (json.loads(r.stdout)["values"] for r in (got, twice))
    assert np.allclose(values, wanted, rtol=0, atol=1e-12)
    fail(run("importance", "churn.skops", "weighted.csv", "--weight", "oft", *ask), "the weight")


def test_an_ensemble(desk, run):
    got = run(*ASK, "--also", "churn.json", "--json", "-q", "--evaluations", 400)
    told = json.loads(got.stdout)
    assert told["outputs"] == ["predictive power", "ambiguity"]
    assert "ensemble of 2" in told["question"]["model"]
    assert told["provenance"]["asked of"] == ["churn.skops", "churn.json"]


def test_baseline_removal(desk, run):
    (desk / "zero.csv").write_text("tenure,fee,calls,noise\n30,50,2,0\n")
    ask = ("importance", "churn.json", "holdout.csv", "--target", "left", "--removal", "baseline")
    got = run(*ask, "--background", "zero.csv", "--json", "-q")
    assert "baseline" in json.loads(got.stdout)["question"]["removal"]
    fail(run(*ask, "-q"), "one row")


@pytest.mark.parametrize(
    "engine", ["threads", "processes", pytest.param("ray", marks=pytest.mark.slow)]
)
def test_workers_do_not_change_the_bits(desk, run, engine, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(wh.__file__).parents[1]))  # Ray's workers start here
    plain = json.loads(run(*ASK, "--json", "-q").stdout)
    ran = run(*ASK, "--json", "-q", "--engine", engine, "--workers", 1)
    assert ran.stdout, ran.stderr
    got = json.loads(ran.stdout)
    assert got["values"] == plain["values"]


def test_parquet_is_read_as_csv_is(desk, run):
    other = [("holdout.parquet" if w == "holdout.csv" else w) for w in ASK]
    first, second = (json.loads(run(*a, "--json", "-q").stdout) for a in (ASK, other))
    assert first["values"] == second["values"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--target", "lefty"), "Did you mean 'left'?"),
        (("--background", "trian.csv"), "Did you mean 'train.csv'?"),
        (("--loss", "loglos"), "Did you mean 'log-loss'?"),
        (("--removal", "margin"), "Did you mean 'marginal'?"),
        (("--engine", "thread"), "Did you mean 'threads'?"),
        (("--engine", "threads", "--address", "here:1"), "--engine threads takes none"),
        (("--group", "calls"), "NAME=COLUMN,COLUMN"),
        (("--group", "a=fee", "--group", "a=calls"), "twice"),
        (("--group", "a=fees,calls"), "Did you mean 'fee'?"),
        (("--also", "nothing.json"), "no file nothing.json"),
        (("--out", "holdout.csv"), "would overwrite what is read"),
        (("--out", "churn.skops"), "would overwrite what is read"),
        (("--out", "."), "is a folder"),
        (("--out", "away/a.whence"), "there is no folder away"),
        (("--out", "a.html"), "Use --html"),
        (("--html", "x", "--csv", "x"), "both name x"),
    ],
)
def test_a_slip_is_one_line_and_nothing_is_written(desk, run, words, said):
    before = sorted(desk.rglob("*"))
    ask = [*ASK, *words]
    if words[0] in {"--target", "--background"}:
        at = ask.index(words[0])
        del ask[at : at + 2]
    fail(run(*ask, "--quiet"), said)
    assert sorted(desk.rglob("*")) == before


@pytest.mark.parametrize(
    "words",
    [
        ("--seconds", "0"),
        ("--error", "-1"),
        ("--error", "nan"),
        ("--evaluations", "0"),
        ("--seed", "-1"),
        ("--workers", "0"),
        ("--top", "0"),
        ("--frobnicate",),
    ],
)
def test_a_value_out_of_range_is_a_usage_error(desk, run, words):
    got = run(*ASK, *words)
    assert got.exit_code == 2
    assert not got.stdout
    assert words[0] in got.stderr


def test_what_was_there_before_survives_a_failure(desk, run):
    (desk / "a.whence").write_text("dear to me")
    fail(run(*ASK, "--loss", "nonsense", "--out", "a.whence", "-q"))
    assert (desk / "a.whence").read_text() == "dear to me"


SLOW = """
import time, pathlib
calls = []
def model(rows):
    calls.append(len(rows))
    if len(calls) == 40:
        pathlib.Path("under-way").touch()
        time.sleep(20)
    return rows["fee"].to_numpy() / 100
"""


def begun(desk, *words):
    """A process that does this, and is at it by now."""
    code = "from whence.cli.main import main; main()"
    ask = ["importance", "slowly:model", "holdout.csv", "--target", "left", "--error", "1e-9"]
    work = subprocess.Popen(
        [sys.executable, "-c", code, *ask, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while work.poll() is None and not (desk / "under-way").exists():
        time.sleep(0.05)
    return work


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_gives_what_there_is(desk, number):
    """Mutants killed: Ctrl-C that throws the work away, or saves nothing; SIGTERM that kills."""
    (desk / "slowly.py").write_text(SLOW)
    kept = ["--out", "a.whence", "--html", "a.html", "--csv", "a.csv"]
    work = begun(desk, "--json", "--quiet", *kept)
    work.send_signal(number)
    out, err = work.communicate(timeout=30)
    assert work.returncode == 1, err
    assert out, err
    told = json.loads(out)
    assert told["verdict"].startswith("interrupted")
    assert "times what was asked" in told["verdict"]
    assert told["written"] == ["a.whence", "a.html", "a.csv"]
    saved = wh.load("a.whence")
    assert not saved.converged
    assert saved.verdict == told["verdict"]
    assert saved.values.tolist() == told["values"]
    assert "times what was asked" in (desk / "a.html").read_text()
    assert (desk / "a.csv").read_text().count("\n") == 5


def test_a_signal_sent_twice_is_one(desk):
    """Kills: `timeout` and its like, which signal the process and its group, end the saving."""
    (desk / "slowly.py").write_text(SLOW)
    work = begun(desk, "--out", "a.whence")
    work.send_signal(signal.SIGTERM)
    work.send_signal(signal.SIGTERM)
    _, err = work.communicate(timeout=30)
    assert work.returncode == 1, err
    assert "Saved a.whence" in err
    assert wh.load("a.whence").verdict.startswith("interrupted")


def test_sigterm_before_there_is_anything(desk):
    """Kills: a process that dies of it, and says nothing."""
    slow = "import time, pathlib; pathlib.Path('under-way').touch(); time.sleep(20)"
    (desk / "slowly.py").write_text(slow)
    work = begun(desk, "--out", "a.whence")
    work.send_signal(signal.SIGTERM)
    out, err = work.communicate(timeout=30)
    assert work.returncode == 1
    assert err.strip() == "interrupted before there was an answer: nothing was written"
    assert not out
    assert not (desk / "a.whence").exists()


def test_an_interrupt_waits_until_the_answer_is_saved(desk, run, monkeypatch):
    """Kills: an answer that was there, and lost for a signal while it was being written."""
    from whence.cli import files

    real = files.save

    def interrupted(*args):
        os.kill(os.getpid(), signal.SIGTERM)
        return real(*args)

    monkeypatch.setattr(files, "save", interrupted)
    got = run(*ASK, "--out", "a.whence")
    assert got.exit_code == 0
    assert wh.load("a.whence").converged


def test_ctrl_c_before_there_is_anything(desk, run, monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("whence.cli.readers.frame", interrupted)
    got = run(*ASK, "--out", "a.whence")
    assert got.exit_code == 1
    assert "nothing was written" in got.stderr
    assert not (desk / "a.whence").exists()


def test_a_bug_of_ours_raises(desk, run, monkeypatch):
    monkeypatch.setattr("whence.cli.readers.frame", lambda path, kinds: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(*ASK)
