"""Engines on this machine: in turn, in threads, in processes."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import final

from joblib import cpu_count

from whence._core.errors import EngineError, OptionError, positive
from whence._core.game import Game
from whence.engines._packing import packed
from whence.engines._parcels import Crew
from whence.engines._worker import Failure, Reply, alone, elsewhere, reply
from whence.engines.engine import Block, Engine, Sharded, answer, working

_EACH = 64  # processes for each core, at most


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
        working(self.workers, "threads")

    @contextmanager
    def open(self, game: Game) -> Iterator[Game]:
        """A pool of threads."""
        pool = ThreadPoolExecutor(self.workers, "whence", initializer=alone)
        try:
            yield Sharded(game, _Futures(self, lambda blocks: pool.submit(reply, game, blocks)).run)
        finally:
            pool.shutdown(cancel_futures=True)


@final
@dataclass(frozen=True, slots=True)
class Processes(Engine):
    """Blocks in other processes. The game travels to each of them once.

    The processes stay for a few seconds when a run ends well, since the next one may want them.

    Args:
        workers: how many processes; at most 64 for each core, since each holds the model and what
            it is made of, and more of them are not quicker.

    Raises:
        OptionError: not a positive number, or more than that.
        EngineError: when opened: the game cannot be pickled. When asked: a process died.
    """

    workers: int

    def __post_init__(self) -> None:
        positive(self.workers, "workers", "processes")
        most = _EACH * cpu_count()
        if self.workers > most:
            raise OptionError(
                f"workers={self.workers:,} processes are more than {_EACH} for each of the "
                f"{cpu_count()} cores here, which no machine survives: give at most {most:,}, or "
                "wh.engines.Threads for a model that waits for a server"
            )

    @contextmanager
    def open(self, game: Game) -> Iterator[Game]:
        """A pool of processes, and a file that carries the game."""
        from whence.engines._carried import carried
        from whence.engines._pool import borrowed

        with carried(packed(game, self)) as path, borrowed(self.workers) as lent:
            crew = _Futures(self, lambda blocks: lent.pool.submit(elsewhere, path, blocks))
            yield Sharded(game, crew.run)
            lent.unfinished = crew.left


@final
class _Futures(Crew["Future[Reply | Failure]"]):
    """Those behind an executor.

    Args:
        engine: to be named in errors.
        submit: hands a parcel over.

    Attributes:
        left: a parcel was dropped that may still be at work.
    """

    def __init__(
        self,
        engine: Threads | Processes,
        submit: Callable[[Sequence[Block]], "Future[Reply | Failure]"],
    ) -> None:
        Crew.__init__(self, engine.workers)
        self.engine, self.submit, self.left = engine, submit, False

    def send(self, blocks: Sequence[Block]) -> "Future[Reply | Failure]":
        try:
            return self.submit(blocks)
        except BrokenProcessPool as error:
            raise self._died() from error

    def fetch(self, ticket: "Future[Reply | Failure]") -> Reply:
        try:
            got = ticket.result()
        except BrokenProcessPool as error:
            raise self._died() from error
        return got.raised() if isinstance(got, Failure) else got

    def drop(self, ticket: "Future[Reply | Failure]") -> None:
        self.left |= not ticket.done()  # not cancelled: loky's manager dies of that

    def _died(self) -> EngineError:
        return EngineError(
            f"a worker of {self.engine} died: the model crashed it, or the machine ran out of "
            "memory. Fewer workers take less memory, and wh.engines.Serial() shows where a model "
            "crashes."
        )
