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
from .interrupts import held, welcoming
from .looking import Eye, Look, cut_short
from .meter import Meter, metering
from .progress import Progress, tell
from .reading import Reading
from .trace import Recorder, Trace
from .wrap import Metered

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

    An interrupt leaves the answer of the last step that was taken in whole.

    Args:
        walk: take walks number first to first + size - 1.
        read: what is known so far.
        game: what is asked.
        budget: when to stop.
        batch: walks a step; None lets steps grow.
        by_case: each case must be good enough, rather than their mean.

    Raises:
        KeyboardInterrupt: before the first step is done; or a second one, in the middle of a step.
    """
    done, past = 0, Recorder()
    with metering() as meter, held() as interrupts:
        clock = _Clock(game, meter, time.perf_counter())
        eye = Eye(read, game, budget, by_case)
        due, size = 0.0, _size(game, batch, 0)
        try:
            while True:
                walk(done, size)
                done += size
                why, size = clock.more(budget, done, _size(game, batch, done))
                if not why and done < due:
                    continue
                due = done * _LOOK
                look = eye.look(done)
                past.add(clock.used(), look.plain, look.n_cases)
                with welcoming():
                    clock.tell(look, budget, done)
                if look.seen.enough or why:
                    return Run(look.reading, look.seen.enough, look.seen.why or why, past.trace())
        except KeyboardInterrupt:
            if done == 0 or not interrupts.harmless:
                raise
            look = eye.look(done)
            past.add(clock.used(), look.plain, look.n_cases)
            return Run(look.reading, False, cut_short(look.seen, budget), past.trace())


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

    def tell(self, look: Look, budget: Budget, done: int) -> None:
        """Tell whoever listens how far this is, how sure, and how long it should take in all."""
        asked, rows, seconds = self.used()
        seen, width = look.seen, look.seen.width
        more = min(seen.walks - done, affordable(budget, asked, rows, seconds, done))
        forecast = seconds + max(more, 0.0) * self._price(done, seconds)
        tell(
            Progress(
                asked,
                rows,
                seconds,
                forecast=forecast if np.isfinite(forecast) else None,
                error=seen.excess if np.isfinite(seen.excess) else None,
                interval=None if width is None else width.half,
                share_of_range=None if width is None else width.share,
                unit=look.unit,
            )
        )

    def _price(self, done: int, seconds: float) -> float:
        """Seconds a walk, by the later half: setting up is paid once, and small steps are dear."""
        self.marks.append((done, seconds))
        walks, then = next(mark for mark in reversed(self.marks) if 2 * mark[0] <= done)
        return (seconds - then) / (done - walks)
