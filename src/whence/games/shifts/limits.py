"""What an answer on shifts may cost: rows given to the model, rows that are weighed, seconds.

Ratios are fitted, and rows weighed, on at most so many rows of each data set, taken at random. What
a sample says less surely than all rows is in the intervals, which are made from the rows weighed.
The metric itself is measured on every row that the model may be asked about.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.account import rows_left, seconds_left
from whence._core.errors import BudgetError
from whence._core.keyed import uniforms
from whence._core.shaped import Int

WEIGHED = 20_000  # rows of each data set, where nobody says how long it may take
_A_SECOND = 500  # rows of each data set that are weighed for each second there is
_FEWEST, _MOST = 1_000, 100_000
_ASKING = 0.3  # of the time left, up to which the model is asked about rows that are only measured


@final
@dataclass(frozen=True, slots=True)
class Limits:
    """How much the account that is open pays for.

    Attributes:
        rows: given to the model, in all; endless where nobody counts them.
        weighed: of each data set, that are weighed.
    """

    rows: float = float("inf")
    weighed: int = WEIGHED

    @staticmethod
    def here() -> "Limits":
        """The limits of the account that is open, if one is."""
        seconds = seconds_left()
        if seconds == float("inf"):
            return Limits(rows_left())
        return Limits(rows_left(), int(np.clip(_A_SECOND * seconds, _FEWEST, _MOST)))

    @property
    def left(self) -> float:
        """Seconds that are left; endless where nobody counts them."""
        return seconds_left()

    def sizes(self, before: int, after: int) -> tuple[int, int]:
        """How many rows of each data set are weighed.

        Raises:
            BudgetError: too few rows to say anything.
        """
        most = self.weighed
        if self.rows < float("inf"):
            rows = int(self.rows)
            if rows < 2 * _LEAST:
                raise BudgetError(
                    f"rows={rows} are too few to compare two data sets: the model is asked "
                    f"about rows of both. Give at least {2 * _LEAST}."
                )
            few = min(before, after)
            most = min(most, rows - few if few < rows // 2 else rows // 2)
        return min(before, most), min(after, most)

    def pays_for(self, rows: int, asked: int, seconds: float) -> bool:
        """Whether the model may be asked about more rows, given what the first took."""
        return rows <= rows_left() and seconds * rows / max(asked, 1) <= _ASKING * self.left


_LEAST = 6  # rows of one data set: groups of them are left out in turn


def sampled(rows: int, most: int, seed: int, stream: int) -> Int[np.ndarray, " sample"]:
    """Positions of at most so many rows, taken at random, in their order."""
    if rows <= most:
        return np.arange(rows)
    chance = uniforms(1, seed, stream, np.arange(rows))[:, 0]
    return np.sort(np.argpartition(chance, most)[:most])
