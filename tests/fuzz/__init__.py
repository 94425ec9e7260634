"""Damaged files: what a reader does with thousands of them, seen from another process.

A *target* is named "module:function". The function takes nothing and returns a `Reader`: good files
as bytes, and a function of the bytes of one file that reads it and uses what it read. Then

    outcome = fuzz("fuzz.models:lightgbm", 300)
    assert not outcome.faults, outcome.words()

runs the reader on 300 damaged copies. It may raise a WhenceError of one line; it may answer; it
must not raise anything else, kill its process, hang, take more than its share of memory, or open a
file for writing outside the folder for temporary files. A reader that knows what the right answer
is raises AssertionError where a damaged file got another one.

Damage is a function of its key, so `damaged(target, index)` is the file again.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from fuzz.damage import Reader, damage, found

__all__ = ["Outcome", "Reader", "damaged", "fuzz"]
_TESTS = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Outcome:
    """What became of each damaged file.

    Attributes:
        counts: how many were "refused" and "answered", and how many of each kind of fault:
            "exception", "disagreed", "wordy", "killed", "hung", "greedy", "wrote".
        faults: [index, kind, words] of each file that ended in a fault.
        messages: how often each refusal was given, its numbers left out.
    """

    counts: dict[str, int]
    faults: list[tuple[int, str, str]]
    messages: dict[str, int]

    def words(self, most: int = 12) -> str:
        """The faults as lines of text."""
        lines = [f"{index:6d} {kind}: {text}" for index, kind, text in self.faults[:most]]
        return "\n".join([str(self.counts), *lines])


def fuzz(
    target: str,
    count: int,
    *,
    first: int = 0,
    seconds: float = 5.0,
    memory: int = 1 << 30,
    timeout: float = 600.0,
) -> Outcome:
    """Run a reader on damaged copies of its files, in child processes.

    Args:
        target: "module:function".
        count: how many damaged files.
        first: the index of the first one.
        seconds: of processor time that one file may take; ten times as much by the clock.
        memory: in bytes, how much more than the idle reader one file may take.
        timeout: in seconds, when the whole run is given up.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.jsonl"
        work = Path(folder) / "work"
        work.mkdir()
        job = [target, count, first, seconds, memory, str(report)]
        paths = [str(_TESTS), *sys.path]
        alone = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
        done = subprocess.run(
            [sys.executable, "-m", "fuzz.server", json.dumps(job)],
            cwd=work,
            env={**os.environ, **alone, "PYTHONPATH": os.pathsep.join(paths), "TMPDIR": folder},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{target} could not be run: {done.stderr[-2000:]}")
        records = [json.loads(line) for line in report.read_text().splitlines()]
    if len(records) != count:
        raise RuntimeError(f"{target}: {len(records)} results of {count} files")
    fine = {"refused", "answered"}
    return Outcome(
        dict(Counter(kind for _, kind, _ in records)),
        [(index, kind, text) for index, kind, text in records if kind not in fine],
        dict(Counter(_without_numbers(t) for _, kind, t in records if kind == "refused")),
    )


def damaged(target: str, index: int) -> bytes:
    """The damaged file with this index."""
    return damage(found(target)().corpus, f"{target} {index}")


def _without_numbers(text: str) -> str:
    return "".join("#" if c.isdigit() else c for c in text)[:160]
