"""The public examiner: the laws that every game, and every method, must keep.

`check_game` and `check_method` run all of them. A law is a function that raises `LawBrokenError`;
each names the mutant that it is there to kill, and `tests/laws` keeps those mutants.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, final

import numpy as np

from whence._core.attribution import Attribution
from whence._core.budget import Budget
from whence._core.errors import BudgetError, LawBrokenError, OrderError, UnsupportedGameError
from whence._core.game import FunctionGame, Game, PricedGame
from whence._core.index import Semivalue
from whence._core.meter import count
from whence._core.method import AnytimeMethod, Method
from whence._core.players import Players
from whence._core.visits import visits
from whence.games.synthetic import Airport, Gloves, KnownGame, Linear, Noisy, Unanimity, Voting

WORK = Budget(evaluations=20_000, relative_error=None)
SURE = 0.9999  # the level of an interval that must hold the truth
_STEP = 2  # times that one step asks a game, at most
WEIGHTS = (3.0, -1.0, 0.5, 0.0, 2.0)


def check_method(method: Method[Any]) -> None:
    """Every law for methods, on games whose answers are known.

    Args:
        method: an instance that takes any game and computes a semivalue.

    Raises:
        LawBrokenError: which law, and how it was broken.
    """
    for law in METHOD_LAWS:
        law(method)


def check_game(game: Game, *, questions: int = 64, seed: int = 0) -> None:
    """Every law for games: the same question has one answer, whatever it is asked with.

    Args:
        game: the game to examine; it is asked a few hundred questions.
        questions: how many different ones.
        seed: of the questions.

    Raises:
        LawBrokenError: which law, and how it was broken.
    """
    for law in GAME_LAWS:
        law(game, _questions(game, questions, seed))


# -- methods --


def reads_off_an_additive_game(method: Method[Any]) -> None:
    """Kills: gains credited to the wrong player."""
    got = method.attribute(Linear(WEIGHTS), WORK)
    _same(got.values[0, 0], np.array(WEIGHTS), "an additive game's weights")


def estimates_its_index(method: Method[Any]) -> None:
    """Kills: another index's weights. Gloves are unbalanced, or Shapley would equal Banzhaf."""
    for game in (
        Gloves(),
        Gloves(2, 3, 1),
        Airport(),
        Voting(),
        Unanimity({("a", "b", "c"): 2.0, ("d",): 1.0, ("a", "d"): -3.0}, tuple("abcde")),
    ):
        _holds(method.attribute(game, WORK), game, _index(method))


def covers_a_noisy_truth(method: Method[Any]) -> None:
    """Kills: standard errors that leave out the spread of the draws."""
    if isinstance(method, AnytimeMethod):
        for cases in (1, 40):
            game = Noisy(Gloves(), 1.0, cases)
            _holds(method.attribute(game, WORK), game, _index(method))


def gives_a_dummy_nothing(method: Method[Any]) -> None:
    """Kills: players compared across different coalitions.

    A method that says that it `fits` compares nothing else: there zero lies within its error.
    """
    got = method.attribute(Gloves(1, 3, 1), WORK)
    value, error = got.values[0, 0, 4], got.error("estimation")[0, 0, 4]
    if method.fits:
        _law(bool(abs(value) <= 6 * error + 1e-9), f"a dummy got {value}, with error {error}")
        return
    _same(value, 0.0, "a dummy's value", exact=True)


def treats_twins_alike(method: Method[Any]) -> None:
    """Kills: a bias by position, such as an order that is not uniform."""
    got = method.attribute(Gloves(1, 3, 1), WORK)
    value, error = got.values[0, 0, 1:4], got.error("estimation")[0, 0, 1:4]
    apart = np.ptp(value) > 6 * error.max() + 1e-9
    _law(not apart, f"twins got {value.tolist()}, with standard errors {error.tolist()}")


def closes_the_gap(method: Method[Any]) -> None:
    """Kills: a player left out of the walk's last step. A method that asks no ends has no gap."""
    if method.index.efficient:
        for game in (Gloves(), Airport(), _noisy(method)):
            gap = method.attribute(game, WORK).gap
            if np.isfinite(gap).all():
                _same(gap, np.zeros_like(gap), "the gap of an efficient index")


def forgets_what_cases_and_draws_bring(method: Method[Any]) -> None:
    """Kills: a walk whose questions are asked of different cases or draws."""
    for draws in (1, 7, None):
        for by_case in (True, False):
            if draws is None and not isinstance(method, AnytimeMethod):
                continue
            got = method.attribute(Linear(WEIGHTS, 20, draws), WORK, 0, by_case)
            wanted = np.broadcast_to(WEIGHTS, got.values.shape)
            _same(got.values, wanted, f"values where cases and draws ({draws}) bring worth alone")


def answers_outputs_together(method: Method[Any]) -> None:
    """Kills: outputs mixed up, or walks that depend on the number of outputs."""
    weights = np.array(WEIGHTS)

    def many(stay: np.ndarray) -> np.ndarray:
        return np.stack([stay @ weights, stay[:, 0] * stay[:, 1], stay.sum(axis=1) ** 2], axis=1)

    def single(stay: np.ndarray, output: int) -> np.ndarray:
        return many(stay)[:, output]

    names = tuple("abcde")
    whole = method.attribute(FunctionGame(many, names, ("x", "y", "z")), WORK)
    for o in range(3):
        alone = method.attribute(FunctionGame(partial(single, output=o), names), WORK)
        _same(alone.values[:, 0], whole.values[:, o], f"output {o} alone, and among others")


def repeats_itself(method: Method[Any]) -> None:
    """Kills: numpy's global generator, or a generator that is kept between runs."""
    before = repr(np.random.get_state())  # noqa: NPY002
    first, second = (method.attribute(_noisy(method), _short(method), 7) for _ in range(2))
    _same(first.values, second.values, "two runs of one seed", exact=True)
    after = repr(np.random.get_state())  # noqa: NPY002
    _law(before == after, "numpy's global random state was changed")


def ignores_its_batch(method: Method[Any]) -> None:
    """Kills: walks that depend on their neighbours; so shorter runs are prefixes of longer ones."""
    if not isinstance(method, AnytimeMethod):
        return
    game = Noisy(Gloves(), 1.0, 6)
    runs = []
    for batch in (6, 12, 24):
        other = replace(method, batch=batch)  # type: ignore[type-var]
        state = other.init(game)
        for first in range(0, 48, batch):
            state = other.step(game, state, visits(game, 3, first, batch))
        runs.append(other.read(state).values)
    for run in runs[1:]:
        _same(run, runs[0], "48 walks, in other batches")


def keeps_its_budget(method: Method[Any]) -> None:
    """Kills: a loop that looks at its budget too late, and a method that never looks.

    Counted from outside: nobody asks more than the budget pays for, and what cannot be done is
    refused before the first question.
    """
    for inner in (Gloves(1, 3, 1), Noisy(Gloves(), 1.0, 5)):
        for most in (9, 31, 200):
            for rows in (0, 3):
                bound: dict[str, Any] = {"rows" if rows else "evaluations": most}
                game = _Counted(inner, rows)
                try:
                    got = method.attribute(game, Budget(**bound, relative_error=None))
                except UnsupportedGameError:
                    continue
                except BudgetError:
                    said = f"refused a budget of {most} {next(iter(bound))}"
                    _law(not game.asked, f"{said} after {game.asked} questions were asked")
                    continue
                used = game.asked * max(rows, 1)
                _law(used <= most, f"a budget of {most} {next(iter(bound))}, and {used} used")
                _law(got.cost.asked == game.asked, f"cost {got.cost.asked}, asked {game.asked}")


def ends_in_time(method: Method[Any]) -> None:
    """Kills: a run that goes on for more than a step after its time is over."""
    game, seconds = _Slow(), 0.02
    start = time.perf_counter()
    with suppress(BudgetError):
        method.attribute(game, Budget(seconds=seconds, relative_error=None))
    late = sum(began - start > seconds for began in game.began)
    _law(late <= _STEP, f"{late} times was the game asked when the time was over")


def survives_an_interrupt(method: Method[Any]) -> None:
    """Kills: a step that takes in some answers before it has asked all of its questions."""
    if not isinstance(method, AnytimeMethod):
        return
    game, short = Noisy(Gloves(), 1.0, 6), replace(method, batch=7)  # type: ignore[type-var]
    state, steps = short.init(game), []
    for first in range(0, 84, 7):
        state = short.step(game, state, visits(game, 3, first, 7))
        steps.append(short.read(state).values.copy())
    for life in range(1, 12):
        try:
            got = short.attribute(_Mortal(game, life), WORK, 3, by_case=True).values
        except KeyboardInterrupt:  # before the first step was done
            continue
        whole = any(np.array_equal(got, values, equal_nan=True) for values in steps)
        _law(whole, f"interrupted at question {life + 1}, the answer is not that of whole steps")


def keeps_order(method: Method[Any]) -> None:
    """Kills: a method that asks ordered players (steps) out of order, or credits another step."""
    steps = Players(("first", "then", "last"), kind="step", ordered=True)
    game = FunctionGame(lambda stay: np.array([0.0, 2.0, 3.0, 7.0])[stay.sum(axis=1)], steps)
    try:
        got = method.attribute(game, WORK)
    except (OrderError, UnsupportedGameError):
        return
    told = np.allclose(got.values, [2.0, 1.0, 4.0])
    _law(told, f"what steps add to those before them is 2, 1 and 4, and not {got.values.tolist()}")


METHOD_LAWS: tuple[Callable[[Method[Any]], None], ...] = (
    reads_off_an_additive_game,
    estimates_its_index,
    covers_a_noisy_truth,
    gives_a_dummy_nothing,
    treats_twins_alike,
    closes_the_gap,
    forgets_what_cases_and_draws_bring,
    answers_outputs_together,
    repeats_itself,
    ignores_its_batch,
    keeps_its_budget,
    ends_in_time,
    survives_an_interrupt,
    keeps_order,
)

# -- games --

Questions = tuple[np.ndarray, np.ndarray, np.ndarray]


def answers_alike_in_any_batch(game: Game, asked: Questions) -> None:
    """Kills: a worth that depends on the other rows."""
    together = game.worth(*asked)
    for cut in (slice(0, 1), slice(0, 7), slice(None, None, -1)):
        alone = game.worth(*(x[cut] for x in asked))
        _same(alone, together[cut], "worths asked in another batch", loose=True)


def answers_alike_again(game: Game, asked: Questions) -> None:
    """Kills: randomness that is not a function of (case, draw)."""
    _same(game.worth(*asked), game.worth(*asked), "the same questions, asked twice", loose=True)


def leaves_questions_alone(game: Game, asked: Questions) -> None:
    """Kills: a game that writes into the arrays it is given."""
    copies = tuple(x.copy() for x in asked)
    game.worth(*asked)
    kept = all(np.array_equal(x, y) for x, y in zip(asked, copies, strict=True))
    _law(kept, "the game changed the coalitions, cases or draws that it was asked")


GAME_LAWS: tuple[Callable[[Game, Questions], None], ...] = (
    answers_alike_in_any_batch,
    answers_alike_again,
    leaves_questions_alone,
)


def _questions(game: Game, many: int, seed: int) -> Questions:
    rng = np.random.default_rng(seed)
    n = len(game.players)
    coalitions = rng.random((many, n)) < rng.random((many, 1))
    if game.players.ordered:
        coalitions = np.arange(n) < coalitions.sum(axis=1, keepdims=True)
    draws = rng.integers(game.n_draws or 2**31, size=many)
    return coalitions, rng.integers(game.n_cases, size=many), draws


@final
class _Mortal(Game):
    """Answers a few times; then somebody loses patience."""

    def __init__(self, inner: Game, life: int) -> None:
        self.inner, self.life = inner, life
        self.players, self.outputs = inner.players, inner.outputs
        self.n_cases, self.n_draws = inner.n_cases, inner.n_draws

    def _worth(self, coalitions: np.ndarray, cases: np.ndarray, draws: np.ndarray) -> np.ndarray:
        self.life -= 1
        if self.life < 0:
            raise KeyboardInterrupt
        return self.inner.worth(coalitions, cases, draws)


@final
class _Counted(PricedGame):
    """Counts its questions itself; each takes so many model rows."""

    def __init__(self, inner: Game, rows: int) -> None:
        self.inner, self.most_rows, self.asked = inner, rows, 0
        self.players, self.outputs = inner.players, inner.outputs
        self.n_cases, self.n_draws = inner.n_cases, inner.n_draws

    def _worth(self, coalitions: np.ndarray, cases: np.ndarray, draws: np.ndarray) -> np.ndarray:
        count(rows=len(coalitions) * (self.most_rows or 0))
        self.asked += len(coalitions)
        return self.inner.worth(coalitions, cases, draws)


@final
class _Slow(Game):
    """A question takes a millisecond; it writes down when it was asked."""

    players, n_draws = Players(tuple("abcdefg")), 3

    def __init__(self) -> None:
        self.began: list[float] = []

    def _worth(self, coalitions: np.ndarray, cases: np.ndarray, draws: np.ndarray) -> np.ndarray:
        del cases
        self.began.append(time.perf_counter())
        time.sleep(1e-3 * len(coalitions))
        return np.asarray(coalitions.sum(axis=1) * 1.0 + coalitions[:, 0] * draws)


def _noisy(method: Method[Any]) -> Game:
    return Noisy(Gloves(), 0.5, 7) if isinstance(method, AnytimeMethod) else Gloves(2, 2, 1)


def _short(method: Method[Any]) -> Budget:
    return replace(WORK, evaluations=2000) if isinstance(method, AnytimeMethod) else WORK


def _index(method: Method[Any]) -> Semivalue:
    if not isinstance(method.index, Semivalue):
        raise LawBrokenError(f"the examiner knows semivalues only, and this is {method.index}")
    return method.index


def _holds(got: Attribution, game: KnownGame, index: Semivalue) -> None:
    truth, (low, high) = game.truth(index), got.ci(SURE, ("estimation",))
    inside = (low[0, 0] - 1e-9 <= truth) & (truth <= high[0, 0] + 1e-9)
    _law(
        bool(inside.all()),
        f"{type(game).__name__}: {index} is {truth.round(4).tolist()}, and the answer is "
        f"{got.values[0, 0].round(4).tolist()} ± {got.stderr[0, 0].round(4).tolist()}",
    )


def _same(got: Any, wanted: Any, what: str, *, exact: bool = False, loose: bool = False) -> None:
    if exact:
        same = np.array_equal(got, wanted)
    else:
        near = 1e-6 if loose else 1e-9
        same = np.allclose(got, wanted, rtol=near, atol=near)
    _law(bool(same), f"{what}: {np.asarray(got)!r} is not {np.asarray(wanted)!r}")


def _law(kept: bool, broken: str) -> None:
    if not kept:
        raise LawBrokenError(broken)
