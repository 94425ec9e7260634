"""Engines on this machine: in turn, in threads, in processes (joblib)."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import final

import cloudpickle
from joblib import Parallel, delayed

from whence._core.errors import positive
from whence._core.game import Game
from whence.engines.engine import Answer, Block, Engine, Sharded, answer


@final
@dataclass(frozen=True, slots=True)
class Serial(Engine):
    """One block after the other, in this thread."""

    @contextmanager
    def open(self, game: Game) -> Iterator[Game]:
        """Nothing to set up."""
        yield Sharded(game, lambda blocks: (answer(game, block) for block in blocks))


@final
@dataclass(frozen=True, slots=True)
class Threads(Engine):
    """Blocks in threads of this process; for models that let go of Python's lock.

    Args:
        workers: how many threads.

    Raises:
        OptionError: not a positive number.
    """

    workers: int

    def __post_init__(self) -> None:
        positive(self.workers, "workers", "threads")

    @contextmanager
    def open(self, game: Game) -> Iterator[Game]:
        """A pool of threads."""
        with Parallel(self.workers, backend="threading", return_as="generator") as pool:
            yield Sharded(game, lambda blocks: pool(delayed(answer)(game, b) for b in blocks))


@final
@dataclass(frozen=True, slots=True)
class Processes(Engine):
    """Blocks in other processes. The game travels to each of them once.

    Args:
        workers: how many processes.

    Raises:
        OptionError: not a positive number.
    """

    workers: int

    def __post_init__(self) -> None:
        positive(self.workers, "workers", "processes")

    @contextmanager
    def open(self, game: Game) -> Iterator[Game]:
        """A pool of processes, and a file that carries the game."""
        folder = tempfile.mkdtemp(prefix="whence-")
        path = Path(folder) / "game"
        path.write_bytes(cloudpickle.dumps(game))

        def run(blocks: Sequence[Block]) -> Iterable[Answer]:
            answers: Iterable[Answer] = pool(
                delayed(_elsewhere)(str(path), block) for block in blocks
            )
            return answers

        try:
            with Parallel(
                self.workers, backend="loky", batch_size=1, return_as="generator"
            ) as pool:
                yield Sharded(game, run)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _elsewhere(path: str, block: Block) -> Answer:
    return answer(_game(path), block)


@lru_cache(maxsize=2)
def _game(path: str) -> Game:
    game: Game = cloudpickle.loads(Path(path).read_bytes())
    return game
