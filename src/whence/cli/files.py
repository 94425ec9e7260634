"""What is written: checked before the work, written after it, whole or not at all."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from whence._core.errors import OptionError

if TYPE_CHECKING:
    from whence import Attribution, Interactions, Selection

_OTHERS = {".html": "--html", ".htm": "--html", ".csv": "--csv", ".json": "--json"}
_OTHERS |= {".parquet": "`whence show FILE.whence --parquet` afterwards"}


def check(targets: Mapping[str, Path | None], reads: Sequence[Path | str | None] = ()) -> None:
    """Refuse what could not be written, before anything is computed.

    Args:
        targets: option -> where it would write.
        reads: files that are read, and must not be overwritten.

    Raises:
        OptionError: a folder, a folder that is not there, or a file that is something else too.
    """
    sources = {Path(place).resolve() for place in reads if place is not None}
    seen: dict[Path, str] = {}
    for option, path in targets.items():
        if path is None:
            continue
        place = path.resolve()
        if path.is_dir():
            raise OptionError(f"{option} {path} is a folder: name a file. Nothing was written.")
        if not place.parent.is_dir():
            raise OptionError(
                f"{option} {path}: there is no folder {path.parent}. Make it first (mkdir)."
            )
        if not os.access(place if path.exists() else place.parent, os.W_OK):
            raise OptionError(f"{option} {path}: nothing may be written there. Name another place.")
        if place in sources:
            raise OptionError(f"{option} {path} would overwrite what is read: name another file")
        if place in seen:
            raise OptionError(f"{seen[place]} and {option} both name {path}: give each its own")
        if option == "--out" and path.suffix.lower() in _OTHERS:
            raise OptionError(
                f"--out saves a .whence file, and {path} would not be one. "
                f"Use {_OTHERS[path.suffix.lower()]}."
            )
        seen[place] = option


def write(makers: Mapping[Path, Callable[[Path], object]]) -> list[Path]:
    """Write every file beside its place first, then put them all there.

    Raises:
        OptionError: one of them could not be written; then none is.
    """
    made: list[tuple[Path, Path]] = []
    try:
        for path, make in makers.items():
            draft = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
            made.append((draft, path))
            make(draft)
        for draft, path in made:
            draft.replace(path)
    except OSError as error:
        raise OptionError(f"cannot write {error.filename}: {error.strerror}") from error
    finally:
        for draft, _ in made:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
    return list(makers)


def save(
    result: "Attribution",
    out: Path | None,
    html: Path | None,
    csv: Path | None,
    parquet: Path | None = None,
) -> list[Path]:
    """The result as the files that were asked for."""
    return write(makers(result, out, html, csv, parquet))


def makers(
    result: "Attribution",
    out: Path | None,
    html: Path | None,
    csv: Path | None,
    parquet: Path | None = None,
) -> dict[Path, Callable[[Path], object]]:
    """What writes each of the files that were asked for."""
    found: dict[Path, Callable[[Path], object]] = {}
    if out is not None:
        found[out] = result.save
    if html is not None:
        found[html] = result.to_html
    if csv is not None:
        found[csv] = lambda path: numbers(result, path)
    if parquet is not None:
        found[parquet] = result.to_parquet
    return found


def numbers(result: "Attribution | Interactions | Selection", path: Path) -> None:
    """A line for each number."""
    if find_spec("pandas"):
        result.to_frame("pandas").to_csv(path, index=False)
    else:
        result.to_frame("polars").write_csv(path)
