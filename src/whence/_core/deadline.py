"""Deadlines: work in slices ends between two of them once the seconds that it was given are over.

A deadline is a moment of one thread's run, and whoever starts threads for it hands it on. Work
that was given none goes on for as long as it takes.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .errors import OutOfTimeError

_moment: ContextVar[float] = ContextVar("deadline", default=float("inf"))


@contextmanager
def deadline(seconds: float | None) -> Iterator[None]:
    """Inside, work may take so many seconds; None sets no bound, and one around it still holds."""
    end = float("inf") if seconds is None else time.monotonic() + seconds
    token = _moment.set(min(end, _moment.get()))
    try:
        yield
    finally:
        _moment.reset(token)


def remaining_seconds() -> float:
    """How long the work may still take: 0 when its time is over, infinite without a deadline."""
    return max(_moment.get() - time.monotonic(), 0.0)


def check_deadline() -> None:
    """End the work if its time is over.

    Raises:
        OutOfTimeError: it is.
    """
    if remaining_seconds() <= 0:
        raise OutOfTimeError
