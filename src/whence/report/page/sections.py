"""A page's tables: texts for people, numbers for sorting, positions for small bars."""

from dataclasses import dataclass
from typing import final

import numpy as np
from markupsafe import Markup

from whence._core.attribution import Attribution
from whence.report.numbers import clean, decimals, number, percent, rough, signed, typeset
from whence.report.page.places import inside
from whence.report.page.static import pictures
from whence.report.rows import Ranking, Row, ranking_of
from whence.report.wording import PARTS, errors, others, reach, sized, total, widths

WIDE, TALL = 160, 14  # pixels of a bar in the table


@final
@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: texts for people, numbers for sorting, positions for its bar."""

    name: str
    value: str
    interval: str
    size: str
    row: Row
    left: float
    width: float
    low: float
    high: float


@final
@dataclass(frozen=True, slots=True)
class Section:
    """One output: its table and its pictures."""

    name: str
    lines: tuple[Line, ...]
    zero: float
    rest: str
    total: str
    errors: str
    parts: tuple[tuple[str, str, str], ...]
    pictures: tuple[Markup, ...]
    inside: Markup


def section(att: Attribution, output: int, kept: np.ndarray, *, whole: bool) -> Section:
    """The tables, pictures and sentences of one output, with the lines of these players."""
    found = ranking_of(att, output, kept, by_size=sized(att))
    lines, zero = _lines(found)
    scale = reach(att, output)
    return Section(
        clean(att.outputs[output]),
        lines,
        zero,
        others(found.others, None if sized(att) else found.unclear) if found.others else "",
        signed(total(att, output)),
        errors(att, output),
        tuple(
            (part, f"±{rough(half)}" + _share(half, scale), PARTS.get(part, ""))
            for part, half in widths(att, output).items()
        ),
        tuple(pictures(att, output, whole=whole)),
        inside(att, output),
    )


def _share(half: float, scale: float) -> str:
    return f" ({percent(half / scale)} of the range)" if scale > 0 and np.isfinite(half) else ""


def _lines(found: Ranking) -> tuple[tuple[Line, ...], float]:
    """The rows, with their bars on one scale; and where zero stands on it."""
    shown = found.shown
    ends = [e for r in shown for e in (r.value, r.low, r.high) if np.isfinite(e)] + [0.0]
    low, span = min(ends), (max(ends) - min(ends)) or 1.0

    def x(value: float) -> float:
        return round((value - low) / span * (WIDE - 2) + 1, 1) if np.isfinite(value) else 0.0

    places = decimals(np.array([r.value for r in shown]), np.array([r.stderr for r in shown]))
    lines = [
        Line(
            r.label,
            typeset(number(r.value, d)),
            typeset(f"{number(r.low, d)} … {number(r.high, d)}") if r.sure else "not quantified",
            typeset(number(r.size, d)),
            r,
            min(x(0.0), x(r.value)) if np.isfinite(r.value) else 0.0,
            round(abs(x(r.value) - x(0.0)), 1) if np.isfinite(r.value) else 0.0,
            x(r.low),
            x(r.high),
        )
        for r, d in zip(shown, places, strict=True)
    ]
    return tuple(lines), x(0.0)
