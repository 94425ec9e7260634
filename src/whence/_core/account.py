"""Accounts: what a budget allows, what was spent of it, and what is left.

A budget is a law: nobody asks more than it pays for, set-up and probes included. Whoever is called
first opens the account, and everybody inside spends from it. Methods look at what is left before
each step and choose a step that is paid for; a question beyond the budget is refused before it is
asked, so that a method that does not look cannot break the law.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import ceil
from typing import final

from .budget import Budget
from .errors import BudgetError
from .game import Game, PricedGame, view
from .meter import ENDLESS, Meter, OverBudgetError, metering

_EARLY = 0.95  # of the seconds: a step may be slower than those before it


@final
@dataclass(slots=True)
class Account:
    """What a budget allows, and what was spent of it.

    Attributes:
        budget: as it was given, which is what verdicts quote.
        meter: what was computed since the account was opened; it refuses rows beyond its limit.
        start: when that was.
        most: questions at most.
        seconds: at most.
        part: of the budget that this account has: 1, or less where several share it.
        asked: questions asked of games by methods that ask worths.
        reserved: questions that a store will ask to see whether it is of this game.
        needed: model rows of the least that was found to be paid for.
        direct: a method looks behind the wrappers: its questions are what games count.
    """

    budget: Budget
    meter: Meter
    start: float
    most: float
    seconds: float
    part: float = 1.0
    asked: int = 0
    reserved: int = 0
    needed: int = 0
    direct: bool = False

    # -- spending --

    def ask(self, game: Game, questions: int) -> None:
        """Spend questions, or refuse them.

        Raises:
            OverBudgetError: they are not paid for.
        """
        if questions > self.questions_left(game):
            what = f"{questions:,} more questions"
            raise OverBudgetError(self._refusal(questions, rows_of_question(game), what, _FEWER))
        self.asked += questions

    def look_behind(self) -> None:
        """From now on questions are what games count, gradients among them."""
        self.direct, self.meter.most_questions = True, self.most

    @property
    def questions(self) -> int:
        """Asked so far, the probes of a store and gradients among them."""
        meter = self.meter
        asked = meter.evaluations if self.direct else self.asked
        return asked + meter.probes + meter.gradients

    @property
    def rows(self) -> int:
        """Model rows so far, those that a store spared too: so a rerun ends where a run does."""
        return self.meter.rows + self.meter.spared

    @property
    def elapsed(self) -> float:
        """Seconds so far."""
        return time.perf_counter() - self.start

    def used(self) -> tuple[int, int, float]:
        """Questions, model rows, seconds."""
        return self.questions, self.rows, self.elapsed

    # -- what is left --

    @property
    def rows_left(self) -> float:
        """Model rows that are still paid for."""
        return self.meter.most_rows - self.rows

    @property
    def seconds_left(self) -> float:
        """Seconds until a little before the end."""
        return _EARLY * self.seconds - self.elapsed

    def questions_left(self, game: Game) -> float:
        """How many more questions are paid for: by their number, and by their rows if known."""
        return self._paid(rows_of_question(game))

    def _paid(self, each: int | None) -> float:
        """How many more questions of so many model rows each."""
        by_rows = whole(self.rows_left, each) if each else ENDLESS
        return max(min(self.most - self.questions, by_rows) - self._to_probe, 0)

    @property
    def _to_probe(self) -> int:
        """Questions that a store has still to ask."""
        return max(self.reserved - self.meter.probes, 0)

    @property
    def bounds_questions(self) -> bool:
        """Questions or model rows are bounded, and so what a step asks."""
        return min(self.most, self.meter.most_rows) < ENDLESS

    def spent(self) -> str:
        """Why nothing more is paid for, in words; empty while something is."""
        budget = self.budget
        if self.questions >= self.most:
            return f"the budget of {budget.evaluations:,} evaluations was spent"
        if self.rows_left <= 0:
            return f"the budget of {budget.rows:,} model rows was spent"
        if self.elapsed >= self.seconds:
            return f"the budget of {budget.seconds:g} seconds was spent"
        return ""

    # -- refusals --

    def require(self, game: Game, questions: int, what: str) -> None:
        """Refuse, before the first question, what the budget does not pay for; keep that much.

        Args:
            game: what would be asked.
            questions: how many.
            what: that asks as many, such as "one walk over 40 players".

        Raises:
            BudgetError: with the price.
        """
        each = rows_of_question(game)
        self.require_each(questions, each, f"{what} needs at least {questions:,} questions", _FEWER)
        self.needed = questions * (each or 0)

    def require_each(self, questions: int, rows: int | None, what: str, instead: str) -> None:
        """Refuse, before the first question, what the budget does not pay for.

        Args:
            questions: how many, trainings among them.
            rows: that each takes at most; None where nobody knows.
            what: asks as many, a sentence's beginning.
            instead: what else would do.

        Raises:
            BudgetError: with the price.
        """
        if questions > self._paid(rows):
            raise BudgetError(self._refusal(questions, rows, what, instead))

    def refuse_uncounted(self, game: Game, before: int) -> None:
        """Refuse to bound rows that nobody counts.

        Args:
            game: what was asked.
            before: rows that were counted before it was.

        Raises:
            BudgetError: rows are bounded, and asking the game counted none.
        """
        unknown = self.meter.most_rows < ENDLESS and rows_of_question(game) is None
        if unknown and self.rows == before:
            raise BudgetError("nobody counts this game's model rows: bound its evaluations instead")

    def _refusal(self, questions: int, each: int | None, what: str, instead: str) -> str:
        """Why so many questions are too many, and what would pay for them."""
        probes = self._to_probe
        questions += probes
        what += f", {probes} more to check the store" * bool(probes)
        left = self.most - self.questions
        if questions > left:
            need = ceil(questions / self.part) + self.questions
            of = _left(self.questions, left, self.budget.evaluations, self.part)
            return f"{what}, and {of}: give evaluations={need} or more, {instead}"
        each = each or 1
        need = ceil(questions * each / self.part) + self.rows
        of = _left(self.rows, self.rows_left, self.budget.rows, self.part)
        return (
            f"{what} of up to {each:,} model row{'s' * (each > 1)}, and {of}: "
            f"give rows={need} or more, {instead}"
        )


_FEWER = "or put players into groups"


def _left(used: int, left: float, most: float | None, part: float) -> str:
    said = f"the budget has {most:,}"
    if used:
        return f"{said}, of which {max(left, 0):,.0f} are left"
    return said if part == 1 else f"{said}, of which {left:,.0f} are for this part"


_current: ContextVar[Account | None] = ContextVar("account", default=None)


@contextmanager
def opened(budget: Budget) -> Iterator[Account]:
    """The account of this budget: the one that is open for it, or a new one.

    Whoever is called by the user opens it, so that set-up is paid for too.
    """
    here = _current.get()
    if here is not None and here.budget is budget:
        yield here
        return
    with _new(budget, budget.evaluations, budget.rows, budget.seconds) as account:
        yield account


@contextmanager
def _new(
    budget: Budget, questions: float | None, rows: float | None, seconds: float | None
) -> Iterator[Account]:
    most, rows, seconds = (ENDLESS if x is None else x for x in (questions, rows, seconds))
    with metering(most_rows=rows) as meter:
        account = Account(budget, meter, time.perf_counter(), most, seconds)
        token = _current.set(account)
        try:
            yield account
        finally:
            _current.reset(token)


@contextmanager
def closed() -> Iterator[None]:
    """Inside a question nobody spends from the account of who asks it."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def shared(budget: Budget | None, part: float) -> Iterator[None]:
    """Inside, this part of what is left of the budget may be spent.

    Args:
        budget: whose account is open; None: nothing is bounded.
        part: above 0, and 1 at most.
    """
    here = _current.get()
    if here is None or here.budget is not budget:
        yield
        return
    questions = (here.most - here.questions) * part
    seconds = (here.seconds - here.elapsed) * part
    with _new(here.budget, whole(questions), whole(here.rows_left * part), seconds) as one:
        one.part = here.part * part
        try:
            yield
        finally:
            here.asked += one.meter.evaluations if one.direct else one.asked


def whole(number: float, each: float = 1) -> float:
    """How many times `each` goes into a number, which may be endless."""
    return number if number == ENDLESS else max(number // each, 0)


def seconds_left() -> float:
    """Of the account that is open; endless where there is none."""
    here = _current.get()
    return ENDLESS if here is None else here.seconds_left


def rows_left() -> float:
    """Model rows to spare of the account that is open; endless where there is none."""
    here = _current.get()
    return ENDLESS if here is None else here.rows_left - here.needed


def rows_of_question(game: Game) -> int | None:
    """Model rows that one question takes at most; None where the game does not say."""
    priced = view(game, PricedGame)
    return None if priced is None else priced.most_rows
