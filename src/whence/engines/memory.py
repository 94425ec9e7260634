"""What a store remembers of one game, with what other processes have added to it since."""

from collections.abc import Callable
from typing import final

import numpy as np

from whence._core.shaped import Bool
from whence._core.types import Worths
from whence.engines.places import NOWHERE, Keys, Places
from whence.engines.store import Batch, PrunedError, Shelf

_READ = 64  # batches whose worths are held in memory


@final
class Memory:
    """The worths of one game in a store.

    Args:
        shelf: the file.
        enter: puts the game there, and gives its number.
        outputs: how many worths each question has.
    """

    __slots__ = (
        "batches",
        "enter",
        "game",
        "outputs",
        "places",
        "questions",
        "read",
        "rows",
        "shelf",
        "starts",
    )

    def __init__(self, shelf: Shelf, enter: Callable[[], int], outputs: int) -> None:
        self.shelf, self.enter, self.outputs = shelf, enter, outputs
        self.game = enter()
        self._forget()

    def _forget(self) -> None:
        """What was in the file is gone: somebody pruned the game."""
        self.places = Places()
        self.batches: list[int] = []
        self.starts: list[int] = []
        self.questions, self.rows = 0, 0
        self.read: dict[int, Worths] = {}

    @property
    def price(self) -> float:
        """Model rows that a worth took, on average; 0 when nobody counted them."""
        return self.rows / self.questions if self.questions else 0.0

    def find(self, keys: Keys) -> tuple[Bool[np.ndarray, " questions"], Worths]:
        """Which questions were answered, and what: [questions, outputs], zero where unknown."""
        with self.shelf.reading():
            if not self.shelf.holds(self.game):
                self._forget()
            self._catch_up()
            at = self.places.look_up(keys)
            known, worths = at != NOWHERE, np.zeros((len(keys), self.outputs))
            which = np.searchsorted(self.starts, at, side="right") - 1
            for b in np.unique(which[known]):
                here = known & (which == b)
                worths[here] = self._worths(int(b))[at[here] - self.starts[b]]
            return known, worths

    def add(self, keys: Keys, worths: Worths, rows: int) -> None:
        """Keep a batch, at once and for good; a game that somebody pruned is entered again."""
        self._catch_up()
        try:
            number = self.shelf.add(self.game, keys, worths, rows)
        except PrunedError:
            self._forget()
            self.game = self.enter()
            self._catch_up()
            number = self.shelf.add(self.game, keys, worths, rows)
        self._take_in([Batch(number, keys, rows)])

    def _catch_up(self) -> None:
        """Take in what is in the file and not here."""
        self._take_in(self.shelf.batches(self.game, self.batches[-1] if self.batches else 0))

    def _take_in(self, batches: list[Batch]) -> None:
        if not batches:
            return
        sizes = [len(batch.keys) for batch in batches]
        first = self.questions + np.cumsum([0, *sizes])
        self.batches += [batch.id for batch in batches]
        self.starts += first[:-1].tolist()
        self.places.add(
            np.concatenate([batch.keys for batch in batches]), np.arange(first[0], first[-1])
        )
        self.questions, self.rows = int(first[-1]), self.rows + sum(b.rows for b in batches)

    def _worths(self, b: int) -> Worths:
        if b not in self.read:
            while len(self.read) >= _READ:
                del self.read[next(iter(self.read))]
            self.read[b] = self.shelf.worths(self.batches[b], self.outputs, self.game)
        return self.read[b]
