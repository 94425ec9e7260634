"""The tour: it must hold what it says."""

import json
import shlex

import numpy as np
import pytest

import whence as wh
from whence.cli import demo as tour
from whence.cli import demo_rows

from .typed import fail

FILES = {"train.csv", "holdout.csv", "model.py", *(f"importance.{s}" for s in ("whence", "html"))}


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def _no_picture(monkeypatch):
    """Drawing takes a second."""
    monkeypatch.setattr(tour, "_picture", lambda result, path: path.write_bytes(b"png"))


def test_the_tour(place, run):
    got = run("demo")
    assert (place / "demo" / "importance.png").read_bytes().startswith(b"\x89PNG")
    assert got.exit_code == 0
    assert {p.name for p in (place / "demo").iterdir()} == FILES | {"importance.png"}
    for said in ("eleventh column", "$ whence importance", "How to read it", "Next", "coin flips"):
        assert said in got.stdout
    answer = wh.load(place / "demo" / "importance.whence")
    low, high = answer["coin flips"].ci
    assert low <= 0 <= high
    assert answer["bmi"].ci[0] > 0
    assert answer["log triglycerides"].ci[0] > 0
    assert answer.empty[0, 0] / answer.full[0, 0] > 1.6  # a model worth asking: R2 of 0.4 or so


@pytest.mark.usefixtures("_no_picture")
def test_it_shows_the_command_that_it_is(place, run, monkeypatch):
    run("demo", "-q")
    first = wh.load(place / "demo" / "importance.whence")
    monkeypatch.chdir(place / "demo")
    monkeypatch.syspath_prepend(str(place / "demo"))
    assert run(*shlex.split(tour.COMMAND)[1:], "-q").exit_code == 0
    assert np.array_equal(wh.load("importance.whence").values, first.values)


@pytest.mark.usefixtures("_no_picture")
def test_json_and_another_folder(place, run):
    got = run("demo", "--out", "tour", "--json")
    assert "tour/importance.whence" in json.loads(got.stdout)["written"]


def test_again_in_its_own_folder_but_in_no_other(place, run):
    (place / "mine").mkdir()
    (place / "mine" / "model.py").write_text("dear to me")
    fail(run("demo", "--out", "mine"), "holds other things")
    assert [p.name for p in (place / "mine").iterdir()] == ["model.py"]
    (place / "model.py").write_text(demo_rows.MODEL)
    assert demo_rows.ours(place)
    tour._check(place)


def test_places_that_do_not_do(place, run):
    (place / "file").write_text("x")
    fail(run("demo", "--out", "file"), "is a file")
    fail(run("demo", "--out", "away/demo"), "no folder away")


def test_without_scikit_learn(place, run, monkeypatch):
    monkeypatch.setattr(tour, "find_spec", lambda name: None if name == "sklearn" else True)
    fail(run("demo"), "needs scikit-learn", "pip install 'whence[demo]'")
    assert not list(place.iterdir())


def test_a_failure_leaves_nothing(place, run, monkeypatch):
    monkeypatch.setattr("whence.cli.demo_rows.fitted", lambda folder: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run("demo")
    assert not list(place.iterdir())


@pytest.mark.parametrize("lucky", [True, False])
def test_the_words_follow_the_numbers(place, run, lucky):
    players = ("bmi", "coin flips") if lucky else ("bmi", "coin flips", "age")
    worth = [5.0, 1.0 if lucky else 0.0, 0.0][: len(players)]
    result = wh.attribute(wh.FunctionGame(lambda stay: stay @ worth, players))
    said = tour._reading(result)
    assert ("misses zero by chance" in said) is lucky
    assert ("So do those of age" in said) is not lucky
