"""What a zip holds, read with care: by name, and never more than a file of its size may hold.

A megabyte of zip can say that it is two gigabytes of zeros. Members that nobody names are not read,
an array is as long as its own head and the zip agree on, and all of them together have a bound.
"""

import math
import zipfile
from io import BytesIO
from typing import Any, final

import numpy as np

HEADER = 2**28  # bytes of a header: a million players take a third of it
_ROOM, _SHARE = 2**28, 200  # bytes of all members: any file's, and for each byte of the file
_HEAD = 10_000  # bytes of an array's head
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


@final
class Content:
    """The members of a zip.

    Args:
        archive: the zip.
        size: of its file, in bytes.

    Raises:
        ValueError: two members of one name.
    """

    __slots__ = ("archive", "members", "room")

    def __init__(self, archive: zipfile.ZipFile, size: int) -> None:
        self.archive, self.room = archive, max(_ROOM, _SHARE * size)
        self.members = {info.filename: info for info in archive.infolist()}
        if len(self.members) < len(archive.infolist()):
            raise ValueError("two of its members have one name")

    def text(self, name: str) -> bytes:
        """A member that is no array.

        Raises:
            ValueError: it is too long.
        """
        info = self._taken(name)
        if info.file_size > HEADER:
            raise ValueError(f"{name} is {info.file_size:,} bytes long")
        return self.archive.read(info)

    def array(self, name: str) -> np.ndarray:
        """A member that is an array.

        Raises:
            KeyError: there is none of that name.
            ValueError: it is no array, or of another length than it says.
        """
        info = self._taken(name)
        with self.archive.open(info) as member:
            length = _length(member)
        if length != info.file_size:
            raise ValueError(f"{name} says that it is {length:,} bytes, and is {info.file_size:,}")
        array = np.load(BytesIO(self.archive.read(info)), allow_pickle=False)
        return np.asarray(array, array.dtype.newbyteorder("="))  # other libraries take no other

    def _taken(self, name: str) -> zipfile.ZipInfo:
        if name not in self.members:
            raise KeyError(name.removesuffix(".npy"))
        info = self.members[name]
        self.room -= info.file_size
        if self.room < 0:
            raise ValueError("its members are too long for a file of its size")
        if info.compress_type not in _METHODS:
            raise ValueError(f"{name} is compressed in another way")
        return info


def _length(member: Any) -> int:
    """How many bytes an npy file has, by its head."""
    version = np.lib.format.read_magic(member)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[version]
    shape, _, dtype = read(member, max_header_size=_HEAD)
    if dtype.hasobject:
        raise ValueError("it holds objects")
    return int(member.tell() + math.prod(shape) * dtype.itemsize)
