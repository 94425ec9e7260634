"""Both data sets, read: predictions judged, columns in one form, units in groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.errors import OptionError, TableError, did_you_mean, some
from whence._core.shaped import Float
from whence.games.shifts.columns import Shared, refuse_new, shared
from whence.games.shifts.groups import grouped
from whence.games.shifts.logistic import Problem
from whence.games.shifts.metric import Metric, as_metric
from whence.games.shifts.ratios import Seen
from whence.models.cells import Column, inferred, objects
from whence.models.labels import as_labels, refuse_length, refuse_other_rows
from whence.models.predictor import Predictor, predictor
from whence.models.table import Table


@final
@dataclass(frozen=True, slots=True)
class Evidence:
    """What both data sets hold.

    Attributes:
        model: who predicts.
        columns: of both, by name, the label last.
        features: names of columns but the label.
        label: its name.
        problem: which rows are of after, and their groups.
        kept: 1.0 where a row counts, in each replicate; the first has all.
        before: the metric on before.
        after: the metric on after.
        unseen: the largest share of after's rows, over columns, with values unseen before.
        seen: what the model says of a row, and whether it is right, where that is yes or no.
    """

    model: Predictor
    columns: dict[str, Shared]
    features: tuple[str, ...]
    label: str
    problem: Problem
    kept: Float[np.ndarray, "rows replicates"]
    before: Metric
    after: Metric
    unseen: float
    seen: tuple[Seen, ...]

    @property
    def sizes(self) -> tuple[int, int]:
        """Rows of before and of after."""
        many = int(self.problem.after.sum())
        return len(self.problem.after) - many, many


def evidence(
    model: Any,
    before: Any,
    after: Any,
    metric: Any,
    *,
    label: str | None,
    beside: Sequence[str],
    units: Any,
    groups: int,
    seed: int,
) -> Evidence:
    """Read both data sets.

    Raises:
        WhenceError: whatever does not fit; the message says what and where.
    """
    (X0, y0), (X1, y1) = _pair(before, "before"), _pair(after, "after")
    for X, y, where in ((X0, y0, "before"), (X1, y1, "after")):
        refuse_other_rows(X, y, f"y of {where}", f"X of {where}")
    called = _label(y0, y1, label)
    tables = Table.of(X0, what="X of before"), Table.of(X1, what="X of after")
    lower = _matched(*tables)
    tables = (tables[0], lower)
    tables, together = _units(tables, units)
    known, extra = _split(tables[0], beside)
    if called in tables[0].names:
        raise TableError(
            f"the label is called {called!r}, and so is a feature: give label= another name"
        )
    n0, n1 = len(tables[0]), len(tables[1])
    features = (*known, *extra)
    columns = {n: shared(n, tables[0].raw(n), tables[1].raw(n)) for n in features}
    later = np.repeat([False, True], [n0, n1])
    unseen = refuse_new(list(columns.values()), later)  # before a model meets values it never saw
    asked = predictor(model, like=tables[0].select(known))
    metrics: list[Metric] = []
    labels, said = [], []
    for table, y, where in zip(tables, (y0, y1), ("before", "after"), strict=True):
        values = as_labels(y, f"y of {where}")
        refuse_length(values, len(table), f"y of {where}")
        _refuse_gaps(values, where)
        p = asked(asked.aligned(table.select(known)).frame())
        said.append(Column(p[:, -1]))
        metrics.append(as_metric(metric, values, p, asked, where))
        labels.append(inferred(objects(values.reshape(len(values), -1)[:, 0].tolist())))
    columns[called] = shared(called, *labels, label=True)
    unseen = max(unseen, refuse_new([columns[called]], later))
    seen = _seen(said, metrics, known, called)
    group = grouped(together, n0, n0 + n1, groups, seed)
    many = int(group.max()) + 1
    problem = Problem(np.repeat([0.0, 1.0], [n0, n1]), group, many)
    kept = np.column_stack([np.ones(n0 + n1), group[:, None] != np.arange(many)]).astype(float)
    return Evidence(
        asked, columns, features, called, problem, kept, metrics[0], metrics[1], unseen, seen
    )


def _seen(
    said: Sequence[Column], metrics: Sequence[Metric], known: tuple[str, ...], label: str
) -> tuple[Seen, ...]:
    """What ratio models are shown besides the columns: all of it is a function of them."""
    found = [Seen(shared("\N{MIDDLE DOT} said", *said), known)]
    right = [m.each for m in metrics if m.each is not None]
    if len(right) == 2 and len(np.unique(np.concatenate(right))) <= 2:
        both = shared("\N{MIDDLE DOT} right", Column(right[0]), Column(right[1]))
        found.append(Seen(both, (*known, label)))
    return tuple(found)


def _pair(given: Any, where: str) -> tuple[Any, Any]:
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise OptionError(
            f"{where} is a pair (X, y) of rows and their labels; given {type(given).__name__}"
        )
    return given[0], given[1]


def _label(y0: Any, y1: Any, label: str | None) -> str:
    if label is not None:
        return str(label)
    names = [
        str(y.name)
        for y in (y0, y1)
        if type(y).__module__.split(".")[0] in {"pandas", "polars"} and y.name not in (None, "")
    ]
    if len(set(names)) > 1:
        raise TableError(
            f"the labels are called {names[0]!r} before and {names[1]!r} after: give both one "
            "name, or label="
        )
    return names[0] if names else "y"


def _matched(before: Table, after: Table) -> Table:
    """After's columns, by before's names and in its order."""
    if not (before.named and after.named):
        if len(before.names) != len(after.names):
            raise TableError(
                f"X has {len(before.names)} columns before and {len(after.names)} after: give both "
                "the same"
            )
        return after.renamed(before.names)
    missing = [n for n in before.names if n not in after.names]
    extra = [n for n in after.names if n not in before.names]
    if missing or extra:
        lacks = f"X of after lacks {some(missing)}" if missing else ""
        more = f"X of after has {some(extra)}, which before has not" if extra else ""
        raise TableError(
            f"the columns differ: {'; '.join(s for s in (lacks, more) if s)}. Give both the same "
            "columns."
        )
    return after.select(before.names)


def _units(tables: tuple[Table, Table], units: Any) -> tuple[tuple[Table, Table], Any]:
    """Which rows belong together; a column that says so is no feature."""
    if units is None:
        return tables, None
    if isinstance(units, str):
        if units not in tables[0].names:
            raise OptionError(
                f"units names a column {units!r} that is not there. "
                f"{did_you_mean(units, tables[0].names)}"
            )
        rest = [n for n in tables[0].names if n != units]
        raw = [t.raw(units) for t in tables]
        return (tables[0].select(rest), tables[1].select(rest)), _together(raw)
    if not isinstance(units, (tuple, list)) or len(units) != 2:
        raise OptionError(
            "units are the name of a column, or a pair of arrays (of before's rows, of after's)"
        )
    for table, unit, where in zip(tables, units, ("before", "after"), strict=True):
        refuse_other_rows(table, unit, f"units of {where}", f"X of {where}")
    arrays = [as_labels(u, "units") for u in units]
    for array, table, where in zip(arrays, tables, ("before", "after"), strict=True):
        refuse_length(array, len(table), f"units of {where}")
    return tables, _together([Column(a) for a in arrays])


def _together(parts: Sequence[Column]) -> np.ndarray:
    if any(part.missing.any() for part in parts):
        raise TableError("units are missing in some rows: name one for each row")
    words = np.array([str(v) for part in parts for v in part.data])
    return np.unique(words, return_inverse=True)[1].astype(np.int64)


def _split(table: Table, beside: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    extra = (beside,) if isinstance(beside, str) else tuple(beside)
    strange = [n for n in extra if n not in table.names]
    if strange:
        raise OptionError(
            f"beside names a column {strange[0]!r} that is not there. "
            f"{did_you_mean(strange[0], table.names)}"
        )
    known = tuple(n for n in table.names if n not in extra)
    if not known:
        raise TableError("no column is left for the model")
    return known, extra


def _refuse_gaps(values: np.ndarray, where: str) -> None:
    gone = Column(values.reshape(len(values), -1)[:, 0]).missing
    if gone.any():
        raise TableError(
            f"y of {where} is missing in {int(gone.sum())} rows (first: row "
            f"{int(np.argmax(gone))}). Drop those rows."
        )
