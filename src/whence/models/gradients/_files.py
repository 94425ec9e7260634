"""Files that are whole or absent, whoever is killed: written aside, sealed, synced, then renamed.

A rename within a folder is atomic, so a reader sees the file of one writer or of the other, never
half of one. The content is on the disk before its name is.
"""

import hashlib
import os
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np

from whence._core.atomic import write_new
from whence._core.errors import StoreError

SEAL = 16  # bytes
_ASIDE = ".aside-"
_STALE = 3600.0  # seconds, after which nobody still writes what was put aside


def seal(parts: Iterable[bytes]) -> bytes:
    """16 bytes that say whether a byte of the parts has changed."""
    digest = hashlib.blake2b(digest_size=SEAL)
    for part in parts:
        digest.update(part)
    return digest.digest()


def npy(array: np.ndarray) -> list[bytes]:
    """What `np.save` would write, in two pieces: its header, and the numbers."""
    plain = np.ascontiguousarray(array)
    return [npy_header(plain.shape, plain.dtype), plain.tobytes()]


def npy_header(shape: tuple[int, ...], dtype: np.dtype) -> bytes:
    """The head of an npy file of this shape."""
    head = BytesIO()
    said = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(head, said)
    return head.getvalue()


def put(target: Path, parts: Sequence[bytes], *, anew: bool = True) -> bool:
    """Write a file: all of it, or nothing. Says whether it was written.

    Args:
        target: where.
        parts: its content, one after the other.
        anew: take the place of a file that is there; otherwise that one stays.

    Raises:
        StoreError: it cannot be written.
    """
    aside = target.with_name(f"{_ASIDE}{target.name}-{secrets.token_hex(8)}")
    with told(target, "written"):
        try:
            write_new(aside, b"".join(parts))
            written = _named(aside, target, anew=anew)
        finally:
            aside.unlink(missing_ok=True)
        _sync_folder(target.parent)
    return written


def _named(aside: Path, target: Path, *, anew: bool) -> bool:
    if anew:
        aside.replace(target)
        return True
    try:
        target.hardlink_to(aside)
    except FileExistsError:
        return False
    except OSError:  # a disk that knows no second names: whoever is quicker stays, nearly always
        if target.exists():
            return False
        aside.replace(target)
    return True


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path) -> None:
    """Remove what killed writers left behind."""
    for left in folder.glob(f"{_ASIDE}*"):
        with told(left, "removed"):
            try:
                if time.time() - left.stat().st_mtime > _STALE:
                    left.unlink()
            except FileNotFoundError:  # its writer has just named it
                continue


@contextmanager
def told(path: Path, what: str) -> Iterator[None]:
    """The system's errors, in words that say what to do."""
    try:
        yield
    except StoreError:
        raise
    except OSError as error:
        raise StoreError(
            f"{path} could not be {what}: {error.strerror or error}. Blocks that are there are "
            "whole and stay: mend that, and run again."
        ) from error
