"""The one loop: walk, look, judge, stop. It serves every sampler.

Steps grow from two walks, so that the price is known early, up to a bound on memory; each is cut to
what the budget still pays for. None of this changes a walk, which is a function of
(seed, case, pass): a shorter run is a prefix of a longer one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import final

import numpy as np

from .account import Account, opened, rows_of_question, whole
from .budget import Budget
from .deadline import deadline
from .errors import OutOfTimeError
from .game import Game
from .interrupts import held, welcoming
from .looking import Eye, Look, cut_short
from .meter import OverBudgetError
from .progress import Progress, tell
from .reading import Reading
from .trace import Recorder, Trace
from .visits import Rota, Visits

_CELLS = 2**22  # of a step's coalitions, at most
_GRACE = 0.15  # of the seconds, that a step may go on for after their end
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
    walk: Callable[[Visits], None],
    read: Callable[[], Reading],
    game: Game,
    budget: Budget,
    batch: int | None,
    *,
    seed: int,
    by_case: bool,
    price: int | None = None,
) -> Run:
    """Walk until the reading is good enough, the budget is spent, or somebody interrupts.

    An interrupt leaves the answer of the last step that was taken in whole.

    Args:
        walk: take these walks.
        read: what is known so far.
        game: what is asked.
        budget: when to stop.
        batch: walks a step; None lets steps grow.
        seed: of the cases and draws of the walks.
        by_case: each case must be good enough, rather than their mean.
        price: questions of a walk, where a budget of them is to be kept.

    Raises:
        KeyboardInterrupt: before the first step is done; or a second one, in the middle of a step.
        BudgetError: rows are bounded that nobody counts, or do not pay for one walk.
    """
    done, past, rota = 0, Recorder(), Rota(game, seed)
    with opened(budget) as account, held() as interrupts:
        clock = _Clock(game, account, price, account.used())
        eye = Eye(read, game, budget, by_case)

        def ended(why: str, *, enough: bool = False) -> Run:
            look = eye.look(done)
            past.add(account.used(), look.plain, look.n_cases)
            return Run(look.reading, enough, why or cut_short(look.seen, budget), past.trace())

        due, size = 0.0, clock.size(_size(game, batch, 0, careful=clock.careful), 0)
        try:
            while True:
                # a step that is nearly done is worth waiting for; without the first is no answer
                grace = _GRACE * account.seconds if done else float("inf")
                with deadline(account.seconds_left + grace):
                    walk(rota.take(size))
                done += size
                account.refuse_uncounted(game, clock.before[1])
                why, size = clock.more(done, _size(game, batch, done, careful=clock.careful))
                if not why and done < due:
                    continue
                due = done * _LOOK
                look = eye.look(done)
                past.add(account.used(), look.plain, look.n_cases)
                with welcoming():
                    clock.tell(look, done)
                if look.seen.settled is not None and len(look.seen.settled) == game.n_cases:
                    rota.retire(look.seen.settled)
                if look.seen.enough or why:
                    return Run(look.reading, look.seen.enough, look.seen.why or why, past.trace())
        except (OverBudgetError, OutOfTimeError):  # of a step, which then took nothing in
            if done == 0:
                raise
            return ended(account.spent() or _NO_MORE)
        except KeyboardInterrupt:
            if done == 0 or not interrupts.harmless:
                raise
            return ended("")


def walk_over(game: Game) -> str:
    """What has a price, in words."""
    n = len(game.players)
    return f"one walk over {n:,} player{'s' * (n > 1)}"


_NO_MORE = "the budget does not pay for another walk"


def _size(game: Game, batch: int | None, done: int, *, careful: bool = False) -> int:
    """Walks of the next step; careful: of a given batch too the first steps are small."""
    most = batch or int(np.clip(_CELLS // (2 * len(game.players) ** 2), 8, 1024))
    if batch is not None and not careful:
        return batch
    return int(np.clip(done // 2, min(2, most), most))


@final
@dataclass(frozen=True, slots=True)
class _Clock:
    """What a run has used so far, and what that says of the rest.

    Attributes:
        game: what is asked.
        account: what is spent from.
        price: questions of a walk; None where nobody needs to know.
        before: what was spent before the first walk.
        marks: walks done and seconds used, at each look.
    """

    game: Game
    account: Account
    price: int | None
    before: tuple[int, int, float]
    marks: list[tuple[int, float]] = field(default_factory=lambda: [(0, 0.0)])

    @property
    def careful(self) -> bool:
        """Time is bounded, and nobody knows yet what a walk takes."""
        return self.account.budget.seconds is not None

    def used(self) -> tuple[int, int, float]:
        """Questions asked, model rows (those that a store spared too), seconds, by the walks."""
        asked, rows, seconds = self.account.used()
        return asked - self.before[0], rows - self.before[1], seconds - self.before[2]

    def size(self, size: int, done: int) -> int:
        """This many walks, or as many as are paid for."""
        return int(min(size, self.affordable(done)))

    def affordable(self, done: int) -> float:
        """How many more walks are paid for: surely by their questions, else by those so far."""
        account, (_, rows, seconds) = self.account, self.used()
        paid = [np.inf]
        if self.price:
            paid.append(whole(account.questions_left(self.game), self.price))
        if rows_of_question(self.game) is None and account.rows_left < np.inf:
            paid.append(account.rows_left * done / rows if done and rows else 1)
        if done and seconds > 0:
            paid.append(account.seconds_left * done / seconds)
        return max(min(paid), 0)

    def more(self, done: int, size: int) -> tuple[str, int]:
        """Why there will be no next step, if so, and its size."""
        size, why = self.size(size, done), self.account.spent()
        return why or ("" if size else _NO_MORE), size

    def tell(self, look: Look, done: int) -> None:
        """Tell whoever listens how far this is, how sure, and how long it should take in all."""
        asked, rows, seconds = self.account.used()
        seen, width = look.seen, look.seen.width
        more = min(seen.walks - done, self.affordable(done))
        forecast = seconds + max(more, 0.0) * self._price(done, self.used()[2])
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
