"""What a store of gradients holds, and so how many bytes each of its files has.

header.json    what it was made for, and its shape
block-*.npy    [rows, dim] numbers, as `np.load` reads them; then, where rows have columns of their
               own, a second npy array, [rows, columns]; then a seal of 16 bytes
kernel.npy     [dim, dim], once a question needed it
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal, final

import numpy as np

from whence._core.errors import OptionError, StoreError, did_you_mean, positive
from whence.models.gradients._files import SEAL, npy_header

FORMAT = 1
KIND = "gradient store"
Numbers = Literal["float32", "float16"]
MOST = 10**6  # blocks: a folder of more files is no use to anybody
_DTYPES: dict[str, str] = {"float32": "<f4", "float16": "<f2"}
EXTRA = np.dtype("<f8")


@final
@dataclass(frozen=True, slots=True)
class Layout:
    """The shape of a store, and what it was made for.

    Args:
        rows: of the training data.
        dim: numbers in a row, after the projection.
        key: what the numbers are a function of, such as the fingerprints of the model and of the
            data, and `repr(projection)`; texts by name.
        block: rows in a file.
        dtype: "float32", or "float16": half the disk, and 3 digits.
        extra: names of further columns, kept in float64 beside each row.

    Raises:
        OptionError: something else than that.
    """

    rows: int
    dim: int
    key: Mapping[str, str]
    block: int = 4096
    dtype: Numbers = "float32"
    extra: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        positive(self.rows, "rows", "of the training data")
        positive(self.dim, "dim", "numbers in a projected gradient")
        positive(self.block, "block", "rows in a file")
        if self.dtype not in _DTYPES:
            raise OptionError(f"no dtype {self.dtype!r}. {did_you_mean(self.dtype, _DTYPES)}")
        if self.blocks > MOST:
            raise OptionError(
                f"rows={self.rows:,} in blocks of {self.block:,} are {self.blocks:,} files, and "
                f"{MOST:,} are the most: give a larger block"
            )
        texts = [*self.key, *self.key.values(), *self.extra]
        if not self.key or not all(isinstance(t, str) and t for t in texts):
            raise OptionError(
                "a store needs a key of texts, such as {'model': fingerprint(model), 'data': "
                f"fingerprint(rows), 'projection': repr(projection)}}; given {dict(self.key)!r}"
            )
        if len(set(self.extra)) != len(self.extra):
            raise OptionError(f"two extra columns have one name: {self.extra}")

    @property
    def blocks(self) -> int:
        """How many files of rows there are in the end."""
        return -(-self.rows // self.block)

    @property
    def numpy(self) -> np.dtype:
        """The numbers as they stand on disk."""
        return np.dtype(_DTYPES[self.dtype])

    def span(self, block: int) -> range:
        """The rows of a block.

        Raises:
            OptionError: there is no such block.
        """
        if isinstance(block, bool) or not isinstance(block, (int, np.integer)):
            raise OptionError(f"a block is a whole number; given {block!r}")
        if not 0 <= block < self.blocks:
            raise OptionError(f"there is no block {block}: they are 0 to {self.blocks - 1}")
        return range(int(block) * self.block, min((int(block) + 1) * self.block, self.rows))

    def at_extra(self, block: int) -> int:
        """Where a block's further columns begin, in bytes."""
        shape = len(self.span(block)), self.dim
        return len(npy_header(shape, self.numpy)) + shape[0] * shape[1] * self.numpy.itemsize

    def block_bytes(self, block: int) -> int:
        """The size of a block's file."""
        size = self.at_extra(block) + SEAL
        if self.extra:
            shape = len(self.span(block)), len(self.extra)
            size += len(npy_header(shape, EXTRA)) + shape[0] * shape[1] * EXTRA.itemsize
        return size

    @property
    def disk(self) -> int:
        """The size of a complete store, without the kernel."""
        whole = (self.blocks - 1) * self.block_bytes(0)  # all blocks are alike but the last
        return len(self.header()) + whole + self.block_bytes(self.blocks - 1)

    @property
    def kernel_bytes(self) -> int:
        """The size of the kernel's file."""
        return len(npy_header((self.dim, self.dim), EXTRA)) + 8 * self.dim**2 + 2 * SEAL

    def header(self) -> bytes:
        """The header, as it stands in its file."""
        said = self.told()
        return (
            json.dumps(said | {"digest": _digest(said)}, indent=1, sort_keys=True)
        ).encode() + b"\n"

    def told(self) -> dict[str, Any]:
        """What the header says."""
        return {
            "kind": KIND,
            "format": FORMAT,
            "rows": int(self.rows),
            "dim": int(self.dim),
            "block": int(self.block),
            "dtype": self.dtype,
            "extra": list(self.extra),
            "key": dict(self.key),
        }

    def differences(self, other: "Layout") -> list[str]:
        """What another store has otherwise, in words."""
        mine, theirs = self.told(), other.told()
        keys = mine.pop("key"), theirs.pop("key")
        pairs = [(n, mine[n], theirs[n]) for n in mine]
        pairs += [(n, keys[0].get(n), keys[1].get(n)) for n in sorted({*keys[0], *keys[1]})]
        return [f"{n} is {a!r} there and {b!r} here" for n, a, b in pairs if a != b]


def read_header(content: bytes, where: object) -> Layout:
    """The layout that a header tells.

    Raises:
        StoreError: it is no header of a store, or one of another format.
    """
    try:
        told = json.loads(content)
        ours, made = told["kind"] == KIND, told["format"]
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(f"{where} is no store of gradients, or a damaged one: {error}") from error
    if not ours:
        raise StoreError(f"{where} is no store of gradients, but {told['kind']!r}")
    if made != FORMAT:
        raise StoreError(
            f"{where} has format {made!r}, and this whence reads {FORMAT}: use the version of "
            "whence that made it, or another folder"
        )
    try:
        shape = told["rows"], told["dim"], told["key"], told["block"]
        found = Layout(*shape, dtype=told["dtype"], extra=tuple(told["extra"]))
    except (TypeError, KeyError, AttributeError, OptionError) as error:
        raise StoreError(f"{where} is damaged: {error}") from error
    if told.get("digest", _digest(found.told())) != _digest(found.told()):
        raise StoreError(f"{where} is damaged: its header is not as it was written")
    return found


def _digest(said: Mapping[str, Any]) -> str:
    """16 bytes in hexadecimal digits of what a header says."""
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=16).hexdigest()
