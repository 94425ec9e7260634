"""Interrupts: Ctrl-C and SIGTERM end a run where nothing is half done.

A signal may come between any two instructions, and half of a step taken in answers no question. So
an interrupt waits while a run works, except where nothing that is known changes: while a question
is asked, or somebody is told. A second one waits for nothing, and then there is no answer.

Handlers stand in for the default ones only, in the main thread only, and go when the run ends.
"""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Any, final

ECHO = 0.1  # seconds: `timeout` and its like send one twice, to the process and to its group


@final
class _Door:
    """Where signals come in."""

    __slots__ = ("last",)

    def __init__(self) -> None:
        self.last = -float("inf")

    def echo(self) -> bool:
        """Whether what comes now is the last signal, heard again."""
        now = time.monotonic()
        if now - self.last < ECHO:
            return True
        self.last = now
        return False

    def at_once(self, number: int, frame: FrameType | None) -> None:
        """The handler where nothing is held.

        Raises:
            KeyboardInterrupt: always, but for an echo.
        """
        del number, frame
        if not self.echo():
            raise KeyboardInterrupt


@final
class Watch:
    """What comes while a run works.

    Attributes:
        harmless: the interrupt that is on its way came while nothing was half done.
    """

    __slots__ = ("_door", "_due", "_heard", "_open", "_over", "harmless")

    def __init__(self, door: _Door) -> None:
        self._door = door
        self.harmless = self._open = self._heard = self._due = self._over = False

    def hear(self, number: int, frame: FrameType | None) -> None:
        """The handler: raise now, or later.

        Raises:
            KeyboardInterrupt: nothing is half done, or it is the second one.
        """
        del number, frame
        if self._over or self._door.echo():
            return
        again, self._heard = self._heard, True
        if self._open:
            self.harmless = True
        elif not again:
            self._due = True
            return
        raise KeyboardInterrupt

    @contextmanager
    def open(self) -> Iterator[None]:
        """Inside, an interrupt comes at once; one that waited comes first."""
        before, self._open = self._open, True
        try:
            self._let_in()
            yield
            self.harmless = False
        except KeyboardInterrupt:
            self.harmless = True
            raise
        finally:
            self._open = before

    def _let_in(self) -> None:
        if self._due:
            self._due = False
            raise KeyboardInterrupt

    def close(self) -> None:
        """The run is over: what comes now comes too late to change its answer."""
        self._over = True


_watching: ContextVar[Watch | None] = ContextVar("watching", default=None)
_door: ContextVar[_Door | None] = ContextVar("door", default=None)


@contextmanager
def held() -> Iterator[Watch]:
    """Inside, an interrupt waits until somebody is `welcoming`.

    Of a run inside a question of another, the other one has the answer: it goes on to there.
    """
    door = _door.get() or _Door()
    watch = Watch(door)
    if _watching.get() is not None:
        yield watch
        return
    token = _watching.set(watch)
    try:
        # SIGTERM's is put back first: then nothing can raise before both are
        with (
            _handled(signal.SIGINT, watch.hear, signal.default_int_handler, door.at_once),
            _handled(signal.SIGTERM, watch.hear, signal.SIG_DFL, door.at_once),
        ):
            try:
                yield watch
            finally:
                watch.close()
    finally:
        _watching.reset(token)


@contextmanager
def welcoming() -> Iterator[None]:
    """Inside, nothing that is known changes, and an interrupt comes at once."""
    watch = _watching.get()
    if watch is None:
        yield
        return
    with watch.open():
        yield


@contextmanager
def heeded() -> Iterator[None]:
    """Inside, SIGTERM is an interrupt, as Ctrl-C is: for a program, whose process it would end."""
    door = _Door()
    token = _door.set(door)
    try:
        with (
            _handled(signal.SIGINT, door.at_once, signal.default_int_handler),
            _handled(signal.SIGTERM, door.at_once, signal.SIG_DFL),
        ):
            yield
    finally:
        _door.reset(token)


@contextmanager
def _handled(number: int, handler: Any, *over: Any) -> Iterator[None]:
    """Handle this signal inside, where one of these handlers stood; elsewhere nothing changes."""
    main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(number) if main else None
    if before not in over:
        yield
        return
    try:
        signal.signal(number, handler)
        yield
    finally:
        signal.signal(number, before)
