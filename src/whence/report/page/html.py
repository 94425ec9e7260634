"""One page for whoever must sign off: question, answer, how sure, and what it does not show.

Self-contained: no network, no server, no asset; light and dark; fit to print. Without scripts it is
a plain, complete table with still pictures; with them the same numbers can be sorted, searched,
narrowed to a subgroup and followed to a single case.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, final

import numpy as np

from whence._core.attribution import Attribution
from whence.report.numbers import clean, rough, several
from whence.report.page.beside import between
from whence.report.page.carried import OUTPUTS, cases_kept, players_kept
from whence.report.page.ladder import ladder
from whence.report.page.lead import lead
from whence.report.page.payload import payload
from whence.report.page.sections import TALL, WIDE, Section, section
from whence.report.page.shell import page, render, written
from whence.report.rows import order, sizes
from whence.report.wording import (
    asks,
    cases,
    caveats,
    certainty,
    conditions,
    cost,
    name_of_index,
    reason,
    sized,
    unit,
    verb,
)

_BRIEF = 12


@final
@dataclass(frozen=True, slots=True)
class Kind:
    """A picture that can be chosen: its name on a button, and what is said below it."""

    kind: str
    name: str
    said: str


_BARS = Kind(
    "bars",
    "Bars",
    "Means over the cases, with 95 % intervals. Pale: the interval includes zero.",
)
_DOTS = Kind(
    "dots",
    "Dots",
    "One dot for each case, coloured by the value in that case; diamonds are means, with their "
    "95 % intervals. Choose a dot to see its case, a diamond to see all of its cases.",
)
_WATERFALL = Kind(
    "waterfall",
    "Waterfall",
    "From the bottom upwards, with 95 % intervals. Dashed: with none, and with all.",
)
_PLAIN = Kind("bars", "Bars", "With 95 % intervals. Pale: the interval includes zero.")


def to_html(att: Attribution, path: str | Path | None = None) -> str:
    """A whole page; also written to `path` when it is given.

    Raises:
        ResultError: the file cannot be written.
    """
    outputs = range(min(len(att.outputs), OUTPUTS))
    kept = players_kept(att, len(outputs))
    at = cases_kept(att, len(outputs), len(kept))
    told = payload(att, outputs, kept, at) | {
        "unsure": att.uncertainty == "unquantified",
        "others": len(att.players) - len(kept),
    }
    words = _words(att, [section(att, o, kept, whole=True) for o in outputs])
    words |= {
        "title": sentence(asks(att)),
        "kicker": _kicker(att),
        "lead": lead(att) if outputs else "",
        "kinds": _kinds(att),
        "outputs": [clean(att.outputs[o]) for o in outputs],
        "columns": bool(att.data) and len(at) > 1,
        "many": len(at) > 1,
        "cases_said": cases_said(len(att.values), len(at)),
        "place": {int(p): i for i, p in enumerate(kept)},
        "between": between(att),
        "rungs": ladder(att),
        "looks": _looks(att),
        "conditions": conditions(att),
        "costs": _costs(att),
        "provenance": [
            (clean(k), clean(_without_folders(v)))
            for k, v in att.provenance.items()
            if v is not None
        ],
        "caveats": caveats(att),
    }
    return written(page("assets/answer.html.j2", told, words), path)


def fragment(att: Attribution) -> str:
    """A table and a picture for a notebook's cell."""
    one = [section(att, 0, _largest(att), whole=False)] if att.outputs else []
    words = _words(att, one) | {"title": sentence(asks(att)), "cost": cost(att), "tall": TALL}
    return render("assets/fragment.html.j2", **words)


def cases_said(every: int, here: int) -> str:
    """Which cases a page carries; nothing where there is one or none."""
    if here < 2:
        return ""
    if here == every:
        return f"All {every:,} cases."
    return (
        f"All {every:,} cases in the table; {here:,} of them, evenly spaced, are in this page for "
        "pictures and subgroups."
    )


def _largest(att: Attribution) -> np.ndarray:
    keys = sizes(att)[0] if sized(att) else att.values.mean(axis=0)[0] if len(att.values) else None
    return order(keys)[:_BRIEF] if keys is not None else np.arange(min(len(att.players), _BRIEF))


def _words(att: Attribution, sections: list[Section]) -> dict[str, Any]:
    """What a page and a notebook's cell both say."""
    return {
        "reason": reason(att),
        "converged": att.converged,
        "sections": sections,
        "more_outputs": more_outputs(att, len(sections)),
        "kind": att.players.kind,
        "head": f"{verb(att)} on average" if sized(att) else f"{verb(att)} ({unit(att)})",
        "by_case": sized(att),
        "wide": WIDE,
    }


def sentence(text: str) -> str:
    """With a capital."""
    return f"{text[:1].upper()}{text[1:]}"


def _kicker(att: Attribution) -> str:
    said = (f"{name_of_index(att)} values", certainty(att), cases(att), f"in {unit(att)}")
    return " · ".join(said)


def _kinds(att: Attribution) -> list[Kind]:
    if len(att.values) > 1:
        return [_BARS, _DOTS] if not sized(att) else [_DOTS, _BARS]
    if len(att.values) == 1 and att.averaged == 1:
        return [_WATERFALL, _PLAIN] if att.data else [_PLAIN, _WATERFALL]
    return [_PLAIN]


def _without_folders(value: Any) -> Any:
    """A file by its name alone: a page goes to people who need not know whose disk it is on."""
    if isinstance(value, (list, tuple)):
        return [_without_folders(entry) for entry in value]
    for kind in (PurePosixPath, PureWindowsPath):
        if isinstance(value, str) and kind(value).is_absolute():
            return kind(value).name or value
    return value


def _looks(att: Attribution) -> list[tuple[str, str, str]]:
    """The looks of the run: questions, seconds, and the widest half interval by then."""
    if att.trace is None:
        return []
    widest = 1.96 * att.trace.stderr.reshape(len(att.trace), -1).max(axis=1, initial=0.0)
    return [
        (f"{asked:,}", f"{seconds:.3g}", f"±{rough(half)}" if np.isfinite(half) else "unknown")
        for asked, seconds, half in zip(
            att.trace.asked.tolist(), att.trace.seconds.tolist(), widest.tolist(), strict=True
        )
    ]


def more_outputs(att: Attribution, shown: int) -> str:
    """The outputs that are not shown, by name; nothing where all are."""
    left = [clean(name) for name in att.outputs[shown:]]
    if not left:
        return ""
    names = ", ".join(left[:6]) + (", …" if len(left) > 6 else "")
    return f"{several(len(left), 'more output')} not shown here: {names}"


def _costs(att: Attribution) -> list[tuple[str, str]]:
    c = att.cost
    said = [
        ("questions asked of the game", f"{c.asked:,}"),
        ("evaluated", f"{c.evaluations:,}"),
        ("found in a store", f"{c.found:,}" if c.found else ""),
        ("gradients", f"{c.gradients:,}" if c.gradients else ""),
        ("rows given to the model", f"{c.rows:,}" if c.rows is not None else ""),
        ("seconds", f"{c.seconds:.3g}"),
        ("cases averaged or shown", f"{max(att.averaged, len(att.values)):,}"),
    ]
    return [(what, how) for what, how in said if how]
