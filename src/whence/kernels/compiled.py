"""How kernels are compiled, where they are kept, and how they are spread over cores.

Compiled when first called. No kernel starts threads of its own: each works on a slice, without
Python's lock, and `spread` hands the slices out. A slice's work never depends on the others, so
bits do not depend on the number of cores.
"""

import hashlib
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from inspect import unwrap
from pathlib import Path
from typing import Any

import numba

_TASKS = 16  # for each core: fewer wait for the slowest, more cost more than they do


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
    homes = [own / "__pycache__", Path("~/.cache/whence").expanduser()]
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


def spread(work: Callable[[int], None], slices: Iterable[int]) -> None:
    """Do the work of each slice, on every core; the first error is raised."""
    todo = list(slices)

    def some(mine: list[int]) -> None:
        for each in mine:
            work(each)

    if cores() == 1 or len(todo) < 2:
        return some(todo)
    size = -(-len(todo) // (_TASKS * cores()))
    tasks = [todo[at : at + size] for at in range(0, len(todo), size)]
    under_way = [_pool(os.getpid()).submit(some, mine) for mine in tasks]
    try:
        for done in under_way:
            done.result()
    finally:  # an error, or an interrupt: what was not begun is not wanted any more
        for left in under_way:
            left.cancel()


def spread_ranges(work: Callable[[int, int], None], many: int) -> None:
    """Do the work of all items, some at a time: `work(first, end)`. Calls into kernels are dear."""
    size = max(1, -(-many // (_TASKS * cores())))
    spread(lambda first: work(first, min(first + size, many)), range(0, many, size))
