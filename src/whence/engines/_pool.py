"""Worker processes, which outlive a run by a few seconds: the next one need not start its own.

Starting a process and importing what the model is made of takes a second or so. Processes that
were left in the middle of something are ended at once.
"""

import os
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, final

from joblib.externals.loky import ProcessPoolExecutor

from whence.engines._worker import ONE_THREAD, settle

_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows knows one way
PATIENCE = 10.0  # seconds that idle processes wait for another run


@final
class _Idle:
    """Pools that wait for another run, by their process and size, with the clocks that end them."""

    __slots__ = ("lock", "pools")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.pools: dict[tuple[int, int], tuple[Any, threading.Timer]] = {}

    def take(self, workers: int) -> Any:
        """A pool of this size: one that waits, or a new one."""
        with self.lock:
            pool, clock = self.pools.pop((os.getpid(), workers), (None, None))
        if clock is not None:
            clock.cancel()
        return pool or ProcessPoolExecutor(workers, initializer=settle, env=ONE_THREAD)

    def keep(self, workers: int, pool: Any) -> None:
        """Let a pool wait; one of each size is enough."""
        clock = threading.Timer(PATIENCE, self.end, (workers, pool))
        clock.daemon = True
        with self.lock:
            full = self.pools.setdefault((os.getpid(), workers), (pool, clock))[0] is not pool
        if full:
            end(pool)
        else:
            clock.start()

    def end(self, workers: int, pool: Any) -> None:
        """The patience is over, unless somebody took the pool meanwhile."""
        with self.lock:
            waits = self.pools.get((os.getpid(), workers), (None, None))[0] is pool
            if waits:
                del self.pools[os.getpid(), workers]
        if waits:
            end(pool)


def end(pool: Any) -> None:
    """End these processes, whatever they are doing.

    Killed one by one: loky's own way trips over parcels that wait to be sent, and leaves them all.
    """
    for pid in list(pool._processes):  # noqa: SLF001 - has no public name
        with suppress(ProcessLookupError):
            os.kill(pid, _KILL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # loky warns where there is no `pgrep`
        pool.shutdown(wait=True)


_idle = _Idle()


@final
class Lent:
    """A pool for one run.

    Attributes:
        pool: the executor.
        unfinished: something that it was given may still be at work.
    """

    __slots__ = ("pool", "unfinished")

    def __init__(self, pool: Any) -> None:
        self.pool = pool
        self.unfinished = True


@contextmanager
def borrowed(workers: int) -> Iterator[Lent]:
    """A pool of processes for one run; kept for the next one if the borrower says that it ended."""
    lent = Lent(_idle.take(workers))
    try:
        yield lent
    finally:
        if lent.unfinished:
            end(lent.pool)
        else:
            _idle.keep(workers, lent.pool)
