"""Two answers side by side: which of their differences are real?"""

import numpy as np
from rich.console import Group
from rich.table import Table
from rich.text import Text

from whence._core.attribution import Attribution
from whence.report.numbers import MINUS, clean, decimals, number, several
from whence.report.rows import Ranking, averaged, ranking
from whence.report.terminal import NEGATIVE, POSITIVE, Shown, check_most
from whence.report.wording import asks, others, unit

_NAME = 36


def versus(a: Attribution, b: Attribution, difference: Attribution, most: int) -> Shown:
    """A table of a, b and a - b; the first output, where there are several.

    Raises:
        OptionError: `most` is not positive.
    """
    check_most(most)
    found = ranking(difference, 0, most)
    names = names_of(a, b)
    heading = Text(f"Comparing: {asks(a)}, in {unit(a)}.  a: {names[0]}; b: {names[1]}.")
    below = [Text(f" {line}", style="dim") for line in _below(difference, found)]
    return Shown(Group(heading, Text(), _table(a, b, found), *below))


def names_of(a: Attribution, b: Attribution) -> tuple[str, str]:
    """What two answers are called: by their models, or their methods, where these differ."""
    models = clean(a.question.model), clean(b.question.model)
    if models[0] != models[1]:
        return models[0] or "unnamed", models[1] or "unnamed"
    methods = a.method, b.method
    return methods if methods[0] != methods[1] else ("the first", "the second")


def _table(a: Attribution, b: Attribution, found: Ranking) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 1), pad_edge=False)
    table.add_column(f" {a.players.kind}")
    for head in ("a", "b", f"a {MINUS} b"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("95 % interval", no_wrap=True)
    table.add_column("")
    shown = found.shown
    places = decimals(np.array([r.value for r in shown]), np.array([r.stderr for r in shown]))
    left, right = averaged(a).values[0, 0], averaged(b).values[0, 0]
    for row, d in zip(shown, places, strict=True):
        sides = [number(float(side[row.player]), d) for side in (left, right)]
        between = f"{number(row.low, d)} … {number(row.high, d)}" if row.sure else "not quantified"
        colour = POSITIVE if row.value > 0 else NEGATIVE
        table.add_row(
            Text(f" {row.short(_NAME)}"),
            *sides,
            number(row.value, d, sign=True),
            between,
            Text("real", style=colour) if row.apart else Text("within noise", style="dim"),
        )
    return table


def _below(difference: Attribution, found: Ranking) -> list[str]:
    said = [f"…  {others(found.others, found.unclear)}"] if found.others else []
    said.append(by_chance(difference))
    if len(difference.outputs) > 1:
        more = several(len(difference.outputs) - 1, "more output")
        said.append(
            f"{clean(difference.outputs[0])} is shown; {more}: select one in both answers first"
        )
    return said


def by_chance(difference: Attribution) -> str:
    """How many differences would look real if none were."""
    count = len(difference.players)
    return (
        f"each interval is for one {difference.players.kind}: of {count:,} without any difference, "
        f"about {0.05 * count:.2g} would look real by chance"
    )
