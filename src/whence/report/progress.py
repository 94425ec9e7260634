"""A line while a run works: the forecast first, then how far, and how sure by now.

In a terminal it is a bar on stderr, in a notebook a line below the cell; where neither is, in a
log, the forecast is said once.
"""

import abc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from whence._core.progress import Listener
from whence._core.progress import Progress as Told
from whence.report.numbers import duration, percent, rough, several

OFTEN = 0.1  # seconds between two states that are shown
_BESIDE = 50  # columns for what stands beside the words: forecast, a short bar, share, time


class Screen(abc.ABC):
    """Where progress is shown."""

    @abc.abstractmethod
    def hear(self, told: Told) -> None:
        """Show a state."""

    @abc.abstractmethod
    def close(self) -> None:
        """Leave the last state there."""


@contextmanager
def bar(console: Console | None = None) -> Iterator[Listener]:
    """Show what a run tells.

    Args:
        console: where; stderr by default.

    Yields:
        a listener for `listening`.
    """
    screen = _Steady(_screen(console or Console(stderr=True, highlight=False)))
    try:
        yield screen.hear
    finally:
        screen.close()


def _screen(console: Console) -> Screen:
    if console.is_jupyter:
        from whence.report.notebook import Cell

        return Cell(console.width)
    return Terminal(console) if console.is_terminal else Log(console)


def words(told: Told, room: int) -> str:
    """How sure by now, and at what cost, in as many words as there is room for.

    >>> told = Told(100, 0, 1.0, forecast=4.0, error=3.2, interval=0.2, share_of_range=0.051)
    >>> words(told, 80)
    'widest interval ±5.1 % of the range, error 3.2 times what is enough'
    >>> words(told, 60)
    '±5.1 % of the range, error 3.2 times what is enough'
    >>> words(told, 40), words(told, 20)
    ('widest interval ±5.1 % of the range', '±5.1 % of the range')
    """
    width, beyond = _width(told), _beyond(told)
    rows = f", {several(told.rows, 'model row')}" if told.rows else ""
    cost = f"; {several(told.asked, 'question')}{rows}" if told.asked else ""
    long = width if told.interval is None else f"widest interval {width}"
    every = (f"{long}{beyond}{cost}", f"{long}{beyond}", f"{width}{beyond}", long, width)
    return next((each for each in every if len(each) <= room), width)


def _width(told: Told) -> str:
    if told.exact:
        return "exact once it is done"
    if told.interval is None:
        return "error not known yet"
    if told.share_of_range is None:
        return f"±{rough(told.interval)} {told.unit}".rstrip()
    return f"±{percent(told.share_of_range)} of the range"


def _beyond(told: Told) -> str:
    if told.error is None or told.exact or told.error > 1e9:  # nobody asked for errors
        return ""
    if told.error <= 1:
        return ", error small enough"
    return f", error {told.error:,.1f} times what is enough"


def forecast(told: Told) -> str:
    """How long it should take in all."""
    return "forecast: …" if told.forecast is None else f"forecast: {duration(told.forecast)}"


@final
class Line:
    """One line with a bar in it, for whoever can draw it.

    Attributes:
        drawn: the line, as rich draws it.
        room: columns for the words.
    """

    def __init__(self, console: Console | None, width: int) -> None:
        self.room = width - _BESIDE
        self.drawn = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=min(40, max(10, width - 110)), complete_style="cyan"),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[words]}"),
            console=console,
            refresh_per_second=8,
        )
        self.task: TaskID = self.drawn.add_task("forecast: …", total=1.0, words="")

    def set(self, told: Told) -> None:
        """The state that it shows."""
        self.drawn.update(
            self.task,
            completed=told.share,
            description=forecast(told),
            words=words(told, self.room),
        )


@final
class Terminal(Screen):
    """A bar that is there once there is something to show."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.line: Line | None = None

    def hear(self, told: Told) -> None:
        """Show a state."""
        if self.line is None:
            self.line = Line(self.console, self.console.width)
            self.line.drawn.start()
        self.line.set(told)
        self.line.drawn.refresh()

    def close(self) -> None:
        """Leave the last state there."""
        if self.line is not None:
            self.line.drawn.stop()


@final
class Log(Screen):
    """The forecast, once."""

    def __init__(self, console: Console) -> None:
        self.console, self.said = console, False

    def hear(self, told: Told) -> None:
        """Say it as soon as it is known."""
        if told.forecast is not None and not self.said:
            self.said = True
            self.console.print(forecast(told))

    def close(self) -> None:
        """Nothing is open."""


@final
class _Steady(Screen):
    """A screen that is not asked to change faster than anybody reads."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.last: Told | None = None
        self.shown = -float("inf")

    def hear(self, told: Told) -> None:
        """Show a state, unless the last one is hardly older, or there is nothing to wait for."""
        if self.last is None and told.share == 1:
            return
        self.last = told
        if told.seconds - self.shown >= OFTEN:
            self.shown = told.seconds
            self.screen.hear(told)

    def close(self) -> None:
        """Show the last state, and leave it there."""
        if self.last is not None and self.last.seconds != self.shown:
            self.screen.hear(self.last)
        self.screen.close()
