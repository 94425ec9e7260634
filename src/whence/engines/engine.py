"""What an engine is: something that opens a game so that its questions are answered elsewhere.

Bits cannot depend on the workers because nothing they see does: questions are cut into blocks of a
fixed size, whatever the number of workers; linear algebra runs on one thread, since its last bits
change with the number of threads; and parallelism inside a model is left to the engine.
"""

import abc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import final

import numpy as np
from joblib import parallel_config

from whence._core.game import BlockGame, Game, PooledGame, Through, view
from whence._core.meter import Meter, count, metering
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
Block = tuple[np.ndarray, np.ndarray, np.ndarray]  # coalitions, cases, draws
Answer = tuple[np.ndarray, Meter]
Run = Callable[[Sequence[Block]], Iterable[Answer]]  # answers in order, as they come


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
        self.run = run
        self.block = _block(inner)

    def stream(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> Iterator[Answer]:
        """The worths of one block after the other, as they come, and what each block cost."""
        cuts = [slice(s, s + self.block) for s in range(0, len(coalitions), self.block)]
        for worths, meter in self.run([(coalitions[c], cases[c], draws[c]) for c in cuts]):
            count(evaluations=meter.evaluations, rows=meter.rows, found=meter.found)
            yield worths, meter

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> Worths:
        return np.concatenate([worths for worths, _ in self.stream(coalitions, cases, draws)])


def _block(game: Game) -> int:
    """Questions in a block."""
    if view(game, AllCases) is not None:
        return 1
    if view(game, BlockGame) is not None:  # its questions are cheap together, and dear alone
        return ROWS
    pooled = view(game, PooledGame)
    return QUESTIONS if pooled is None else max(QUESTIONS, ROWS // pooled.sample)


def answer(game: Game, block: Block) -> Answer:
    """One block's worths, and what they cost."""
    with metering(alone=True) as meter, one_thread(), parallel_config(backend="sequential"):
        return game.worth(*block), meter
