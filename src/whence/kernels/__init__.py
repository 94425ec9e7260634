"""Compiled kernels over plain arrays: trees, coalitions, counts. Nothing here knows a game."""

import os

from whence._core.errors import OptionError
from whence._core.text import brief


def _check_threads() -> None:
    """Refuse what numba would fail on while it is imported, with a trace of its own."""
    given = os.environ.get("NUMBA_NUM_THREADS", "1")
    if not (given.isdecimal() and int(given) > 0):
        raise OptionError(
            f"NUMBA_NUM_THREADS={brief(given)} in the environment is no number of threads: set it "
            "to a positive whole number, or unset it"
        )


_check_threads()
