"""Routes: ways to ask a model. The first that gives a sane answer to a few rows is taken.

If none does, the user reads every route that was tried and why it failed: an adapter that hides the
model's own words sends people looking in the wrong place.
"""

import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, final

import numpy as np

from whence._core.errors import BudgetError, TableError, UnsupportedModelError, some
from whence._core.meter import count
from whence.models.answers import answered
from whence.models.categories import unknown
from whence.models.cells import Column
from whence.models.intake import Intake
from whence.models.misfit import misfits, mixed
from whence.models.table import Table
from whence.models.threads import one_thread


@final
@dataclass(frozen=True, slots=True)
class Route:
    """One way to ask: a method of the model, and the table that it receives."""

    method: str
    intake: Intake
    ask: Callable[[Any], Any]

    def words(self) -> str:
        """As the user reads it in an error."""
        return f"{self.method} on {self.intake.kind}"

    def probe(self, like: Table, name: str) -> np.ndarray:
        """Ask about a few rows, float [rows, outputs]; a warning about names is a failure."""
        few = self.intake.converted(self.intake.matched(like.take(probe_rows(like))))
        count(rows=len(few))
        with warnings.catch_warnings(), one_thread():
            warnings.filterwarnings("error", message=".*feature names.*")
            return answered(self.ask(few.frame()), len(few), name)


def probe_rows(like: Table) -> np.ndarray:
    """Positions of two rows; three of a table with two columns, so that no axis is mistaken."""
    rows = 3 if len(like.names) == 2 else 2
    return np.linspace(0, len(like) - 1, rows).astype(int)


def loaded_kinds(first: str) -> list[str]:
    """Kinds of table worth trying: as given, numpy, and the frames that are already imported."""
    rest = [k for k in ("pandas", "polars") if k in sys.modules]
    return list(dict.fromkeys([first, "numpy", *rest]))


def first_sane(routes: Sequence[Route], like: Table, name: str) -> tuple[Route, np.ndarray]:
    """The first route that answers, and what it answered.

    Raises:
        TableError: the columns do not match those that the model knows.
        UnsupportedModelError: every route failed; the message has every reason.
    """
    reasons: list[str] = []
    held = _holds_times(like)
    for route in routes:
        route.intake.judged(like)
        if held and route.intake.kind not in {like.kind, "pandas"}:
            reasons.append(f"{route.words()}: times would turn into numbers")
            continue
        try:
            return route, route.probe(like, name)
        except (UnsupportedModelError, BudgetError):
            raise
        except Exception as error:
            if isinstance(error, TableError) and len(routes) == 1:
                raise
            reasons.append(f"{route.words()}: {reason(error)}")
    raise UnsupportedModelError(
        f"{name} could not be asked. Tried {'; tried '.join(reasons)}.{gaps(like)}"
        f"{_misfits(routes, like, name)} "
        "Give whence a function that takes rows like yours and returns numbers."
    )


def _misfits(routes: Sequence[Route], like: Table, name: str) -> str:
    """The columns that the model does not take, by the first route that tells."""
    few, vocabulary = like.take(probe_rows(like)), routes[0].intake.vocabulary
    found = unknown(like, vocabulary) or mixed(like)
    right = vocabulary.known(like)
    tried = (misfits(few, partial(route.probe, name=name), right) for route in routes)
    return found or next((said for said in tried if said), "")


def _holds_times(table: Table) -> bool:
    """A model that refuses times in a frame may take them for numbers in another kind of frame."""
    one = table.take(np.arange(1))  # as good as all of them: a column has one type
    return any(one.raw(name).data.dtype.kind in "mM" for name in table.names)


def gaps(table: Table) -> str:
    """Which columns have missing or infinite cells, if any: where models fail most."""
    odd = [name for name in table.names if _odd(table.raw(name)).any()]
    if not odd:
        return ""
    return (
        f" Missing or infinite cells in {some(odd)} (of {len(table)} rows): fill them as in "
        "training, if the model takes none."
    )


def _odd(column: Column) -> np.ndarray:
    if column.data.dtype.kind == "f":
        return np.asarray(~np.isfinite(column.data))
    return column.missing


def reason(error: BaseException, most: int = 300) -> str:
    """The kind of an error and the start of what it says."""
    said = " ".join(str(error).split("Stack trace:")[0].split())
    short = said.rstrip(".") if len(said) <= most else said[:most].rstrip() + "…"
    return f"{type(error).__name__}: {short}" if short else type(error).__name__
