"""The answer as a table for the terminal: players by size, intervals, bars, and how sure, below."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from io import StringIO
from shutil import get_terminal_size
from typing import final

import numpy as np
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from whence._core.attribution import Attribution
from whence._core.errors import OptionError
from whence._core.text import clean, printable, told_apart
from whence.report.numbers import MINUS, decimals, number, plain, several
from whence.report.rows import Ranking, Row, averaged, cut, order, ranking, rows
from whence.report.wording import (
    asks,
    certificates,
    cost,
    errors,
    in_words,
    others,
    sized,
    total,
    unit,
    verb,
    verdict,
)

POSITIVE, NEGATIVE = "#ff0051", "#008bfb"
_BAR = 20
_ANY = 1000  # columns
_LEAST_BAR, _LEAST_NAME = 6, 16
_EIGHTHS = " ▏▎▍▌▋▊▉"
_NAME = 36
_OUTPUTS = 4


@final
@dataclass(frozen=True, slots=True)
class Shown:
    """Something for a terminal, which is also its own plain text."""

    what: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        """Drawn by rich, without any character that a terminal obeys but rich's own."""
        for piece in console.render(self.what, options.update(markup=False)):
            yield piece if piece.control else Segment(printable(piece.text), piece.style)

    def __str__(self) -> str:
        page = StringIO()
        width = max(get_terminal_size((100, 24)).columns, 60)
        console = Console(file=page, width=width, color_system=None, highlight=False)
        console.print(self)
        return "\n".join(line.rstrip() for line in page.getvalue().splitlines())

    def __repr__(self) -> str:
        return printable(str(self))


@final
@dataclass(frozen=True, slots=True)
class _Fitted:
    """A table whose bars, and then whose names, are as long as there is room for.

    Attributes:
        made: the table, with names of so many letters and bars of so many.
    """

    made: Callable[[int, int], Table]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Table]:
        whole = self.made(_NAME, _BAR)
        wanted = Measurement.get(console, options.update(max_width=_ANY), whole).maximum
        beyond = wanted - options.max_width
        bars = min(max(_BAR - beyond, _LEAST_BAR), _BAR)
        letters = min(max(_NAME - beyond + _BAR - bars, _LEAST_NAME), _NAME)
        yield whole if beyond <= 0 else self.made(letters, bars)


def answer(att: Attribution, most: int) -> Shown:
    """The whole report of one answer.

    Raises:
        OptionError: `most` is not positive.
    """
    check_most(most)
    body: RenderableType
    if len(att.outputs) > 1:
        body, found = _side_by_side(att, most)
    else:
        found = ranking(att, 0, most, by_size=sized(att))
        body = _Fitted(partial(_single, att, found))
    if sized(att):  # means near zero may hide large effects of both signs: say nothing of nothing
        found = replace(found, unclear=None)
    lines = [_more(found), *([] if len(att.outputs) > 1 else [total(att)])]
    lines += [errors(att), f"cost: {cost(att)}", *_hints(att)]
    below = [Text(f" {line}", style="dim") for line in lines if line]
    why = Text(f"Why stop here: {verdict(att)}.", style="" if att.converged else "bold yellow")
    said = [Text(), Text(f"{in_words(att)}.", style="bold")] if in_words(att) else []
    return Shown(Group(_asking(att), *said, Text(), body, *below, Text(), *_checked(att), why))


def _checked(att: Attribution) -> list[Text]:
    """A line for each certificate; those that fail stand out."""
    return [
        Text(line, style="bold yellow" if c.holds is False else "")
        for c, line in zip(att.certificates, certificates(att), strict=True)
    ]


def check_most(most: int) -> None:
    """Refuse an empty table.

    Raises:
        OptionError: not a positive whole number.
    """
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise OptionError(f"a table shows a positive number of players; given most={most!r}")


def bar(value: float, scale: float, width: int = _BAR) -> str:
    """A bar of eighths of a character.

    >>> bar(0.5, 1.0, 4), bar(-1.0, 1.0, 2), bar(0.01, 1.0, 4), bar(float("nan"), 1.0, 4)
    ('██', '██', '', '')
    """
    if not (np.isfinite(value) and scale > 0):
        return ""
    eighths = round(abs(value) / scale * width * 8)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _asking(att: Attribution) -> Text:
    q = att.question
    said = [f"Asking: {asks(att).rstrip('?')}, in {unit(att)}"]
    said += [f"removal: {clean(q.removal)}"] if q.removal else []
    said += [f"model: {clean(q.model)}"] if q.model else []
    about = several(len(att.values), "case") if len(att.values) > 1 else ""
    about = f"mean of {att.averaged:,} cases" if att.averaged > 1 else about
    return Text("; ".join([*said, *([about] if about else [])]) + ".")


def _single(att: Attribution, found: Ranking, letters: int, bars: int) -> Table:
    by_size = sized(att)
    table = Table(box=None, padding=(0, 2, 0, 1), pad_edge=False)
    table.add_column(f" {att.players.kind}", overflow="fold")
    if by_size:
        table.add_column("typical size", justify="right")
    table.add_column(f"{verb(att)} on average" if by_size else verb(att), justify="right")
    table.add_column("95 % interval", justify="left", no_wrap=True)
    table.add_column("", no_wrap=True)
    lengths = [r.size if by_size else r.value for r in found.shown]
    scale = max((abs(x) for x in lengths if np.isfinite(x)), default=0.0)
    signed = any(x < 0 for x in lengths)
    for row, text, length in zip(found.shown, _numbers(found.shown), lengths, strict=True):
        value, interval, size = text
        cells = [_name(row, letters), *([size] if by_size else []), value, interval]
        table.add_row(*cells, _coloured(row, length, scale, bars, signed=signed, typical=by_size))
    return table


def _name(row: Row, letters: int = _NAME) -> Text:
    return Text(f" {row.fitted(letters)}")


def _numbers(shown: Sequence[Row]) -> list[tuple[Text, Text, Text]]:
    """Value, interval and size of each row, with their decimal points in line."""
    places = decimals(np.array([r.value for r in shown]), np.array([r.stderr for r in shown]))
    found = list(zip(shown, places, strict=True))
    values = _in_line([number(r.value, d) for r, d in found])
    lows = _in_line([number(r.low, d) for r, d in found])
    highs = _in_line([number(r.high, d) for r, d in found])
    sizes = _in_line([number(r.size, d) for r, d in found])
    intervals = [
        f"{low} … {high}" if row.sure else "not quantified"
        for row, low, high in zip(shown, lows, highs, strict=True)
    ]
    columns = zip(values, intervals, sizes, strict=True)
    return [(Text(v), Text(i), Text(s)) for v, i, s in columns]


def _in_line(texts: list[str]) -> list[str]:
    """Decimal points under one another."""
    tails = [len(t.partition(".")[2]) + ("." in t) for t in texts]
    padded = [t + " " * (max(tails) - tail) for t, tail in zip(texts, tails, strict=True)]
    widest = max(len(t) for t in padded)
    return [t.rjust(widest) for t in padded]


def _coloured(
    row: Row, length: float, scale: float, bars: int, *, signed: bool, typical: bool
) -> Text:
    """Negative bars carry their sign too, for those who see no colours; unclear ones are dim."""
    mark = (MINUS if length < 0 else " ") if signed else ""
    if typical:
        return Text(bar(length, scale, bars))
    style = NEGATIVE if length < 0 else POSITIVE
    return Text(mark + bar(length, scale, bars), style=style if row.apart else f"dim {style}")


def _side_by_side(att: Attribution, most: int) -> tuple[Table, Ranking]:
    """A column for each of the first outputs, ordered by all outputs together."""
    every = [rows(att, o) for o in range(len(att.outputs))]
    keys = np.nansum([[abs(r.size if sized(att) else r.value) for r in e] for e in every], axis=0)
    found = cut([every[0][i] for i in order(keys)], most)
    table = Table(box=None, padding=(0, 2, 0, 1), pad_edge=False, show_footer=True)
    table.add_column(f" {att.players.kind}", footer=Text(" sum\n from nobody\n to everybody"))
    one, columns = averaged(att), []
    heads = told_apart(tuple(map(clean, att.outputs)), 18)
    for o, head in enumerate(heads[:_OUTPUTS]):
        ends = float(one.values[0, o].sum()), float(one.empty[0, o]), float(one.full[0, o])
        cells, foot = _plus_minus([every[o][r.player] for r in found.shown], ends)
        columns.append(cells)
        table.add_column(Text(head), justify="right", no_wrap=True, footer=foot)
    for i, row in enumerate(found.shown):
        table.add_row(_name(row), *(column[i] for column in columns))
    return table, Ranking(found.shown, found.others, None, found.bound)


def _plus_minus(shown: Sequence[Row], ends: Sequence[float]) -> tuple[list[Text], Text]:
    """Values with half their intervals, and the ends of the column, points in line."""
    places = decimals(np.array([r.value for r in shown]), np.array([r.stderr for r in shown]))
    texts = [number(r.value, d) for r, d in zip(shown, places, strict=True)]
    in_line = _in_line([*texts, *(plain(x) for x in ends)])
    tails = [
        f" ± {number(r.half, d)}" if r.sure else "" for r, d in zip(shown, places, strict=True)
    ]
    wide = max(len(t) for t in tails)
    cells = [
        Text(f"{text}{tail:<{wide}}", style="" if r.apart or not r.sure else "dim")
        for r, text, tail in zip(shown, in_line, tails, strict=False)
    ]
    return cells, Text("\n".join(text + " " * wide for text in in_line[len(shown) :]))


def _more(found: Ranking) -> str:
    return f"…  {others(found.others, found.unclear)}" if found.others else ""


def _hints(att: Attribution) -> list[str]:
    said = []
    if len(att.outputs) > _OUTPUTS:
        left = several(len(att.outputs) - _OUTPUTS, "more output")
        last = clean(att.outputs[-1])
        said.append(f"{left}: att.select(output={last!r}).table() shows one")
    if len(att.outputs) > 1:
        said.append("±: half of the 95 % interval; dim: not distinguishable from nothing")
    if len(att.values) > 1:
        said.append(
            f"means over {len(att.values):,} cases; att.select(case=0).table() shows one of them"
        )
    if sized(att) and len(att.outputs) == 1:
        said.append("typical size: the mean over cases, signs aside; on average both signs cancel")
    return said
