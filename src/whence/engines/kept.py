"""The same game, remembering its answers: a rerun finds them, so an interrupted run goes on.

A run's questions are a function of its seed, so nothing else has to be saved. Answers are kept
block by block. A rerun asks a block in whole or not at all: its blocks are those of a run that had
no store, and so are its bits.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import final

import numpy as np

from whence._core.errors import StoreError, some
from whence._core.fingerprint import fingerprint
from whence._core.game import Game, Through
from whence._core.meter import count
from whence._core.types import Cases, Coalitions, Draws, Worths
from whence._core.wrap import bare, question_of
from whence.engines.engine import Sharded, answer
from whence.engines.memory import Memory
from whence.engines.places import NOWHERE, Places, keys_of
from whence.engines.store import Shelf, Store

_CANARIES = 3


@contextmanager
def kept(game: Game, keep: Store | str | Path | None) -> Iterator[Game]:
    """The game, remembering its answers in a store for as long as the context lasts.

    Args:
        game: what is asked.
        keep: a path, or a `Store`; None remembers nothing.

    Raises:
        StoreError: a file that is no store, is damaged, or cannot be written.
        UnnamedGameError: the game's contents cannot be read, and nobody named it.
    """
    if keep is None:
        yield game
        return
    store = keep if isinstance(keep, Store) else Store(keep)
    shelf = Shelf(store.path)
    try:
        yield Kept(_sharded(game), shelf, store.name)
    finally:
        shelf.close()


@final
class Kept(Through):
    """The same game, with a memory.

    Args:
        inner: the game, as an engine answers it.
        shelf: where answers are kept.
        name: of the game; its fingerprint by default.
    """

    def __init__(self, inner: Sharded, shelf: Shelf, name: str = "") -> None:
        Through.__init__(self, inner)
        own = bare(inner)
        self.sharded, self.shelf, self.name = inner, shelf, name or fingerprint(own)
        self.met = not name  # contents that were read need not be asked again
        self.id = shelf.enter(
            self.name,
            kind=type(own).__name__,
            asks=question_of(own).asks,
            players=own.players.names,
            outputs=own.outputs,
            whence=_version(),
        )
        self.memory, self.asked = Memory(shelf, self.id, len(own.outputs)), Places()

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> Worths:
        if not self.met:
            self._meet(coalitions, cases, draws)
        keys, first, back = np.unique(
            keys_of(coalitions, cases, draws), axis=0, return_index=True, return_inverse=True
        )
        known, worths = self.memory.find(keys)
        new = np.flatnonzero(self.asked.look_up(keys) == NOWHERE)  # in this run
        new, size = new[np.argsort(first[new])], self.sharded.size(len(coalitions))
        self.asked.add(keys[new], new)
        owed = _whole_blocks(new, known, size)
        rows, start = first[owed], 0
        for block, meter in self.sharded.stream(coalitions[rows], cases[rows], draws[rows], size):
            now = owed[start : start + len(block)]
            worths[now], start = block, start + len(block)
            self.memory.add(keys[now], block, meter.rows)
        found = len(coalitions) - len(owed)
        count(found=found, spared=round(found * self.memory.price))
        return np.asarray(worths[back.reshape(-1)])

    def _meet(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> None:
        """Ask a named game again what it answered before: nobody read what it is made of."""
        self.met = True
        before = self.shelf.remembered(self.id)
        for packed, case, draw, worth in before:
            bits = np.frombuffer(packed, np.uint8)
            stay = np.unpackbits(bits, count=len(self.players)).astype(bool)[None]
            then = np.frombuffer(worth, "<f8")
            now = self.inner.worth(stay, np.array([case]), np.array([draw]))[0]
            if not np.allclose(now, then, rtol=1e-6, atol=1e-9):
                who = some([n for n, s in zip(self.players.names, stay[0], strict=True) if s])
                raise StoreError(
                    f"{self.shelf.path} holds answers of another game called {self.name!r}: with "
                    f"{who} present (case {case}, draw {draw}) it was worth {then}, and this game "
                    f"says {now}. Nothing was mixed: give this game another name."
                )
        if not before:
            self._remember(coalitions, cases, draws)

    def _remember(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> None:
        """A few questions with about half of the players present: they tell most."""
        sizes = np.abs(2 * coalitions.sum(axis=1) - coalitions.shape[1])
        some_of = np.argsort(sizes, kind="stable")[:_CANARIES]
        worths = self.inner.worth(coalitions[some_of], cases[some_of], draws[some_of])
        packed = np.packbits(coalitions[some_of], axis=1)
        self.shelf.remember(
            self.id,
            [
                (bits.tobytes(), int(case), int(draw), worth.astype("<f8").tobytes())
                for bits, case, draw, worth in zip(
                    packed, cases[some_of], draws[some_of], worths, strict=True
                )
            ],
        )


def _whole_blocks(new: np.ndarray, known: np.ndarray, size: int) -> np.ndarray:
    """Of these questions, in the order of asking, those of blocks that are not known in whole.

    A block is asked as it always is, so that no answer depends on what was kept of its neighbours.
    """
    if not len(new):
        return new
    starts = np.arange(0, len(new), size)
    whole = np.logical_and.reduceat(known[new], starts)
    return np.asarray(new[~np.repeat(whole, size)[: len(new)]])


def _sharded(game: Game) -> Sharded:
    """In blocks, also where an engine of somebody else's opened the game."""
    if isinstance(game, Sharded):
        return game
    return Sharded(game, lambda blocks: (answer(game, block) for block in blocks))


def _version() -> str:
    try:
        return version("whence")
    except PackageNotFoundError:
        return "unknown"
