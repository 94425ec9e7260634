"""The process that runs a reader: it makes ready once, then forks a child for every batch.

A child that dies or hangs costs one fork; the next child goes on with the next file.
"""

import json
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from fuzz.damage import Reader, damage, found
from whence import WhenceError

_BATCH = 400
_HANGS = {signal.SIGPROF, signal.SIGALRM, signal.SIGXCPU}
_CHANGES = {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod",
            "os.truncate", "os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen",
            "socket.connect", "socket.bind", "shutil.rmtree"}  # fmt: skip
_GREED = ("bad_alloc", "MemoryError", "Cannot allocate", "allocate memory")


def main() -> None:
    """Do what the one argument says, and write a line for each file."""
    target, count, first, seconds, memory, report = json.loads(sys.argv[1])
    reader = found(target)()
    with Path(report).open("w") as out:
        at, end = first, first + count
        while at < end:
            for record in _batch(target, reader, range(at, min(end, at + _BATCH)), seconds, memory):
                out.write(json.dumps(record) + "\n")
                at = record[0] + 1


def _batch(
    target: str, reader: Reader, indices: range, seconds: float, memory: int
) -> Iterator[list[Any]]:
    """The records of a child, the last of which may be of its death."""
    ear, mouth = os.pipe()
    child = os.fork()
    if not child:
        os.close(ear)
        _child(target, reader, indices, seconds, memory, os.fdopen(mouth, "w"))
    os.close(mouth)
    done = indices.start
    with os.fdopen(ear) as lines:
        for line in lines:
            if line.endswith("\n"):
                record = json.loads(line)
                done = record[0] + 1
                yield record
    _, status = os.waitpid(child, 0)
    if done == indices.stop:
        return
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        kind = "hung" if number in _HANGS else "killed"
        yield [done, kind, signal.Signals(number).name]
    else:
        yield [done, "killed", f"exit code {os.WEXITSTATUS(status)}"]


def _child(
    target: str, reader: Reader, indices: range, seconds: float, memory: int, out: TextIO
) -> None:
    """Read file after file; never returns."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    sys.stdout = sys.stderr = os.fdopen(os.dup(null), "w")
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + memory, used + memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tempfile.gettempdir()  # the first call takes a lock and opens files: not inside the hook
    written: list[str] = []
    sys.addaudithook(lambda event, args: _watch(event, args, written))
    for index in indices:
        raw = damage(reader.corpus, f"{target} {index}")
        written.clear()
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_REAL, 10 * seconds)
        kind, text = _one(reader, raw)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        left = list(Path.cwd().iterdir())
        strays = [*written, *(path.name for path in left)]
        if strays:
            kind, text = "wrote", f"{strays[0]} ({text})"
        out.write(json.dumps([index, kind, text]) + "\n")
        out.flush()
        for path in left:
            path.rename(Path(tempfile.gettempdir()) / f"stray-{index}-{time.time_ns()}")
    os._exit(0)


def _one(reader: Reader, raw: bytes) -> tuple[str, str]:
    try:
        reader.read(raw)
    except WhenceError as error:
        text = str(error)
        if any(word in text for word in _GREED):
            return "greedy", text[:300]
        return ("wordy" if "\n" in text or len(text) > 1500 else "refused"), text[:300]
    except AssertionError as error:
        return "disagreed", f"{error}"[:300]
    except MemoryError as error:
        return "greedy", f"MemoryError: {error}"[:300]
    except BaseException as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        return "exception", f"{type(error).__name__} at {where}: {error}"[:300]
    return "answered", ""


def _watch(event: str, args: tuple[Any, ...], written: list[str]) -> None:
    """Note what is written or started, but for files in the folder for temporary ones."""
    if event == "open":
        path, mode, flags = args
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if writes and not _is_temporary(path):
            written.append(f"open {path} {mode}")
    elif event in _CHANGES and not (args and _is_temporary(args[0], args[-1])):
        written.append(f"{event} {args}"[:200])


def _is_temporary(path: object, folder: object = None) -> bool:
    if not isinstance(path, str | bytes | os.PathLike):
        return isinstance(path, int)  # a descriptor that is open already
    base = f"/proc/self/fd/{folder}" if isinstance(folder, int) and folder >= 0 else os.curdir
    text = os.path.realpath(Path(base) / os.fsdecode(path))
    work = os.path.realpath(os.curdir)
    inside = text.startswith(os.path.realpath(tempfile.gettempdir()) + os.sep)
    return text == os.devnull or (inside and not text.startswith(work + os.sep))


if __name__ == "__main__":
    main()
