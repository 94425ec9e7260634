"""How an answer came to be: what was known at each look, and what that had cost.

Looks are far enough apart to draw a curve, and few enough to keep: once there are too many, every
other one is forgotten.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from .frozen import freeze
from .reading import Reading
from .shaped import Float, Int
from .stopping import averaged

_LOOKS = 64
_CELLS = 2**19  # of the values of all looks, at most
_Look = tuple[int, int, float, np.ndarray, np.ndarray]


@final
@dataclass(frozen=True, slots=True)
class Trace:
    """What was known of the mean over cases at each look of a run.

    Attributes:
        asked: questions asked by then.
        rows: model rows by then.
        seconds: time by then.
        values: float [looks, outputs, players].
        stderr: the estimation part of their error, as `values`.
    """

    asked: Int[np.ndarray, " looks"]
    rows: Int[np.ndarray, " looks"]
    seconds: Float[np.ndarray, " looks"]
    values: Float[np.ndarray, "looks outputs players"]
    stderr: Float[np.ndarray, "looks outputs players"]

    def __post_init__(self) -> None:
        freeze(self)

    def __len__(self) -> int:
        return len(self.asked)

    def take(self, outputs: np.ndarray, players: np.ndarray) -> "Trace":
        """Some of the outputs and players, by position."""
        values, stderr = (x[:, outputs][:, :, players] for x in (self.values, self.stderr))
        return Trace(self.asked, self.rows, self.seconds, values, stderr)


@final
class Recorder:
    """Takes down looks while a run goes on."""

    __slots__ = ("every", "last", "looks", "seen")

    def __init__(self) -> None:
        self.looks: list[_Look] = []
        self.last: _Look | None = None
        self.seen, self.every = 0, 1

    def add(self, used: tuple[int, int, float], reading: Reading, n_cases: int) -> None:
        """Take down a look, and forget every other one when there are too many.

        Args:
            used: questions, model rows and seconds by then.
            reading: what is known.
            n_cases: how many cases there are.
        """
        if not reading.visited.any():
            return
        got = averaged(reading, n_cases, by_case=False)
        self.last = (*used, got.values[0].copy(), got.parts["estimation"][0].copy())
        self.seen += 1
        if self.seen % self.every == 0:
            self.looks.append(self.last)
        if len(self.looks) > np.clip(_CELLS // max(got.values[0].size, 1), 2, _LOOKS):
            del self.looks[::2]
            self.every *= 2

    def trace(self) -> Trace | None:
        """All that was taken down, the last look too; None if nothing was."""
        if self.last is None:
            return None
        ended = bool(self.looks) and self.looks[-1] is self.last
        asked, rows, seconds, values, stderr = zip(
            *self.looks, *([] if ended else [self.last]), strict=True
        )
        whole = np.array(asked), np.array(rows)
        return Trace(*whole, np.array(seconds, float), np.stack(values), np.stack(stderr))
