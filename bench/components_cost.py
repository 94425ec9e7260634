"""What a method costs, the same for everybody: multiplications, passes, rows, seconds, memory.

A forward-equivalent is the floating-point work of one plain forward of all prompts, counted by
torch in matrix products, forwards and backwards alike: a forward that is cut short counts less than
one, and a backward about two. Seconds are measured apart, without the counter, in turns.
"""

import contextlib
import ctypes
import gc
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import torch
from components_nets import Net
from torch.utils.flop_counter import FlopCounterMode

HERE = Path(__file__).parent


def counted(net: Net, job: Callable[[], object], plain: int) -> dict:
    """Forward-equivalents, backward passes, and rows that went into the module."""
    rows = 0

    def note(_m: object, args: tuple, kwargs: dict) -> None:
        nonlocal rows
        rows += len(next(iter([*args, *kwargs.values()])))

    hook = net.module.register_forward_pre_hook(note, with_kwargs=True)
    try:
        with _backwards() as passes, FlopCounterMode(display=False) as counter:
            job()
    finally:
        hook.remove()
    return {
        "forward-equivalents": counter.get_total_flops() / plain,
        "backward passes": len(passes),
        "model rows": rows or None,  # None: it ran a copy
    }


def plain_forward(net: Net) -> int:
    """The work of one forward of all prompts."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        net.ask()
    return counter.get_total_flops()


@contextlib.contextmanager
def _backwards() -> Iterator[list]:
    """Every backward pass inside, however it is asked for."""
    passes: list[int] = []
    run = torch.autograd.graph._engine_run_backward  # noqa: SLF001 - all of torch's ways meet there

    def noted(*args: object, **kwargs: object) -> object:
        passes.append(1)
        return run(*args, **kwargs)

    with (
        mock.patch("torch.autograd._engine_run_backward", noted),
        mock.patch("torch.autograd.graph._engine_run_backward", noted),
    ):
        yield passes


def peak(net: str, job: str) -> float | None:
    """MiB at the most, over what was there before, in a process of its own."""
    words = [sys.executable, str(HERE / "components.py"), "--peak", net, job]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else None


def own_peak(job: Callable[[], object]) -> float:
    """MiB that a job takes at the most over what this process holds before."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what is free goes back, so that it shows when taken again
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = _status("VmRSS")
    job()
    return (_status("VmHWM") - before) / 1024


def _status(name: str) -> int:
    """KiB, as Linux says it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))
