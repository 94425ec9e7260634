"""Predicates that a person can read, made from a table or from texts, and ranked by AUROC.

    numbers     x > c at its tenths (the best cut of each column); x = v where values are few
    words       colour = red; of long columns, and of texts, which words they mention
    anything    x is missing

Cuts, values and words are taken from the rows that propose, and from no others.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.errors import ModelError, OptionError
from whence._core.ranks import auc
from whence._core.shaped import Bool, Float
from whence.models.cells import Column
from whence.models.table import Table

_WORD = re.compile(r"\w+(?:'\w+)*")
_FEW, _LEVELS, _LEAST = 10, 50, 3
_TENTHS = np.linspace(0.1, 0.9, 9)
Rows = Table | list[str]
Own = Mapping[str, Callable[[Any], Any]]


@final
@dataclass(frozen=True, slots=True)
class Candidate:
    """A predicate, its scores on all rows, and its AUROC on those that proposed it."""

    name: str
    scores: Float[np.ndarray, " rows"]
    auroc: float


def proposed(
    rows: Rows,
    in_a: Bool[np.ndarray, " rows"],
    proposes: Bool[np.ndarray, " rows"],
    own: Own | None,
    most: int,
) -> list[Candidate]:
    """The predicates that tell A from B best, among the rows that propose.

    Two that hold on the same of these rows, or on just the others, are one.

    Raises:
        ModelError: a predicate of the caller's that does not give a number for each row.
        OptionError: no predicate can be made of these rows.
    """
    if isinstance(rows, Table):
        made = _of_table(rows, in_a, proposes)
    else:
        made = _of_words(rows, "mentions", in_a, proposes, most)
    candidates = [*_owns(rows, proposes, own or {}, in_a), *made]
    candidates.sort(key=lambda c: -abs(c.auroc - 0.5))  # stable: the caller's own come first
    kept: dict[bytes, Candidate] = {}
    for candidate in candidates:
        here = candidate.scores[proposes]
        key = min(here.tobytes(), (1 - here).tobytes())
        if len(kept) < most and np.ptp(here) > 0:
            kept.setdefault(key, candidate)
    if not kept:
        raise OptionError(
            "nothing varies among the rows that propose: no predicate can be made of them"
        )
    return list(kept.values())


def _owns(
    rows: Rows, proposes: Bool[np.ndarray, " rows"], own: Own, in_a: Bool[np.ndarray, " rows"]
) -> Iterator[Candidate]:
    """Asked of the two halves apart, so that nothing passes from one to the other."""
    for name, predicate in own.items():
        scores = np.empty(len(proposes))
        for half in (proposes, ~proposes):
            scores[half] = _answer(name, predicate, _some(rows, np.flatnonzero(half)))
        yield Candidate(str(name), scores, auc(scores[proposes], in_a[proposes]))


def _some(rows: Rows, at: np.ndarray) -> Any:
    return rows.take(at).frame() if isinstance(rows, Table) else [rows[i] for i in at]


def _answer(name: str, predicate: Callable[[Any], Any], given: Any) -> np.ndarray:
    try:
        answer = np.asarray(predicate(given))
        scores = answer.astype(float) if answer.dtype.kind in "biuf" else None
    except Exception as error:
        raise ModelError(
            f"the predicate {name!r} failed on {len(given)} rows: {type(error).__name__}: {error}"
        ) from error
    if scores is None or scores.shape != (len(given),) or not np.isfinite(scores).all():
        raise ModelError(
            f"the predicate {name!r} answered {answer.dtype} of shape {answer.shape} for "
            f"{len(given)} rows: it must give each yes or no, or a finite number"
        )
    return scores


def _of_table(
    table: Table, in_a: Bool[np.ndarray, " rows"], proposes: Bool[np.ndarray, " rows"]
) -> Iterator[Candidate]:
    for name in table.names:
        column = table.raw(name)
        gone = column.missing
        made = [(f"{name} is missing", gone)] if gone.any() else []
        if column.family == "number" and column.categories is None:
            value = column.readable()
            made += _levels(name, value, gone, proposes, _FEW)
            cuts = _cuts(name, value, gone, proposes)
        elif column.data.dtype.kind in "mM":
            value = np.where(gone, np.nan, column.data.astype(np.int64).astype(float))
            cuts = _times(name, column, gone, proposes)
        else:
            words = [None if g else str(v) for v, g in zip(column.data, gone, strict=True)]
            distinct = {w for w, p in zip(words, proposes, strict=True) if p and w is not None}
            cuts = []
            if len(distinct) > _LEVELS:
                yield from _of_words([w or "" for w in words], f"{name} mentions", in_a, proposes)
            else:
                made += _levels(name, np.array(words, object), gone, proposes, _LEVELS)
        yield from _judged(made, in_a, proposes)
        best = sorted(_judged(cuts, in_a, proposes), key=lambda c: -abs(c.auroc - 0.5))
        yield from best[:1]


Made = list[tuple[str, np.ndarray]]


def _judged(
    made: Made, in_a: Bool[np.ndarray, " rows"], proposes: Bool[np.ndarray, " rows"]
) -> Iterator[Candidate]:
    """Those that hold, and fail, on a few of the rows that propose."""
    for name, holds in made:
        here = holds[proposes]
        if _LEAST <= here.sum() <= len(here) - _LEAST:
            scores = holds.astype(float)
            yield Candidate(name, scores, auc(scores[proposes], in_a[proposes]))


def _levels(
    name: str, value: np.ndarray, gone: np.ndarray, proposes: np.ndarray, most: int
) -> Made:
    distinct = list(dict.fromkeys(value[proposes & ~gone].tolist()))
    if len(distinct) > most:
        return []
    return [(f"{name} = {_said(v)}", (value == v) & ~gone) for v in distinct]


def _said(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _cuts(name: str, value: np.ndarray, gone: np.ndarray, proposes: np.ndarray) -> Made:
    here = value[proposes & ~gone]
    if not len(here):
        return []
    cuts = dict.fromkeys(np.quantile(here, _TENTHS, method="lower").tolist())
    return [
        (f"{name} > {said}", ~gone & (np.nan_to_num(value, nan=-np.inf) > float(said)))
        for said in dict.fromkeys(_short(cut, here) for cut in cuts)
    ]


def _short(cut: float, value: np.ndarray) -> str:
    """As few digits as split these values just so: what is printed is what is tested."""
    wanted = (value > cut).sum()
    every = (f"{cut:.{digits}g}" for digits in range(2, 18))  # 17 are all that a float has
    return next(said for said in every if (value > float(said)).sum() == wanted)


def _times(name: str, column: Column, gone: np.ndarray, proposes: np.ndarray) -> Made:
    here = np.sort(column.data[proposes & ~gone])
    cuts = (
        dict.fromkeys(here[(_TENTHS * (len(here) - 1)).astype(int)].tolist()) if len(here) else {}
    )
    kind = column.data.dtype
    return [
        (f"{name} > {np.array(cut).astype(kind)}", ~gone & (column.data > np.array(cut, kind)))
        for cut in cuts
    ]


def _of_words(
    texts: Sequence[str],
    verb: str,
    in_a: Bool[np.ndarray, " rows"],
    proposes: Bool[np.ndarray, " rows"],
    most: int = 20,
) -> Iterator[Candidate]:
    """The words that the most A's and the fewest B's mention, or the other way round."""
    found = [frozenset(_WORD.findall(text.lower())) for text in texts]
    counts = [Counter[str](), Counter[str]()]
    for words, a, here in zip(found, in_a, proposes, strict=True):
        if here:
            counts[int(a)].update(words)
    of_a, of_b = int((proposes & in_a).sum()), int((proposes & ~in_a).sum())
    gaps = {w: counts[1][w] / of_a - counts[0][w] / of_b for w in sorted(counts[0] | counts[1])}
    for word in sorted(gaps, key=lambda w: -abs(gaps[w]))[: 2 * most]:
        holds = np.array([word in words for words in found])
        yield from _judged([(f'{verb} "{word}"', holds)], in_a, proposes)
