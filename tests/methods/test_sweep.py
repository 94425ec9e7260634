"""One player at a time, on every case and draw."""

import numpy as np
import pytest

import whence as wh
from whence import FunctionGame, Game, Players
from whence._core.errors import UnsupportedGameError
from whence.games.synthetic import Airport, Gloves, Linear, Noisy, Unanimity, Voting
from whence.methods import Exact, OnePlayer, Sweep

BOTH = (wh.LeaveOneOut(), wh.FirstIn())
GAMES = (
    Gloves(2, 3, 1),
    Airport(),
    Voting((3, 3, 2, 1, 1), 7),
    Unanimity({("a", "b", "c"): 2.0, ("d",): 1.0, ("a", "d"): -3.0}, tuple("abcde")),
    Linear((3.0, -1.0, 0.0), 3, 5),
)


@pytest.mark.parametrize("index", BOTH, ids=repr)
@pytest.mark.parametrize("game", GAMES, ids=lambda g: type(g).__name__)
def test_the_closed_form(game, index):
    got = Sweep(index).attribute(game)
    assert np.allclose(got.values[0, 0], game.truth(index), atol=1e-12)
    assert got.cost.asked == (len(game.players) + 1) * game.n_cases * game.n_draws
    assert got.uncertainty == "exact"
    assert got.converged
    assert (got.parts["estimation"] == 0).all()


class Uneven(Game):
    """Worths that differ by case, draw and output; keeps what it was asked."""

    def __init__(self):
        self.players = Players(tuple("abcd"))
        self.outputs, self.n_cases, self.n_draws, self.asked = ("x", "y"), 3, 2, []

    def _worth(self, coalitions, cases, draws):
        self.asked += [
            (*row.tolist(), c, d) for row, c, d in zip(coalitions, cases, draws, strict=True)
        ]
        x = (coalitions * [1.0, 2.0, 3.0, 4.0]).sum(axis=1) ** 2 * (1 + cases) + draws
        return np.stack([x, np.sqrt(x)], axis=1)


@pytest.mark.parametrize("index", BOTH, ids=repr)
def test_by_case_it_is_the_enumeration(index):
    """Mutants: another case's base; outputs exchanged."""
    got, known = (m(index).attribute(Uneven(), by_case=True) for m in (Sweep, Exact))
    assert np.allclose(got.values, known.values, atol=1e-12)
    mean, of_all = Sweep(index).attribute(Uneven()), Exact(index).attribute(Uneven())
    assert np.allclose(mean.parts["data"], of_all.parts["data"])
    end = "empty" if isinstance(index, wh.FirstIn) else "full"
    assert np.allclose(getattr(got, end), getattr(known, end))


def test_questions_come_player_by_player(monkeypatch):
    """And blocks change no answer."""
    game = Uneven()
    whole = Sweep().attribute(game)
    first, cases = game.asked[:15], [0, 1, 2] * 5
    assert [row[4] for row in first] == cases
    assert [row[:4].count(False) for row in first] == [0] * 3 + [1] * 12
    assert [row[:4].index(False) for row in first[3:]] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    monkeypatch.setattr("whence.methods.perturbation.sweep._CELLS", 8)
    assert np.array_equal(Sweep().attribute(Uneven()).values, whole.values)


def test_it_is_what_walks_come_down_to():
    game = Linear((3.0, -1.0, 0.5), 4)
    assert np.allclose(Sweep().attribute(game).values, OnePlayer().attribute(game).values)


def test_many_players():
    n = 3_000
    weights = np.random.default_rng(0).normal(size=n)
    game = FunctionGame(lambda stay: stay @ weights, Players(tuple(map(str, range(n)))))
    got = wh.attribute(game, index=wh.LeaveOneOut())
    assert got.method == "Sweep"
    assert np.allclose(got.values[0, 0], weights)
    assert got.provenance["chosen because"] == "one player at a time, on every case: exact"


def test_refusals():
    with pytest.raises(UnsupportedGameError, match=r"draws never end. Use OnePlayer\(\)"):
        Sweep().attribute(Noisy(Gloves()))
    steps = Players(("a", "b"), kind="step", ordered=True)
    with pytest.raises(UnsupportedGameError, match="ordered"):
        Sweep().attribute(FunctionGame(lambda s: s.sum(axis=1), steps))
