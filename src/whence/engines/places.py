"""Where the answers to questions stand: an index in memory, of hashed keys.

A key is 128 bits of a question. Entries lie in sorted runs, each more than twice as long as the
next: adding a few is cheap, and a look-up searches few runs.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.keyed import hashed
from whence._core.shaped import Int
from whence._core.types import Cases, Coalitions, Draws

Keys = Int[np.ndarray, "questions 2"]
_SALTS = 101, 102
NOWHERE = -1


def keys_of(coalitions: Coalitions, cases: Cases, draws: Draws) -> Keys:
    """Int64 [questions, 2]: 128 bits of the packed coalition, the case and the draw."""
    packed = np.packbits(coalitions, axis=1)
    wide = np.zeros((len(packed), -(-packed.shape[1] // 8) * 8), np.uint8)
    wide[:, : packed.shape[1]] = packed
    words = wide.view("<u8").T
    return np.stack([hashed(s, cases, draws, *words) for s in _SALTS], axis=1).view(np.int64)


@final
@dataclass(frozen=True, slots=True)
class _Run:
    """Entries by rising first half of their keys."""

    keys: Keys
    at: Int[np.ndarray, " entries"]

    @staticmethod
    def of(keys: Keys, at: Int[np.ndarray, " entries"]) -> "_Run":
        order = np.argsort(keys[:, 0], kind="stable")
        return _Run(keys[order], at[order])

    def look_up(self, keys: Keys) -> Int[np.ndarray, " questions"]:
        place = np.searchsorted(self.keys[:, 0], keys[:, 0], side="right") - 1
        return np.where((self.keys[place] == keys).all(axis=1), self.at[place], NOWHERE)


@final
class Places:
    """Key -> a number."""

    __slots__ = ("runs",)

    def __init__(self) -> None:
        self.runs: list[_Run] = []

    def add(self, keys: Keys, at: Int[np.ndarray, " entries"]) -> None:
        """Take in entries. Of equal keys the last one counts.

        Args:
            keys: of the questions.
            at: where each answer stands.
        """
        if not len(keys):
            return
        self.runs.append(_Run.of(keys, at))
        while len(self.runs) > 1 and len(self.runs[-2].at) <= 2 * len(self.runs[-1].at):
            last, before = self.runs.pop(), self.runs.pop()
            both = np.concatenate([before.keys, last.keys]), np.concatenate([before.at, last.at])
            self.runs.append(_Run.of(*both))

    def look_up(self, keys: Keys) -> Int[np.ndarray, " questions"]:
        """Where each answer stands, or `NOWHERE`."""
        at = np.full(len(keys), NOWHERE)
        for run in self.runs:  # the newest last
            found = run.look_up(keys)
            at = np.where(found == NOWHERE, at, found)
        return at
