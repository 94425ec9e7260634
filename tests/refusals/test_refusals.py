"""Every bad input is told what, where and what to do; nothing is written, changed or guessed."""

import copy

import numpy as np
import pytest
from jaxtyping import config

import whence as wh

pytest.importorskip("sklearn")
pytest.importorskip("pandas")
pytest.importorskip("polars")
pytest.importorskip("torch")

from .bench import Bench
from .games import GAMES
from .models import MODELS
from .options import OPTIONS
from .results import RESULTS
from .tables import TABLES

REFUSED = [*TABLES, *MODELS, *OPTIONS, *GAMES, *RESULTS]


@pytest.fixture(autouse=True)
def users_have_no_type_checker():
    """The suite's own checker would refuse bad arguments before whence sees them."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


def named(row):
    return pytest.param(*row[1:], id=row[0].replace(" ", "-"))


@pytest.mark.parametrize(("builtin", "fragments", "action"), list(map(named, REFUSED)))
def test_refused(builtin, fragments, action, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    bench = Bench(tmp_path)
    before = copy.deepcopy({name: getattr(bench, name) for name in ("A", "X", "t", "y", "k")})
    chance = np.random.get_state()[1].copy()  # the user's own, which nobody touches
    with pytest.raises(wh.WhenceError) as caught:
        action(bench)
    said = str(caught.value)
    assert isinstance(caught.value, builtin)
    assert [f for f in fragments if f not in said] == [], said
    assert "Traceback" not in said
    assert "\n" not in said
    assert len(said) < 1000
    assert {p.name for p in tmp_path.iterdir()} <= bench.made
    assert np.array_equal(np.random.get_state()[1], chance)
    assert bench.X.equals(before["X"])
    assert all(np.array_equal(getattr(bench, name), before[name]) for name in ("A", "t", "y", "k"))


def test_there_are_enough_and_each_says_something():
    names = [row[0] for row in REFUSED]
    assert len(names) >= 200
    assert len(set(names)) == len(names)
    assert [row[0] for row in REFUSED if not row[2]] == []


@pytest.mark.parametrize("engine", [None, wh.engines.Threads(2)])
def test_a_constant_model_matters_nothing(tmp_path, engine):
    bench = Bench(tmp_path)
    got = bench.importance(lambda X: np.full(len(X), 3.0), bench.A, bench.t, engine=engine)
    assert (got.values == 0).all()
    assert "nothing matters" in got.verdict
    wide = np.random.default_rng(0).normal(size=(200, 25))  # too many players to enumerate
    got = bench.importance(lambda X: np.full(len(X), 3.0), wide, wide[:, 0], engine=engine)
    assert (got.values == 0).all()
    assert "nothing matters" in got.verdict
    assert got.cost.seconds < 20
    told = bench.explain(lambda X: np.full(len(X), 3.0), bench.A[:2], background=bench.A)
    assert (told.values == 0).all()


def test_no_damage_becomes_a_number(tmp_path):
    """Whatever byte of a saved answer is lost: it is refused, or the numbers are the same."""
    bench = Bench(tmp_path)
    whole = bench.sampled().save(tmp_path / "a.whence").read_bytes()
    path = tmp_path / "b.whence"
    for at in range(0, len(whole), max(1, len(whole) // 200)):
        for damaged in (
            whole[:at],
            whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :],
            whole[:at] + whole[at + 1 :],
        ):
            path.write_bytes(damaged)
            try:
                told = wh.load(path)
            except wh.WhenceError:
                continue
            assert np.array_equal(told.values, bench.sampled().values)


def test_one_row_is_no_reason_to_refuse_to_explain(tmp_path):
    bench = Bench(tmp_path)
    got = bench.explain(X=bench.X[:1], background=bench.X[:1])
    assert (got.values == 0).all()
    assert np.allclose(got.full, got.empty)
    got = bench.importance(X=bench.X[:1], y=bench.y[:1], background=bench.X)
    assert np.isfinite(got.values).all()


@pytest.mark.parametrize("as_given", [str, float, bool, int])
def test_labels_of_another_type_are_the_same_labels(tmp_path, as_given):
    """Not everything odd is wrong: 0, 0.0, "0" and False name one class."""
    bench = Bench(tmp_path)
    labels = [as_given(k) for k in bench.k.tolist()]
    wanted = bench.importance(bench.codes, bench.A, bench.k)
    got = bench.importance(bench.codes, bench.A, labels)
    assert np.array_equal(got.values, wanted.values)


def test_columns_in_another_order_are_the_same_columns(tmp_path):
    bench = Bench(tmp_path)
    turned = bench.X[["smoker", "age", "bmi"]]
    wanted = bench.explain()
    got = bench.explain(X=turned[:2], background=turned)
    assert got.players == wanted.players
    assert np.array_equal(got.values, wanted.values)
