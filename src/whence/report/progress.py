"""A bar on stderr while a run works: the forecast first, then how far, and how sure by now."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from whence._core.progress import Listener
from whence._core.progress import Progress as Told
from whence.report.numbers import duration


@contextmanager
def bar(console: Console | None = None) -> Iterator[Listener]:
    """Show what a run tells. Where stderr is no terminal, one line with the forecast is all.

    Args:
        console: where; stderr by default.

    Yields:
        a listener for `listening`.
    """
    screen = _Screen(console or Console(stderr=True, highlight=False))
    try:
        yield screen.hear
    finally:
        screen.close()


def line(told: Told) -> str:
    """What is known, in words.

    >>> line(Told(100, 0, 1.0, forecast=4.0, error=3.2))
    'error 3.2 times what is enough'
    """
    if told.error is None:
        return "error not known yet"
    if told.error <= 1:
        return "error small enough"
    return f"error {told.error:,.1f} times what is enough"


@final
class _Screen:
    """A bar that appears when there is something to show."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.live: Progress | None = None
        self.task = TaskID(0)
        self.announced = False

    def hear(self, told: Told) -> None:
        """Show one step."""
        if not self.console.is_terminal:
            self._announce(told)
            return
        if self.live is None:
            self.live = self._opened()
        forecast = "forecast: …" if told.forecast is None else f"forecast: {_time(told)}"
        self.live.update(
            self.task, completed=told.share, description=forecast, error=line(told), refresh=True
        )

    def close(self) -> None:
        """Leave the last state on the screen."""
        if self.live is not None:
            self.live.stop()

    def _announce(self, told: Told) -> None:
        if told.forecast is not None and not self.announced:
            self.announced = True
            self.console.print(f"forecast: {_time(told)}")

    def _opened(self) -> Progress:
        live = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[error]}"),
            console=self.console,
            refresh_per_second=8,
        )
        self.task = live.add_task("forecast: …", total=1.0, error="")
        live.start()
        return live


def _time(told: Told) -> str:
    return duration(told.forecast or 0.0)
