"""The model that MODEL names, with `--also` as members of an ensemble, met with the user's rows."""

import sys
from collections.abc import Sequence
from pathlib import Path

from whence._core.errors import ModelFileError, TableError
from whence.models.predictor import Predictor, predictor
from whence.models.table import Table


def opened(places: Sequence[str], like: Table, *, unpickle: bool) -> Predictor:
    """The model, or the ensemble, ready to be asked.

    Raises:
        WhenceError: no such model, or one that does not fit the rows.
    """
    for place in places:
        look_here(place, unpickle=unpickle)
    asked: str | list[str] = places[0] if len(places) == 1 else list(places)
    try:
        return predictor(asked, like=like, unpickle=unpickle)
    except TableError as error:
        if "Drop them" not in str(error):
            raise
        raise TableError(f"{error} Here: --drop COLUMN, once for each.") from error
    except ModuleNotFoundError as error:
        raise ModelFileError(
            f"opening {' and '.join(places)} needs the package {error.name!r}: "
            f"pip install {error.name}"
        ) from error


def _is_object(place: str) -> bool:
    return ":" in place and not Path(place).exists()


def look_here(place: str, *, unpickle: bool) -> None:
    """Import from where one stands, as `python` does; for a plain file that would be a risk."""
    if (unpickle or _is_object(place)) and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))


def output(name: str | None, model: Predictor) -> str | int | None:
    """The output that was typed: by its name, or else by its position."""
    if name is not None and name not in model.outputs and name.isdecimal():
        return int(name)
    return name
