"""Universal Binary JSON, as XGBoost writes its models.

Every value has a mark before it, numbers are big-endian, lengths are 64 bits wide (`L`), and an
array whose values are of one kind says so (`[$d#`) and keeps them side by side: such an array is
read as a view, without a loop. XGBoost adds unsigned kinds (u, m, M), as BJData does.
Source: https://ubjson.org; https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html.
"""

from collections.abc import Callable
from struct import Struct, error
from typing import Any, TypeAlias

import numpy as np

from whence._core.errors import ModelFileError

_Read: TypeAlias = Callable[[bytes, int], tuple[Any, int]]
_NUMBERS = {
    ord(mark): (np.dtype(kind), Struct(code))
    for mark, kind, code in [
        ("i", ">i1", ">b"), ("U", ">u1", ">B"), ("I", ">i2", ">h"), ("u", ">u2", ">H"),
        ("l", ">i4", ">i"), ("m", ">u4", ">I"), ("L", ">i8", ">q"), ("M", ">u8", ">Q"),
        ("d", ">f4", ">f"), ("D", ">f8", ">d"),
    ]
}  # fmt: skip
_length = Struct(">xq").unpack_from  # its mark, which is always L, and the number
_END, _OF, _MANY, _LONG = b"}$#L"


def loads(raw: bytes | bytearray) -> Any:
    """The value that these bytes hold: dicts, lists, text, numbers, and arrays of numbers.

    Raises:
        ModelFileError: a mark that is not known, or bytes that end too early.
    """
    raw = bytes(raw)
    try:
        found, end = _READ[raw[0]](raw, 1)
    except (IndexError, KeyError, ValueError, RecursionError, error) as problem:
        raise ModelFileError(f"these bytes are not XGBoost's UBJSON: {problem!r}") from problem
    if end != len(raw):
        raise ModelFileError(
            f"these bytes are not XGBoost's UBJSON: {len(raw) - end} are left over"
        )
    return found


def _object(raw: bytes, at: int) -> tuple[dict[str, Any], int]:
    found = {}
    while raw[at] != _END:
        start = at + 9  # as in _text, which costs too much to call for every key
        at = start + _length(raw, at)[0]
        if at < start:
            raise ValueError(f"a length below 0 at byte {start}")
        key = raw[start:at].decode()
        if key in found or raw[start - 9] != _LONG:
            raise ValueError(f"a key that is twice there, or has no length, at byte {start}")
        found[key], at = _READ[raw[at]](raw, at + 1)
    return found, at + 1


def _array(raw: bytes, at: int) -> tuple[Any, int]:
    if raw[at] == _OF:
        kind, _ = _NUMBERS[raw[at + 1]]
        count = _length(raw, at + 3)[0]
        if raw[at + 2] != _MANY or raw[at + 3] != _LONG or count < 0:
            raise ValueError(f"an array without a length at byte {at}")
        return np.frombuffer(raw, kind, count, at + 12), at + 12 + count * kind.itemsize
    if raw[at] != _MANY or raw[at + 1] != _LONG:
        raise ValueError(f"an array without a length at byte {at}")
    found = []
    count, at = _length(raw, at + 1)[0], at + 10
    if not 0 <= count <= len(raw) - at:
        raise ValueError(f"an array of {count} values at byte {at}")
    for _ in range(count):
        item, at = _READ[raw[at]](raw, at + 1)
        found.append(item)
    return found, at


def _text(raw: bytes, at: int) -> tuple[str, int]:
    start = at + 9
    end = start + _length(raw, at)[0]
    if not start <= end <= len(raw) or raw[at] != _LONG:
        raise ValueError(f"a text without a length at byte {at}")
    return raw[start:end].decode(), end


def _number(number: Struct) -> _Read:
    return lambda raw, at: (number.unpack_from(raw, at)[0], at + number.size)


def _word(word: bool | None) -> _Read:
    return lambda _raw, at: (word, at)


_READ: dict[int, _Read] = {
    ord("{"): _object,
    ord("["): _array,
    ord("S"): _text,
    ord("T"): _word(True),
    ord("F"): _word(False),
    ord("Z"): _word(None),
    **{mark: _number(number) for mark, (_, number) in _NUMBERS.items()},
}
