"""A page's numbers: what its pictures, its subgroups and its cases are made of.

Of many cases an evenly spaced choice travels, and the page says so; the table's own numbers are
always of all.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from whence._core.attribution import Attribution
from whence._core.student import quantile
from whence._core.text import numbered, told_apart
from whence.report.numbers import clean, several
from whence.report.page import charts
from whence.report.page.columns import column
from whence.report.page.pack import floats, numbers
from whence.report.rows import Row, averaged, order, rows, sizes
from whence.report.wording import axis, cost, sized, unit, worth_axis

Json: TypeAlias = dict[str, Any]

_LEVEL = 0.95
SHOWN = 15  # players in a picture
_SETTLING = 5  # players whose way is drawn
_NAME = 40


def payload(att: Attribution, outputs: Sequence[int], kept: np.ndarray, at: np.ndarray) -> Json:
    """Everything that the page's scripts need to know.

    Args:
        att: the answer.
        outputs: positions of the outputs in the page.
        kept: positions of the players in the page, int [kept].
        at: positions of the cases in the page, int [cases].
    """
    names = numbered(clean(att.players.names[p]) for p in kept)
    return {
        "kind": att.players.kind,
        "unit": unit(att),
        "cost": cost(att),
        "config": charts.CONFIG,
        "players": list(names),
        "short": list(told_apart(names, _NAME)),
        "sized": sized(att),
        "outputs": [_output(att, o, kept, at) for o in outputs],
        "cases": _cases(att, kept, at) if len(at) else None,
    }


def lines(every: Sequence[Row]) -> Json:
    """The players' numbers over all cases, column by column."""
    return {
        "value": numbers([r.value for r in every]),
        "low": numbers([r.low for r in every]),
        "high": numbers([r.high for r in every]),
        "size": numbers([r.size for r in every]),
    }


def _output(att: Attribution, output: int, kept: np.ndarray, at: np.ndarray) -> Json:
    every = rows(att, output)
    keys = sizes(att)[output] if sized(att) else np.array([r.value for r in every])
    top = order(keys[kept])[:SHOWN]
    return {
        "name": clean(att.outputs[output]),
        "top": top.tolist(),
        "rows": lines([every[p] for p in kept]),
        "charts": _charts(att, output),
        "looks": _looks(att, output, kept[top[:_SETTLING]]),
        **(_block(att, output, kept, at) if len(at) else {}),
    }


def _charts(att: Attribution, output: int) -> Json:
    what, kind = axis(att, output), att.players.kind
    found = {"bars": charts.bars(what)}
    if len(att.values) > 1:
        found["dots"] = charts.dots(what, kind)
        found["numeric"] = charts.dependence(what, numeric=True)
        found["nominal"] = charts.dependence(what, numeric=False)
    if len(att.values) > 1 or att.averaged == 1:
        found["waterfall"] = charts.waterfall(worth_axis(att, output))
    if att.trace is not None:
        found["convergence"] = charts.convergence(what)
    return found


def _block(att: Attribution, output: int, kept: np.ndarray, at: np.ndarray) -> Json:
    """One output's cases: [cases, players], row by row."""
    error = att.stderr[at][:, output][:, kept]
    return {
        "values": floats(att.values[at][:, output][:, kept]),
        "errors": floats(error) if error.any() else None,
        "empty": floats(att.empty[at, output]),
        "full": floats(att.full[at, output]),
        "left": floats(_left(att, output, kept, at)) if len(kept) < len(att.players) else None,
    }


def _left(att: Attribution, output: int, kept: np.ndarray, at: np.ndarray) -> np.ndarray:
    """What the players outside the page add, case by case."""
    values = att.values[at, output]
    return np.asarray(values.sum(axis=1) - values[:, kept].sum(axis=1))


def _cases(att: Attribution, kept: np.ndarray, at: np.ndarray) -> Json:
    told = [column(name, values[at]) for name, values in att.data.items()]
    place = {name: i for i, name in enumerate(att.data)}
    return {
        "labels": labels(att, at),
        "of": len(att.values),
        "half": floats(quantile(_LEVEL, att.freedom[at])),
        "student": floats(quantile(_LEVEL, np.arange(1.0, max(len(at), 2)))),
        "shared": [part for part in averaged(att).parts if part not in {"estimation", "data"}],
        "together": "estimation" in att.shared,
        "weights": None if att.weights is None else floats(att.weights[at]),
        "columns": told,
        "column": [place.get(att.players.names[p], -1) for p in kept],
    }


def labels(att: Attribution, at: np.ndarray) -> list[str]:
    """The cases as people count them: rows of the data where those are known."""
    if att.case_names:
        return [f"row {clean(att.case_names[i])}" for i in at]
    told = att.provenance.get("rows")
    if isinstance(told, list) and len(told) == len(att.values):
        return [f"row {clean(told[i])}" for i in at]
    return [f"case {i}" for i in at]


def _looks(att: Attribution, output: int, players: np.ndarray) -> Json | None:
    trace = att.trace
    if trace is None or not len(trace):
        return None
    half = quantile(_LEVEL, np.full(len(trace), 1e9))[:, None] * trace.stderr[:, output]
    some = np.isfinite(half).all(axis=1)
    return {
        "players": players.tolist(),
        "names": list(told_apart(tuple(clean(att.players.names[p]) for p in players), _NAME)),
        "cost": [several(int(a), "question") for a in trace.asked[some]],
        "asked": trace.asked[some].tolist(),
        "seconds": numbers(trace.seconds[some]),
        "widest": numbers(half[some].max(axis=1)),
        "value": [numbers(v) for v in trace.values[some][:, output][:, players].T],
        "half": [numbers(h) for h in half[some][:, players].T],
    }
