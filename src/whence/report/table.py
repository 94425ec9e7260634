"""Tables in words: the five lines of a repr, and what a terminal shows.

Nothing here needs rich until a table is asked for.
"""

from typing import Any

from whence._core.attribution import Attribution
from whence.report.words import words

__all__ = ["comparison", "table", "words"]


def table(att: Attribution, most: int = 20) -> Any:
    """A table for the terminal: rich renders it, and `str` gives it in plain text.

    Several cases are averaged, with the data part of the error.

    Args:
        att: the answer.
        most: how many players are shown; the others are counted.

    Raises:
        OptionError: `most` is not positive.
    """
    from whence.report.terminal import answer

    return answer(att, most)


def comparison(a: Attribution, b: Attribution, difference: Attribution, most: int = 20) -> Any:
    """Two answers side by side, and which of their differences are real.

    Raises:
        OptionError: `most` is not positive.
    """
    from whence.report.versus import versus

    return versus(a, b, difference, most)
