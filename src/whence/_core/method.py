"""Methods: how an index of a game is computed. One driver loop serves every sampler."""

import abc
import time
from dataclasses import dataclass
from typing import Generic, TypeVar, final

import numpy as np

from .attribution import Attribution, Cost, Uncertainty
from .budget import Budget, affordable, spent
from .errors import UnsupportedGameError
from .game import Game, PooledGame, Question, ReplicatedGame, StatedGame, Through, view
from .index import Index
from .meter import Meter, metering
from .progress import Progress, tell
from .reading import Reading
from .stopping import Judgement, averaged, judge
from .visits import Visits, visits
from .wrap import AllCases, Metered

State = TypeVar("State")
G = TypeVar("G", bound=Game)

_CELLS = 2**22  # of a step's coalitions, at most
_LOOK = 1.05  # a reading is taken each time the walks have grown by this factor


@final
@dataclass(frozen=True, slots=True)
class Outcome:
    """What a method's computation brings home."""

    reading: Reading
    uncertainty: Uncertainty
    converged: bool
    verdict: str


class Method(abc.ABC, Generic[G]):
    """Computes one index of any game of the type that it needs.

    Attributes:
        index: what is estimated.
        every_draw: draws are enumerated, so a game over a pool is asked with the whole pool.
    """

    index: Index
    every_draw: bool = False

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
        """
        game = whole(game) if self.every_draw else game
        narrow = view(game, self.needs)
        if narrow is None:
            raise UnsupportedGameError(
                f"{type(self).__name__} needs a {self.needs.__name__}; "
                f"{type(game).__name__} is not one. `whence methods` lists what takes any game."
            )
        asked, start = Metered(game), time.perf_counter()
        with metering() as meter:
            # who only asks worths goes through the wrappers; who needs more looks behind them
            chosen = asked if self.needs is Game else narrow
            outcome = self._run(chosen, budget, seed, by_case)  # type: ignore[arg-type]
        cost = _cost(asked, meter, time.perf_counter() - start)
        return _wrapped(game, self, outcome, cost, seed, by_case=by_case)


def whole(game: Game) -> Game:
    """A game over a pool with the whole pool in every draw; any other game as it is."""
    pooled = view(game, PooledGame)
    return game if pooled is None or game.n_draws == 1 else pooled.whole()


def _cost(asked: Metered, meter: Meter, seconds: float) -> Cost:
    rows = meter.rows or None
    return Cost(asked.asked, meter.evaluations, meter.gradients, rows, meter.found, seconds)


def _wrapped(
    game: Game, method: Method[G], outcome: Outcome, cost: Cost, seed: int, *, by_case: bool
) -> Attribution:
    about, outputs, reading = unfolded(game, outcome.reading)
    got = averaged(reading, about.n_cases, by_case=by_case)
    return Attribution(
        values=got.values,
        parts=got.parts,
        freedom=got.freedom,
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
        averaged=1 if by_case else about.n_cases,
        shared=reading.shared if by_case else {},
        covariance=got.covariance or reading.of_one(),
        question=_question(about),
        provenance={"game": type(_inside(about)).__name__, "seed": seed},
    )


def _inside(game: Game) -> Game:
    """What the wrappers are around."""
    while isinstance(game, Through):
        game = game.inner
    return game


def _question(game: Game) -> Question:
    stated = view(game, StatedGame)
    return stated.question if stated is not None else Question()


def unfolded(game: Game, reading: Reading) -> tuple[Game, tuple[str, ...], Reading]:
    """The game that the answer is about, its own outputs, and the reading of those.

    An `AllCases` game's outputs are the cases of a joint game; a `ReplicatedGame`'s further outputs
    are a part of the error.
    """
    flat = view(game, AllCases)
    if flat is not None:
        return flat.game, flat.game.outputs, reading.fold(flat.game.n_cases)
    many = view(game, ReplicatedGame)
    if many is not None:
        own = len(many.outputs) // (1 + sum(many.replicates.values()))
        return game, many.outputs[:own], reading.leave_out(own, many.replicates)
    return game, game.outputs, reading


class AnytimeMethod(Method[Game], Generic[State]):
    """A method that can stop after any step and say how sure it is.

    The driver chooses the (case, draw) of every walk; the method chooses the coalitions only.
    A walk's questions are a function of (seed, case, pass), never of an earlier answer.

    Attributes:
        batch: walks a step; None lets steps grow, so that the first one tells the price early.
    """

    batch: int | None

    @property
    def needs(self) -> type[Game]:
        """Any game."""
        return Game

    @abc.abstractmethod
    def init(self, game: Game) -> State:
        """The state before any walk."""

    @abc.abstractmethod
    def step(self, game: Game, state: State, visits: Visits) -> State:
        """Ask the questions of these walks, and take in the answers."""

    @abc.abstractmethod
    def read(self, state: State) -> Reading:
        """What is known so far."""

    @final
    def _run(self, game: Game, budget: Budget, seed: int, by_case: bool) -> Outcome:
        with metering() as meter:
            clock = _Clock(game, meter, time.perf_counter())
            state, walks, look, last = self.init(game), 0, 0.0, _size(game, self.batch, 0)
            while True:
                try:
                    state = self.step(game, state, visits(game, seed, walks, last))
                except KeyboardInterrupt:
                    if walks == 0:
                        raise
                    return Outcome(self.read(state), "sampled", False, "interrupted")
                walks += last
                why = spent(budget, *clock.spent())
                room = affordable(budget, *clock.spent(), walks)
                last = int(min(_size(game, self.batch, walks), room))
                if not why and last < 1:
                    why = "the budget does not pay for another walk"
                if not why and walks < look:
                    continue
                look = walks * _LOOK
                reading = self.read(state)
                about, _, plain = unfolded(game, reading)
                seen = judge(
                    plain, budget, about.n_cases, walks, by_case=by_case, loss=_question(about).loss
                )
                clock.tell(seen, budget, walks)
                if seen.enough or why:
                    return Outcome(reading, "sampled", seen.enough, seen.why or why)


@final
@dataclass(frozen=True, slots=True)
class _Clock:
    """What a run has used so far."""

    game: Game
    meter: Meter
    start: float

    def spent(self) -> tuple[int, int, float]:
        asked = self.game.asked if isinstance(self.game, Metered) else self.meter.evaluations
        return asked, self.meter.rows, time.perf_counter() - self.start

    def tell(self, seen: Judgement, budget: Budget, walks: int) -> None:
        asked, rows, seconds = self.spent()
        more = min(max(seen.walks - walks, 0.0), affordable(budget, asked, rows, seconds, walks))
        forecast = seconds * (1 + more / walks)
        known = np.isfinite(forecast)
        excess = seen.excess if np.isfinite(seen.excess) else None
        tell(Progress(asked, rows, seconds, forecast if known else None, excess))


def _size(game: Game, batch: int | None, walks: int) -> int:
    """Steps double from two walks, so that the price is known early, up to a bound on memory."""
    if batch is not None:
        return batch
    most = int(np.clip(_CELLS // (2 * len(game.players) ** 2), 8, 512))
    return int(np.clip(walks, 2, most))
