"""Projected gradients on disk: computed once, asked many times.

One folder holds the rows of one (model, data, projection). Rows are written in blocks, each of
which is whole or absent: a run that was killed loses the block in flight, and the next one makes
what is missing. Blocks are files of their own, so that many machines may fill one store on a shared
disk. What a block holds is sealed, and read for that when it is first used; what a file must weigh
is known, so one that was cut off is refused unread.

Nothing here needs torch: a store is read with numpy alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import final

import numpy as np

from whence._core.errors import OptionError, StoreError, some
from whence._core.shaped import Float
from whence.models.gradients._files import SEAL, npy, put, seal, sweep, told
from whence.models.gradients._numbers import fitting, shortened
from whence.models.gradients.layout import EXTRA, Layout, Numbers, read_header

HEADER = "header.json"
_PART = 2**24  # bytes that are read at once
_LONGEST = 2**26  # bytes of a header


@final
@dataclass(frozen=True, slots=True)
class GradientStore:
    """A folder of projected gradients. `open` makes one or goes on with it; `load` reads one.

    Args:
        path: of the folder.
        layout: its shape, and what it was made for.
    """

    path: Path
    layout: Layout
    _sound: set[int] = field(default_factory=set, init=False, repr=False, compare=False)

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        rows: int,
        dim: int,
        key: Mapping[str, str],
        block: int = 4096,
        dtype: Numbers = "float32",
        extra: Sequence[str] = (),
    ) -> "GradientStore":
        """The store at a path, which is made where there is none.

        Args:
            path: of its folder.
            rows: of the training data.
            dim: numbers in a row, after the projection.
            key: what the numbers are a function of: {"model": fingerprint, "data": fingerprint,
                "projection": repr(projection)}, and whatever else matters.
            block: rows in a file, and so what a kill can cost. 4,096 rows of 512 are 8 MB.
            dtype: "float32", or "float16": half the disk, and 3 digits.
            extra: names of further columns, such as "1 - p", kept in float64 beside each row.

        Raises:
            StoreError: the store there was made for something else, which is named; the folder
                holds something else, or cannot be written.
            OptionError: a shape that cannot be.
        """
        asked = Layout(rows, dim, dict(key), block, dtype, tuple(extra))
        folder = _folder(path)
        if not (folder / HEADER).exists():
            _make(folder, asked)
        found = cls.load(folder)
        differ = found.layout.differences(asked)
        if differ:
            raise StoreError(
                f"{folder} holds other gradients: {'; '.join(differ)}. Nothing was changed: give "
                "another folder, or ask for what this one was made for."
            )
        sweep(folder)
        return found

    @classmethod
    def load(cls, path: str | Path) -> "GradientStore":
        """The store that is at a path.

        Raises:
            StoreError: there is none, or one of another format.
        """
        folder = _folder(path)
        header = folder / HEADER
        if not header.is_file():
            raise StoreError(f"there is no store of gradients at {folder}: fill one first")
        with told(header, "read"), header.open("rb") as opened:
            return cls(folder, read_header(opened.read(_LONGEST), folder))

    @property
    def key(self) -> dict[str, str]:
        """What the numbers are a function of."""
        return dict(self.layout.key)

    @property
    def rows(self) -> int:
        """Of the training data, whether they are there yet or not."""
        return self.layout.rows

    @property
    def dim(self) -> int:
        """Numbers in a row."""
        return self.layout.dim

    @property
    def blocks(self) -> int:
        """How many blocks there are in the end."""
        return self.layout.blocks

    @property
    def missing(self) -> list[int]:
        """The blocks that nobody has written yet, in order."""
        with told(self.path, "read"):
            there = {file.name for file in self.path.iterdir()}
        return [b for b in range(self.blocks) if _name(b) not in there]

    @property
    def complete(self) -> bool:
        """Whether every block is there."""
        return not self.missing

    @property
    def size_bytes(self) -> int:
        """What it takes on disk by now: header, blocks and kernel."""
        with told(self.path, "read"):
            files = [f for f in self.path.iterdir() if f.suffix in {".json", ".npy"}]
            return sum(file.stat().st_size for file in files)

    def file(self, block: int) -> Path:
        """Where a block stands, or will."""
        return self.path / _name(block)

    def write(
        self,
        block: int,
        array: Float[np.ndarray, "rows dim"],
        extra: Float[np.ndarray, "rows columns"] | None = None,
    ) -> None:
        """Keep a block: all of it, or nothing. Once it is there it stays.

        Args:
            block: its number.
            array: the projected gradients of its rows.
            extra: their further columns, where the store has some.

        Raises:
            StoreError: other numbers stand there already; rows that float16 cannot hold.
            OptionError: another shape, or numbers that are not finite.
        """
        span = self.layout.span(block)
        given = fitting(array, (len(span), self.dim), "gradients", span)
        parts = npy(shortened(given, self.layout.numpy, span))
        if self.layout.extra or extra is not None:
            wanted = len(span), len(self.layout.extra)
            columns = np.empty((len(span), 0)) if extra is None else extra
            parts += npy(fitting(columns, wanted, "extra columns", span).astype(EXTRA))
        ours, target = seal(parts), self.file(block)
        if target.exists():
            if _sealed(self._whole(block)) != ours:
                raise StoreError(
                    f"block {block} of {self.path} is there already, with other numbers: what "
                    "makes them differs between runs. Mend that, and fill another folder."
                )
            return
        put(target, [*parts, ours])

    def read(self, block: int) -> Float[np.ndarray, "rows dim"]:
        """The projected gradients of a block, from the disk as they are needed.

        Raises:
            StoreError: it is not there, or not as it was written.
        """
        file = self._intact(block)
        with told(file, "read"):
            try:
                found = np.load(file, mmap_mode="r", allow_pickle=False)
            except Exception as error:  # whatever a damaged head does to numpy
                raise _damaged(file) from error
        shape = len(self.layout.span(block)), self.dim
        if (found.shape, found.dtype) != (shape, self.layout.numpy):
            raise _damaged(file)
        return np.asanyarray(found)

    def column(self, block: int, name: str) -> Float[np.ndarray, " rows"]:
        """A further column of the rows of a block.

        Raises:
            OptionError: there is no column of that name.
            StoreError: the block is not there, or damaged.
        """
        if name not in self.layout.extra:
            raise OptionError(
                f"{self.path} has no extra column {name!r}; it has {some(self.layout.extra)}"
            )
        file = self._intact(block)
        with told(file, "read"), file.open("rb") as opened:
            opened.seek(self.layout.at_extra(block))
            rest = BytesIO(opened.read())
        try:
            columns = np.load(rest, allow_pickle=False)
        except Exception as error:  # whatever a damaged head does to numpy
            raise _damaged(file) from error
        if columns.shape != (len(self.layout.span(block)), len(self.layout.extra)):
            raise _damaged(file)
        return np.asarray(columns[:, self.layout.extra.index(name)])

    def seal(self, block: int) -> bytes:
        """The 16 bytes that a block was sealed with.

        Raises:
            StoreError: the block is not there, or not as it was written.
        """
        return _sealed(self._intact(block))

    def check(self) -> None:
        """Read every byte that is there.

        Raises:
            StoreError: some blocks are not as they were written; they are named.
        """
        damaged = []
        for block in sorted(set(range(self.blocks)) - set(self.missing)):
            file = self.file(block)
            if not _holds(file):
                damaged.append(file.name)
        if damaged:
            raise StoreError(
                f"{len(damaged)} blocks of {self.path} are not as they were written: "
                f"{some(damaged)}. Delete those files, and fill the store again: only they are "
                "computed anew."
            )

    def _intact(self, block: int) -> Path:
        """The file of a block, all of which is read the first time."""
        file = self._whole(block)
        if block not in self._sound:
            if not _holds(file):
                raise _damaged(file)
            self._sound.add(block)
        return file

    def _whole(self, block: int) -> Path:
        wanted, file = self.layout.block_bytes(block), self.file(block)
        with told(file, "read"):
            try:
                there = file.stat().st_size
            except FileNotFoundError as error:
                raise StoreError(
                    f"block {block} of {self.path} is not there yet: {len(self.missing)} of "
                    f"{self.blocks} blocks are missing. Fill the store first."
                ) from error
        if there != wanted:
            raise _damaged(file)
        return file


def _name(block: int) -> str:
    return f"block-{block:07d}.npy"


def _sealed(file: Path) -> bytes:
    with told(file, "read"), file.open("rb") as opened:
        opened.seek(-SEAL, 2)
        return opened.read()


def _holds(file: Path) -> bool:
    """Whether a file is as its seal says."""
    with told(file, "read"), file.open("rb") as opened:
        rest = file.stat().st_size - SEAL
        sizes = (min(_PART, rest - start) for start in range(0, rest, _PART))
        return seal(opened.read(size) for size in sizes) == opened.read()


def _folder(path: str | Path) -> Path:
    if not isinstance(path, (str, Path)) or not str(path):
        raise OptionError(f"a store of gradients is at a path; given {path!r}")
    return Path(path)


def _make(folder: Path, layout: Layout) -> None:
    """Put a header there, unless somebody else was quicker."""
    with told(folder, "made"):
        if folder.exists() and (not folder.is_dir() or any(folder.glob("[!.]*"))):
            if (folder / HEADER).exists():
                return
            raise StoreError(
                f"{folder} holds something else than gradients. Nothing was written to it: give "
                "the store a folder of its own."
            )
        folder.mkdir(exist_ok=True)
    put(folder / HEADER, [layout.header()], anew=False)


def _damaged(file: Path) -> StoreError:
    return StoreError(
        f"{file} is not as it was written. Delete it, and fill the store again: only that block is "
        "computed anew."
    )
