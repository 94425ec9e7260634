"""The same game, remembering its answers: a rerun finds them, so an interrupted run goes on.

A run's questions are a function of its seed, so nothing else has to be saved. Answers are kept
block by block. A rerun asks a block in whole or not at all: its blocks are those of a run that had
no store, and so are its bits.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import final

import numpy as np

from whence._core.errors import StoreError, UnnamedGameError, some
from whence._core.fingerprint import comparable, fingerprint
from whence._core.game import Game, Through
from whence._core.meter import count
from whence._core.types import Cases, Coalitions, Draws, Worths
from whence._core.version import __version__
from whence._core.wrap import bare, question_of
from whence.engines.engine import Sharded, answer
from whence.engines.memory import Memory
from whence.engines.places import NOWHERE, Places, keys_of
from whence.engines.store import Shelf, Store

_CANARIES = 3
_WHOLE = ""  # the print of all that a game is, where it can be read
Canaries = list[tuple[bytes, int, int, bytes]]


def probes(game: Game) -> int:
    """Questions that will be asked to see whether a store is of this game.

    None of a game that is new there, whose first answers are kept for that, nor of one that could
    be read and is what it was.
    """
    return 0 if not isinstance(game, Kept) or game.met else len(game.canaries)


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

    A game with a name is known by it, and yet compared with the one that had the name before: what
    can be read of it must be equal, and where something cannot be read, or may change by itself, a
    few of its old questions are asked again.

    Args:
        inner: the game, as an engine answers it.
        shelf: where answers are kept.
        name: of the game; its fingerprint by default.

    Raises:
        StoreError: the name is another game's.
    """

    def __init__(self, inner: Sharded, shelf: Shelf, name: str = "") -> None:
        Through.__init__(self, inner)
        own = bare(inner)
        self.sharded, self.shelf, self.name = inner, shelf, name or fingerprint(own)
        self.prints = _prints(own) if name else {}
        self.canaries: Canaries = []
        self.met = not name  # contents that were read need not be asked again
        self.memory, self.asked = Memory(shelf, self._enter, len(own.outputs)), Places()

    def _enter(self) -> int:
        """Put the game on the shelf, and make sure that it is the one that was there."""
        own = bare(self.inner)
        game = self.shelf.enter(
            self.name,
            kind=type(own).__name__,
            asks=question_of(own).asks,
            players=own.players.names,
            outputs=own.outputs,
            whence=__version__,
        )
        if self.prints:
            self.met = self._compare(self.shelf.prints(game))
        if self.canaries:  # somebody pruned the game, and perhaps has entered one of this name
            self._introduce(game, self.canaries)
        elif self.prints:
            self.canaries = self.shelf.remembered(game)
        return game

    def _compare(self, before: Mapping[str, str]) -> bool:
        """Whether all of the game is as it was.

        Raises:
            StoreError: some of it is not.
        """
        parts = [n for n in {**before, **self.prints} if n != _WHOLE] if before else []
        differ = [n for n in parts if before.get(n) != self.prints.get(n)]
        if differ:
            raise StoreError(
                f"{self.shelf.path} holds answers of another game called {self.name!r}: its "
                f"{some(differ)} differed from what is given now. Nothing was mixed: give this "
                "game another name."
            )
        return bool(self.prints[_WHOLE]) and before.get(_WHOLE) == self.prints[_WHOLE]

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> Worths:
        if not self.met and self.canaries:
            self._probe(self.canaries)
            self._introduce(self.memory.game, self.canaries)
        keys, first, back = np.unique(
            keys_of(coalitions, cases, draws), axis=0, return_index=True, return_inverse=True
        )
        known, worths = self.memory.find(keys)
        if not self.met and known.any():
            raise StoreError(
                f"{self.shelf.path} holds answers of a game called {self.name!r}, and nothing to "
                "know it by. Nothing was mixed: give this game another name."
            )
        again = (self.asked.look_up(keys) != NOWHERE) & known  # else it was pruned meanwhile
        new = np.flatnonzero(~again)
        new, size = new[np.argsort(first[new])], self.sharded.size(len(coalitions))
        self.asked.add(keys[new], new)
        owed = _whole_blocks(new, known, size)
        rows, start = first[owed], 0
        for block, meter in self.sharded.stream(coalitions[rows], cases[rows], draws[rows], size):
            now = owed[start : start + len(block)]
            worths[now], start = block, start + len(block)
            if not self.met:
                at = first[now]
                asked = _canaries(coalitions[at], cases[at], draws[at], block)
                self._introduce(self.memory.game, asked)
            self.memory.add(keys[now], block, meter.rows)
        found = len(coalitions) - len(owed)
        count(found=found, spared=round(found * self.memory.price))
        return np.asarray(worths[back.reshape(-1)])

    def _introduce(self, game: int, canaries: Canaries) -> None:
        """Keep what a named game is known by, before its first answer; who was quicker is asked.

        Raises:
            StoreError: somebody has kept another game under this name.
        """
        self.shelf.remember(game, canaries, self.prints)
        self._compare(self.shelf.prints(game))
        theirs = self.shelf.remembered(game)
        if theirs != canaries:
            self._probe(theirs)
        self.canaries, self.met = theirs, True

    def _probe(self, before: Canaries) -> None:
        """Ask a named game again what it answered before: nobody read what it is made of.

        Raises:
            StoreError: something else comes of it.
        """
        size = -(-len(self.players) // 8), 8 * len(self.outputs)
        for packed, case, draw, worth in before:
            if (len(packed), len(worth)) != size:
                raise StoreError(f"{self.shelf.path} is damaged: restore it from a copy")
            bits = np.frombuffer(packed, np.uint8)
            stay = np.unpackbits(bits, count=len(self.players)).astype(bool)[None]
            then = np.frombuffer(worth, "<f8")
            count(probes=1)
            now = self.inner.worth(stay, np.array([case]), np.array([draw]))[0]
            if not np.allclose(now, then, rtol=1e-6, atol=1e-9):
                o = int(np.argmax(np.abs(now - then)))
                who = some([n for n, s in zip(self.players.names, stay[0], strict=True) if s])
                raise StoreError(
                    f"{self.shelf.path} holds answers of another game called {self.name!r}: with "
                    f"{who} present (case {case}, draw {draw}) its {self.outputs[o]!r} was "
                    f"{then[o]:.6g}, and this game says {now[o]:.6g}. Nothing was mixed: give this "
                    "game another name."
                )


def _canaries(coalitions: Coalitions, cases: Cases, draws: Draws, worths: Worths) -> Canaries:
    """A few questions with about half of the players present, which tell most; with answers."""
    sizes = np.abs(2 * coalitions.sum(axis=1) - coalitions.shape[1])
    return [
        (
            np.packbits(coalitions[q]).tobytes(),
            int(cases[q]),
            int(draws[q]),
            worths[q].astype("<f8").tobytes(),
        )
        for q in np.argsort(sizes, kind="stable")[:_CANARIES]
    ]


def _prints(game: Game) -> dict[str, str]:
    """What tells a game that has a name from another one, by part."""
    try:
        whole = fingerprint(game)
    except UnnamedGameError:
        whole = ""
    return {**comparable(game), _WHOLE: whole}


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
