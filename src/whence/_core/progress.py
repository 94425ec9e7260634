"""Progress: a run says how far it is; whoever listens shows it. Nobody listens by default.

A listener that fails costs no work: it is warned about, and told no more. One that raises
KeyboardInterrupt ends the run as Ctrl-C does.
"""

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Attributes:
        asked: questions asked so far.
        rows: model rows so far.
        seconds: time so far.
        forecast: how many seconds the whole run should take; None while unknown.
        error: the widest estimation error, as a multiple of what would be enough; None unknown.
        interval: half of the widest 95 % interval by now, all parts of the error together.
        share_of_range: the same, as a share of the range of its output's values and 0.
        unit: of the values, and so of the interval.
        exact: the answer comes at once when all is done, and has no estimation error.
    """

    asked: int
    rows: int
    seconds: float
    forecast: float | None = None
    error: float | None = None
    interval: float | None = None
    share_of_range: float | None = None
    unit: str = ""
    exact: bool = False

    @property
    def share(self) -> float:
        """How much of the run is done, 0 to 1, by its own forecast."""
        return min(1.0, self.seconds / self.forecast) if self.forecast else 0.0


Listener = Callable[[Progress], None]


@final
class _Ear:
    """A listener, while it can hear."""

    __slots__ = ("deaf", "listener")

    def __init__(self, listener: Listener) -> None:
        self.listener, self.deaf = listener, False

    def hear(self, progress: Progress) -> None:
        """Tell the listener."""
        if self.deaf:
            return
        try:
            self.listener(progress)
        except Exception as error:  # whatever it is, it is not worth the work of hours
            self.deaf = True
            warnings.warn(
                f"the listener to progress failed ({type(error).__name__}: {error}); "
                "the run goes on, and tells it no more",
                RuntimeWarning,
                stacklevel=2,
            )


_listening: ContextVar[tuple[_Ear, ...]] = ContextVar("listeners", default=())


@contextmanager
def listening(listener: Listener | None) -> Iterator[None]:
    """Let this function hear of every step inside the block."""
    token = _listening.set(_listening.get() + ((_Ear(listener),) if listener else ()))
    try:
        yield
    finally:
        _listening.reset(token)


def tell(progress: Progress) -> None:
    """Tell whoever listens."""
    for ear in _listening.get():
        ear.hear(progress)


@final
class Shares:
    """Tells of work that is whole or nothing: which share is done, and so how long it takes."""

    __slots__ = ("start",)

    def __init__(self) -> None:
        self.start = time.perf_counter()

    def done(self, share: float, asked: int = 0) -> None:
        """This share of the work is done, and so many questions were asked."""
        seconds = time.perf_counter() - self.start
        tell(Progress(asked, 0, seconds, forecast=seconds / share, exact=True))
