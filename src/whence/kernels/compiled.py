"""How kernels are compiled, where they are kept, and how they are spread over cores.

Compiled when first called. No kernel starts threads of its own: each works on a slice, without
Python's lock, and `spread` hands the slices out. A slice's work never depends on the others, so
bits do not depend on the number of cores.
"""

import hashlib
import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from inspect import unwrap
from pathlib import Path
from typing import Any, final

import numba

from whence._core.deadline import check_deadline, remaining_seconds
from whence._core.errors import OutOfTimeError

_TASKS = 16  # for each core: fewer wait for the slowest, more cost more than they do
_FAR = 1e6  # seconds, beyond which a deadline is none


def compiled(function: Callable[..., Any]) -> Any:
    """Compile lazily, without Python's lock, into a cache on disk."""
    return _compiled(function)


def inner(function: Callable[..., Any]) -> Any:
    """As `compiled`, for a part of kernels: Python cannot call it, so there is less to compile."""
    return _compiled(function, no_cpython_wrapper=True)


def _compiled(function: Callable[..., Any], **less: bool) -> Any:
    place, before = _kept(), numba.config.CACHE_DIR
    numba.config.CACHE_DIR = place
    try:
        jit = numba.njit(nogil=True, cache=bool(place), no_cfunc_wrapper=True, **less)
        return jit(unwrap(function))
    finally:
        numba.config.CACHE_DIR = before


@cache
def _kept() -> str:
    """A folder for the compiled kernels of exactly these sources; none where nothing can be kept.

    Numba looks at a kernel's own file alone, and would go on calling an older neighbour.
    """
    own = Path(__file__).parent
    source = b"".join(path.read_bytes() for path in sorted(own.glob("*.py")))
    name = f"kernels-{hashlib.sha256(source).hexdigest()[:16]}"
    homes = [own / "__pycache__"]
    with suppress(RuntimeError):  # of who has no home
        homes.append(Path("~/.cache/whence").expanduser())
    if numba.config.CACHE_DIR:
        homes = [Path(numba.config.CACHE_DIR)]
    for home in homes:
        try:
            (home / name).mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(home / name, os.W_OK):
            return str(home / name)
    return ""


@cache
def cores() -> int:
    """How many threads kernels may use: the cores of this process, or `NUMBA_NUM_THREADS`."""
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(os.environ.get("NUMBA_NUM_THREADS", own))


@cache
def _pool(process: int) -> ThreadPoolExecutor:
    del process  # a forked child needs threads of its own
    return ThreadPoolExecutor(cores(), thread_name_prefix="whence-kernel")


@final
class _Thread(threading.local):
    """What each thread knows: the flag that ends the work it has a share of, if it has one."""

    stop: threading.Event | None = None


_thread = _Thread()


@final
class _StoppedError(Exception):
    """Nobody waits for this work any more."""


def spread(work: Callable[[int], None], slices: Iterable[int]) -> None:
    """Do the work of each slice, on every core; the first error is raised.

    Work that spreads work of its own does that in place: a pool whose threads all wait for tasks
    has nobody left to do them. An interrupt, an error or the deadline ends the wait at once; what
    was not begun never is, and what is under way ends with its slice.

    Raises:
        OutOfTimeError: the deadline came first.
    """
    todo = list(slices)
    if _thread.stop is not None or cores() == 1 or len(todo) < 2:
        return _in_turn(work, todo)
    size = -(-len(todo) // (_TASKS * cores()))
    stop, under_way = threading.Event(), list[Future[None]]()
    try:
        for at in range(0, len(todo), size):
            task = _pool(os.getpid()).submit(_share, work, todo[at : at + size], stop)
            under_way.append(task)
        for done in under_way:
            _await(done)
    finally:
        stop.set()
        for left in under_way:
            left.cancel()


def _in_turn(work: Callable[[int], None], todo: list[int]) -> None:
    stop = _thread.stop
    for each in todo:
        if stop is not None and stop.is_set():
            raise _StoppedError
        check_deadline()
        work(each)


def _share(work: Callable[[int], None], mine: list[int], stop: threading.Event) -> None:
    """In a thread of the pool."""
    _thread.stop = stop
    try:
        _in_turn(work, mine)
    finally:
        _thread.stop = None


def _await(task: "Future[None]") -> None:
    left = remaining_seconds()
    try:
        task.result(timeout=left if left < _FAR else None)
    except TimeoutError:
        if task.done():  # meanwhile; or the error is its own
            return task.result()
        raise OutOfTimeError from None


def spread_ranges(work: Callable[[int, int], None], many: int) -> None:
    """Do the work of all items, some at a time: `work(first, end)`. Calls into kernels are dear."""
    size = max(1, -(-many // (_TASKS * cores())))
    spread(lambda first: work(first, min(first + size, many)), range(0, many, size))
