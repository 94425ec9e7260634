"""What a file must be before SQLite may have it, and what SQLite's errors mean to a user."""

import sqlite3
from pathlib import Path

from whence._core.errors import StoreError

PATIENCE = 60.0  # seconds to wait for another process that writes
_MAGIC = b"SQLite format 3\0"


def refuse_others(path: Path, *, new: bool) -> None:
    """Refuse what SQLite would take for its own, or would overwrite."""
    try:
        head = _head(path, new=new)
    except StoreError:
        raise
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise StoreError(f"{path} cannot be read: {why}") from error
    if head and not head.startswith(_MAGIC):
        raise StoreError(
            f"{path} is not a store of worths. Nothing was written to it: give keep= a path of its "
            "own, or the path of a store."
        )
    _refuse_cut(path, head)


def _head(path: Path, *, new: bool) -> bytes:
    """The first bytes of a file; none of one that is still to be made."""
    if path.is_dir():
        raise StoreError(f"{path} is a folder: keep= is the path of a file")
    if not path.parent.is_dir():
        raise StoreError(f"there is no folder {path.parent}: make it first")
    if not path.exists():
        if not new:
            raise StoreError(f"there is no file {path}: keep= makes one")
        return b""
    if not path.is_file():
        raise StoreError(f"{path} is a pipe or a device: keep= is the path of a file")
    with path.open("rb") as file:
        return file.read(100)


def _refuse_cut(path: Path, head: bytes) -> None:
    """A file that is shorter than it says was cut off, unless its log has the rest."""
    if not head:
        return
    log = path.with_name(f"{path.name}-wal")
    page = int.from_bytes(head[16:18], "big")
    said = int.from_bytes(head[28:32], "big") * (65536 if page == 1 else page)
    if len(head) < 100 or (path.stat().st_size < said and not log.exists()):
        raise StoreError(
            f"{path} was cut off: {path.stat().st_size:,} bytes are there, of {said:,}. Nothing "
            "was written to it: restore it from a copy, or keep= another file."
        )


_SAFE = "What was kept before is safe: {}, and the run goes on from there."
_MEANINGS = {
    "SQLITE_FULL": "the disk is full ({}). " + _SAFE.format("make room and ask again"),
    "SQLITE_IOERR": "the disk failed ({}): it may be full, or gone. "
    + _SAFE.format("mend that and ask again"),
    "SQLITE_BUSY": f"another process has been writing to it for {PATIENCE:g} seconds ({{}}). Wait "
    "for it, or keep= another file.",
    "SQLITE_READONLY": "it, or its folder, cannot be written ({}). Keep a file that can be.",
    "SQLITE_CANTOPEN": "it, or its folder, cannot be written ({}). Keep a file that can be.",
}
_DAMAGED = (
    "it is damaged ({}). Nothing more was written: restore it from a copy, or keep= another file."
)


def meaning(error: sqlite3.Error | UnicodeDecodeError) -> str:
    """What happened, and what to do."""
    if isinstance(error, UnicodeDecodeError):
        return _DAMAGED.format("text that is none")
    name = getattr(error, "sqlite_errorname", "")  # of errors that SQLite itself raised
    if name == "SQLITE_INTERRUPT":
        return _DAMAGED.format("reading it never ends")
    known = next((said for start, said in _MEANINGS.items() if name.startswith(start)), _DAMAGED)
    return known.format(" ".join(str(error).split())[:200])
