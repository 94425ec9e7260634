"""Files of rows as frames: CSV and TSV by pandas or polars, Parquet by whichever can.

Such text has no types. Where the model knows what a column holds it is read so; codes with leading
zeros, of which nothing is known, stay text, since as numbers they would be other codes. Text stays
text: only an empty field is missing. Words such as "NA" are missing in a column whose other fields
are all numbers, and are words elsewhere (NA is also Namibia).
"""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from whence._core.errors import TableError, some
from whence.models.routes import reason

NOTHING = ("NA", "N/A", "NaN", "nan", "null", "NULL", "None")
_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_PARQUET = {".parquet", ".pq"}


def frame(path: Path, kinds: Mapping[str, str] | None = None) -> Any:
    """The rows of a file as a pandas or polars frame.

    Args:
        path: the file.
        kinds: columns that are known to hold "text"; others are guessed, if the file has no types.

    Raises:
        TableError: no such file, an unknown kind, or one that cannot be read.
    """
    return _whole(path, lambda separator: _text(path, separator, kinds or {}))


def codes(path: Path) -> set[str]:
    """Columns of a text file with digits that start with zeros, such as 00123.

    Raises:
        TableError: as `frame`.
    """
    if path.suffix.lower() not in _SEPARATORS or not path.is_file():
        return set()
    if not _CODE.search(path.read_bytes()):
        return set()
    every = dict.fromkeys(_header(path, _SEPARATORS[path.suffix.lower()]), "text")
    words = _whole(path, lambda separator: _text(path, separator, every))
    return {str(name) for name in words.columns if any(map(_is_code, words[name].to_list()))}


_CODE = re.compile(rb"""(?:^|[,\t"'\n])0[0-9]+(?=[,\t"'\r\n]|$)""")


def _is_code(cell: object) -> bool:
    return isinstance(cell, str) and len(cell) > 1 and cell[0] == "0" and cell.isdecimal()


def _whole(path: Path, text: Callable[[str], Any]) -> Any:
    suffix = path.suffix.lower()
    if path.is_dir():
        raise TableError(f"{path} is a folder; a .csv, .tsv or .parquet file is needed")
    if not path.is_file():
        raise TableError(f"there is no file {path}{_near(path)}")
    if suffix not in _SEPARATORS and suffix not in _PARQUET:
        raise TableError(
            f"{path} is no kind of table that whence reads ({suffix or 'no suffix'}): "
            "use .csv, .tsv, .parquet or .pq"
        )
    if not path.stat().st_size:
        raise TableError(f"{path} is empty")
    try:
        return _parquet(path) if suffix in _PARQUET else text(_SEPARATORS[suffix])
    except TableError:
        raise
    except Exception as error:
        kind = "Parquet" if suffix in _PARQUET else "text in columns"
        raise TableError(f"{path} cannot be read as {kind}: {reason(error)}") from error


def _near(path: Path) -> str:
    from difflib import get_close_matches

    names = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    near = get_close_matches(path.name, names, n=1)
    return f". Did you mean {str(path.with_name(near[0]))!r}?" if near else ""


def _text(path: Path, separator: str, kinds: Mapping[str, str]) -> Any:
    _check_header(path, separator)
    words = [n for n in _header(path, separator) if kind(kinds, n) == "text"]
    if find_spec("pandas"):
        return _pandas_text(path, separator, words)
    if find_spec("polars"):
        return _polars_text(path, separator, words)
    raise TableError(f"reading {path} needs pandas or polars: pip install pandas")


def _header(path: Path, separator: str) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return next(csv.reader(lines, delimiter=separator), [])


def kind(kinds: Mapping[str, str], name: str) -> str | None:
    """What a column is known to hold: by its name, or by LightGBM's spelling of it."""
    return kinds.get(name, kinds.get(name.replace(" ", "_")))


def _check_header(path: Path, separator: str) -> None:
    """Readers rename a column that occurs twice; a wrong separator makes one long column."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.reader(lines, delimiter=separator)
        names, first = next(reader, []), next(reader, [])
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise TableError(f"{path} has more than one column called {some(twice)}. Rename them.")
    other = next((s for s in ";\t,|" if s != separator and len(names) == 1 and s in names[0]), "")
    if len(first) > len(names):  # pandas would take the first field for the row's name
        raise TableError(f"{path} has rows with more fields than its first line has names")
    if other:
        raise TableError(
            f"{path} has one column, called {names[0]!r}: it looks separated by {other!r}. "
            "Save it with commas (.csv), with tabs (.tsv), or as .parquet."
        )


def _pandas_text(path: Path, separator: str, words: Sequence[str]) -> Any:
    import pandas as pd

    read = pd.read_csv(
        path,
        sep=separator,
        keep_default_na=False,
        na_values=[""],
        low_memory=False,
        encoding="utf-8-sig",
        dtype=dict.fromkeys(words, str),
    )
    for name in read.columns:
        if name not in words and pd.api.types.infer_dtype(read[name], skipna=True) == "string":
            read[name] = _pandas_numbers(read[name])
    return read


def _pandas_numbers(column: Any) -> Any:
    import pandas as pd

    words = column.mask(column.isin(NOTHING))
    numbers = pd.to_numeric(words, errors="coerce")
    fits = words.notna().any() and (numbers.notna() == words.notna()).all()
    return numbers.astype(float) if fits else column


def _polars_text(path: Path, separator: str, words: Sequence[str]) -> Any:
    import polars as pl

    known = dict.fromkeys(words, pl.String)
    read = pl.read_csv(path, separator=separator, infer_schema_length=None, schema_overrides=known)
    guessed = [n for n in read.columns if n not in words and read[n].dtype == pl.String]
    return read.with_columns([_polars_numbers(read[n]) for n in guessed])


def _polars_numbers(column: Any) -> Any:
    import polars as pl

    words = column.to_frame().select(
        pl.when(pl.col(column.name).is_in(NOTHING))
        .then(None)
        .otherwise(pl.col(column.name))
        .alias(column.name)
    )[column.name]
    numbers = words.cast(pl.Float64, strict=False)
    fits = words.null_count() < len(words) and numbers.null_count() == words.null_count()
    return numbers if fits else column


def _parquet(path: Path) -> Any:
    if find_spec("pandas") and find_spec("pyarrow"):
        import pandas as pd

        return pd.read_parquet(path)
    if find_spec("polars"):
        import polars as pl

        return pl.read_parquet(path)
    raise TableError(f"reading {path} needs pandas with pyarrow, or polars: pip install polars")
