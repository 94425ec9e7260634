"""The members of a skops file: their sizes, and arrays against what their headers say."""

import io
import math
import zipfile
from collections.abc import Mapping
from typing import Any

from numpy.lib import format as npy

from whence.models.trees.damage import DamageError

_INFLATED = 100  # how many times the file's size its members may take, in all
_SMALL = 1 << 24
_EMPTY = 1 << 16  # values without bytes that an array may have
_ARRAYS = {"NdArrayNode", "DTypeNode"}


def check_sizes(members: zipfile.ZipFile, size: int) -> None:
    """Refuse a zip that swells, or names a member twice.

    Raises:
        DamageError: it does.
    """
    infos = members.infolist()
    total = sum(info.file_size for info in infos)
    if total > max(_SMALL, _INFLATED * size):
        raise DamageError(f"its members would take {total:,} bytes, and the file has {size:,}")
    if len({info.filename for info in infos}) < len(infos):
        raise DamageError("two of its members have one name")


def check_member(node: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    """Refuse arrays whose headers say something else than their bytes.

    Raises:
        DamageError: they do.
    """
    if node["__loader__"] in _ARRAYS and "file" in node:
        _check_array(files[node["file"]])
    elif node["__loader__"] == "SparseMatrixNode":
        raw = files[str(node.get("file"))]
        with zipfile.ZipFile(io.BytesIO(raw)) as members:
            check_sizes(members, len(raw))
            for name in members.namelist():
                _check_array(members.read(name))


def _check_array(raw: bytes) -> None:
    file = io.BytesIO(raw)
    version = npy.read_magic(file)
    if version not in {(1, 0), (2, 0)}:
        raise DamageError(f"an array of format {version}")
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, kind = read(file)
    count, rest = math.prod(shape), len(raw) - file.tell()
    if kind.hasobject:
        raise DamageError("an array of objects, which only a pickle can hold")
    if count * kind.itemsize != rest or (not kind.itemsize and count > _EMPTY):
        raise DamageError(f"an array of {kind} and shape {shape} has {rest:,} bytes")
