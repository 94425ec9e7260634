"""What is written: checked before the work, written after it, whole or not at all."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from whence._core.atomic import write_files
from whence._core.errors import OptionError
from whence._core.text import unformula

if TYPE_CHECKING:
    from whence import Attribution, Interactions, Selection

_OTHERS = {".html": "--html", ".htm": "--html", ".csv": "--csv", ".json": "--json"}
_OTHERS |= {".parquet": "`whence show FILE.whence --parquet` afterwards"}
STDOUT = Path("-")
_TEXTS = {"--csv", "--html", "--json", "--suspects-csv"}


def on_stdout(*paths: Path | None) -> bool:
    """Whether one of the files is standard output, so that nothing else may be printed there."""
    return any(str(path) in {"-", "/dev/stdout"} for path in paths)


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
        try:
            place = STDOUT if on_stdout(path) else _free(option, path)
        except (OSError, ValueError) as error:  # a name that is too long, a loop of links
            why = getattr(error, "strerror", None) or error
            raise OptionError(f"{option} {path}: {why}. Name another file.") from error
        if place is STDOUT and option not in _TEXTS:
            raise OptionError(f"{option} writes no text, and {path} is for text: name a file")
        if place in sources:
            raise OptionError(f"{option} {path} would overwrite what is read: name another file")
        if place in seen:
            both = "write to standard output" if place is STDOUT else f"name {path}"
            raise OptionError(f"{seen[place]} and {option} both {both}: give each its own")
        if option == "--out" and path.suffix.lower() in _OTHERS:
            raise OptionError(
                f"--out saves a .whence file, and {path} would not be one. "
                f"Use {_OTHERS[path.suffix.lower()]}."
            )
        seen[place] = option


def _free(option: str, path: Path) -> Path:
    """Where a file would be written, links followed."""
    place = path.resolve()
    if path.is_dir():
        raise OptionError(f"{option} {path} is a folder: name a file. Nothing was written.")
    if not place.parent.is_dir():
        raise OptionError(
            f"{option} {path}: there is no folder {path.parent}. Make it first (mkdir)."
        )
    there = [path] if path.exists() else []
    if not all(os.access(one, os.W_OK) for one in (*there, *_folders(path, place))):
        raise OptionError(f"{option} {path}: nothing may be written there. Name another place.")
    return place


def _folders(path: Path, place: Path) -> list[Path]:
    """Where a draft will stand; none beside a device or a pipe."""
    return [place.parent] if path.is_file() or not path.exists() else []


def write(makers: Mapping[Path, Callable[[Path], object]]) -> list[Path]:
    """Make every file in a folder of our own first, then put them all in their places.

    Gives the files that were written; what went to standard output is none.

    Raises:
        OptionError: one of them could not be made; then none is written.
        ResultError: one of them could not be written; then none is.
    """
    made: dict[Path, bytes] = {}
    try:
        with TemporaryDirectory(prefix="whence-") as folder:
            for number, (path, make) in enumerate(makers.items()):
                draft = Path(folder, f"{number}{path.suffix}")
                make(draft)
                made[path] = draft.read_bytes()
    except OSError as error:
        raise OptionError(f"cannot write {error.filename}: {error.strerror}") from error
    files = {path: content for path, content in made.items() if not on_stdout(path)}
    write_files(files)
    for content in (made[path] for path in made.keys() - files.keys()):
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    return list(files)


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
    """A line for each number; names that a spreadsheet would run get an apostrophe."""
    if find_spec("pandas"):
        frame = result.to_frame("pandas")
        words = frame.select_dtypes(["object", "string", "category"]).columns
        frame[words] = frame[words].astype(object).map(unformula)
        frame.rename(columns=unformula).to_csv(path, index=False)
    else:
        from polars import String, col

        frame = result.to_frame("polars")
        quoted = col(String).map_elements(unformula, return_dtype=String)
        frame.with_columns(quoted).rename(unformula).write_csv(path)
