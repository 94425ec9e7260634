"""The model that MODEL names, with `--also` as members of an ensemble, met with the user's rows."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from whence._core.errors import ModelFileError, TableError
from whence.models.answers import plain
from whence.models.categories import kind_of
from whence.models.files import load
from whence.models.predictor import Predictor, column_kinds, of_file, predictor
from whence.models.table import Table


@final
@dataclass(frozen=True, slots=True)
class Loaded:
    """A model before it meets rows.

    Args:
        place: the file, or "pkg.mod:object".
        model: what was there.
    """

    place: str
    model: object


def load_models(
    places: Sequence[str], *, unpickle: bool, trust: Sequence[str] = ()
) -> list[Loaded]:
    """The models themselves.

    Raises:
        ModelFileError: no such model, or one whose package is not installed.
    """
    for place in places:
        look_here(place, unpickle=unpickle, trust=trust)
    with _needed(places):
        return [Loaded(place, load(place, unpickle=unpickle, trust=trust)) for place in places]


def kinds(loaded: Sequence[Loaded], target: str | None) -> Mapping[str, str]:
    """What columns of a file hold, as far as the models know: "text" or "number", by name."""
    with _needed([one.place for one in loaded]):
        found = dict(column_kinds([one.model for one in loaded]))
    if target is not None:
        labels = {kind_of(_classes(one.model)) for one in loaded}
        found[target] = "text" if labels == {"text"} else "number"
    return found


def _classes(model: Any) -> tuple[object, ...]:
    try:
        return plain(model.classes_)
    except Exception:  # a model that has none, or is not fitted, which is said where it is asked
        return ()


def opened(loaded: Sequence[Loaded], like: Table) -> Predictor:
    """The model, or the ensemble, ready to be asked.

    Raises:
        WhenceError: one that does not fit the rows.
    """
    try:
        with _needed([one.place for one in loaded]):
            each = [of_file(one.model, one.place, like=like) for one in loaded]
            return predictor(each if len(each) > 1 else each[0], like=like)
    except TableError as error:
        if "Drop them" not in str(error):
            raise
        raise TableError(f"{error} Here: --drop COLUMN, once for each.") from error


@contextmanager
def _needed(places: Sequence[str]) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise ModelFileError(
            f"opening {' and '.join(places)} needs the package {error.name!r}: "
            f"pip install {error.name}"
        ) from error


def _is_object(place: str) -> bool:
    return ":" in place and not Path(place).exists()


def look_here(place: str, *, unpickle: bool, trust: Sequence[str] = ()) -> None:
    """Import from where one stands, as `python` does; for a plain file that would be a risk."""
    if (unpickle or trust or _is_object(place)) and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))


def output(name: str | None, model: Predictor) -> str | int | None:
    """The output that was typed: by its name, or else by its position."""
    if name is not None and name not in model.outputs and name.isdecimal():
        return int(name)
    return name
