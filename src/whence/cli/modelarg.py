"""The model that MODEL names, with `--also` as members of an ensemble, met with the user's rows."""

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from whence._core.errors import ModelFileError, TableError, WhenceError
from whence.models.predictor import Predictor, predictor
from whence.models.routes import reason
from whence.models.table import Table


def opened(places: Sequence[str], like: Table, *, unpickle: bool) -> Predictor:
    """The model, or the ensemble, ready to be asked.

    Raises:
        WhenceError: no such model, or one that does not fit the rows.
    """
    if str(Path.cwd()) not in sys.path:  # a console script does not look where it is run
        sys.path.insert(0, str(Path.cwd()))
    asked: str | list[str] = places[0] if len(places) == 1 else list(places)
    try:
        return predictor(asked, like=like, unpickle=unpickle)
    except TableError as error:
        if "Drop them" not in str(error):
            raise
        raise TableError(f"{error} Here: --drop COLUMN, once for each.") from error
    except WhenceError:
        raise
    except ModuleNotFoundError as error:
        raise ModelFileError(
            f"{' and '.join(places)} needs the package {error.name!r}: pip install {error.name}"
        ) from error
    except Exception as error:
        at = traceback.extract_tb(error.__traceback__)[-1]
        raise ModelFileError(
            f"{' and '.join(places)} could not be opened: {reason(error)} "
            f"({at.filename}, line {at.lineno})"
        ) from error


def output(name: str | None, model: Predictor) -> str | int | None:
    """The output that was typed: by its name, or else by its position."""
    if name is not None and name not in model.outputs and name.isdecimal():
        return int(name)
    return name
