"""Rounds of masks: ask, fit, look, and ask more until the errors are small enough or paid for.

The first round is as small as a fit can be trusted with; later ones at most double what there is. A
number of masks that was asked for is asked for, however small the errors are by then.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import final

import numpy as np

from whence._core.budget import Budget, affordable, spent
from whence._core.errors import BudgetError, OptionError
from whence._core.game import Game
from whence._core.interrupts import held, welcoming
from whence._core.looking import Eye, Look, cut_short
from whence._core.masks import BLOCK, Masks, coins, stratified
from whence._core.meter import Meter, metering
from whence._core.progress import Progress, tell
from whence._core.reading import Reading
from whence._core.shaped import Float
from whence._core.trace import Recorder, Trace
from whence._core.wrap import Metered
from whence.methods.surrogate._plan import LEAVING, Plan, Taken

_BLOCK = 2**14  # questions asked at once, at most
_CELLS = 2**24  # of a block's boolean matrix, at most
_KEPT = 2**28  # worths, and players in masks, that are kept at most


@final
@dataclass(frozen=True, slots=True)
class Ended:
    """Where the rounds ended, and why."""

    taken: Taken
    reading: Reading
    converged: bool
    verdict: str
    trace: Trace | None


@final
@dataclass(frozen=True, slots=True)
class Rounds:
    """Asks a game, round by round.

    Attributes:
        game: what is asked.
        budget: when to stop.
        plan: how many masks there are to be.
        seed: of all masks and draws.
        by_case: each case must be good enough, rather than their mean.
    """

    game: Game
    budget: Budget
    plan: Plan
    seed: int
    by_case: bool

    def taken(self, read: Callable[[Game, Taken], Reading]) -> Ended:
        """All rounds. An interrupt leaves the answer of the rounds before it.

        Args:
            read: what is known from what was taken.

        Raises:
            KeyboardInterrupt: before the first round was answered.
        """
        size, past, number = self._opening(), Recorder(), 0
        taken: Taken | None = None
        look: Look | None = None
        with metering() as meter, held() as interrupts:
            clock = _Clock(self.game, meter, time.perf_counter())
            try:
                while True:
                    fresh = self._round(size, number, 0 if taken is None else len(taken.masks))
                    taken, number = fresh if taken is None else taken.then(fresh), number + 1
                    look = self._look(read, taken)
                    past.add(clock.used(), look.plain, look.n_cases)
                    with welcoming():
                        clock.tell(look)
                    size, why = self._next(look, clock.used(), len(taken.masks))
                    if size < 1:
                        return Ended(taken, look.reading, look.seen.enough, why, past.trace())
            except KeyboardInterrupt:
                if taken is None or look is None or not interrupts.harmless:
                    raise
                why = cut_short(look.seen, self.budget)
                return Ended(taken, look.reading, False, why, past.trace())

    def _look(self, read: Callable[[Game, Taken], Reading], taken: Taken) -> Look:
        eye = Eye(lambda: read(self.game, taken), self.game, self.budget, self.by_case)
        return eye.look(len(taken.masks) * self.game.n_cases)

    def _opening(self) -> int:
        """The size of the first round.

        Raises:
            OptionError: fewer masks than a fit needs, and no ridge.
            BudgetError: the budget does not pay for as many.
        """
        plan, n, least = self.plan, len(self.game.players), self.plan.least(self.game)
        if plan.masks is not None and plan.masks < least and not plan.shrunk:
            raise OptionError(
                f"{n} players need at least {least} masks, and masks={plan.masks}: one for each "
                "player, one for each level, one to judge by. With fewer the fit is not "
                "determined: a network that was linear in its 64 players was read to 6e-6 from 66 "
                "masks, and 0.36 off from 60. Ask more, put players into groups, or give ridge="
            )
        size, most = plan.first(self.game), self._paid(0)
        if size + plan.judges(size) <= most:
            return size
        size = self._within(most, LEAVING)
        if size < (2 if plan.shrunk else least):
            raise BudgetError(
                f"{n} players on {self.game.n_cases} cases need at least {least} masks, each asked "
                f"of every case, and some to judge the fit by; the budget pays for {most:,} masks"
            )
        return size

    def _paid(self, asked: int) -> int:
        """How many more masks, asked of every case, the budget of evaluations pays for."""
        if self.budget.evaluations is None:
            return _KEPT
        return max(self.budget.evaluations - asked, 0) // self.game.n_cases

    def _within(self, masks: int, fewest: int = 1) -> int:
        """How many to fit to, when so many can be asked in all."""
        share = self.plan.held_out
        size = min(int((masks - 1) / (1 + share)), masks - fewest) if share else masks
        return size if self.game.n_draws == 1 else BLOCK * (size // BLOCK)

    def _next(self, look: Look, used: tuple[int, int, float], done: int) -> tuple[int, str]:
        """How many masks the next round has, and why none, if so."""
        plan, seen = self.plan, look.seen
        if plan.masks is not None and done >= plan.masks:
            return 0, self._as_told(look, done)
        if plan.masks is None and seen.enough:
            return 0, seen.why
        why = spent(self.budget, *used)
        if why:
            return 0, why
        want = done if plan.masks is None else min(plan.masks - done, done)
        if plan.masks is None and np.isfinite(seen.excess) and seen.excess > 1:
            want = min(want, ceil(done * (1.1 * seen.excess**2 - 1)))
        want = plan.whole(self.game, max(want, 1))
        paid = min(affordable(self.budget, *used, done), self._within(self._paid(used[0])))
        size = int(min(want, paid))
        size = size if self.game.n_draws == 1 else BLOCK * (size // BLOCK)
        if size < 1:
            return 0, "the budget does not pay for another round of masks"
        cells = self.game.n_cases * len(self.game.outputs) + len(self.game.players)
        if (done + size) * cells > _KEPT:
            return 0, f"{done:,} masks are as many as fit into memory"
        return size, ""

    def _as_told(self, look: Look, done: int) -> str:
        said = f"{done:,} masks, as asked"
        if self.budget.asks_for_errors and not look.seen.enough and look.seen.excess > 1:
            said += f": the widest error is {look.seen.excess:,.1f} times what is enough"
        return said

    def _round(self, size: int, number: int, done: int) -> Taken:
        """Ask fresh masks: of every case, mask by mask."""
        game, plan = self.game, self.plan
        judges = plan.judges(done + size, done)
        fit = stratified(game, plan.keep, size, self.seed, number)
        fresh = coins(game, plan.keep, judges, self.seed, number)
        return Taken(fit, self._worths(fit), fresh, self._worths(fresh))

    def _worths(self, masks: Masks) -> Float[np.ndarray, "masks cases outputs"]:
        cases, n = self.game.n_cases, len(self.game.players)
        worths = np.empty((len(masks) * cases, len(self.game.outputs)))
        block = int(np.clip(_CELLS // n, 1, _BLOCK))
        for start in range(0, len(worths), block):
            at = np.arange(start, min(start + block, len(worths)))
            mask = at // cases
            worths[at] = self.game.worth(masks.stay[mask], at % cases, masks.draws[mask])
        return worths.reshape(len(masks), cases, len(self.game.outputs))


@final
@dataclass(frozen=True, slots=True)
class _Clock:
    """What a run has used so far."""

    game: Game
    meter: Meter
    start: float

    def used(self) -> tuple[int, int, float]:
        """Questions asked, model rows (those that a store spared too), seconds."""
        asked = self.game.asked if isinstance(self.game, Metered) else self.meter.evaluations
        return asked, self.meter.rows + self.meter.spared, time.perf_counter() - self.start

    def tell(self, look: Look) -> None:
        """Tell whoever listens how far this is, and how sure."""
        asked, rows, seconds = self.used()
        excess, width = look.seen.excess, look.seen.width
        tell(
            Progress(
                asked,
                rows,
                seconds,
                error=excess if np.isfinite(excess) else None,
                interval=None if width is None else width.half,
                share_of_range=None if width is None else width.share,
                unit=look.unit,
            )
        )
