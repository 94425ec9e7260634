"""Heads by the token that they read: what each adds by way of each position.

The heads that do most, signs aside, are on top; positions stand as in the text, under their tokens
where those are known. What came from no position, such as a bias, is told below.
"""

import numpy as np
from matplotlib.axes import Axes

from whence._core.attribution import Attribution
from whence._core.errors import ResultError
from whence.report.inside import one_each, rows_of, texts, token, wholes
from whence.report.numbers import plain, several, typeset
from whence.report.pictures.cells import cells, marks, paint, say, step
from whence.report.pictures.ink import check_display, inches, label, name_rows, plane, written
from whence.report.rows import averaged, order, rows
from whence.report.wording import axis, cases

_NUMBERS = 196  # cells; with more, there is no room for numbers
_TOKEN = 14  # letters


def sources(
    att: Attribution,
    *,
    ax: Axes | None = None,
    max_display: int = 20,
    output: str | int = 0,
) -> Axes:
    """The strongest heads, and the positions that they read.

    Args:
        att: an answer whose players have a position as `source` (and `layer`, `head`); the texts in
            a column `token` name the positions.
        ax: where to draw; a new figure by default.
        max_display: heads shown; the others are counted.
        output: by name or position.

    Returns:
        The axes.

    Raises:
        OptionError: max_display is not positive.
        ResultError: no player has a position, two share a place, or no such output.
    """
    o, most = att.output(output), check_display(max_display)
    at, readers = wholes(att.players, "source"), rows_of(att.players)
    positions = sorted({p for p in at if p is not None})
    if not positions:
        raise ResultError(
            "a matrix of sources needs players with a position as `source`, and no "
            f"{att.players.kind} of this answer has one: att.plot('heads') or att.plot('bar') "
            "shows it"
        )
    one_each(att.players, readers, at)
    names = list(dict.fromkeys(r for r, p in zip(readers, at, strict=True) if p is not None))
    who = np.full((len(names), len(positions)), -1)
    for player, (reader, position) in enumerate(zip(readers, at, strict=True)):
        if position is not None:
            who[names.index(reader), positions.index(position)] = player
    every = cells(att, o, who)
    strength = np.nansum(np.abs(every.value), axis=1)
    kept = order(strength)[:most]
    shown = cells(att, o, who[kept])
    ax = plane(ax, *room(att, most))
    paint(ax, shown)
    name_rows(ax, [names[row] for row in kept])
    ax.set_ylim(len(kept) - 0.5, -0.5)
    _positions(ax, _tokens(att, positions))
    told = marks(shown, say(ax, shown, _NUMBERS))
    left = len(names) - len(kept)
    more = f"; {several(left, f'more {_reader(att)}')} not shown" if left else ""
    label(ax, f"{axis(att, o)}, {cases(averaged(att))}", f"{told}{more}{_elsewhere(att, o)}")
    shown_as = _tokens(att, positions) == [str(p) for p in positions]
    what = "position that is read" if shown_as else "token that is read"
    ax.set_xlabel(f"{what}\n{ax.get_xlabel()}")
    return ax


def _reader(att: Attribution) -> str:
    return "head" if any(h is not None for h in wholes(att.players, "head")) else "row"


def room(att: Attribution, most: int) -> tuple[float, float]:
    """Inches, across and downwards: room for numbers where there are few columns, and for tokens.

    Args:
        att: the answer.
        most: heads shown.
    """
    at, readers = wholes(att.players, "source"), rows_of(att.players)
    positions = len({p for p in at if p is not None})
    heads = len({r for r, p in zip(readers, at, strict=True) if p is not None})
    each = 0.36 if positions <= 12 else 0.25
    below = 1.4 + (0.8 if any(texts(att.players, "token")) else 0.0)
    high = below + min(each * max(min(heads, most), 3), 8.5)
    return 7.6 if positions <= 10 else 9.0, high


def _tokens(att: Attribution, positions: list[int]) -> list[str]:
    """What stands at each position; its number where that is not known of all of them."""
    tokens = {
        p: t
        for p, t in zip(wholes(att.players, "source"), texts(att.players, "token"), strict=True)
        if p is not None and t is not None
    }
    known = all(p in tokens for p in positions)
    return [token(tokens[p]) if known else str(p) for p in positions]


def _positions(ax: Axes, names: list[str]) -> None:
    """Upright where they are too long to stand side by side, and fewer where they are too many."""
    names = [written(name, _TOKEN) for name in names]
    width, letters = inches(ax) / len(names), max(map(len, names))
    beside = step(len(names), width, letters) == 1
    every = 1 if beside else step(len(names), width, 1)
    ax.set_xticks(range(0, len(names), every), labels=names[::every],
                  rotation=0 if beside else 90)  # fmt: skip


def _elsewhere(att: Attribution, output: int) -> str:
    """Who reads no position: how many, and their sum."""
    lost = [p for p, at in enumerate(wholes(att.players, "source")) if at is None]
    if not lost:
        return ""
    every = rows(att, output)
    if len(lost) == 1:
        return f"; from no position: {every[lost[0]].name} {typeset(plain(every[lost[0]].value))}"
    together = typeset(plain(sum(every[p].value for p in lost)))
    return f"; from no position: {several(len(lost), att.players.kind)}, together {together}"
