"""The one loop: walk, look, judge, stop. It serves every sampler.

Steps grow from two walks, so that the price is known early, up to a bound on memory; the last one
is cut to what the budget still pays for. None of this changes a walk, which is a function of
(seed, case, pass): a shorter run is a prefix of a longer one.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import final

import numpy as np

from .budget import Budget, affordable, spent
from .game import Game
from .meter import Meter, metering
from .progress import Progress, tell
from .reading import Reading
from .stopping import Judgement, judge
from .trace import Recorder, Trace
from .visits import twice
from .wrap import Metered, question_of, unfolded, units

_CELLS = 2**22  # of a step's coalitions, at most
_LOOK = 1.05  # a reading is taken each time the walks have grown by this factor


@final
@dataclass(frozen=True, slots=True)
class Run:
    """Where a run ended, why, and how it came there."""

    reading: Reading
    converged: bool
    verdict: str
    trace: Trace | None


def drive(
    walk: Callable[[int, int], None],
    read: Callable[[], Reading],
    game: Game,
    budget: Budget,
    batch: int | None,
    *,
    by_case: bool,
) -> Run:
    """Walk until the reading is good enough, the budget is spent, or somebody interrupts.

    Args:
        walk: take walks number first to first + size - 1.
        read: what is known so far.
        game: what is asked.
        budget: when to stop.
        batch: walks a step; None lets steps grow.
        by_case: each case must be good enough, rather than their mean.
    """
    done, past = 0, Recorder()
    with metering() as meter:
        clock = _Clock(game, meter, time.perf_counter())
        look, size = 0.0, _size(game, batch, 0)
        try:
            while True:
                walk(done, size)
                done += size
                why, size = clock.more(budget, done, _size(game, batch, done))
                if not why and done < look:
                    continue
                look = done * _LOOK
                reading = read()
                about, _, plain = unfolded(game, reading)
                loss = question_of(about).loss
                seen = judge(
                    plain,
                    budget,
                    about.n_cases,
                    done,
                    by_case=by_case,
                    loss=loss,
                    n_twice=twice(about),
                    n_units=units(about),
                )
                past.add(clock.used(), plain, about.n_cases)
                clock.tell(seen, budget, done)
                if seen.enough or why:
                    return Run(reading, seen.enough, seen.why or why, past.trace())
        except KeyboardInterrupt:
            if done == 0:
                raise
            reading = read()
            about, _, plain = unfolded(game, reading)
            past.add(clock.used(), plain, about.n_cases)
            return Run(reading, False, "interrupted", past.trace())


def _size(game: Game, batch: int | None, done: int) -> int:
    if batch is not None:
        return batch
    most = int(np.clip(_CELLS // (2 * len(game.players) ** 2), 8, 1024))
    return int(np.clip(done // 2, 2, most))


@final
@dataclass(frozen=True, slots=True)
class _Clock:
    """What a run has used so far, and what that says of the rest.

    Attributes:
        marks: walks done and seconds used, at each look.
    """

    game: Game
    meter: Meter
    start: float
    marks: list[tuple[int, float]] = field(default_factory=lambda: [(0, 0.0)])

    def used(self) -> tuple[int, int, float]:
        """Questions asked, model rows (those that a store spared too), seconds."""
        asked = self.game.asked if isinstance(self.game, Metered) else self.meter.evaluations
        return asked, self.meter.rows + self.meter.spared, time.perf_counter() - self.start

    def more(self, budget: Budget, done: int, size: int) -> tuple[str, int]:
        """Why there will be no next step, if so, and its size."""
        used = self.used()
        size = int(min(size, affordable(budget, *used, done)))
        why = spent(budget, *used)
        if not why and size < 1:
            why = "the budget does not pay for another walk"
        return why, size

    def tell(self, seen: Judgement, budget: Budget, done: int) -> None:
        """Tell whoever listens how far this is, and how long it should take in all."""
        asked, rows, seconds = self.used()
        more = min(max(seen.walks - done, 0.0), affordable(budget, asked, rows, seconds, done))
        forecast = seconds + more * self._price(done, seconds)
        excess = seen.excess if np.isfinite(seen.excess) else None
        tell(Progress(asked, rows, seconds, forecast if np.isfinite(forecast) else None, excess))

    def _price(self, done: int, seconds: float) -> float:
        """Seconds a walk, by the later half: setting up is paid once, and small steps are dear."""
        self.marks.append((done, seconds))
        walks, then = next(mark for mark in reversed(self.marks) if 2 * mark[0] <= done)
        return (seconds - then) / (done - walks)
