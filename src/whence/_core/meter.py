"""Counting: whoever runs the model says how many rows it will run; whoever opened a meter reads it.

A meter may have limits. Rows are counted before the model is run, so that what would go beyond a
limit is never run.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import final

from .errors import BudgetError

ENDLESS = float("inf")


@final
class OverBudgetError(BudgetError):
    """What was about to be asked goes beyond the budget."""


@final
@dataclass(slots=True)
class Meter:
    """What was really computed. Answers found in a store are `found`, not computed.

    Attributes:
        spared: rows that the answers found took when they were computed.
        probes: questions asked to see whether a store is of this game.
        most_rows: of rows and spared ones, at most.
        most_questions: of evaluations and gradients, at most.
    """

    evaluations: int = 0
    gradients: int = 0
    rows: int = 0
    found: int = 0
    spared: int = 0
    probes: int = 0
    most_rows: float = ENDLESS
    most_questions: float = ENDLESS

    def add(self, other: "Meter") -> None:
        """Take in another meter's counts."""
        self.evaluations += other.evaluations
        self.gradients += other.gradients
        self.rows += other.rows
        self.found += other.found
        self.spared += other.spared
        self.probes += other.probes

    def refuse(self, more: "Meter") -> None:
        """Refuse what would go beyond a limit.

        Raises:
            OverBudgetError: these counts would.
        """
        rows = self.rows + self.spared + more.rows
        if more.rows and rows > self.most_rows:
            raise OverBudgetError(
                f"{more.rows:,} model rows more would be {rows:,} in all, and the budget has "
                f"{self.most_rows:,.0f}: give rows={rows:,} or more"
            )
        asked = more.evaluations + more.gradients
        questions = self.evaluations + self.gradients + asked
        if asked and questions > self.most_questions:
            raise OverBudgetError(
                f"{asked:,} questions more would be {questions:,} in all, and the budget has "
                f"{self.most_questions:,.0f}: give evaluations={questions:,} or more"
            )


_open: ContextVar[tuple[Meter, ...]] = ContextVar("meters", default=())


@contextmanager
def metering(*, alone: bool = False, most_rows: float = ENDLESS) -> Iterator[Meter]:
    """Count everything computed inside the block.

    Args:
        alone: the meters that are already open do not hear of it (a worker brings its counts home
            in its own meter, and they must not be counted twice); what they have left is its limit.
        most_rows: model rows at most.
    """
    before = _open.get()
    if alone:
        left = (m.most_rows - m.rows - m.spared for m in before)
        most_rows = min(most_rows, *left, ENDLESS)
    meter = Meter(most_rows=most_rows)
    token = _open.set((meter,) if alone else (*before, meter))
    try:
        yield meter
    finally:
        _open.reset(token)


def count(
    *,
    evaluations: int = 0,
    gradients: int = 0,
    rows: int = 0,
    found: int = 0,
    spared: int = 0,
    probes: int = 0,
) -> None:
    """Tell every open meter. Model adapters call `count(rows=len(X))` before each prediction.

    Raises:
        OverBudgetError: a limit does not allow as much; nothing is counted then.
    """
    told = Meter(evaluations, gradients, rows, found, spared, probes)
    meters = _open.get()
    for meter in meters:
        meter.refuse(told)
    for meter in meters:
        meter.add(told)


def count_worker(worker: Meter) -> None:
    """Tell every open meter what a worker computed, which is done and cannot be refused."""
    for meter in _open.get():
        meter.add(worker)
