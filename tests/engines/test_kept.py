"""A run that stops goes on where it stopped, to the same bits."""

import subprocess
import sys
import time

import numpy as np
import pytest

import whence as wh
from whence import Budget, Game, Players
from whence._core.errors import StoreError, UnnamedGameError
from whence._core.game import JointGame
from whence._core.meter import count
from whence.engines.kept import kept
from whence.engines.store import Shelf

BUDGET = Budget(evaluations=6000, relative_error=None, absolute_error=1e-9, data_share=None)
FIELDS = ("values", "stderr", "empty", "full", "freedom")


class Net(Game):
    """Random draws, two outputs; its last bits depend on the batch, as with linear algebra."""

    players = Players(tuple("abcdef"))
    outputs = ("one", "two")
    n_cases = 5
    n_draws = None

    def __init__(self, seed=0, *, stop=None):
        rng = np.random.default_rng(seed)
        self.W, self.V = rng.normal(size=(8, 300)), rng.normal(size=(300, 2))
        self.stop = stop

    def __getstate__(self):
        return {"W": self.W, "V": self.V, "stop": None}

    def _worth(self, coalitions, cases, draws):
        count(rows=3 * len(cases))
        if self.stop is not None:
            self.stop -= len(cases)
            if self.stop < 0:
                raise KeyboardInterrupt
        inputs = np.column_stack([coalitions, cases, np.sin(draws)])
        return np.tanh(inputs @ self.W) @ self.V * (1 + 1e-14 * len(cases))


def run(game, keep=None, **options):
    options = {"budget": BUDGET, "method": "permutation", "seed": 3} | options
    return wh.attribute(game, keep=keep, **options)


def same(a, b):
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)
    assert a.verdict == b.verdict
    assert a.cost.asked == b.cost.asked


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    return run(Net(), tmp_path_factory.mktemp("straight") / "run.db")


def test_a_store_changes_nothing(straight, tmp_path):
    """Kills: answers that come back at another place, or rounded."""
    same(straight, run(Net()))
    again = run(Net(), tmp_path / "run.db")
    same(straight, again)
    assert again.cost.evaluations == again.cost.asked
    assert again.cost.found == 0


def test_a_rerun_finds_everything(straight, tmp_path):
    path = tmp_path / "run.db"
    run(Net(), path)
    rerun = run(Net(), str(path))
    same(straight, rerun)
    assert (rerun.cost.evaluations, rerun.cost.rows) == (0, None)
    assert rerun.cost.found == rerun.cost.asked == 6000
    assert rerun.provenance["kept in"] == str(path)


@pytest.mark.parametrize("after", [1, 500, 2900, 5999])
def test_an_interrupted_run_goes_on(after, straight, tmp_path):
    """Kills: a rerun that asks other questions, or cuts what is left into other blocks."""
    path = tmp_path / "run.db"
    try:
        first = run(Net(stop=after), path)
        assert first.verdict.startswith("interrupted")
    except KeyboardInterrupt:
        assert after < 100
    rerun = run(Net(), path)
    same(straight, rerun)
    assert rerun.cost.found + rerun.cost.evaluations == 6000
    assert rerun.cost.evaluations <= 6000 - after + 64


@pytest.mark.parametrize("first", [130, 1777, 2000, 4321])
def test_a_shorter_run_is_gone_on_with(first, straight, tmp_path):
    """Kills: a block that was cut by the budget, and whose rest comes in a block of its own."""
    path = tmp_path / "run.db"
    shorter = run(
        Net(), path, budget=Budget(evaluations=first, relative_error=None, absolute_error=1e-9)
    )
    rerun = run(Net(), path)
    same(straight, rerun)
    assert 0 <= rerun.cost.evaluations - (6000 - shorter.cost.asked) < 64
    again = run(Net(), path)
    same(straight, again)
    assert again.cost.evaluations == 0


@pytest.mark.parametrize("engine", [wh.engines.Threads(2), wh.engines.Processes(2)], ids=repr)
def test_on_every_engine(engine, straight, tmp_path):
    path = tmp_path / "run.db"
    run(Net(), path, budget=Budget(evaluations=2000, relative_error=None, absolute_error=1e-9))
    same(straight, run(Net(), path, engine=engine))


def test_a_budget_of_rows_ends_where_it_would_have_ended(tmp_path):
    """Kills: a rerun that runs on, because what is found costs no rows."""
    rows = Budget(rows=9000, relative_error=None, absolute_error=1e-9, data_share=None)
    first = run(Net(), tmp_path / "run.db", budget=rows)
    rerun = run(Net(), tmp_path / "run.db", budget=rows)
    same(first, rerun)
    assert 8900 < first.cost.rows <= 9000
    assert rerun.cost.rows is None


def test_games_share_a_file_and_nothing_is_mixed(straight, tmp_path):
    """Kills: keys without the game in them."""
    path = tmp_path / "run.db"
    other = run(Net(1), path)
    assert not np.allclose(other.values, straight.values)
    same(straight, run(Net(), path))
    assert run(Net(1), path).cost.found == 6000
    shelf = Shelf(path)
    kinds = [(g.kind, g.worths, g.rows, g.players) for g in shelf.games()]
    shelf.close()
    assert kinds == [("Net", 6000, 18_000, tuple("abcdef"))] * 2


class Trained(JointGame):
    """One training answers every case; equal questions are asked again and again."""

    players = Players(("a", "b", "c"))
    n_cases = 4

    def __init__(self):
        self.asked = 0

    def __getstate__(self):
        return {}

    def _worths(self, coalitions, draws):
        self.asked += len(coalitions)
        return coalitions @ np.arange(12.0).reshape(3, 4) ** 1.5 + coalitions[:, :1] * [
            [1, 0, 2, 0]
        ]


def test_what_was_answered_in_this_run_is_not_asked_again(tmp_path):
    game = Trained()
    budget = Budget(evaluations=400, relative_error=None, absolute_error=1e-300)
    got = wh.attribute(game, method="permutation", budget=budget, keep=tmp_path / "run.db")
    plain = wh.attribute(Trained(), method="permutation", budget=budget)
    np.testing.assert_allclose(got.values, plain.values)
    assert game.asked == got.cost.evaluations == 2**3
    assert got.cost.found == got.cost.asked - 8


def test_a_game_that_cannot_be_read_can_be_named(tmp_path):
    def game(weight):
        asked = iter(range(10**9))  # nobody can read an iterator that others read

        def worth(stay):
            next(asked)
            return stay @ [1.0, weight]

        worth.held = (i for i in asked)
        return wh.FunctionGame(lambda stay, held=worth.held: worth(stay), ("a", "b"))

    path = tmp_path / "run.db"
    with pytest.raises(UnnamedGameError, match="give the game a name"):
        wh.attribute(game(2.0), keep=path)
    store = wh.engines.Store(path, name="mine")
    assert wh.attribute(game(2.0), keep=store).values.ravel().tolist() == [1.0, 2.0]
    again = wh.attribute(game(2.0), keep=store)
    assert again.cost.found == 4
    with pytest.raises(StoreError, match="answers of another game called 'mine'"):
        wh.attribute(game(3.0), keep=store)
    fewer = wh.FunctionGame(lambda stay: stay.sum(axis=1), ("a", "c"))
    with pytest.raises(StoreError, match="'mine' with other players"):
        wh.attribute(fewer, keep=store)


NAMES = tuple("abcdefgh")
UP, DOWN = np.arange(1.0, 9.0), np.full(8, -1.0)


@pytest.mark.parametrize("name", ["A", ""])
def test_a_game_that_is_pruned_while_it_is_asked(name, tmp_path):
    """Kills: a number that is used again, so that one game's worths are found by another."""
    path, asked = tmp_path / "run.db", [0]

    def pruned(stay):
        asked[0] += 1
        if asked[0] == 3:  # another process prunes the file, and asks another game
            shelf = Shelf(path)
            shelf.drop([game.id for game in shelf.games()])
            shelf.close()
            ask(other, "B")
        return stay @ UP

    def ask(game, called=name):
        keep = wh.engines.Store(path, name=called and f"game {called}")
        return wh.attribute(game, keep=keep, method="exact")

    other = wh.FunctionGame(lambda stay: stay @ DOWN, NAMES)
    game = wh.FunctionGame(pruned, NAMES)
    np.testing.assert_allclose(ask(game).values.ravel(), UP)
    again = ask(other, "B")
    np.testing.assert_allclose(again.values.ravel(), DOWN)
    assert again.cost.evaluations == 0
    if name:  # by its fingerprint it is another game once it has counted
        rest = ask(game)
        np.testing.assert_allclose(rest.values.ravel(), UP)
        assert rest.cost.found > 0
    shelf = Shelf(path)
    shelf.check()
    assert len({g.id for g in shelf.games()}) == len(shelf.games()) >= 2
    shelf.close()


def test_what_was_pruned_is_asked_again(tmp_path):
    """Kills: zeros for questions whose answers were found a moment ago, and are gone now."""
    path = tmp_path / "run.db"
    with kept(wh.FunctionGame(lambda stay: 1 + stay @ UP, NAMES), path) as game:
        stay, zero = np.eye(8, dtype=bool), np.zeros(8, int)
        wanted = 1 + UP[:, None]
        np.testing.assert_array_equal(game.worth(stay, zero, zero), wanted)
        shelf = Shelf(path)
        shelf.drop([1])
        shelf.close()
        for _ in range(2):
            np.testing.assert_array_equal(game.worth(stay, zero, zero), wanted)
        assert kept_in(path) == 8


X = np.random.default_rng(0).normal(size=(60, 4))
Y = X[:, 0] + X[:, 1]


def counting():
    """A model that counts, and remembers: it is another one each time, and yet the same."""
    counts, seen = {"calls": 0}, []

    def model(rows):
        counts["calls"] += 1
        seen.append(len(rows))
        return rows[:, 0] + rows[:, 1]

    return model


ASKED = counting()
CHANGED = {
    "a label": {"y": np.where(np.arange(30) == 17, -40.0, Y[:30])},
    "a row": {"X": np.where(np.arange(30)[:, None] == 17, -40.0, X[:30])},
    "a background row": {"background": np.where(np.arange(30)[:, None] == 9, -40.0, X[30:])},
    "the removal": {"removal": "baseline", "background": X[:1]},
    "the model's code": {"model": lambda rows: rows[:, 0] + 1.001 * rows[:, 1]},
    "the model's weights": {"model": lambda rows, w=np.array([1, 1.001, 0, 0]): rows @ w},
}


def ask(keep, **changes):
    given = {"model": ASKED, "X": X[:30], "y": Y[:30], "background": X[30:], **changes}
    model, rows, labels = (given.pop(name) for name in ("model", "X", "y"))
    return wh.importance(model, rows, labels, budget=Budget(evaluations=500), keep=keep, **given)


def test_a_name_stands_for_what_changes_by_itself(tmp_path):
    keep = wh.engines.Store(tmp_path / "run.db", name="mine")
    first = ask(keep)
    again = ask(keep)
    probes = 3  # which a rerun asks, and pays for
    assert again.cost.found + probes == again.cost.asked == first.cost.asked + probes
    assert ask(tmp_path / "run.db").cost.found == 0


def test_a_new_name_and_a_game_that_can_be_read_ask_nothing_more(tmp_path):
    """Kills: questions that are asked twice, beyond the budget, to have something to ask again."""
    asked = []
    game = wh.FunctionGame(lambda stay: stay @ UP, NAMES)
    for _ in range(2):
        keep = wh.engines.Store(tmp_path / "run.db", name="mine")
        got = wh.attribute(game, keep=keep, budget=Budget(evaluations=2**8), method="exact")
        asked.append((got.cost.asked, got.cost.evaluations))
    assert asked == [(256, 256), (256, 0)]


def test_answers_that_nothing_can_be_known_by_are_not_used(tmp_path):
    path = tmp_path / "run.db"
    keep = wh.engines.Store(path, name="mine")
    ask(keep)
    shelf = Shelf(path)
    shelf.db.execute("delete from canaries")
    shelf.close()
    with pytest.raises(StoreError, match="and nothing to know it by"):
        ask(keep)


@pytest.mark.parametrize("what", CHANGED)
def test_a_name_does_not_stand_for_other_data(what, tmp_path):
    """Kills: a few old questions, which do not see the row whose label has changed."""
    keep = wh.engines.Store(tmp_path / "run.db", name="mine")
    ask(keep)
    with pytest.raises(StoreError, match=r"'mine'(: its '| with other players or outputs)"):
        ask(keep, **CHANGED[what])


def test_importance_and_explain(tmp_path):
    """What a user types: the file is made, and the second time nothing is asked."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 9))
    model, path = Product(), tmp_path / "run.db"
    y = model(X) + rng.normal(size=60)
    budget = Budget(evaluations=3000)
    for verb, given in ((wh.importance, (X, y)), (wh.explain, (X[:4],))):
        first, again = (
            verb(model, *given, background=X, budget=budget, keep=path) for _ in range(2)
        )
        same(first, again)
        assert again.cost.evaluations == 0 < first.cost.evaluations


class Product:
    def __call__(self, rows):
        return rows[:, 0] * rows[:, 1] + np.maximum(rows[:, 2], 0) + rows[:, 3:].sum(axis=1)


SCRIPT = """
import sys, time
import numpy as np
import whence as wh

class Slow(wh.Game):
    players = wh.Players(tuple("abcdefgh"))
    n_draws = None
    def _worth(self, coalitions, cases, draws):
        time.sleep(float(sys.argv[2]) * len(cases))
        return np.sin(coalitions @ np.arange(1.0, 9) + draws % 1000)

budget = wh.Budget(evaluations=3000, relative_error=None, absolute_error=1e-9)
got = wh.attribute(
    Slow(), method="permutation", seed=1, keep=sys.argv[1] or None, budget=budget
)
cost = got.cost.asked, got.cost.found, got.cost.evaluations
np.savez(sys.argv[3], values=got.values, stderr=got.stderr, cost=cost)
"""


def script(folder):
    path = folder / "script.py"
    path.write_text(SCRIPT)
    return path


def kept_in(path):
    """Worths in a file that is whole."""
    shelf = Shelf(path)
    shelf.check()
    kept = sum(game.worths for game in shelf.games())
    shelf.close()
    return kept


def test_killed_at_any_moment(tmp_path):
    """Kills: a store that is torn when its process dies, and a batch that is kept in part."""
    path, out, store = script(tmp_path), tmp_path / "out.npz", tmp_path / "run.db"
    arguments = [sys.executable, str(path)]
    subprocess.run([*arguments, "", "0", str(out)], check=True)
    straight = dict(np.load(out))
    before, rng = 0, np.random.default_rng()  # any moment will do
    for _ in range(3):
        process = subprocess.Popen([*arguments, str(store), "1e-3", str(out)])
        while not store.exists():
            time.sleep(0.01)
        time.sleep(0.2 + 0.6 * rng.random())
        process.kill()
        process.wait()
        assert kept_in(store) >= before
        before = kept_in(store)
    assert 0 < before < 3000
    subprocess.run([*arguments, str(store), "0", str(out)], check=True)
    ended = dict(np.load(out))
    np.testing.assert_array_equal(ended["values"], straight["values"])
    np.testing.assert_array_equal(ended["stderr"], straight["stderr"])
    asked, found, computed = ended["cost"].tolist()
    assert (found, computed) == (before, asked - before)


def test_two_processes_on_one_file(tmp_path):
    """Kills: a writer that fails while another writes, and answers that are lost between them."""
    path, store = script(tmp_path), tmp_path / "run.db"
    outs = [tmp_path / f"{i}.npz" for i in range(2)]
    arguments = [sys.executable, str(path), str(store), "1e-5"]
    both = [subprocess.Popen([*arguments, str(out)]) for out in outs]
    assert [process.wait(120) for process in both] == [0, 0]
    one, other = (dict(np.load(out)) for out in outs)
    np.testing.assert_array_equal(one["values"], other["values"])
    computed = one["cost"][2] + other["cost"][2]
    assert one["cost"][0] <= kept_in(store) == computed
    assert not store.with_name("run.db-wal").exists()
