"""A page's test rows between their proponents and opponents: those that come off worst."""

from dataclasses import dataclass
from typing import final

import numpy as np
from markupsafe import Markup, escape
from matplotlib.axes import Axes

from whence._core.attribution import Attribution
from whence.models.training_rows import KIND
from whence.report.beside import Beside, sides
from whence.report.numbers import clean
from whence.report.page.svg import inline
from whence.report.pictures.proponents import proponents, room

_CASES, _EACH = 2, 5


@final
@dataclass(frozen=True, slots=True)
class Between:
    """One test row: its rows, and their picture."""

    found: Beside
    picture: Markup


def between(att: Attribution) -> list[Between]:
    """The test rows of whom least was measured; nothing of other players, or of a mean."""
    if att.players.kind != KIND or att.averaged > 1 or not att.outputs:
        return []
    full = att.full[:, 0]
    worst = np.argsort(np.where(np.isfinite(full), full, np.inf), kind="stable")[:_CASES]
    return [_one(att, int(case)) for case in worst]


def _one(att: Attribution, case: int) -> Between:
    found = sides(att, case, _EACH)

    def draw(ax: Axes) -> Axes:
        return proponents(att, ax=ax, case=case, max_display=_EACH)

    said = f"Proponents and opponents of {found.name}. The same numbers are in the table below it."
    svg = inline(draw, title=str(escape(clean(said))), size=room(found))
    return Between(found, Markup(svg))  # noqa: S704 - matplotlib escapes its texts
