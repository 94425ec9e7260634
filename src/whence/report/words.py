"""Five honest lines: what, how, at which cost, why it stopped, and the largest three.

What was checked of the answer adds a line for each check.
"""

import numpy as np

from whence._core.attribution import Attribution
from whence._core.interactions import Interactions
from whence.report.numbers import clean, decimals, number, several
from whence.report.rows import Row, ranking
from whence.report.wording import (
    cases,
    certainty,
    certificates,
    cost,
    in_words,
    name_of_index,
    sized,
    unit,
    verdict,
)

_TOP = 3
_NAME = 30


def words(att: Attribution) -> str:
    """The answer in five lines of plain text, and one for each certificate; never fails.

    Several outputs: the first one's largest three.
    """
    what = f"{name_of_index(att)} of {several(len(att.players), att.players.kind)}"
    five = five_lines(att, what, verdict(att), f"top: {_top(att)}")
    said = [f"in words: {in_words(att)}"] if in_words(att) else []
    return "\n".join([five, *said, *certificates(att)])


def five_lines(found: Attribution | Interactions, what: str, verdict: str, top: str) -> str:
    """What was found, how, at which cost, why it stopped, and the largest."""
    first = clean(found.outputs[0]) if found.outputs else "no output"
    others = len(found.outputs) - 1
    more = f" and {several(others, 'other')}" if others > 0 else ""
    inside = "" if first == unit(found) else f", in {unit(found)}"
    return "\n".join(
        [
            f"{what}: {first}{more}{inside}; {cases(found)}",
            f"method: {found.method}, {certainty(found)}",
            f"cost: {cost(found)}",
            f"verdict: {verdict}",
            top,
        ]
    )


def _top(att: Attribution) -> str:
    if not att.outputs:
        return "nothing"
    found = ranking(att, 0, _TOP, by_size=sized(att))
    shown = found.shown
    places = decimals(np.array([r.value for r in shown]), np.array([r.stderr for r in shown]))
    said = [_one(r, d) for r, d in zip(shown, places, strict=True)]
    return " · ".join(said) + (f" · {found.others:,} more" if found.others else "")


def _one(row: Row, places: int) -> str:
    said = f"{row.fitted(_NAME)} {number(row.value, places)}"
    if not row.sure:
        return said
    return f"{said} [{number(row.low, places)}, {number(row.high, places)}]"
