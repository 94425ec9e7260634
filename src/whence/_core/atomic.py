"""Files that are whole or as they were, whoever is killed: the one way in which whence writes.

The content goes into a draft beside the target, is brought to the disk, and takes the target's name
in one step. The draft has a name that nobody can foretell, and is opened only where nothing stands,
so that no link in a shared folder says which file is written. What stood at the target lends its
mode and its owner. A link's target is written, and the link stays; a device or a pipe is written
into, since to replace it would take it from whoever reads there.
"""

import errno
import os
import secrets
import stat
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import final

from .errors import ResultError

READER = 5.0  # seconds that a named pipe may wait for somebody to read it
_BINARY: int = getattr(os, "O_BINARY", 0)  # Windows
_OPEN: int = os.O_WRONLY | _BINARY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_DRAFT: int = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY | getattr(os, "O_NOFOLLOW", 0)


def write_file(target: Path, content: bytes) -> Path:
    """Put this content in a file, all of it or nothing.

    Raises:
        ResultError: it cannot be written; what stood there is as it was.
    """
    write_files({target: content})
    return target


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Put contents in their files: all of them are ready before the first takes its name.

    Raises:
        ResultError: one of them cannot be written; none is then, unless a disk fails in between.
    """
    ready: list[_Draft | _Stream] = []
    target = Path()
    try:
        for target, content in contents.items():
            ready.append(_prepared(target, content))
        for one in sorted(ready, key=lambda one: isinstance(one, _Draft)):  # what may fail first
            target = one.target
            one.finish()
    except (OSError, ValueError) as error:  # ValueError: a name that no system takes
        raise _refusal(target, error) from error
    finally:
        for one in ready:
            one.discard()


def write_new(draft: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a file where nothing stands, and bring it to the disk.

    Args:
        draft: its path.
        content: what it holds.
        mode: its permissions, of which the process's umask takes some.

    Raises:
        OSError: something stands there, or it cannot be written.
    """
    with os.fdopen(os.open(draft, _DRAFT, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@final
@dataclass(frozen=True, slots=True)
class _Draft:
    """A file's content, beside the place where it belongs.

    Attributes:
        target: what the user called it.
        place: where that is, links followed.
        draft: where the content stands until then.
    """

    target: Path
    place: Path
    draft: Path

    def finish(self) -> None:
        self.draft.replace(self.place)

    def discard(self) -> None:
        with suppress(OSError):
            self.draft.unlink(missing_ok=True)


@final
@dataclass(frozen=True, slots=True)
class _Stream:
    """A device or a pipe, opened.

    Attributes:
        target: its path.
        content: what is to be written into it.
        handle: of the open file.
    """

    target: Path
    content: bytes
    handle: int

    def finish(self) -> None:
        os.set_blocking(self.handle, True)
        left = memoryview(self.content)
        while left:
            left = left[os.write(self.handle, left) :]

    def discard(self) -> None:
        with suppress(OSError):
            os.close(self.handle)


def _prepared(target: Path, content: bytes) -> _Draft | _Stream:
    """Everything that may fail, as far as it can be done before the target changes."""
    try:
        handle = _opened(target)  # as the kernel follows links, with all that it forbids
    except FileNotFoundError:
        return _drafted(target, content, None)
    now = os.fstat(handle)
    if not stat.S_ISREG(now.st_mode):
        return _Stream(target, content, handle)
    os.close(handle)
    return _drafted(target, content, now)


def _opened(target: Path) -> int:
    """What stands there, open for writing; nothing of it is changed."""
    until = time.monotonic() + READER
    while True:
        try:
            return os.open(target, _OPEN)
        except OSError as error:  # ENXIO: nobody reads that pipe yet
            if error.errno != errno.ENXIO or time.monotonic() > until:
                raise
        time.sleep(0.02)


def _drafted(target: Path, content: bytes, now: os.stat_result | None) -> _Draft:
    place = Path(os.path.realpath(target))
    made = _Draft(target, place, place.with_name(f".whence-{secrets.token_hex(8)}"))
    try:
        write_new(made.draft, content, 0o666 if now is None else 0o600)
        if now is not None:
            _lend(made.draft, now)
    except BaseException:
        made.discard()
        raise
    return made


def _lend(draft: Path, now: os.stat_result) -> None:
    """The owner and the mode of what stood there; who may not give a file away keeps it."""
    if os.name == "posix":
        with suppress(OSError):
            os.chown(draft, now.st_uid, now.st_gid)
    draft.chmod(stat.S_IMODE(now.st_mode) & 0o777)


def _refusal(target: Path, error: OSError | ValueError) -> ResultError:
    why = getattr(error, "strerror", None) or str(error)
    if getattr(error, "errno", None) == errno.ENXIO:
        why = f"it is a pipe, and nobody began to read it within {READER:g} s"
    return ResultError(f"cannot write {target}: {why}. Nothing was saved.")
