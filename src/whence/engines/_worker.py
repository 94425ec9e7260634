"""What happens where the work is done: a game arrives once, parcels of blocks are answered.

Whatever the game raises is brought home as it is, with its trace as a note; an error that cannot
travel is told in words, since one that breaks on the way would take the workers with it.
"""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn, final

import cloudpickle
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from whence._core.errors import EngineError, WhenceError
from whence._core.game import Game
from whence.engines.engine import Answer, Block, answer
from whence.models.threads import one_thread

# Work is shared among workers, so none of them shares its own. OMP_THREAD_LIMIT also holds back
# models that were told a number of threads.
ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OMP_THREAD_LIMIT",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "NUMBA_NUM_THREADS",
    ),
    "1",
)


@final
@dataclass(frozen=True, slots=True)
class Reply:
    """A parcel's answers, and the seconds that they took."""

    answers: list[Answer]
    seconds: float


@final
@dataclass(frozen=True, slots=True)
class Failure:
    """An error that travels: pickled, and where it was raised."""

    error: bytes
    trace: str

    def raised(self) -> NoReturn:
        """Raise it here; one that whence did not raise on purpose says where it comes from."""
        error: Exception = cloudpickle.loads(self.error)
        if not isinstance(error, WhenceError):
            error.add_note(f"In a worker:\n{self.trace}")
        raise error


def reply(game: Game, blocks: Sequence[Block]) -> Reply:
    """Answer a parcel."""
    start = time.perf_counter()
    with one_thread():
        answers = [answer(game, block) for block in blocks]
    return Reply(answers, time.perf_counter() - start)


def failure(error: Exception) -> Failure:
    """An error, made to travel."""
    trace = "".join(traceback.format_exception(error))
    try:
        pickled: bytes = cloudpickle.dumps(error)
        cloudpickle.loads(pickled)
    except Exception:
        told = EngineError(f"the game failed in a worker: {type(error).__name__}: {error}")
        pickled = cloudpickle.dumps(told)
    return Failure(pickled, trace)


def opened(pickled: Any) -> Game:
    """A game, unpacked where it will be asked.

    Raises:
        EngineError: it cannot be unpacked here.
    """
    try:
        game: Game = cloudpickle.loads(pickled)
    except Exception as error:
        raise EngineError(
            f"a worker cannot open the game: {type(error).__name__}: {error}. What the model and "
            "the game are made of must be importable there, in the same versions: install it for "
            "the workers, or use wh.engines.Threads."
        ) from error
    return game


@final
class Keeper:
    """Holds one game in a worker of its own (a Ray actor).

    Args:
        pickled: the game, as bytes of any kind.
        places: where the driver finds modules; some of these folders may be here too.
    """

    def __init__(self, pickled: Any, places: Sequence[str]) -> None:
        os.environ.update(ONE_THREAD)  # read by what the game loads
        sys.path.extend(place for place in places if place not in sys.path)
        self.pickled = pickled
        self.game: Game | None = None

    def ready(self) -> Failure | None:
        """Unpack the game."""
        try:
            self.game = opened(self.pickled)
        except Exception as error:
            return failure(error)
        self.pickled = None
        return None

    def reply(self, blocks: Sequence[Block]) -> Reply | Failure:
        """Answer a parcel."""
        try:
            return reply(self.game or opened(self.pickled), blocks)
        except Exception as error:
            return failure(error)


def settle() -> None:
    """Become a worker process: it leaves Ctrl-C to the driver, and ends when the driver is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_outlive, args=(os.getppid(),), daemon=True).start()


def _outlive(driver: int) -> NoReturn:
    """End this process a moment after its driver, even one that was killed."""
    while os.getppid() == driver:
        time.sleep(1)
    os._exit(1)


def alone() -> None:
    """Become a worker thread: the OpenMP teams that it starts have one member."""
    threadpool_limits(1, user_api="openmp")


def elsewhere(path: str, blocks: Sequence[Block]) -> Reply | Failure:
    """Answer a parcel about the game in this file."""
    try:
        return reply(_game(path), blocks)
    except Exception as error:
        return failure(error)


@lru_cache(maxsize=1)
def _game(path: str) -> Game:
    return opened(Path(path).read_bytes())
