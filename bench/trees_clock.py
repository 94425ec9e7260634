"""Seconds: explainers take turns, so that a busy moment of the machine hits all of them."""

import contextlib
import math
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any


class TooSlowError(Exception):
    """It ran past its limit."""


@contextlib.contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Raise `TooSlowError` after so many seconds, between two steps of the interpreter."""

    def late(*_: object) -> None:
        raise TooSlowError(f"over {seconds:g} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@dataclass
class Timed:
    """One explainer's runs of one job.

    Attributes:
        first: seconds of the first run.
        warm: of those after it.
        busy: processor seconds of the same runs, the first among them.
        answer: of the last run.
        failed: why there is none.
    """

    first: float = float("nan")
    warm: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    answer: Any = None
    failed: str = ""

    @property
    def seconds(self) -> float:
        """The median of the warm runs; the first, where it was too long to repeat."""
        return median(self.warm) if self.warm else self.first

    def record(self) -> dict:
        if self.failed:
            return {"failed": self.failed}
        return {
            "seconds": self.seconds,
            "processor seconds": median(self.busy[1:] or self.busy),
            "first run": self.first,
            "warm runs": len(self.warm),
        }


def in_turns(
    jobs: dict[str, Callable[[], Any]], repeats: int = 3, patience: float = 20, most: float = 300
) -> dict[str, Timed]:
    """Each job once, and then in turns.

    Args:
        jobs: by name.
        repeats: warm runs of each; one of those whose first run takes longer than `patience`
            seconds, none where it takes three times as long.
        most: seconds that a run may take.
    """
    found = {name: Timed() for name in jobs}
    for turn in range(repeats + 1):
        for name, job in jobs.items():
            timed = found[name]
            wanted = repeats if timed.first <= patience else timed.first <= 3 * patience
            if timed.failed or (turn and turn > wanted):
                continue
            _once(timed, job, most)
    return found


def _once(timed: Timed, job: Callable[[], Any], most: float) -> None:
    again = not math.isnan(timed.first)
    try:
        with limit(most), _quiet():
            start, busy = time.perf_counter(), time.process_time()
            timed.answer = job()
            took, busy = time.perf_counter() - start, time.process_time() - busy
    except TooSlowError as error:
        timed.failed = str(error)
    except Exception as error:  # a peer may fail in any way; the record says how
        timed.failed = f"{type(error).__name__}: {str(error)[:300]}"
    else:
        timed.busy.append(busy)
        if again:
            timed.warm.append(took)
        else:
            timed.first = took


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the bars and reports that some print."""
    with (
        open(os.devnull, "w") as nothing,  # noqa: PTH123
        contextlib.redirect_stdout(nothing),
        contextlib.redirect_stderr(nothing),
    ):
        yield
