"""Progress: a run says how far it is; whoever listens shows it. Nobody listens by default."""

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
    """

    asked: int
    rows: int
    seconds: float
    forecast: float | None = None
    error: float | None = None

    @property
    def share(self) -> float:
        """How much of the run is done, 0 to 1, by its own forecast."""
        return min(1.0, self.seconds / self.forecast) if self.forecast else 0.0


Listener = Callable[[Progress], None]
_listening: ContextVar[tuple[Listener, ...]] = ContextVar("listeners", default=())


@contextmanager
def listening(listener: Listener | None) -> Iterator[None]:
    """Let this function hear of every step inside the block."""
    token = _listening.set(_listening.get() + ((listener,) if listener else ()))
    try:
        yield
    finally:
        _listening.reset(token)


def tell(progress: Progress) -> None:
    """Tell whoever listens."""
    for listener in _listening.get():
        listener(progress)
