"""Looks: what a run knows by now, whether it is enough, and what an interrupt leaves of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

from .budget import Budget
from .game import Game
from .reading import Reading
from .stopping import Judgement, judge
from .visits import twice
from .width import Width
from .wrap import question_of, unfolded, units


@final
@dataclass(frozen=True, slots=True)
class Look:
    """What is known, and whether it is enough.

    Attributes:
        reading: as the method reads it.
        plain: the same, of the outputs and cases that the answer is about.
        n_cases: how many cases that are.
        unit: of the values.
        seen: whether to stop, and why.
    """

    reading: Reading
    plain: Reading
    n_cases: int
    unit: str
    seen: Judgement


@final
@dataclass(frozen=True, slots=True)
class Eye:
    """Looks at a run.

    Attributes:
        read: what is known so far.
        game: what is asked.
        budget: what is enough.
        by_case: each case must be good enough, rather than their mean.
    """

    read: Callable[[], Reading]
    game: Game
    budget: Budget
    by_case: bool

    def look(self, walks: int) -> Look:
        """What is known after so many walks."""
        reading = self.read()
        about, _, plain = unfolded(self.game, reading)
        question = question_of(about)
        seen = judge(
            plain,
            self.budget,
            about.n_cases,
            walks,
            by_case=self.by_case,
            loss=question.loss,
            n_twice=twice(about),
            n_units=units(about),
        )
        return Look(reading, plain, about.n_cases, question.unit, seen)


def cut_short(seen: Judgement, budget: Budget) -> str:
    """The verdict on what an interrupt left: how far it is from what was asked."""
    if seen.width is None:
        return "interrupted before its errors could be told"
    if seen.enough:
        return f"interrupted, though {seen.why}"
    if budget.asks_for_errors and seen.excess > 1:
        return f"interrupted: the widest error is {seen.excess:,.1f} times what was asked"
    if budget.asks_for_errors:
        return "interrupted before its errors, small as they look, could be relied on"
    return f"interrupted: the widest 95 % interval is ±{_size(seen.width)}"


def _size(width: Width) -> str:
    if width.share is None:
        return f"{width.half:.2g}"
    percent = 100 * width.share
    return f"{percent:{',.0f' if percent >= 10 else '.2g'}} % of the range"
