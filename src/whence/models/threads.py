"""One thread while whence asks or fits in its own loops: linear algebra, OpenMP, boosters, joblib.

Two reasons. A sum over several threads is added up in another order, so that bits would depend on
how many there are. And a team of OpenMP threads waits for its slowest member, spinning, hundreds of
times a fit: beside one busy process that takes ten times as long, and many small calls gain nothing
from a team on a quiet machine either.

Linear algebra and LightGBM keep one number for the process: the first thread that comes in sets it,
the last that leaves restores it. OpenMP keeps one for each thread, which sets and restores its own.
"""

import ctypes
import functools
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, final

# Modules that bring libraries with threads: when one has come in, they are looked for again.
_BRINGING = (
    *("scipy.linalg", "sklearn.utils._openmp_helpers", "torch"),
    *("lightgbm.basic", "xgboost.core", "joblib"),
)
Undo = Callable[[], None]


@final
class _Process:
    """What the threads of this process share: who is inside, and how to restore what was."""

    __slots__ = ("inside", "loaded", "lock", "undo")

    def __init__(self) -> None:
        self.inside, self.loaded, self.lock = 0, frozenset[str](), threading.Lock()
        self.undo: list[Undo] = []


@final
class _Thread(threading.local):
    """What each thread has for itself."""

    def __init__(self) -> None:
        self.depth, self.loaded, self.torch = 0, frozenset[str](), False
        self.undo: list[Undo] = []


_process, _thread = _Process(), _Thread()


@contextmanager
def one_thread(*, torch: bool = True) -> Iterator[None]:
    """Models answer, and are fitted, on one thread inside the block.

    May be entered again, from any thread; what the user had set comes back with the last exit.

    Args:
        torch: torch too. False leaves it as it is: of a large network one call is work for several.
    """
    loaded, here = frozenset(name for name in _BRINGING if name in sys.modules), _thread
    here.depth += 1
    try:
        if here.depth == 1 or loaded > here.loaded or torch > here.torch:
            _enter(loaded, torch=torch)
        yield
    finally:
        here.depth -= 1
        if here.depth == 0:
            _leave()


def _enter(loaded: frozenset[str], *, torch: bool) -> None:
    """Hold back what was loaded since this thread came in, or all of it."""
    here, first = _thread, _thread.depth == 1
    with _process.lock:
        _process.inside += first
        if _process.inside == 1 or loaded > _process.loaded:
            _process.loaded = loaded
            _limit_process(loaded)
    here.loaded, here.torch = loaded, torch
    # asked first, since torch sets a thread's number when it is first asked for it
    before = sys.modules["torch"].get_num_threads() if "torch" in loaded else 1
    for library in _libraries(loaded).select(user_api="openmp").lib_controllers:
        here.undo.append(functools.partial(library.set_num_threads, library.get_num_threads()))
        library.set_num_threads(1)
    if before > 1 and not torch:  # its OpenMP may be everybody's
        sys.modules["torch"].set_num_threads(before)
    if "joblib" in loaded:
        config = sys.modules["joblib"].parallel_config(backend="sequential")
        here.undo.append(config.unregister)


def _leave() -> None:
    here = _thread
    _restore(here.undo)
    here.loaded, here.torch = frozenset(), False
    with _process.lock:
        _process.inside -= 1
        if _process.inside == 0:
            _restore(_process.undo)
            _disown()
            _process.loaded = frozenset()


def _restore(undo: list[Undo]) -> None:
    while undo:
        undo.pop()()


def _limit_process(loaded: frozenset[str]) -> None:
    limit = _libraries(loaded).limit(limits=1, user_api="blas")
    _disown()
    _process.undo.append(limit.restore_original_limits)
    if "lightgbm.basic" in loaded:  # it was told a number by its model, and heeds no other limit
        library, most = sys.modules["lightgbm.basic"]._LIB, ctypes.c_int(-1)  # noqa: SLF001
        try:
            library.LGBM_GetMaxThreads(ctypes.byref(most))
            library.LGBM_SetMaxThreads(ctypes.c_int(1))
        except AttributeError:  # before 4.3
            return
        _process.undo.append(lambda: library.LGBM_SetMaxThreads(most))


@functools.cache
def _libraries(_loaded: frozenset[str]) -> Any:
    """The libraries with threads in this process."""
    import threadpoolctl  # type: ignore[import-untyped]

    return threadpoolctl.ThreadpoolController()


def _disown() -> None:
    """Let any thread set the next limit; else only the first one that ever did may, silently."""
    import threadpoolctl

    threadpoolctl.OpenBLASController.clear_controlling_thread(force=True)
