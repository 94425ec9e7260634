"""What a store will cost, before it is filled: bytes on disk exactly, memory at most, seconds.

The disk is arithmetic on the sizes of files; memory is what the blocks and batches add up to, on
top of the model, its data and torch. Seconds need a trial: see `forecast`.
"""

from dataclasses import dataclass
from typing import final

from whence._core.errors import OptionError, positive
from whence.models.gradients.layout import EXTRA, Layout

_BATCH = 2**26  # numbers in a batch of gradients, at most: 256 MB
_PART = 2**21  # numbers that are multiplied at once
_TILE = 2**24  # numbers in a tile of a projection, at most
_FIXED = 2**26  # bytes, of signs and other small things


def batch_rows(size: int, block: int) -> int:
    """How many rows' gradients are there at once."""
    return max(1, min(block, _BATCH // size))


def part_rows(layout: Layout, queries: int) -> int:
    """How many rows of a block are multiplied at once."""
    return max(1, min(layout.block, _PART // max(layout.dim, queries)))


@final
@dataclass(frozen=True, slots=True)
class Plan:
    """What filling a store takes, and asking it.

    Attributes:
        rows: in the store.
        dim: numbers in a row.
        size: numbers in a gradient.
        disk: bytes of the complete store, without the kernel.
        kernel: bytes of the kernel, once a question needed it.
        memory: bytes at most while it is filled, beyond the model, its data and what the gradients
            themselves need.
        question: bytes at most for so many queries and so many rows of each.
        queries: how many are asked at once.
        k: rows that are named for each.
        seconds: to fill what is missing; None: nobody tried.
    """

    rows: int
    dim: int
    size: int
    disk: int
    kernel: int
    memory: int
    question: int
    queries: int
    k: int
    seconds: float | None = None

    @property
    def words(self) -> str:
        """The same in a sentence."""
        took = "time unknown" if self.seconds is None else f"about {_time(self.seconds)} to fill"
        return (
            f"{self.rows:,} rows of {self.dim:,} numbers (gradients have {self.size:,}): "
            f"{_size(self.disk)} on disk, at most {_size(self.memory)} of memory while it is "
            f"filled, {took}; {self.queries:,} questions with {self.k:,} rows each take at most "
            f"{_size(self.question)} of memory"
        )

    def __str__(self) -> str:
        return self.words


def plan(
    layout: Layout, size: int, *, queries: int = 100, k: int = 100, seconds: float | None = None
) -> Plan:
    """What a store of a layout will take.

    Args:
        layout: of the store.
        size: numbers in a gradient.
        queries: how many are asked at once.
        k: rows that are named for each.
        seconds: to fill it, where somebody knows.

    Raises:
        OptionError: sizes that are not positive whole numbers.
    """
    for value, name, what in (
        (size, "size", "numbers in a gradient"),
        (queries, "queries", "asked at once"),
        (k, "k", "rows that are named for each question"),
    ):
        positive(value, name, what)
    if seconds is not None and not seconds >= 0:
        raise OptionError(f"seconds are not negative; given {seconds!r}")
    return Plan(
        rows=layout.rows,
        dim=layout.dim,
        size=size,
        disk=layout.disk,
        kernel=layout.kernel_bytes,
        memory=_filling(layout, size),
        question=_asking(layout, queries, min(k, layout.rows)),
        queries=queries,
        k=min(k, layout.rows),
        seconds=seconds,
    )


def _filling(layout: Layout, size: int) -> int:
    """A batch of gradients, and it as float32; the tiles of a projection; a block, thrice."""
    block, number = min(layout.block, layout.rows), layout.numpy.itemsize
    checked = 3 * EXTRA.itemsize if number < 4 else 0  # is float16 good enough?
    kept = block * layout.dim * (4 + 2 * number + checked)
    return 8 * batch_rows(size, block) * size + 16 * min(_TILE, 128 * size) + kept + _FIXED


def _asking(layout: Layout, queries: int, k: int) -> int:
    """A block; a part of it in float64, and its scores; the best so far; the kernel, solved."""
    part, number = part_rows(layout, queries), layout.numpy.itemsize
    block = min(layout.block, layout.rows) * layout.dim * number
    scores = 8 * part * (layout.dim + 4 * queries)
    best = 2 * 16 * queries * (2 * k + part)
    return block + scores + best + 8 * (4 * layout.dim**2 + 3 * queries * layout.dim) + _FIXED


def _size(count: int) -> str:
    for unit, power in (("TB", 12), ("GB", 9), ("MB", 6), ("kB", 3)):
        if count >= 10**power:
            return f"{count / 10**power:.3g} {unit}"
    return f"{count} bytes"


def _time(seconds: float) -> str:
    for unit, length in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.2g} s"
