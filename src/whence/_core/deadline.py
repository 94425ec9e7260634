"""Deadlines: work in slices ends between two of them once the seconds that it was given are over.

A deadline is a moment of one thread's run, and whoever starts threads for it looks at it for them.
Work that was given none goes on for as long as it takes.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import final

from .errors import OutOfTimeError


@final
@dataclass(slots=True)
class Deadline:
    """When work has to end.

    Attributes:
        moment: by `time.monotonic`.
        around: the moment of a deadline around it, which still holds.
    """

    moment: float
    around: float

    def put_off(self, seconds: float) -> None:
        """From now on work may take so many seconds."""
        self.moment = time.monotonic() + seconds

    @property
    def remaining(self) -> float:
        """Seconds; 0 when the time is over."""
        return max(min(self.moment, self.around) - time.monotonic(), 0.0)


_ENDLESS = float("inf")
_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[Deadline]:
    """Inside, work may take so many seconds, endless ones too."""
    here, now = _current.get(), time.monotonic()
    around = _ENDLESS if here is None else min(here.moment, here.around)
    mine = Deadline(now + seconds, around)
    token = _current.set(mine)
    try:
        yield mine
    finally:
        _current.reset(token)


def remaining_seconds() -> float:
    """How long the work may still take: 0 when its time is over, infinite without a deadline."""
    here = _current.get()
    return _ENDLESS if here is None else here.remaining


def check_deadline() -> None:
    """End the work if its time is over.

    Raises:
        OutOfTimeError: it is.
    """
    if remaining_seconds() <= 0:
        raise OutOfTimeError
