"""Games: who the players are, and what is measured when only some of them stay.

    v(S) = mean over cases c of the mean over draws r of v_{c,r}(S)

What a game can do beyond answering worths is a narrower type, never an optional method.
"""

import abc
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, final

import numpy as np

from .errors import (
    BadAnswerError,
    BadQuestionError,
    GameError,
    NonFiniteWorthError,
    OrderError,
)
from .meter import count
from .players import Players, listed
from .shaped import Float, Int
from .text import brief
from .types import Cases, Coalitions, Draws, Ends, Gradients, Weights, Worths
from .weights import Weights as CaseWeights

G = TypeVar("G", bound="Game")


class Game(abc.ABC):
    """A cooperative game. A subclass says who plays, and answers `_worth`.

    A *case* is what the answer is about (a test row, a prompt): cases are reported one by one, or
    averaged, and their spread is the data part of the error.
    A *draw* is what chance adds to one case (background rows, a training seed, a rollout): draws
    are always averaged, and their spread is the estimation part of the error.
    An *output* is what is read off one and the same evaluation: outputs are free, cases cost.

    Equal (case, draw) must share every random draw, whatever the coalition.

    Attributes:
        players: who could be responsible.
        outputs: the names of what is measured.
        n_cases: how many cases there are, numbered from 0.
        n_draws: 1 when the case decides everything; k for draws 0..k-1, equally likely; None when
            a draw is a seed below 2**31.
    """

    players: Players
    outputs: tuple[str, ...] = ("worth",)
    n_cases: int = 1
    n_draws: int | None = 1

    @abc.abstractmethod
    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> np.ndarray:
        """Float [rows, outputs], or [rows] for one output."""

    @final
    def worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> Worths:
        """The worth of each coalition, in its case and draw.

        Args:
            coalitions: bool [rows, players], True where a player stays.
            cases: int [rows].
            draws: int [rows].

        Returns:
            float [rows, outputs].

        Raises:
            BadQuestionError: a coalition, case or draw that this game does not have.
            BadAnswerError: the game answered an array of another shape.
            NonFiniteWorthError: the game answered NaN or infinity.
        """
        self._check(coalitions, cases, draws)
        if not isinstance(self, Through | ComposedGame):
            count(evaluations=len(coalitions))
        answer = _numbers(self._worth(coalitions, cases, draws), type(self).__name__)
        if answer.ndim == 1 and len(self.outputs) == 1:
            answer = answer[:, None]
        wanted = (len(coalitions), len(self.outputs))
        if answer.shape != wanted:
            raise BadAnswerError(answer.shape, wanted, type(self).__name__)
        if not np.isfinite(answer).all():
            row = int(np.flatnonzero(~np.isfinite(answer).all(axis=1))[0])
            raise NonFiniteWorthError(
                coalitions[row], self.players.names, int(cases[row]), int(draws[row])
            )
        return answer

    @final
    def _check(self, coalitions: np.ndarray, cases: Cases, draws: Draws) -> None:
        n = len(self.players)
        if coalitions.ndim != 2 or coalitions.shape[1] != n:
            raise BadQuestionError(f"coalitions of shape {coalitions.shape} for {n} players")
        if not len(coalitions) == len(cases) == len(draws):
            raise BadQuestionError(
                f"{len(coalitions)} coalitions, {len(cases)} cases and {len(draws)} draws: "
                "ask as many of each"
            )
        if len(cases) and not (cases.min() >= 0 and cases.max() < self.n_cases):
            raise BadQuestionError(f"this game has {self.n_cases} cases, numbered from 0")
        last = self.n_draws if self.n_draws is not None else 2**31
        if len(draws) and not (draws.min() >= 0 and draws.max() < last):
            raise BadQuestionError(f"this game has draws 0 to {last - 1} for each case")
        if self.players.ordered and (coalitions[:, 1:] > coalitions[:, :-1]).any():
            raise OrderError(self.players.kind)


def _numbers(answer: Any, game: str) -> np.ndarray:
    """As floats; text does not become a number, nor does half of a complex one."""
    if isinstance(answer, np.ma.MaskedArray) and np.ma.is_masked(answer):
        raise GameError(f"{game} answered a masked array: what is hidden there would count")
    try:
        array = np.asarray(answer)
        if array.dtype.kind in "biufO":
            return array.astype(float, copy=False)
        what = f"{array.dtype} (first: {array.flat[0]!r})" if array.size else str(array.dtype)
    except (TypeError, ValueError) as error:
        what = f"something else ({error})"
    raise GameError(f"{game} answered {what}: worths are real numbers, one for each question")


class Through(Game):
    """The same game, asked through something else: a counter, a store, other processes.

    Only for wrappers that leave every worth unchanged: `view` looks through them.
    """

    inner: Game

    def __init__(self, inner: Game) -> None:
        self.inner = inner
        self.players, self.outputs = inner.players, inner.outputs
        self.n_cases, self.n_draws = inner.n_cases, inner.n_draws


class ComposedGame(Game):
    """A game whose worths are made of those of other games, which count their own questions."""


def view(game: Game, kind: type[G]) -> G | None:
    """The game as this narrower type, seen through its wrappers; None if it is not one."""
    while not isinstance(game, kind):
        if not isinstance(game, Through):
            return None
        game = game.inner
    return game


@final
class FunctionGame(Game):
    """A deterministic game with one case, from a plain function of the coalitions.

    Args:
        function: bool [rows, players] -> float [rows] or [rows, outputs].
        players: a `Players`, or their names.
        outputs: the names of what the function measures.

    Raises:
        GameError: not a function, or no names of outputs.
        PlayersError: names that clash, or are none.

    >>> game = FunctionGame(lambda stay: stay @ [1.0, 2.0], ("a", "b"))
    >>> game.worth(np.array([[True, True]]), np.array([0]), np.array([0]))
    array([[3.]])
    """

    def __init__(
        self,
        function: Callable[[Coalitions], np.ndarray],
        players: Players | tuple[str, ...] | list[str],
        outputs: tuple[str, ...] = ("worth",),
    ) -> None:
        if not callable(function):
            raise GameError(
                "a FunctionGame needs a function of coalitions, bool [rows, players]; "
                f"given {type(function).__name__}"
            )
        self.function = function
        self.players = (
            players if isinstance(players, Players) else Players(listed(players, "players"))
        )
        self.outputs = _different(outputs)

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> np.ndarray:
        del cases, draws
        try:
            return self.function(coalitions)
        except Exception as error:
            raise GameError(
                f"the function failed on an array of shape {coalitions.shape}, one coalition a "
                f"row: {type(error).__name__}: {error}"
            ) from error


def _different(outputs: Any) -> tuple[str, ...]:
    """Names of outputs, in their order.

    Raises:
        GameError: none, something else, or one of them twice.
    """
    several = isinstance(outputs, Iterable) and getattr(outputs, "ndim", 1) == 1
    one = isinstance(outputs, (str, bytes, set, frozenset, Mapping))
    names: tuple[Any, ...] = tuple(outputs) if several and not one else ()
    if not names or not all(isinstance(n, str) for n in names) or len(set(names)) < len(names):
        raise GameError(
            f"outputs are different names, such as ('gain', 'cost'); given {brief(outputs)}"
        )
    return tuple(map(str, names))


@final
@dataclass(frozen=True, slots=True)
class Question:
    """What a game asks, in words: stored with the answer and printed on every axis.

    Attributes:
        asks: the question.
        unit: of the worths.
        removal: how players leave.
        model: what was asked.
        classes: the labels it knows.
        loss: worths are minus a loss: below zero a player brings nothing, and the loss with nobody
            present is the scale of what could be brought.
        background: a digest of the rows that removed features come from: equal rows, in whatever
            order and frame, equal digests; "" where there are none, or nobody said.
    """

    asks: str = ""
    unit: str = "worth"
    removal: str = ""
    model: str = ""
    classes: tuple[str, ...] = ()
    loss: bool = False
    background: str = ""


class StatedGame(Game):
    """A game that can say in words what it asks."""

    question: Question


class WeightedGame(StatedGame):
    """A game whose cases may count unequally: the answer is their weighted mean.

    Attributes:
        weights: how often each case counts; None: all count alike.
    """

    weights: CaseWeights | None = None


class BlockGame(StatedGame):
    """A game whose cases are blocks of what the answer is about (test rows), asked together.

    What is asked of a block is shared by all of it, so errors are measured between blocks.

    Attributes:
        n_units: how many there are in all blocks.
        n_twice: how many blocks a sampler visits twice before it visits the others.
    """

    n_units: int
    n_twice: int


class PooledGame(StatedGame):
    """A game whose draws are samples from a finite pool (background rows).

    With the whole pool in place of a sample the game is deterministic, so that it can be
    enumerated; which members a draw took tells the pool's own part of the error.

    Attributes:
        n_pool: members of the pool.
        sample: members in each draw.
    """

    n_pool: int
    sample: int

    @abc.abstractmethod
    def members(self, cases: Cases, draws: Draws) -> Int[np.ndarray, "rows sample"]:
        """Which members of the pool each (case, draw) took."""

    @abc.abstractmethod
    def whole(self) -> Game:
        """The same game with the whole pool in every draw: `n_draws` is 1."""

    @abc.abstractmethod
    def nobody(self) -> Ends:
        """The worth of nobody over the whole pool: float [cases, outputs]."""


class ReplicatedGame(StatedGame):
    """A game that answers each output again with each member of something left out.

    Outputs are laid out [own; own without the first member of the first part, …]. The driver folds
    the replicates into that part of the error, by the jackknife.

    Attributes:
        replicates: how many members each part of the error has, such as {"model": 10}.
    """

    replicates: Mapping[str, int]


class DearGame(ReplicatedGame):
    """A game whose every worth costs so much that enumerating them must be weighed.

    Attributes:
        price: of one worth, as a multiple of one that is cheap.
    """

    price: int


class PricedGame(Game):
    """A game that knows its price, so that a budget of model rows can be kept before it is spent.

    Attributes:
        most_rows: model rows that one question takes, at most; None where that is not known.
    """

    most_rows: int | None


class RelaxedGame(Game):
    """A game that also answers for players who are present only in part: w in [0, 1]^n."""

    @abc.abstractmethod
    def _gradient(self, weights: Weights, cases: Cases, draws: Draws) -> np.ndarray:
        """Float [rows, outputs, players]."""

    @final
    def gradient(self, weights: Weights, cases: Cases, draws: Draws) -> Gradients:
        """dv/dw at these weights: float [rows, outputs, players].

        Raises:
            BadAnswerError: the game answered an array of another shape.
        """
        count(gradients=len(weights))
        answer = np.asarray(self._gradient(weights, cases, draws), dtype=float)
        wanted = (len(weights), len(self.outputs), len(self.players))
        if answer.shape != wanted:
            raise BadAnswerError(answer.shape, wanted, type(self).__name__)
        return answer


class AdditiveGame(Game):
    """v_{c,r}(S) = empty + the sum of the members' coefficients: every semivalue is read off."""

    @abc.abstractmethod
    def coefficients(
        self, cases: Cases, draws: Draws
    ) -> tuple[Worths, Float[np.ndarray, "rows outputs players"]]:
        """The worth of nobody [rows, outputs], and each player's part [rows, outputs, players]."""

    @final
    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> np.ndarray:
        empty, parts = self.coefficients(cases, draws)
        return np.asarray(empty + np.einsum("rp,rop->ro", coalitions.astype(float), parts))


@final
@dataclass(frozen=True, slots=True)
class Terms:
    """sum_k a_k prod_{j in S} u_kj prod_{j not in S} w_kj, for one case."""

    a: Float[np.ndarray, "terms outputs"]
    u: Float[np.ndarray, "terms players"]
    w: Float[np.ndarray, "terms players"]


class ProductGame(Game):
    """A sum of products in each case, averaged over its draws."""

    @abc.abstractmethod
    def terms(self, case: int) -> Terms:
        """The terms of one case, over all its draws."""


class JointGame(Game):
    """One (coalition, draw) answers every case at once: one training, all the test examples."""

    @abc.abstractmethod
    def _worths(self, coalitions: Coalitions, draws: Draws) -> np.ndarray:
        """Float [rows, cases, outputs], or [rows, cases] for one output."""

    @final
    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> np.ndarray:
        key = np.hstack([coalitions, draws[:, None]])
        _, first, back = np.unique(key, axis=0, return_index=True, return_inverse=True)
        every = np.asarray(self._worths(coalitions[first], draws[first]), dtype=float)
        return np.asarray(every.reshape(len(first), self.n_cases, -1)[back.reshape(-1), cases])
