"""The answer in a sentence or two, for whoever reads nothing else."""

import numpy as np

from whence._core.attribution import Attribution
from whence.report.numbers import clean, decimals, isolated, number, plural, typeset
from whence.report.rows import Row, ranking
from whence.report.wording import in_words, is_loss, sized, unit

_NAMED = 3


def lead(att: Attribution, output: int = 0) -> str:
    """The recipe's own sentence; else the largest three, and how many may be nothing."""
    if output == 0 and in_words(att):
        return f"{in_words(att)}."
    first, *rest = ranking(att, output, _NAMED, by_size=sized(att)).shown
    of = f"For output {clean(att.outputs[output])}, " if len(att.outputs) > 1 else ""
    told = f"{of}{_first(att, first)}{_then(att, rest)}."
    return told + _nothing(att, output)


def _first(att: Attribution, row: Row) -> str:
    of = unit(att)
    if sized(att):
        return f"{isolated(row.label)} has the largest typical effect: {_said(att, row)} {of}"
    does = "brings most" if is_loss(att) and row.value > 0 else "has the largest value"
    between = ""
    if row.sure:
        low, high = (
            typeset(number(x, _places(row.value, row.stderr))) for x in (row.low, row.high)
        )
        between = f" (95 % interval {low} … {high})"
    return f"{isolated(row.label)} {does}: {_said(att, row)} {of}{between}"


def _then(att: Attribution, rows: list[Row]) -> str:
    named = " and ".join(f"{isolated(r.label)} ({_said(att, r)})" for r in rows)
    return f"; then {named}" if named else ""


def _said(att: Attribution, row: Row) -> str:
    shown = row.size if sized(att) else row.value
    return typeset(number(shown, _places(shown, row.stderr)))


def _places(value: float, stderr: float) -> int:
    return decimals(np.array([value]), np.array([stderr]))[0]


def _nothing(att: Attribution, output: int) -> str:
    """How many of all cannot be told from zero; silent where signs cancel, or nobody knows."""
    every = ranking(att, output, 0)
    if sized(att) or not every.unclear:
        return ""
    if every.others == 1:
        return " It cannot be told from nothing."
    kinds = plural(att.players.kind)
    return f" {every.unclear:,} of {every.others:,} {kinds} cannot be told from nothing."
