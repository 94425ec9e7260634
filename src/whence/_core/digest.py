"""A digest of what an answer says: equal in every format, another one for any change.

It is SHA-256 over the header as JSON, and over each array's name, shape and numbers. How a format
writes things down does not count: the order of fields, 1 or 1.0, one NaN or another, -0 or 0.
Whoever changes an answer can make its digest anew: it tells damage, and not who wrote what.
"""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

import numpy as np

from .scalars import plain

Arrays = Mapping[str, np.ndarray]


def digest(header: Mapping[str, Any], arrays: Arrays, tables: Mapping[str, Arrays]) -> str:
    """Of an answer, taken apart: "sha256:" and 64 hexadecimal digits.

    Args:
        header: words, names and settings, as JSON has them.
        arrays: by field.
        tables: by field, then by name.
    """
    state = sha256(_canonical(header))
    for table, held in sorted([("", arrays), *tables.items()]):
        for name in sorted(held):
            for piece in (table.encode(), name.encode(errors="surrogatepass"), *_bytes(held[name])):
                state.update(len(piece).to_bytes(8, "little"))
                state.update(piece)
    return f"sha256:{state.hexdigest()}"


def _canonical(value: Any) -> bytes:
    return json.dumps(_same(value), sort_keys=True, separators=(",", ":")).encode()


def _same(value: Any) -> Any:
    """Numbers in the one form that every JSON library leaves alone."""
    if isinstance(value, Mapping):
        return {name: _same(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_same(entry) for entry in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _bytes(array: np.ndarray) -> Iterable[bytes]:
    kind = array.dtype.kind
    yield f"{kind}{array.shape}".encode()
    if kind == "f":
        numbers = array.astype("<f8") + 0.0
        yield np.where(np.isnan(numbers), np.nan, numbers).tobytes()
    elif kind in "iub":
        yield array.astype("<i8").tobytes()
    elif kind in "mM":
        yield array.dtype.str[1:].encode()
        yield array.astype("<i8").tobytes()
    else:
        yield _canonical(plain(array))
