"""Counting: whoever runs the model says how many rows it ran; whoever opened a meter reads it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import final


@final
@dataclass(slots=True)
class Meter:
    """What was really computed. Answers found in a store are `found`, not computed.

    Attributes:
        spared: rows that the answers found took when they were computed.
    """

    evaluations: int = 0
    gradients: int = 0
    rows: int = 0
    found: int = 0
    spared: int = 0

    def add(self, other: "Meter") -> None:
        """Take in another meter's counts."""
        self.evaluations += other.evaluations
        self.gradients += other.gradients
        self.rows += other.rows
        self.found += other.found
        self.spared += other.spared


_open: ContextVar[tuple[Meter, ...]] = ContextVar("meters", default=())


@contextmanager
def metering(*, alone: bool = False) -> Iterator[Meter]:
    """Count everything computed inside the block.

    Args:
        alone: the meters that are already open do not hear of it (a worker brings its counts home
            in its own meter, and they must not be counted twice).
    """
    meter = Meter()
    token = _open.set((meter,) if alone else (*_open.get(), meter))
    try:
        yield meter
    finally:
        _open.reset(token)


def count(
    *, evaluations: int = 0, gradients: int = 0, rows: int = 0, found: int = 0, spared: int = 0
) -> None:
    """Tell every open meter. Model adapters call `count(rows=len(X))` beside each prediction."""
    told = Meter(evaluations, gradients, rows, found, spared)
    for meter in _open.get():
        meter.add(told)
