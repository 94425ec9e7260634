"""One thread for linear algebra while a model answers, so that its bits do not depend on how many.

A matrix product sums in another order for another number of threads. The limit is a process-wide
setting: the first who needs it sets it, the last who leaves restores it.
"""

import functools
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, final


@final
class _Guard:
    """Counts who is inside."""

    __slots__ = ("inside", "limit", "lock")

    def __init__(self) -> None:
        self.inside = 0
        self.limit: Any = None
        self.lock = threading.Lock()


_guard = _Guard()


@functools.cache
def _controller(_loaded: tuple[bool, ...]) -> Any:
    """The libraries in this process; looked for again when one of ours has come in."""
    import threadpoolctl  # type: ignore[import-untyped]

    return threadpoolctl.ThreadpoolController()


@contextmanager
def one_thread() -> Iterator[None]:
    """Linear algebra on one thread inside the block."""
    with _guard.lock:
        if _guard.inside == 0:
            loaded = tuple(name in sys.modules for name in ("scipy.linalg", "sklearn", "torch"))
            _guard.limit = _controller(loaded).limit(limits=1, user_api="blas")
            _disown()
        _guard.inside += 1
    try:
        yield
    finally:
        with _guard.lock:
            _guard.inside -= 1
            if _guard.inside == 0:
                _guard.limit.restore_original_limits()
                _disown()


def _disown() -> None:
    """Let any thread set the next limit; else only the first one that ever did may, silently."""
    import threadpoolctl

    threadpoolctl.OpenBLASController.clear_controlling_thread(force=True)
