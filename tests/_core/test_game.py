"""The contract of games: what may be asked, and answered."""

import pickle

import numpy as np
import pytest

from whence import FunctionGame, Game, Players, RelaxedGame
from whence._core.errors import (
    BadAnswerError,
    BadQuestionError,
    GameError,
    NonFiniteWorthError,
    OrderError,
    StoreError,
    WhenceError,
)
from whence._core.game import AdditiveGame, JointGame, PooledGame, Through, view
from whence._core.meter import metering
from whence._core.wrap import AllCases, Difference, Metered
from whence.games.synthetic import Linear

from .toys import Blank

ONE = np.ones((1, 2), dtype=bool)
ZERO = np.zeros(1, dtype=int)


def ask(game, rows=1, case=0, draw=0):
    n = len(game.players)
    return game.worth(np.ones((rows, n), bool), np.full(rows, case), np.full(rows, draw))


@pytest.mark.parametrize(
    ("case", "draw", "says"),
    [(3, 0, "3 cases"), (-1, 0, "3 cases"), (0, 2, "draws 0 to 1"), (0, -1, "draws 0 to 1")],
)
def test_cases_and_draws_that_are_not_there(case, draw, says):
    with pytest.raises(BadQuestionError, match=says):
        ask(Blank(3, 2), 1, case, draw)
    assert ask(Blank(3, 2), 1, 2, 1).tolist() == [[0.0]]


def test_seeds_end_at_31_bits():
    assert len(ask(Blank(1, None), 1, 0, 2**31 - 1)) == 1
    with pytest.raises(BadQuestionError, match="draws 0 to 2147483647"):
        ask(Blank(1, None), 1, 0, 2**31)


def test_shapes_of_questions():
    game = Blank(3, 2, players=2)
    with pytest.raises(BadQuestionError, match=r"\(1, 3\) for 2 players"):
        game.worth(np.ones((1, 3), bool), ZERO, ZERO)
    bare = np.ones((2, 2), bool)
    with pytest.raises(BadQuestionError, match="2 coalitions, 1 cases and 1 draws"):
        game._check(bare, ZERO, ZERO)
    with pytest.raises(BadQuestionError, match=r"\(2,\)"):
        game._check(bare[0], ZERO, ZERO)
    assert game.worth(np.ones((0, 2), bool), ZERO[:0], ZERO[:0]).shape == (0, 1)


@pytest.mark.parametrize("answer", [np.zeros((1, 2)), np.zeros(2), np.zeros((1, 1, 1)), 0.0])
def test_answers_of_another_shape(answer):
    game = FunctionGame(lambda stay: np.asarray(answer), ("a", "b"))
    with pytest.raises(BadAnswerError, match=r"FunctionGame answered .* must be \(1, 1\)"):
        ask(game)


def test_a_flat_answer_is_one_output_only():
    two = FunctionGame(lambda stay: np.zeros(2), ("a", "b"), ("x", "y"))
    with pytest.raises(BadAnswerError):
        ask(two, rows=2)
    assert ask(FunctionGame(lambda stay: np.array([1, 0]), ("a", "b")), rows=2).tolist() == [
        [1.0],
        [0.0],
    ]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_worths_that_are_not_finite(bad):
    """Kills: the first row named for the guilty one."""

    def worth(stay):
        return np.where(stay[:, 0] & ~stay[:, 1], bad, 1.0)

    game = FunctionGame(worth, ("age", "bmi"))
    stay = np.array([[True, True], [True, False]])
    with pytest.raises(NonFiniteWorthError, match="with 'age' present"):
        game.worth(stay, np.zeros(2, int), np.zeros(2, int))
    nobody = FunctionGame(lambda s: np.full(len(s), bad), ("a", "b"))
    with pytest.raises(NonFiniteWorthError, match="with nobody present"):
        nobody.worth(~ONE, ZERO, ZERO)


def test_ordered_players_are_asked_prefixes_only():
    steps = Players(("s1", "s2", "s3"), kind="step", ordered=True)
    game = FunctionGame(lambda stay: stay.sum(axis=1), steps)
    for prefix in ([0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]):
        assert game.worth(np.array([prefix], bool), ZERO, ZERO) == sum(prefix)
    for other in ([0, 1, 0], [1, 0, 1], [0, 0, 1]):
        with pytest.raises(OrderError, match=r"ordered \(steps\)"):
            game.worth(np.array([other], bool), ZERO, ZERO)


def test_evaluations_are_counted_once_through_wrappers():
    game = Metered(Metered(Blank(1, 1, 2)))
    with metering() as meter:
        ask(game, rows=5)
    assert (meter.evaluations, game.asked) == (5, 5)


def test_view_looks_through_wrappers_only():
    inner = Linear((1.0, 2.0))
    wrapped = Metered(Metered(inner))
    assert view(wrapped, AdditiveGame) is inner
    assert view(wrapped, Metered) is wrapped
    assert view(wrapped, PooledGame) is None
    assert view(Difference(inner, inner), AdditiveGame) is None
    assert isinstance(wrapped, Through)
    assert (wrapped.players, wrapped.outputs, wrapped.n_cases, wrapped.n_draws) == (
        inner.players,
        inner.outputs,
        inner.n_cases,
        inner.n_draws,
    )


class Square(RelaxedGame):
    players = Players(("a", "b"))

    def _worth(self, coalitions, cases, draws):
        return (coalitions.sum(axis=1) ** 2).astype(float)

    def _gradient(self, weights, cases, draws):
        return np.repeat(2 * weights.sum(axis=1)[:, None, None], 2, axis=2)


class Askew(Square):
    def _gradient(self, weights, cases, draws):
        return np.zeros((len(weights), 2))


def test_gradients_are_checked_and_counted():
    half = np.full((3, 2), 0.5)
    with metering() as meter:
        got = Square().gradient(half, np.zeros(3, int), np.zeros(3, int))
    assert (got == 2.0).all()
    assert got.shape == (3, 1, 2)
    assert meter.gradients == 3
    with pytest.raises(BadAnswerError, match=r"must be \(3, 1, 2\)"):
        Askew().gradient(half, np.zeros(3, int), np.zeros(3, int))


class Twice(JointGame):
    """Case c is worth (c + 1) |S| + draw, and 10 times that."""

    players, outputs, n_cases, n_draws = Players(("a", "b")), ("x", "y"), 3, 4
    asked = 0

    def _worths(self, coalitions, draws):
        self.asked += len(coalitions)
        own = coalitions.sum(axis=1)[:, None] * np.arange(1, 4) + draws[:, None]
        return np.stack([own, 10 * own], axis=2)


def test_a_joint_game_evaluates_a_coalition_once_for_all_cases():
    """Kills: one training for each case."""
    game = Twice()
    stay = np.array([[1, 1], [1, 0], [1, 1], [1, 1], [1, 1]], bool)
    cases, draws = np.array([2, 0, 0, 1, 1]), np.array([0, 1, 0, 0, 3])
    got = game.worth(stay, cases, draws)
    assert got[:, 0].tolist() == [6, 2, 2, 4, 7]
    assert got[:, 1].tolist() == [60, 20, 20, 40, 70]
    assert game.asked == 3


def test_all_cases_are_outputs_and_then_their_mean():
    flat = AllCases(Twice())
    assert flat.outputs == (
        *("case 0: x", "case 0: y", "case 1: x", "case 1: y", "case 2: x", "case 2: y"),
        *("mean: x", "mean: y"),
    )
    assert (flat.n_cases, flat.n_draws) == (1, 4)
    got = flat.worth(ONE, ZERO, np.array([3]))
    assert got.tolist() == [[5, 50, 7, 70, 9, 90, 7, 70]]


def test_a_difference_is_taken_on_the_same_case_and_draw():
    game, proxy = Linear((3.0, 1.0), 4, 5), Linear((1.0, 1.0), 4, 5)
    rest = Difference(game, proxy)
    stay = np.array([[True, False], [True, True], [False, False]])
    got = rest.worth(stay, np.array([3, 1, 0]), np.array([4, 2, 1]))
    assert np.allclose(got[:, 0], [2.0, 2.0, 0.0])
    plain = Difference(game, Linear((1.0, 1.0)))  # one case, one draw: asked at (0, 0)
    at = np.array([3]), np.array([4])
    wanted = game.worth(ONE, *at) - Linear((1.0, 1.0)).worth(ONE, ZERO, ZERO)
    assert np.array_equal(plain.worth(ONE, *at), wanted)
    assert (plain.n_cases, plain.n_draws) == (4, 5)


def test_proxies_that_do_not_fit():
    game = Linear((3.0, 1.0), 4)
    with pytest.raises(BadQuestionError, match="own players"):
        Difference(game, Linear((1.0,), 4))
    with pytest.raises(BadQuestionError, match="one case"):
        Difference(game, Linear((3.0, 1.0), 3))


def test_every_error_is_ours_and_also_the_plain_one():
    from whence._core import errors

    kinds = [k for k in vars(errors).values() if getattr(k, "__module__", "") == errors.__name__]
    kinds = [k for k in kinds if isinstance(k, type)]
    assert len(kinds) > 15
    assert all(issubclass(k, WhenceError) for k in kinds)
    plain = (ValueError, TypeError, OSError, RuntimeError, AssertionError)
    assert [k for k in kinds if k is not WhenceError and not issubclass(k, plain)] == []
    assert issubclass(GameError, ValueError)


def test_errors_travel():
    """Kills: an error that cannot come home from another process."""
    stay = np.array([True, False])
    for error in (
        OrderError("step"),
        BadAnswerError((1, 2), (3, 4), "Blank"),
        NonFiniteWorthError(stay, ("a", "b"), 3, 4),
        GameError("words"),
        StoreError("words"),
    ):
        back = pickle.loads(pickle.dumps(error))
        assert type(back) is type(error)
        assert str(back) == str(error)


def test_a_game_needs_a_worth():
    with pytest.raises(TypeError, match="abstract"):
        Game()
