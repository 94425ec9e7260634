"""Two answers on one page: side by side, and which of their differences are real."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from whence._core.attribution import Attribution
from whence._core.text import numbered
from whence.report.numbers import MINUS, clean, decimals, isolated, number, plural, typeset
from whence.report.page import charts
from whence.report.page.carried import OUTPUTS, cases_kept, players_kept
from whence.report.page.html import Kind, cases_said, more_outputs, sentence
from whence.report.page.pack import floats
from whence.report.page.payload import SHOWN, Json, lines, payload
from whence.report.page.sections import WIDE, Section, section
from whence.report.page.shell import page, written
from whence.report.rows import Row, averaged, order, rows
from whence.report.versus import by_chance, names_of
from whence.report.wording import asks, axis, caveats, conditions, cost, unit

_DIFFERENCES = Kind("bars", "Differences", f"a {MINUS} b, with 95 % intervals. Pale: within noise.")
_DOTS = Kind(
    "dots",
    "By case",
    f"a {MINUS} b: one dot for each case, coloured by the value in that case; diamonds are means, "
    "with their 95 % intervals.",
)
_SIDES = Kind(
    "sides",
    "Side by side",
    "Each answer with its own 95 % interval. Intervals that overlap may still differ for certain: "
    "what the answers share cancels in the difference.",
)


@final
@dataclass(frozen=True, slots=True)
class Sides:
    """One player's two values, for people and for sorting, and whether they really differ."""

    values: tuple[float, float]
    texts: tuple[str, str]
    verdict: str


@final
@dataclass(frozen=True, slots=True)
class Pair:
    """What a page of two answers is made of.

    Attributes:
        a: the first answer.
        b: the second answer.
        difference: a - b; case by case where the two are paired, with the same mean.
        paired: it is.
        names: what the two are called.
    """

    a: Attribution
    b: Attribution
    difference: Attribution
    paired: bool
    names: tuple[str, str]


def to_html(
    a: Attribution,
    b: Attribution,
    difference: Attribution,
    path: str | Path | None = None,
    *,
    names: tuple[str, str] | None = None,
) -> str:
    """A whole page of a, b and a - b; also written to `path` when it is given.

    Args:
        a: the first answer.
        b: the second answer.
        difference: a - b; of many cases where they are paired.
        path: where to write it.
        names: what the two are called; by their models or methods by default.

    Raises:
        ResultError: the file cannot be written.
    """
    left, right = numbered(clean(name) for name in names or names_of(a, b))
    pair = Pair(a, b, difference, len(difference.values) > 1, (left, right))
    outputs = range(min(len(difference.outputs), OUTPUTS))
    kept = players_kept(difference, len(outputs))
    sections = [section(averaged(difference), o, kept, whole=True) for o in outputs]
    told = _told(pair, outputs, kept)
    return written(page("assets/versus.html.j2", told, _words(pair, sections, kept)), path)


def _told(pair: Pair, outputs: Sequence[int], kept: np.ndarray) -> Json:
    difference = pair.difference
    at = cases_kept(difference, 2 * len(outputs), len(kept))
    told = payload(difference, outputs, kept, at) | {
        "unsure": difference.uncertainty == "unquantified",
        "others": len(difference.players) - len(kept),
        "sized": False,
        "sides": list(pair.names),
        "costs": [cost(pair.a), cost(pair.b)],
    }
    for place, o in enumerate(outputs):
        told["outputs"][place] |= _output(pair, o, kept, at)
    return told


def _output(pair: Pair, output: int, kept: np.ndarray, at: np.ndarray) -> Json:
    kind, what = pair.a.players.kind, axis(pair.a, output)
    between = f"a {MINUS} b: {what}"
    found: Json = {
        "top": order(averaged(pair.difference).values[0, output, kept])[:SHOWN].tolist(),
        "both": [lines([rows(x, output)[p] for p in kept]) for x in (pair.a, pair.b)],
        "charts": {
            "bars": charts.bars(between),
            "sides": charts.sides(what, pair.names),
            "dots": charts.dots(between, kind),
            "numeric": charts.dependence(between, numeric=True),
            "nominal": charts.dependence(between, numeric=False),
            "waterfall": charts.waterfall(between),
        },
    }
    if pair.paired:
        sides = [floats(x.values[at][:, output][:, kept]) for x in (pair.a, pair.b)]
        found |= {"sides": sides, "values": None}
    return found


def _words(pair: Pair, sections: list[Section], kept: np.ndarray) -> dict[str, Any]:
    difference = pair.difference
    here = len(cases_kept(difference, 2 * len(sections), len(kept)))
    both = zip(_facts(pair.a), _facts(pair.b), strict=True)
    return {
        "title": f"{sentence(asks(pair.a))}: what differs",
        "kicker": f"Comparing a: {pair.names[0]}, and b: {pair.names[1]}",
        "lead": _lead(pair),
        "paired": pair.paired,
        "how": _how(pair),
        "sections": [(s, _sides(pair, i, s)) for i, s in enumerate(sections)],
        "more_outputs": more_outputs(difference, len(sections)),
        "kinds": [_DIFFERENCES, _SIDES, *([_DOTS] if pair.paired else [])],
        "outputs": [s.name for s in sections],
        "columns": bool(difference.data) and here > 1,
        "many": here > 1,
        "cases_said": cases_said(len(difference.values), here),
        "place": {int(p): i for i, p in enumerate(kept)},
        "kind": difference.players.kind,
        "unit": unit(difference),
        "names": pair.names,
        "by_chance": by_chance(difference),
        "both": [(what, left, right) for (what, left), (_, right) in both],
        "caveats": caveats(difference),
        "wide": WIDE,
    }


def _sides(pair: Pair, output: int, shown: Section) -> list[Sides]:
    """Each line's two values, with the digits of their difference."""
    left, right = (averaged(x).values[0, output] for x in (pair.a, pair.b))
    found = [line.row for line in shown.lines]
    places = decimals(np.array([r.value for r in found]), np.array([r.stderr for r in found]))
    return [
        Sides(
            (float(left[r.player]), float(right[r.player])),
            (
                typeset(number(float(left[r.player]), d)),
                typeset(number(float(right[r.player]), d)),
            ),
            _verdict(r),
        )
        for r, d in zip(found, places, strict=True)
    ]


def _verdict(row: Row) -> str:
    return "real" if row.apart else "within noise" if row.sure else "unknown"


def _lead(pair: Pair) -> str:
    """How many of the differences are real, and the largest of those."""
    every = rows(pair.difference, 0)
    real = sorted((r for r in every if r.apart), key=lambda r: -abs(r.value))
    kinds = plural(pair.a.players.kind)
    if not any(r.sure for r in every):
        return "Nobody quantified the uncertainty: no difference can be told from noise."
    if not real:
        return f"None of the differences of {len(every):,} {kinds} can be told from noise."
    first = real[0]
    d = decimals(np.array([first.value]), np.array([first.stderr]))[0]
    low, high = (typeset(number(x, d)) for x in (first.low, first.high))
    value = typeset(number(first.value, d, sign=True))
    return (
        f"{len(real):,} of {len(every):,} {kinds} really differ. The largest: "
        f"{isolated(first.name)}, {value} {unit(pair.a)} (95 % interval {low} … {high})."
    )


def _how(pair: Pair) -> str:
    if pair.paired:
        return (
            "Both answers are about the same cases, so the differences are taken case by case: "
            "what the cases have in common cancels."
        )
    return (
        "The answers are taken as independent, which is wider than it need be where they share "
        "rows: ask both by case, on the same rows, for surer differences."
    )


def _facts(att: Attribution) -> list[tuple[str, str]]:
    """What was asked and what it cost, every line there, so that two answers stand side by side."""
    known = dict(conditions(att))
    names = ("unit", "removal", "model", "index", "method", "cases")
    return [
        *((name, known.get(name, "")) for name in names),
        ("cost", cost(att)),
        ("converged", "yes" if att.converged else "no"),
        ("seed", clean(att.provenance.get("seed", ""))),
        ("made", clean(att.provenance.get("made", ""))),
    ]
