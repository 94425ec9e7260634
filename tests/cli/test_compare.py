"""Two saved answers."""

import json

import pytest

from .typed import ASK, fail


@pytest.fixture
def two(made, run, desk):
    boosted = ["churn.json" if w == "churn.skops" else w for w in ASK]
    assert run(*boosted, "--out", "b.whence", "-q").exit_code == 0
    return "a.whence", "b.whence"


def test_which_differences_are_real(two, run):
    got = run("compare", *two)
    assert got.exit_code == 0
    assert "tenure" in got.stdout
    assert "as independent answers: a is a.whence, b is b.whence." in got.stdout


def test_json(two, run):
    told = json.loads(run("compare", *two, "--json").stdout)
    assert (told["a"], told["b"], told["paired"]) == ("a.whence", "b.whence", False)
    assert set(told["real"]["predictive power"]) == {"tenure", "fee", "calls", "noise"}


def test_an_answer_does_not_differ_from_itself(two, run):
    told = json.loads(run("compare", two[0], two[0], "--json").stdout)
    assert not any(told["real"]["predictive power"].values())


def test_row_by_row_where_the_rows_are_the_same(desk, run):
    ask = (
        "--background",
        "train.csv",
        "--drop",
        "left",
        "-q",
        "--output",
        "1",
        "--row",
        1,
        "--row",
        2,
    )
    for model, out in (("churn.skops", "a.whence"), ("churn.json", "b.whence")):
        run("explain", model, "holdout.csv", *ask, "--out", out)
    assert "Compared row by row" in run("compare", "a.whence", "b.whence").stdout


def test_two_importances_row_by_row(desk, run):
    """Kills: an option that stops before the verb."""
    for model, out in (("churn.skops", "a.whence"), ("churn.json", "b.whence")):
        ask = [model if word == "churn.skops" else word for word in ASK]
        run(*ask, "--by-case", "--error", "0.3", "--out", out, "-q")
    told = json.loads(run("compare", "a.whence", "b.whence", "--json").stdout)
    assert told["paired"]


def test_answers_to_different_questions(two, run):
    run(*ASK, "--group", "service=calls,fee", "--out", "c.whence", "-q")
    fail(run("compare", two[0], "c.whence"), "different questions", "players")
    fail(run("compare", two[0], "nothing.whence"), "no file")


def test_a_page(two, run, desk, monkeypatch):
    """Kills: a page that nobody wrote, or that calls both answers by one name."""
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url) or True)
    got = run("compare", *two, "--html", "c.html")
    assert "Saved c.html." in got.stderr
    assert "a: a; b: b" in (desk / "c.html").read_text(encoding="utf-8")
    assert not opened
    told = json.loads(run("compare", *two, "--html", "d.html", "--open", "--json").stdout)
    assert told["written"] == ["d.html"]
    assert opened[0].endswith("/d.html")
    fail(run("compare", *two, "--html", "nowhere/c.html"), "no folder nowhere")
    fail(run("compare", *two, "--html", two[0]), "overwrite")
