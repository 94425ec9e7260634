"""Progress in a notebook: one line below the cell, written anew."""

from typing import Any, final

from whence._core.progress import Progress as Told
from whence.report.progress import Line, Screen


@final
class Cell(Screen):
    """The line is displayed once, and then updated: no widgets are needed.

    Args:
        width: of a line, in columns.
    """

    def __init__(self, width: int) -> None:
        self.line = Line(None, width)
        self.handle: Any = None

    def hear(self, told: Told) -> None:
        """Show a state."""
        self.line.set(told)
        if self.handle is None:
            from IPython.display import display

            self.handle = display(self.line.drawn, display_id=True)
        else:
            self.handle.update(self.line.drawn)

    def close(self) -> None:
        """The last state stays where it is."""
