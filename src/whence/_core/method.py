"""Methods: how an index of a game is computed."""

import abc
from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any, ClassVar, Generic, TypeVar, final

import numpy as np

from .account import Account, opened
from .arguments import check_fields
from .attribution import Attribution, Cost, Uncertainty
from .budget import Budget, checked
from .certificate import Certificate
from .driver import drive, walk_over
from .errors import OptionError, UnsupportedGameError, positive
from .game import Game, PooledGame, Question, ReplicatedGame, view
from .index import Index
from .network_game import NetworkGame
from .reading import Averaged, Reading
from .rehearsal import rehearsed
from .stopping import averaged
from .tails import heavy
from .trace import Trace
from .visits import Visits
from .wrap import Metered, bare, question_of, unfolded, units, weights_of

State = TypeVar("State")
G = TypeVar("G", bound=Game)


@final
@dataclass(frozen=True, slots=True)
class Outcome:
    """What a method's computation brings home.

    Attributes:
        asked: what was asked, where that is not what the game asks.
        trace: how it came to be; None for what is computed at one go.
        certificates: what was checked on the way.
    """

    reading: Reading
    uncertainty: Uncertainty
    converged: bool
    verdict: str
    asked: Question | None = None
    trace: Trace | None = None
    certificates: tuple[Certificate, ...] = ()


class Method(abc.ABC, Generic[G]):
    """Computes one index of any game of the type that it needs.

    Attributes:
        index: what is estimated.
        every_draw: draws are enumerated, so a game over a pool is asked with the whole pool.
        computes: the kinds of index that it can be given.
        fits: numbers are fitted across coalitions that differ in many players, rather than added up
            from what one player changes; so a player that adds nothing has zero only within its
            error.
    """

    index: Index
    every_draw: bool = False
    computes: ClassVar[tuple[type[Index], ...]] = (Index,)
    fits: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if is_dataclass(self):
            check_fields(self)
        if not isinstance(self.index, self.computes):
            kinds = " or ".join(f"{kind.__name__}" for kind in self.computes)
            raise OptionError(
                f"{type(self).__name__} computes a {kinds}; given index={self.index!r}. "
                "Leave method= out, and whence takes one that computes it."
            )

    @property
    @abc.abstractmethod
    def needs(self) -> type[G]:
        """The narrowest type of game that this method can attribute."""

    @abc.abstractmethod
    def _run(self, game: G, budget: Budget, seed: int, by_case: bool) -> Outcome:
        """The computation alone: `attribute` checks, counts, averages and wraps."""

    @final
    def attribute(
        self, game: Game, budget: Budget = Budget(), seed: int = 0, by_case: bool = False
    ) -> Attribution:
        """Attribute a game.

        Args:
            game: what is asked.
            budget: when to stop.
            seed: of every random draw; the same seed gives the same bits.
            by_case: report each case, rather than their mean.

        Raises:
            UnsupportedGameError: this method cannot attribute this game.
            BudgetError: the budget does not pay for the least that this method asks.
        """
        game = whole(game) if self.every_draw else game
        narrow = view(game, self.needs)
        if narrow is None:
            raise UnsupportedGameError(
                f"{type(self).__name__} needs a {self.needs.__name__}; "
                f"{type(game).__name__} is not one. `whence methods` lists what takes any game."
            )
        with opened(checked(budget) or Budget()) as account:
            # who only asks worths goes through the wrappers; who needs more looks behind them
            if self.needs is Game:
                outcome = self._run(Metered(game, account), account.budget, seed, by_case)  # type: ignore[arg-type]
            else:
                account.look_behind()
                outcome = self._run(narrow, account.budget, seed, by_case)
            cost = _cost(account)
        return _wrapped(game, self, outcome, cost, seed, by_case=by_case)


def whole(game: Game) -> Game:
    """A game over a pool with the whole pool in every draw; any other game as it is."""
    pooled = view(game, PooledGame)
    return game if pooled is None or game.n_draws == 1 else pooled.whole()


def _cost(account: Account) -> Cost:
    """What was asked since the account was opened, the probes of a store and set-up included."""
    meter = account.meter
    asked = account.questions - meter.gradients
    rows = meter.rows or None
    return Cost(asked, meter.evaluations, meter.gradients, rows, meter.found, account.elapsed)


def _wrapped(
    game: Game, method: Method[G], outcome: Outcome, cost: Cost, seed: int, *, by_case: bool
) -> Attribution:
    about, outputs, reading = unfolded(game, outcome.reading)
    got = averaged(reading, about.n_cases, by_case=by_case)
    return Attribution(
        values=got.values,
        parts=got.parts,
        freedom=_freedom(game, got),
        players=about.players,
        outputs=outputs,
        index=method.index,
        method=type(method).__name__,
        uncertainty=outcome.uncertainty,
        empty=got.empty,
        full=got.full,
        cost=cost,
        converged=outcome.converged,
        verdict=outcome.verdict,
        averaged=1 if by_case else units(about),
        shared=reading.shared if by_case else {},
        covariance=got.covariance or reading.of_one(),
        question=outcome.asked or question_of(about),
        provenance={"game": type(bare(about)).__name__, "seed": seed, **_stamp(about, got)},
        trace=outcome.trace,
        certificates=(*outcome.certificates, *heavy(got.parts)),
        weights=weights_of(about) if by_case and about.n_cases > 1 else None,
    )


def _freedom(game: Game, got: Averaged) -> np.ndarray:
    """Of the errors: k groups of data that are left out in turn tell theirs with k - 1."""
    many = view(game, ReplicatedGame)
    groups = None if many is None else many.replicates.get("data")
    return got.freedom if groups is None else np.minimum(got.freedom, groups - 1.0)


def _stamp(game: Game, got: Averaged) -> Mapping[str, Any]:
    """What a game of a network says of itself, and of what its players leave uncovered."""
    network = view(game, NetworkGame)
    return {} if network is None else network.stamp(got.empty, got.full)


class AnytimeMethod(Method[Game], Generic[State]):
    """A method that can stop after any step and say how sure it is.

    The driver chooses the (case, draw) of every walk; the method chooses the coalitions only.
    A walk's questions are a function of (seed, case, pass), never of an earlier answer.

    Attributes:
        batch: walks a step; None lets steps grow, so that the first one tells the price early.
    """

    batch: int | None

    def __post_init__(self) -> None:
        Method.__post_init__(self)
        if self.batch is not None:
            positive(self.batch, "batch", "walks a step; None lets steps grow")

    @property
    def needs(self) -> type[Game]:
        """Any game."""
        return Game

    @abc.abstractmethod
    def init(self, game: Game) -> State:
        """The state before any walk."""

    @abc.abstractmethod
    def step(self, game: Game, state: State, visits: Visits) -> State:
        """Ask the questions of these walks, then take in the answers.

        An interrupt may come while a question is asked: until the last one nothing is taken in.
        """

    @abc.abstractmethod
    def read(self, state: State) -> Reading:
        """What is known so far."""

    @final
    def _run(self, game: Game, budget: Budget, seed: int, by_case: bool) -> Outcome:
        with opened(budget) as account:
            price = rehearsed(game, self._rehearsal) if account.bounds_questions else None
            if price is not None:
                account.require(game, price, walk_over(game))
        state = self.init(game)

        def walk(visits: Visits) -> None:
            nonlocal state
            state = self.step(game, state, visits)

        run = drive(
            walk,
            lambda: self.read(state),
            game,
            budget,
            self.batch,
            seed=seed,
            by_case=by_case,
            price=price,
        )
        return Outcome(run.reading, "sampled", run.converged, run.verdict, trace=run.trace)

    @final
    def _rehearsal(self, game: Game, visits: Visits) -> object:
        return self.step(game, self.init(game), visits)
