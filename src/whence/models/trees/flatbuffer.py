"""Flatbuffers, as CatBoost keeps its models: tables whose fields are found by their number.

A table starts with the distance back to its list of fields, which has for each how far it lies from
the table's start (0 where it is not there). A vector is its length and its values; numbers are
little-endian, so a vector of numbers is read as a view.
Source: https://flatbuffers.dev/internals.
"""

from dataclasses import dataclass
from struct import Struct
from typing import Any, final

import numpy as np

_i32, _u32, _u16 = Struct("<i"), Struct("<I"), Struct("<H")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table.

    Attributes:
        raw: the whole buffer.
        start: where the table starts.
    """

    raw: bytes
    start: int

    @classmethod
    def root(cls, raw: bytes) -> "Table":
        """The table that a buffer holds."""
        return cls(raw, _at(raw, 0))

    def number(self, field: int, kind: str, default: float = 0) -> Any:
        """The number in this field."""
        at = self._field(field)
        return default if at is None else np.frombuffer(self.raw, kind, 1, at)[0].item()

    def numbers(self, field: int, kind: Any) -> np.ndarray:
        """The vector of numbers, or of structures of numbers, in this field."""
        start, count = self._vector(field)
        return np.frombuffer(self.raw, kind, count, start)

    def text(self, field: int) -> str:
        """The text in this field."""
        start, count = self._vector(field)
        if start + count > len(self.raw):
            raise IndexError(f"a text of {count} bytes at byte {start}")
        return self.raw[start : start + count].decode()

    def texts(self, field: int) -> list[bytes]:
        """The vector of texts in this field."""
        start, count = self._vector(field)
        found = []
        for k in range(count):
            at = _at(self.raw, start + 4 * k)
            size = int(_u32.unpack_from(self.raw, at)[0])
            if at + 4 + size > len(self.raw):
                raise IndexError(f"a text of {size} bytes at byte {at}")
            found.append(self.raw[at + 4 : at + 4 + size])
        return found

    def table(self, field: int) -> "Table":
        """The table in this field."""
        at = self._field(field)
        return Table(self.raw, _at(self.raw, self.start if at is None else at))

    def tables(self, field: int) -> list["Table"]:
        """The vector of tables in this field."""
        start, count = self._vector(field)
        return [Table(self.raw, _at(self.raw, start + 4 * k)) for k in range(count)]

    def count(self, field: int) -> int:
        """How many values the vector in this field has."""
        return self._vector(field)[1]

    def _field(self, field: int) -> int | None:
        fields = self.start - _i32.unpack_from(self.raw, self.start)[0]
        entry = 4 + 2 * field
        if entry >= _u16.unpack_from(self.raw, fields)[0]:
            return None
        shift = _u16.unpack_from(self.raw, fields + entry)[0]
        return self.start + shift if shift else None

    def _vector(self, field: int) -> tuple[int, int]:
        """Where the values start, and how many there are."""
        at = self._field(field)
        if at is None:
            return 0, 0
        start = _at(self.raw, at)
        return start + 4, int(_u32.unpack_from(self.raw, start)[0])


def _at(raw: bytes, place: int) -> int:
    """What the distance at this place leads to."""
    return place + int(_u32.unpack_from(raw, place)[0])
