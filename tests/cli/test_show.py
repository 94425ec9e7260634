"""A saved answer again."""

import json

import numpy as np
import pytest
from selections import chosen
from sklearn.tree import DecisionTreeRegressor

import whence as wh

from .typed import fail


def test_the_same_table_again(made, run):
    got = run("show", made)
    assert got.exit_code == 0
    assert "tenure" in got.stdout
    assert not got.stderr


def test_a_page_and_numbers(made, run, desk):
    got = run("show", made, "--html", "p.html", "--csv", "p.csv")
    assert "Saved p.html, p.csv." in got.stderr
    assert (desk / "p.html").is_file()
    assert "tenure" in (desk / "p.csv").read_text()


def test_json_is_the_result(made, run):
    told = json.loads(run("show", made, "--json").stdout)
    assert told.pop("written") == []
    assert told == json.loads(json.dumps(wh.load(made).to_dict()))


@pytest.mark.parametrize("answers", [True, False])
def test_open_shows_a_page(made, run, monkeypatch, answers):
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url) or answers)
    got = run("show", made, "--open")
    assert got.exit_code == 0
    assert opened[0].startswith("file:///")
    assert ("no browser answered" in got.stderr) is not answers
    run("show", made, "--open", "--html", "mine.html")
    assert opened[1].endswith("/mine.html")


def test_rows_of_explained_rows(desk, run):
    ask = ("explain", "churn.skops", "holdout.csv", "--background", "train.csv", "--drop", "left")
    run(*ask, "--row", 7, "--row", 3, "-q", "--out", "e.whence")
    run(*ask, "-q", "--output", "1", "--evaluations", 2000, "--out", "all.whence")
    assert run("show", "e.whence", "--row", 3).stdout.startswith("Row 3\n")
    assert run("show", "all.whence", "--row", 42).stdout.startswith("Row 42\n")
    assert "Row" not in run("show", "all.whence").stdout
    fail(run("show", "e.whence", "--row", 4), "does not have row 4", "'7', '3'")


def test_an_average_has_no_rows(made, run):
    fail(run("show", made, "--row", 4), "an average over rows")


def test_a_table_that_is_the_whole_result(made, run, desk):
    """Kills: a table without its verdict; JSON that cannot be shown again."""
    got = run("show", made, "--parquet", "p.parquet")
    assert "Saved p.parquet." in got.stderr
    (desk / "p.json").write_text(run("show", made, "--json").stdout)
    for kept in ("p.parquet", "p.json"):
        assert run("show", kept).stdout == got.stdout
        assert wh.load(desk / kept).to_dict() == wh.load(made).to_dict()
    fail(run("show", "p.parquet", "--parquet", "p.parquet"), "overwrite")


@pytest.fixture
def pairs(desk):
    cells = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    tree = DecisionTreeRegressor().fit(cells, cells.prod(axis=1))
    wh.interactions(tree, cells[3:], background=cells).save(desk / "pairs.whence")
    return "pairs.whence"


def test_interactions(pairs, run, desk):
    """Kills: a saved answer that cannot be shown."""
    assert run("show", pairs).stdout.startswith("Shapley interactions of 1 pair of 2 features")
    told = json.loads(run("show", pairs, "--json", "--csv", "p.csv").stdout)
    assert told.pop("written") == ["p.csv"]
    assert wh.from_dict(told).to_dict() == wh.load(desk / pairs).to_dict() == told
    assert (desk / "p.csv").read_text().splitlines()[0] == "case,output,player,other,value"
    fail(run("show", pairs, "--html", "p.html"), "--html is for one number a player", "--csv")
    fail(run("compare", pairs, pairs), "holds interactions")


def test_the_schema(run):
    """Kills: a program that must guess what --json prints."""
    assert json.loads(run("schema").stdout) == wh.json_schema()
    assert json.loads(run("schema", "interactions").stdout) == wh.json_schema("interactions")
    fail(run("schema", "atribution"), "Did you mean 'attribution'")


def test_what_is_no_result(desk, run):
    fail(run("show", "churn.json"), "not a whence result")
    fail(run("show", "nothing.whence"), "no file nothing.whence")
    fail(run("show", "churn.json", "--html", "churn.json"), "overwrite")


def test_a_selection(desk, run):
    chosen().save(desk / "c.whence")
    got = run("show", "c.whence", "--csv", "c.csv")
    assert got.exit_code == 0
    assert "kept: b · a" in got.stdout
    assert (desk / "c.csv").read_text().startswith("output,player,chosen,lost")
    told = json.loads(run("show", "c.whence", "--json").stdout)
    assert told["format"] == "whence selection"
    got = run("show", "c.whence", "--html", "c.html")
    assert got.exit_code == 2
    assert "this file holds a selection" in got.stderr


def test_an_lds(run, desk):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 3))
    y, test = X @ np.ones(3) + rng.normal(size=30), (X[:4], X[:4].sum(axis=1))
    trainer = wh.models.Trainer.ridge(X, y, 1.0)
    att = wh.methods.leave_one_out(trainer, test)
    score = wh.evaluate.lds(trainer, att, test, 20)
    score.save(desk / "score.whence")
    assert run("show", "score.whence").stdout.strip() == repr(score)
    told = json.loads(run("show", "score.whence", "--json").stdout)
    assert told == score.certificate().to_dict()
    fail(run("show", "score.whence", "--csv", "a.csv"), "holds an LDS")
