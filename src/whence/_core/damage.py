"""A damaged file must not become a number: what must hold of every result that is read."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import ResultError, some
from .kinds import TRACE, Kind

if TYPE_CHECKING:
    from .selection import Selection
    from .trace import Trace

_TYPES: Mapping[str, type] = {
    "method": str,
    "verdict": str,
    "converged": bool,
    "averaged": int,
    "held_out": int,
}
_COLUMNS = "fiubUOMm"  # numpy's letters for what columns of data may be


def check(result: Any, kind: Kind, source: object) -> None:
    """Refuse a result that does not hold together.

    Args:
        result: an Attribution, Interactions, or a Selection.
        kind: what it is made of.
        source: where it comes from, in words.

    Raises:
        ResultError: arrays that do not fit, or fields that make no sense.
    """
    sizes = {
        "cases": len(getattr(result, kind.cases)),
        "outputs": len(result.outputs),
        "players": len(result.players),
        "one": 1,
    }
    if "pairs" in kind.plain:
        _check_pairs(result.pairs, sizes["players"], source)
        sizes["pairs"] = len(result.pairs)
    if "path" in kind.tables:
        sizes["steps"] = len(next(iter(result.path.values()), ()))
    for name, axes, array in _arrays(result, kind):
        wanted = tuple(sizes[axis] for axis in axes)
        letters = _COLUMNS if name == "data" else "f"
        if array.dtype == object and not all(map(_is_entry, array.ravel().tolist())):
            raise ResultError(f"{source} is damaged: {name!r} holds what is no entry of a table")
        if array.dtype.kind not in letters or (array.dtype.kind == "f" and array.itemsize > 8):
            raise ResultError(f"{source} is damaged: no numbers in {name!r}")
        if array.shape != wanted:
            raise ResultError(
                f"{source} is damaged: {name} of shape {array.shape}, header says {wanted}"
            )
    names = result.case_names if kind.name == "attribution" else ()
    if len(names) not in (0, sizes["cases"]):
        raise ResultError(f"{source} is damaged: {len(names)} names for {sizes['cases']} cases")
    _check_fields(result, kind, source)
    _check_errors(result, kind, source)
    if "order" in kind.plain:
        _check_search(result, sizes["cases"], source)
    if "trace" in kind.tables:
        _check_trace(result.trace, sizes, source)
        _check_weights(result.weights, sizes["cases"], source)


def _is_entry(value: object) -> bool:
    return value is None or isinstance(value, (str, int, float))


def _arrays(result: Any, kind: Kind) -> Iterator[tuple[str, tuple[str, ...], np.ndarray]]:
    for name, axes in kind.arrays.items():
        yield name, axes, getattr(result, name)
    for name, axes_of in kind.tables.items():
        if not isinstance(axes_of, Mapping):
            for array in getattr(result, name).values():
                yield name, axes_of, array


def _check_fields(result: Any, kind: Kind, source: object) -> None:
    for name, kinds in _TYPES.items():
        if name in kind.plain and not isinstance(getattr(result, name), kinds):
            raise ResultError(f"{source} is damaged: {name}={getattr(result, name)!r}")
    if "uncertainty" in kind.plain and result.uncertainty not in {
        "exact",
        "sampled",
        "unquantified",
    }:
        raise ResultError(f"{source} is damaged: its uncertainty is {result.uncertainty!r}")


def _check_errors(result: Any, kind: Kind, source: object) -> None:
    if "parts" not in kind.tables:
        return
    if not result.parts and result.uncertainty != "unquantified":
        raise ResultError(f"{source} is damaged: it lacks its error parts")
    if any((part < 0).any() for part in (*result.parts.values(), *result.shared.values())):
        raise ResultError(f"{source} is damaged: it holds standard errors below zero")
    if (result.freedom < 0).any():
        raise ResultError(f"{source} is damaged: it holds degrees of freedom below zero")


def _check_search(result: "Selection", cases: int, source: object) -> None:
    strangers = [name for name in result.order if name not in set(result.players.names)]
    if strangers:
        raise ResultError(f"{source} is damaged: {some(strangers)} in `order` are no players")
    if result.held_out not in {0, cases}:
        raise ResultError(f"{source} is damaged: {result.held_out} of {cases} cases were held out")


def _check_trace(trace: "Trace | None", sizes: Mapping[str, int], source: object) -> None:
    if trace is None:
        return
    every = {**sizes, "looks": len(trace.asked)}
    for name, axes in TRACE.items():
        array: np.ndarray = getattr(trace, name)
        wanted = tuple(every[axis] for axis in axes)
        letters = "i" if name in {"asked", "rows"} else "f"
        if array.dtype.kind not in letters or array.shape != wanted or not len(array):
            raise ResultError(
                f"{source} is damaged: its trace has {name} of shape {array.shape} and type "
                f"{array.dtype}, where {wanted} numbers belong"
            )


def _check_weights(weights: np.ndarray | None, cases: int, source: object) -> None:
    if weights is None:
        return
    if weights.shape != (cases,) or not (np.isfinite(weights) & (weights >= 0)).all():
        raise ResultError(f"{source} is damaged: it has no weight from 0 up for each case")
    if not weights.any():
        raise ResultError(f"{source} is damaged: its weights are all 0")


def _check_pairs(pairs: tuple[tuple[int, int], ...], players: int, source: object) -> None:
    if any(not 0 <= i < j < players for i, j in pairs) or len(set(pairs)) < len(pairs):
        raise ResultError(
            f"{source} is damaged: its pairs are not different players, the lower first, each once"
        )
