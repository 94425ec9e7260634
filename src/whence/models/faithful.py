"""Faithful: between two kinds of frame that both work, the one on which the model means the same.

A pipeline fitted on pandas knows NaN; polars says None, and an encoder that ignores what it does
not know then answers quietly with other numbers. So rows with missing cells are asked in both.
Where the answers differ, the fitted model's own traces decide (None among its categories), and
without a trace pandas is taken, since that is what most pipelines were fitted on.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from whence.models.routes import Route
from whence.models.table import Table

_ROWS = 64
_DEPTH = 6


def faithful(route: Route, routes: Sequence[Route], like: Table, model: Any) -> Route:
    """The route itself, or the one of pandas if polars' missing cells mean something else."""
    if route.intake.kind != "polars":
        return route
    others = [r for r in routes if r.intake.kind == "pandas"]
    rows = like.take(_telling(like))
    if not others or _same(route, others[0], rows):
        return route
    return route if any(_none_inside(e) for e in _inside(model, _DEPTH)) else others[0]


def _telling(like: Table) -> np.ndarray:
    """The first rows with missing cells, and a few without."""
    columns = [like.raw(n).missing for n in like.names]
    gaps = np.flatnonzero(np.any(columns, axis=0))[: _ROWS // 2]
    return np.union1d(gaps, np.arange(min(len(like), _ROWS - len(gaps))))


def _same(one: Route, other: Route, rows: Table) -> bool:
    try:
        answers = [r.ask(r.intake.aligned(rows).frame()) for r in (one, other)]
    except Exception:  # a kind that fails is no rival
        return True
    return bool(np.allclose(answers[0], answers[1], rtol=1e-9, atol=1e-12, equal_nan=True))


def _inside(model: Any, depth: int) -> Iterator[Any]:
    """The fitted steps of pipelines, transformers' branches and ensembles."""
    yield model
    if depth == 0:
        return
    parts = [*(getattr(model, "steps", None) or []), *(getattr(model, "transformers_", None) or [])]
    best = getattr(model, "best_estimator_", None)
    for part in [*(p[1] for p in parts), *([] if best is None else [best])]:
        yield from _inside(part, depth - 1)


def _none_inside(estimator: Any) -> bool:
    """Whether an encoder met None when it was fitted."""
    known = getattr(estimator, "categories_", None)
    return known is not None and any(v is None for values in known for v in np.asarray(values))
