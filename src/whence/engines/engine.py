"""What an engine is: something that opens a game so that its questions are answered elsewhere.

Bits cannot depend on the workers because nothing they see does: questions are cut into blocks of a
fixed size, whatever the number of workers; linear algebra runs on one thread, since its last bits
change with the number of threads; and parallelism inside a model is left to the engine.
"""

import abc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, final

import numpy as np
from joblib import parallel_config

from whence._core.errors import OptionError, positive
from whence._core.game import BlockGame, Game, PooledGame, Through, view
from whence._core.meter import Meter, count_worker, metering
from whence._core.network_game import NetworkGame
from whence._core.types import Cases, Coalitions, Draws, Worths
from whence._core.wrap import AllCases
from whence.models.threads import one_thread

# Model rows in a block, about. A boosted model starts its threads once a tree and call, so calls
# are large; a full step of ten features still makes ten blocks, for ten workers to share.
ROWS = 8192
# Questions in a block of a game that does not say how many rows one takes: few enough that a slow
# game keeps several workers busy and little is lost with one, many enough that the way there is
# cheap. A question to a joint game is a training: each is a block.
QUESTIONS = 64
# Blocks grow with what was asked before them, so that several workers share the first steps too.
FEW, SHARES = 8, 8
Block = tuple[np.ndarray, np.ndarray, np.ndarray]  # coalitions, cases, draws
Answer = tuple[np.ndarray, Meter]
Run = Callable[[Sequence[Block]], Iterable[Answer]]  # answers in order, as they come


_MOST = 1000


def working(workers: Any, what: str) -> None:
    """Refuse numbers of workers that no machine has.

    Raises:
        OptionError: not a positive number, or more than a thousand.
    """
    positive(workers, "workers", what)
    if workers > _MOST:
        raise OptionError(f"workers is at most {_MOST:,} {what}; given {workers:,}")


class Engine(abc.ABC):
    """Opens games for asking."""

    @abc.abstractmethod
    def open(self, game: Game) -> AbstractContextManager[Game]:
        """The same game, answered here, for as long as the context lasts."""


@final
class Sharded(Through):
    """The same game, its questions cut into fixed blocks.

    Args:
        inner: the game.
        run: answers blocks, and yields in order what came back.
    """

    def __init__(self, inner: Game, run: Run) -> None:
        Through.__init__(self, inner)
        self.run, self.asked = run, 0
        self.least, self.block = _sizes(inner)

    def size(self, questions: int) -> int:
        """Questions in each block of the call that has so many, which come next.

        A function of what was asked before them alone: a run that is cut short, or finds some of
        its answers in a store, has the same blocks as any other.
        """
        size = min(max(self.asked // SHARES, self.least), self.block)
        self.asked += questions
        return size

    def stream(
        self, coalitions: Coalitions, cases: Cases, draws: Draws, size: int
    ) -> Iterator[Answer]:
        """The worths of one block of this size after the other, as they come, and their cost."""
        cuts = [slice(s, s + size) for s in range(0, len(coalitions), size)]
        for worths, meter in self.run([(coalitions[c], cases[c], draws[c]) for c in cuts]):
            count_worker(meter)
            yield worths, meter

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> Worths:
        blocks = self.stream(coalitions, cases, draws, self.size(len(coalitions)))
        return np.concatenate([worths for worths, _ in blocks])


def _sizes(game: Game) -> tuple[int, int]:
    """Questions in a block, at least and at most: by the game's type alone, so that bits are."""
    if view(game, AllCases) is not None:
        return 1, 1
    if view(game, BlockGame) is not None:  # its questions are cheap together, and dear alone
        return ROWS, ROWS
    if view(game, NetworkGame) is not None:  # its prompts make a batch, and are asked together
        return FEW * game.n_cases, QUESTIONS * game.n_cases
    pooled = view(game, PooledGame)
    if pooled is None:
        return FEW, QUESTIONS
    rows = max(QUESTIONS, ROWS // pooled.sample)  # calls of a table's model are dear in themselves
    return rows, rows


def answer(game: Game, block: Block) -> Answer:
    """One block's worths, and what they cost."""
    with metering(alone=True) as meter, one_thread(), parallel_config(backend="sequential"):
        return game.worth(*block), meter
