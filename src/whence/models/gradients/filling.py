"""Fill a store: gradients of a few rows at a time, projected, kept block by block.

    store = GradientStore.open(path, rows=n, dim=512, key=key)
    print(forecast(store, gradients, projection))
    fill(store, gradients, projection)

The same call, made again, makes what is missing. Machines that share a disk take turns by blocks:
`blocks=range(machine, store.blocks, machines)`.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
import torch

from whence._core.errors import OptionError, StoreError
from whence._core.meter import count
from whence._core.progress import Shares
from whence._core.shaped import Float, Int
from whence.models.gradients.factored import Factored, Pair
from whence.models.gradients.planning import Plan, batch_rows, plan
from whence.models.gradients.random_projection import RandomProjection
from whence.models.gradients.store import GradientStore

Gradients = Callable[[Int[np.ndarray, " rows"]], torch.Tensor | Sequence[Pair]]
Extra = Callable[[Int[np.ndarray, " rows"]], np.ndarray]
_TRIAL = 64  # rows


@final
@dataclass(frozen=True, slots=True)
class Filled:
    """What a call of `fill` did.

    Attributes:
        blocks: that it wrote.
        rows: whose gradients it asked for.
        seconds: that it took.
    """

    blocks: int
    rows: int
    seconds: float


def fill(
    store: GradientStore,
    gradients: Gradients,
    projection: RandomProjection,
    *,
    extra: Extra | None = None,
    blocks: Iterable[int] | None = None,
) -> Filled:
    """Make the blocks that are missing.

    Args:
        store: where they go.
        gradients: numbers of rows, int [rows] -> their gradients, float [rows, size], one row for
            each; or their factors, layer by layer, where the projection is `Factored`.
        projection: what makes them shorter: the one of the store's key.
        extra: numbers of rows -> further columns, float [rows, columns], where the store has some.
        blocks: which of them; all by default.

    Raises:
        StoreError: the store was made for another projection, or cannot be written.
        OptionError: gradients of another shape.
        ModelError: gradients that are not finite.
    """
    _refuse_other(store, projection)
    if (extra is None) != (not store.layout.extra):
        raise OptionError(
            f"the store has extra columns {store.layout.extra}: give extra= a function of rows "
            "that returns them, and nothing where there are none"
        )
    missing = set(store.missing)
    wanted = range(store.blocks) if blocks is None else blocks
    todo = [b for b in dict.fromkeys(wanted) if store.layout.span(b) and b in missing]
    start, done, told = time.perf_counter(), [], Shares()
    for number, block in enumerate(todo):
        if not store.file(block).exists():  # another machine may have been quicker
            rows = np.array(store.layout.span(block))
            columns = None if extra is None else np.asarray(extra(rows), dtype=float)
            store.write(block, _projected(gradients, projection, rows), columns)
            done.append(len(rows))
            count(gradients=len(rows))
        told.done((number + 1) / len(todo), sum(done))
    return Filled(len(done), sum(done), time.perf_counter() - start)


def forecast(
    store: GradientStore,
    gradients: Gradients,
    projection: RandomProjection,
    *,
    queries: int = 100,
    k: int = 100,
) -> Plan:
    """What filling the store will take: a few rows are tried, twice, and nothing is written.

    Args:
        store: what is to be filled.
        gradients: as `fill` takes them.
        projection: as `fill` takes it.
        queries: how many will be asked at once.
        k: rows that will be named for each.

    Raises:
        StoreError: the store was made for another projection.
        OptionError: gradients of another shape.
        ModelError: gradients that are not finite.
    """
    _refuse_other(store, projection)
    rows = np.arange(min(_TRIAL, batch_rows(projection.size, store.layout.block), store.rows))
    took = 0.0
    for _ in range(2):  # the first time is never the usual one
        start = time.perf_counter()
        _projected(gradients, projection, rows)
        took = time.perf_counter() - start
    left = sum(len(store.layout.span(b)) for b in store.missing)
    seconds = took / len(rows) * left
    return plan(store.layout, projection.size, queries=queries, k=k, seconds=seconds)


def project_all(given: torch.Tensor | Sequence[Pair], projection: RandomProjection) -> torch.Tensor:
    """Gradients or their factors, projected: float [rows, dim].

    Raises:
        OptionError: factors for a projection that takes none, or other shapes.
        ModelError: what is not finite.
    """
    if isinstance(given, torch.Tensor):
        return projection.project(given)
    if not isinstance(projection, Factored):
        raise OptionError(
            f"{type(projection).__name__} projects a tensor of gradients, [rows, "
            f"{projection.size}]; given a {type(given).__name__}. Factors of layers are for "
            "`Factored`."
        )
    return projection.project_pairs(given)


def _projected(
    gradients: Gradients, projection: RandomProjection, rows: Int[np.ndarray, " rows"]
) -> Float[np.ndarray, "rows dim"]:
    step, parts = batch_rows(projection.size, len(rows)), []
    for start in range(0, len(rows), step):
        some = rows[start : start + step]
        part = project_all(gradients(some), projection)
        if len(part) != len(some):
            raise OptionError(
                f"gradients of {len(some)} rows were asked for, and {len(part)} came: one row for "
                "each example, and no mean over them"
            )
        parts.append(part.cpu().numpy())
    return np.concatenate(parts)


def _refuse_other(store: GradientStore, projection: RandomProjection) -> None:
    made = store.key.get("projection", repr(projection))
    if made != repr(projection) or store.dim != projection.dim:
        raise StoreError(
            f"{store.path} keeps {store.dim} numbers a row, of {made}; given {projection!r}, of "
            f"{projection.dim}. Nothing was changed: use the projection that it was made for."
        )
