"""Results from files: whence's own, Parquet, or JSON. What a file is, its first bytes say."""

from pathlib import Path
from typing import Any

from whence._core import lds_file, store
from whence._core.arguments import check_arguments
from whence._core.attribution import Attribution
from whence._core.errors import ResultError
from whence._core.interactions import Interactions
from whence._core.lds import LDS
from whence._core.selection import Selection

_PARQUET = b"PAR1"


@check_arguments
def load(path: str | Path) -> Attribution | Interactions | Selection | LDS:
    """Read a result, whatever it was written as.

    Args:
        path: a file of `save`, of `to_parquet`, or of the JSON of `to_dict` (as `--json` prints
            it); old ones too.

    Raises:
        ResultError: no such file, not a result, a damaged one, or one of a newer version.
        OptionError: Parquet, and pyarrow is not installed.
    """
    source = store.existing(path)
    if _starts(source) == _PARQUET:
        from whence.report.exchange.from_parquet import from_parquet

        return from_parquet(source)
    told = store.told(source)
    if told is not None:
        return told
    header, arrays = store.unpacked(source)
    made = lds_file.rebuilt if lds_file.is_one(header) else store.rebuilt
    return made(header, arrays, source)


def _starts(source: Path) -> bytes:
    try:
        with source.open("rb") as file:
            return file.read(len(_PARQUET))
    except OSError as error:
        raise ResultError(f"{source} cannot be read: {error.strerror}") from error


def load_attribution(path: Any) -> Attribution:
    """Read a result of which one number for each player is wanted.

    Raises:
        ResultError: as `load`, or a result of another kind.
    """
    found = load(path)
    if not isinstance(found, Attribution):
        kinds = {Interactions: "interactions", LDS: "an LDS"}
        what = kinds.get(type(found), "a selection")
        raise ResultError(f"{path} holds {what}, and no attribution: read it with wh.load")
    return found
