"""Rounds of masks: ask, fit, look, and ask more until the errors are small enough or paid for.

The first round is as small as a fit can be trusted with; later ones at most double what there is. A
number of masks that was asked for is asked for, however small the errors are by then.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import final

import numpy as np

from whence._core.account import Account, opened, rows_of_question, whole
from whence._core.budget import Budget
from whence._core.errors import BudgetError, OptionError, OutOfTimeError
from whence._core.game import Game
from whence._core.in_time import in_time
from whence._core.interrupts import held, welcoming
from whence._core.looking import Eye, Look, cut_short
from whence._core.masks import BLOCK, Masks, coins, stratified
from whence._core.meter import OverBudgetError
from whence._core.progress import Progress, tell
from whence._core.reading import Reading
from whence._core.shaped import Float
from whence._core.trace import Recorder, Trace
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
        past, number = Recorder(), 0
        taken: Taken | None = None
        look: Look | None = None
        with opened(self.budget) as account, held() as interrupts:
            clock = _Clock(self.game, account, account.used())
            size = self._opening(account)
            try:
                while True:
                    done = 0 if taken is None else len(taken.masks)
                    fresh = self._round(account, size, number, done)
                    account.refuse_uncounted(self.game, clock.before[1])
                    taken, number = fresh if taken is None else taken.then(fresh), number + 1
                    look = self._look(read, taken)
                    past.add(account.used(), look.plain, look.n_cases)
                    with welcoming():
                        clock.tell(look)
                    size, why = self._next(look, clock, len(taken.masks))
                    if size < 1:
                        return Ended(taken, look.reading, look.seen.enough, why, past.trace())
            except (OverBudgetError, OutOfTimeError):  # in a round, which is then left out
                if taken is None or look is None:
                    raise
                return Ended(taken, look.reading, False, _NO_MORE, past.trace())
            except KeyboardInterrupt:
                if taken is None or look is None or not interrupts.harmless:
                    raise
                why = cut_short(look.seen, self.budget)
                return Ended(taken, look.reading, False, why, past.trace())

    def _look(self, read: Callable[[Game, Taken], Reading], taken: Taken) -> Look:
        eye = Eye(lambda: read(self.game, taken), self.game, self.budget, self.by_case)
        return eye.look(len(taken.masks) * self.game.n_cases)

    def _opening(self, account: Account) -> int:
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
        size, most = plan.first(self.game), self._paid(account)
        if size + plan.judges(size) <= most:
            return size
        size = self._within(most, LEAVING)
        if size < (2 if plan.shrunk else least):
            raise BudgetError(
                f"{n} players on {self.game.n_cases} cases need at least {least} masks, each asked "
                f"of every case, and some to judge the fit by; the budget pays for {most:,} masks"
            )
        return size

    def _paid(self, account: Account) -> int:
        """How many more masks, asked of every case, the budget surely pays for."""
        return int(min(whole(account.questions_left(self.game), self.game.n_cases), _KEPT))

    def _within(self, masks: int, fewest: int = 1) -> int:
        """How many to fit to, when so many can be asked in all."""
        share = self.plan.held_out
        size = min(int((masks - 1) / (1 + share)), masks - fewest) if share else masks
        return size if self.game.n_draws == 1 else BLOCK * (size // BLOCK)

    def _next(self, look: Look, clock: "_Clock", done: int) -> tuple[int, str]:
        """How many masks the next round has, and why none, if so."""
        plan, seen = self.plan, look.seen
        if plan.masks is not None and done >= plan.masks:
            return 0, self._as_told(look, done)
        if plan.masks is None and seen.enough:
            return 0, seen.why
        why = clock.account.spent()
        if why:
            return 0, why
        want = done if plan.masks is None else min(plan.masks - done, done)
        if plan.masks is None and np.isfinite(seen.excess) and seen.excess > 1:
            want = min(want, ceil(done * (1.1 * seen.excess**2 - 1)))
        want = plan.whole(self.game, max(want, 1))
        paid = min(clock.affordable(done), self._within(self._paid(clock.account)))
        size = int(min(want, paid))
        size = size if self.game.n_draws == 1 else BLOCK * (size // BLOCK)
        if size < 1:
            return 0, _NO_MORE
        cells = self.game.n_cases * len(self.game.outputs) + len(self.game.players)
        if (done + size) * cells > _KEPT:
            return 0, f"{done:,} masks are as many as fit into memory"
        return size, ""

    def _as_told(self, look: Look, done: int) -> str:
        said = f"{done:,} masks, as asked"
        if self.budget.asks_for_errors and not look.seen.enough and look.seen.excess > 1:
            said += f": the widest error is {look.seen.excess:,.1f} times what is enough"
        return said

    def _round(self, account: Account, size: int, number: int, done: int) -> Taken:
        """Ask fresh masks: of every case, mask by mask."""
        game, plan = self.game, self.plan
        judges = plan.judges(done + size, done)
        fit = stratified(game, plan.keep, size, self.seed, number)
        fresh = coins(game, plan.keep, judges, self.seed, number)
        worths = [self._worths(account, masks) for masks in (fit, fresh)]
        return Taken(fit, worths[0], fresh, worths[1])

    def _worths(self, account: Account, masks: Masks) -> Float[np.ndarray, "masks cases outputs"]:
        cases, n = self.game.n_cases, len(self.game.players)
        worths = np.empty((len(masks) * cases, len(self.game.outputs)))
        most, total = int(np.clip(_CELLS // n, 1, _BLOCK)), len(worths)
        what = f"{len(masks):,} masks of {cases:,} case{'s' * (cases > 1)}"
        for block in in_time(account, total, most, what):
            at = np.arange(block.start, block.stop)
            mask = at // cases
            worths[at] = self.game.worth(masks.stay[mask], at % cases, masks.draws[mask])
        return worths.reshape(len(masks), cases, len(self.game.outputs))


_NO_MORE = "the budget does not pay for another round of masks"


@final
@dataclass(frozen=True, slots=True)
class _Clock:
    """What the rounds have used so far.

    Attributes:
        game: what is asked.
        account: what is spent from.
        before: what was spent before the first round.
    """

    game: Game
    account: Account
    before: tuple[int, int, float]

    def affordable(self, masks: int) -> float:
        """How many more masks are paid for, at the price of those so far."""
        account = self.account
        rows, seconds = account.rows - self.before[1], account.elapsed - self.before[2]
        paid = [account.seconds_left * masks / seconds if seconds > 0 else np.inf]
        if rows and rows_of_question(self.game) is None:
            paid.append(account.rows_left * masks / rows)
        return max(min(paid), 0)

    def tell(self, look: Look) -> None:
        """Tell whoever listens how far this is, and how sure."""
        asked, rows, seconds = self.account.used()
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
