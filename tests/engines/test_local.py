"""The same bits on every engine, with any number of workers."""

import os
import tempfile

import numpy as np
import pytest

import whence as wh
from whence import Budget, Game, Players
from whence._core.errors import (
    BadAnswerError,
    NonFiniteWorthError,
    OptionError,
    OrderError,
)
from whence._core.game import BlockGame, JointGame, Question
from whence._core.meter import count
from whence._core.network_game import NetworkGame
from whence._core.wrap import AllCases
from whence.engines.engine import QUESTIONS, ROWS, Sharded, answer
from whence.engines.local import Processes, Serial, Threads
from whence.games.features import Marginal, PredictivePower

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 6))
W1, W2 = RNG.normal(size=(6, 32)), RNG.normal(size=32)


def net(Z):
    return np.tanh(Z @ W1) @ W2


Y = net(X) + RNG.normal(size=90)
RUN = Budget(evaluations=12_000, relative_error=None, data_share=None)
GAME = PredictivePower(net, X, Y, removal=Marginal(X, 3))
ENGINES = [
    None,
    Serial(),
    *(Threads(n) for n in (1, 2, 4)),
    *(pytest.param(Processes(n), marks=pytest.mark.slow) for n in (1, 2, 4)),
]


@pytest.fixture(scope="module")
def straight():
    return wh.attribute(GAME, seed=4, budget=RUN)


@pytest.mark.parametrize("engine", ENGINES, ids=repr)
def test_same_bits_and_same_counts(engine, straight):
    """Kills: blocks cut by the number of workers, and rows that a worker keeps to itself."""
    got = wh.attribute(GAME, seed=4, budget=RUN, engine=engine)
    for name in ("values", "stderr", "empty", "full"):
        assert np.array_equal(getattr(got, name), getattr(straight, name)), name
    assert got.cost.asked == straight.cost.asked == 12_000
    assert got.cost.evaluations == straight.cost.evaluations == 12_000
    assert got.cost.rows == straight.cost.rows > 12_000
    assert got.verdict == straight.verdict


class Faulty(Game):
    """Fails in one way or another once it is asked beyond the first block."""

    players = Players(("a", "b"))

    def __init__(self, how, *, ordered=False):
        self.how = how
        self.players = Players(("a", "b"), kind="step", ordered=ordered)

    def _worth(self, coalitions, cases, draws):
        count(rows=len(cases))
        if self.how == "nan":
            return np.where(coalitions[:, 1], np.nan, 0.0)
        if self.how == "shape":
            return np.zeros((len(cases), 3))
        if self.how == "own":
            raise ZeroDivisionError("in the model")
        return coalitions.sum(axis=1) * 1.0


@pytest.mark.parametrize("engine", [Serial(), Threads(2), Processes(2)], ids=repr)
@pytest.mark.parametrize(
    ("how", "kind", "says"),
    [
        ("nan", NonFiniteWorthError, "with 'b' present"),
        ("shape", BadAnswerError, "must be"),
        ("own", ZeroDivisionError, "in the model"),
        ("order", OrderError, r"ordered \(steps\): only prefixes"),
    ],
)
def test_errors_arrive_as_themselves(engine, how, kind, says):
    """Kills: an error that cannot be pickled, which breaks the whole pool of processes."""
    game = Faulty(how, ordered=how == "order")
    stay = np.tile([[False, True]], (QUESTIONS + 5, 1))
    zero = np.zeros(len(stay), dtype=int)
    with engine.open(game) as opened, pytest.raises(kind, match=says) as caught:
        list(opened.run([(stay, zero, zero)]))
    assert type(caught.value) is kind


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ask = np.ones((3, 2), bool), np.zeros(3, int), np.zeros(3, int)
    with Processes(2).open(Faulty("")) as opened:
        assert [p.name[:7] for p in tmp_path.iterdir() if p.is_dir()].count("whence-") == 1
        assert opened.worth(*ask).tolist() == [[2.0]] * 3
    assert [p for p in tmp_path.iterdir() if p.name.startswith("whence-")] == []
    with pytest.raises(ZeroDivisionError), Processes(2).open(Faulty("own")) as opened:
        opened.worth(*ask)
    assert [p for p in tmp_path.iterdir() if p.name.startswith("whence-")] == []


def test_processes_are_other_processes():
    class Where(Faulty):
        def _worth(self, coalitions, cases, draws):
            return np.full(len(cases), float(os.getpid()))

    with Processes(2).open(Where("")) as opened:
        pids = opened.worth(np.ones((3 * QUESTIONS, 2), bool), *np.zeros((2, 3 * QUESTIONS), int))
    assert os.getpid() not in pids


def test_blocks_are_of_one_size():
    sizes = []

    def run(blocks):
        sizes.extend(len(stay) for stay, _, _ in blocks)
        return [answer(Faulty(""), block) for block in blocks]

    n = 2 * QUESTIONS + 10
    stay = np.random.default_rng(0).random((n, 2)) < 0.5
    game = Sharded(Faulty(""), run)
    game.asked = 10**6  # the first blocks are smaller
    got = game.worth(stay, *np.zeros((2, n), int))
    assert sizes == [QUESTIONS, QUESTIONS, 10]
    assert np.array_equal(got[:, 0], stay.sum(axis=1))


@pytest.mark.parametrize("kind", [Threads, Processes])
@pytest.mark.parametrize("workers", [0, -1, True])
def test_workers_are_positive_numbers(kind, workers):
    with pytest.raises(OptionError, match="workers is a positive whole number"):
        kind(workers)


def test_the_room():
    assert wh.engines.Threads is Threads
    assert {"Serial", "Threads", "Processes", "Engine"} <= set(dir(wh.engines))


def test_what_is_cheap_together_stays_together():
    """Kills: walks of a block of rows that are cut, a training that waits for others."""

    class Blocks(Faulty, BlockGame):
        question, n_units, n_twice = Question(), 3, 1

    class Trained(JointGame):
        players = Players(("a", "b"))

        def _worths(self, coalitions, draws):
            return coalitions.sum(axis=1)[:, None] * 1.0

    class Prompts(Faulty, NetworkGame):
        n_cases = 5
        slopes = slopes_past_softmax = slopes_without_layers = stamp = _gradient = None

    sizes = {
        kind: Sharded(game, iter).block
        for kind, game in {
            "blocks": Blocks(""),
            "trained": AllCases(Trained()),
            "prompts": Prompts(""),
            "pooled": GAME,
            "other": Faulty(""),
        }.items()
    }
    assert sizes == {
        "blocks": ROWS,
        "trained": 1,
        "prompts": 5 * QUESTIONS,
        "pooled": ROWS // GAME.sample,
        "other": QUESTIONS,
    }


def test_the_first_questions_are_shared_too():
    """Kills: early steps that one worker answers alone; blocks that depend on a call's length."""
    got = []

    def run(blocks):
        got.append([len(stay) for stay, _, _ in blocks])
        return [answer(Faulty(""), block) for block in blocks]

    game = Sharded(Faulty(""), run)
    for questions in (20, 100, 300, 600, 130):
        zero = np.zeros(questions, int)
        game.worth(np.ones((questions, 2), bool), zero, zero)
    assert got[0] == [8, 8, 4]
    assert got[1] == [8] * 12 + [4]
    assert got[2] == [15] * 20
    assert got[3] == [52] * 11 + [28]
    assert got[4] == [64, 64, 2]
