"""Files of worths, from the command line."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from whence.engines.store import Shelf

from .typed import ASK

KEEP = (*ASK, "--evaluations", "600", "--keep", "run.db")


def test_the_same_command_goes_on(desk, run):
    """Kills: a store that is made and never read."""
    first = json.loads(run(*KEEP, "--json").stdout)
    again = json.loads(run(*KEEP, "--json").stdout)
    assert first["cost"]["evaluations"] > 0 == again["cost"]["evaluations"]
    assert again["cost"]["found"] == again["cost"]["asked"] == first["cost"]["asked"]
    assert again["values"] == first["values"]
    assert again["provenance"]["kept in"] == "run.db"


def test_info(desk, run):
    run(*KEEP)
    told = json.loads(run("store", "info", "run.db", "--json").stdout)
    [game] = told["games"]
    assert told["format"] == 2
    assert told["bytes"] == (desk / "run.db").stat().st_size
    assert told["worths"] == game["worths"] > 0
    assert game["players"] == ["tenure", "fee", "calls", "noise"]
    assert game["kind"] == "PredictivePower"
    assert game["rows"] > game["worths"]
    shown = run("store", "info", "run.db", "--check")
    assert shown.exit_code == 0
    assert "how much of the model" in shown.stdout
    assert "all of it whole" in shown.stdout


def test_prune(desk, run):
    """Kills: forgetting what was used lately, or what was not named."""
    run(*KEEP)
    run(*KEEP, "--loss", "zero-one")
    shelf = Shelf("run.db")
    names = [game.name for game in shelf.games()]
    then = (datetime.now(UTC) - timedelta(days=30)).isoformat()
    shelf.db.execute("update games set used = ? where name = ?", (then, names[0]))
    shelf.close()
    assert len(names) == 2
    before = (desk / "run.db").stat().st_size
    dry = run("store", "prune", "run.db", "--older", "7", "--dry-run")
    assert "1 of its games would be forgotten" in dry.stdout
    gone = json.loads(run("store", "prune", "run.db", "--older", "7", "--json").stdout)
    assert [game["name"] for game in gone["games"]] == names[:1]
    left = json.loads(run("store", "info", "run.db", "--json").stdout)
    assert [game["name"] for game in left["games"]] == names[1:]
    assert left["bytes"] < before
    run("store", "prune", "run.db", "--game", names[1][:8])
    assert json.loads(run("store", "info", "run.db", "--json").stdout)["games"] == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("info", "gone.db"), "there is no file gone.db"),
        (("info", "train.csv"), "is not a store of worths"),
        (("prune", "run.db"), "say what may go"),
        (("prune", "run.db", "--game", "zzz"), "no game here is called 'zzz'"),
    ],
)
def test_slips(desk, run, words, says):
    run(*KEEP)
    got = run("store", *words)
    assert got.exit_code == 2
    assert says in got.stderr
    assert (desk / "train.csv").read_bytes()[:6] == b"tenure"


def test_keep_beside_other_files(desk, run):
    got = run(*ASK, "--keep", "a.whence", "--out", "a.whence")
    assert got.exit_code == 2
    assert "--keep and --out both name a.whence" in got.stderr
    got = run(*ASK, "--keep", "train.csv")
    assert got.exit_code == 2
