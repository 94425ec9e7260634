"""Readers with faults, for the test of what sees them."""

import os
import time
from pathlib import Path

from fuzz.damage import Reader
from whence import WhenceError


def spin() -> None:
    """Go round for ever."""
    while True:
        pass


class WordyError(WhenceError):
    """An error that goes round what keeps errors to one line."""

    def __str__(self) -> str:
        return "word " * 1000


FAULTS = {
    b"r": lambda: _raise(WhenceError("the file is damaged")),
    b"w": lambda: _raise(WordyError()),
    b"k": os.abort,
    b"e": lambda: os._exit(3),
    b"h": spin,
    b"s": lambda: time.sleep(100),
    b"m": lambda: bytearray(1 << 33),
    b"x": lambda: {}["x"],
    b"d": lambda: _raise(AssertionError("1 is not 2")),
    b"f": lambda: Path("trace").write_text("here"),
    b"o": lambda: Path("/dev/shm/whence-fuzz-trace").write_text(""),
}


def every() -> Reader:
    """A file of one letter for each fault; damage seldom changes it, for it is in the middle."""
    corpus = [letter.center(4001, b".") for letter in [b"a", *FAULTS]]
    return Reader(corpus, _read)


def _read(raw: bytes) -> None:
    letter = raw.strip(b".")[:1]
    FAULTS.get(letter, lambda: None)()


def _raise(error: Exception) -> None:
    raise error
