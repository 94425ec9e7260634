"""Both data sets, read: rows sampled, predictions judged, columns in one form, units in groups."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from whence._core.shaped import Bool, Float, Int
from whence.games.shifts.answers import answers, inert
from whence.games.shifts.columns import Shared, shared
from whence.games.shifts.groups import grouped
from whence.games.shifts.inputs import Inputs, Side, read
from whence.games.shifts.limits import Limits, sampled
from whence.games.shifts.logistic import Problem
from whence.games.shifts.metric import Metric
from whence.games.shifts.metrics import as_metric
from whence.games.shifts.novelty import Novelty, found_in, novelty
from whence.games.shifts.ratios import Seen
from whence.models.cells import Column
from whence.models.predictor import Predictor, predictor

Replicates = Float[np.ndarray, " replicates"]


@final
@dataclass(frozen=True, slots=True)
class Evidence:
    """What both data sets hold. Rows that are weighed come first of before, then of after.

    Attributes:
        model: who predicts.
        columns: of the rows that are weighed, by name, the label last.
        features: names of columns but the label.
        label: its name.
        problem: which rows are of after, and their groups.
        kept: 1.0 where a row counts, in each replicate; the first has all.
        metric: on the rows that are weighed.
        measured: the metric on before and on after, on every row that the model was asked about,
            with all rows and without each group.
        seen: what the model says of a row, and whether it is right, where that is yes or no.
        rows: positions, in before and in after, of the rows that are weighed.
        asked: how many rows of before and of after the model was asked about.
        total: how many there are.
        novelty: values of after that before cannot speak for.
        failed: which rows of after the model cannot be asked about; empty where it can.
    """

    model: Predictor
    columns: dict[str, Shared]
    features: tuple[str, ...]
    label: str
    problem: Problem
    kept: Float[np.ndarray, "rows replicates"]
    metric: Metric
    measured: tuple[Replicates, Replicates]
    seen: tuple[Seen, ...]
    rows: tuple[Int[np.ndarray, " before"], Int[np.ndarray, " after"]]
    asked: tuple[int, int]
    total: tuple[int, int]
    novelty: Novelty
    failed: str

    @property
    def after(self) -> Bool[np.ndarray, " rows"]:
        """Which rows are of after."""
        return self.problem.after > 0

    @property
    def sizes(self) -> tuple[int, int]:
        """Rows of before and of after that are weighed."""
        return len(self.rows[0]), len(self.rows[1])

    def known(self, rows: Int[np.ndarray, " some"]) -> "Evidence":
        """Some rows (some of them more than once), without columns that are put aside."""
        dropped = self.novelty.dropped
        columns = {n: c.take(rows) for n, c in self.columns.items() if n not in dropped}
        silent = {new.column for new in self.novelty.inert}
        seen = [
            Seen(s.column.take(rows), tuple(n for n in s.by if n not in silent))
            for s in self.seen
            if {*s.by} - silent <= {*columns}
        ]
        problem = self.problem
        return replace(
            self,
            columns=columns,
            features=tuple(n for n in self.features if n not in dropped),
            problem=Problem(problem.after[rows], problem.group[rows], problem.groups),
            kept=self.kept[rows],
            metric=self.metric.take(rows),
            seen=tuple(seen),
        )


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
    floor: float,
) -> Evidence:
    """Read both data sets, and ask the model about them.

    Raises:
        WhenceError: whatever does not fit; the message says what and where.
    """
    given = read(before, after, label, beside, units)
    asked = predictor(model, like=given.tables[0].select(given.known))
    limits = Limits.here()  # trying the model out has cost rows
    sides = _sides(given, limits, seed)
    columns = _columns(given, sides)
    found = found_in(columns, given.label, _later(sides), floor)
    said = answers(asked, sides, given.known, found, limits)
    if said.failed is not None:  # rows that the model cannot be asked about tell nothing
        found, sides = [], said.sides
        columns = _columns(given, sides)
    silent = {
        new.column: new.column not in given.known
        or inert(asked, sides, given.known, new.column, seed)
        for new in found
        if new.column != given.label
    }
    total = len(given.tables[0]), len(given.tables[1])
    group = grouped(given.together, total[0], sum(total), groups, seed)
    many = int(group.max()) + 1
    whole = as_metric(metric, said.judged, asked)
    at, later = said.positions(total[0]), _later(sides)
    split = at >= total[0]
    weighed = np.concatenate([sides[0].rows, total[0] + sides[1].rows])
    place = np.searchsorted(at, weighed)
    own = group[weighed]
    return Evidence(
        model=asked,
        columns=columns,
        features=(*given.known, *given.extra),
        label=given.label,
        problem=Problem(later.astype(float), own, many),
        kept=np.column_stack([np.ones(len(own)), own[:, None] != np.arange(many)]).astype(float),
        metric=whole.take(place),
        measured=(
            whole.take(~split).left_out(group[at[~split]], many, "before"),
            whole.take(split).left_out(group[at[split]], many, "after"),
        ),
        seen=_seen(said.last()[place], whole.take(place), later, given),
        rows=(sides[0].rows, sides[1].rows),
        asked=(int((~split).sum()), int(split.sum())),
        total=total,
        novelty=novelty(found, silent, int(later.sum()), floor),
        failed=said.failed or "",
    )


def _sides(given: Inputs, limits: Limits, seed: int) -> tuple[Side, Side]:
    sizes = limits.sizes(len(given.tables[0]), len(given.tables[1]))
    old, new = (
        Side(table, y, where, sampled(len(table), most, seed, stream))
        for table, y, where, most, stream in zip(
            given.tables, given.labels, ("before", "after"), sizes, (3, 4), strict=True
        )
    )
    return old, new


def _later(sides: tuple[Side, Side]) -> Bool[np.ndarray, " rows"]:
    return np.repeat([False, True], [len(side.rows) for side in sides])


def _columns(given: Inputs, sides: tuple[Side, Side]) -> dict[str, Shared]:
    names = (*given.known, *given.extra)
    columns = {n: shared(n, sides[0].column(n), sides[1].column(n)) for n in names}
    labels = (side.labels() for side in sides)
    return columns | {given.label: shared(given.label, *labels, label=True)}


def _seen(
    said: Float[np.ndarray, " rows"], metric: Metric, later: np.ndarray, given: Inputs
) -> tuple[Seen, ...]:
    """What ratio models are shown besides the columns: all of it is a function of them."""
    found = [Seen(_apart("\N{MIDDLE DOT} said", said, later), given.known)]
    right = metric.each
    if right is not None and len(np.unique(right)) <= 2:
        both = _apart("\N{MIDDLE DOT} right", right, later)
        found.append(Seen(both, (*given.known, given.label)))
    return tuple(found)


def _apart(name: str, values: np.ndarray, later: np.ndarray) -> Shared:
    return shared(name, Column(values[~later]), Column(values[later]))
