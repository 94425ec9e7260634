"""One case in pieces that add up: the largest players, the others as one, and what is left over."""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.attribution import Attribution
from whence._core.errors import ResultError
from whence.report.numbers import decimals, number, plural, typeset
from whence.report.rows import Row, order, rows
from whence.report.wording import half_widths

GAP = "not accounted for"


@final
@dataclass(frozen=True, slots=True)
class Piece:
    """What one player, or the smallest together, adds; and how sure that is.

    Attributes:
        name: the player with its value, where there is one.
        length: what it adds; 0 where nobody knows.
        stderr: NaN where nobody knows.
        half: half of the 95 % interval; NaN where nobody knows.
    """

    name: str
    length: float
    stderr: float
    half: float

    @property
    def unsure(self) -> bool:
        """It may be nothing."""
        return bool(self.half > abs(self.length))


def only_case(att: Attribution, picture: str, kind: str) -> None:
    """Refuse an answer that is not about one case.

    Raises:
        ResultError: it has several, or none.
    """
    if len(att.values) != 1:
        raise ResultError(
            f"a {picture} shows one case, and this answer has {len(att.values):,}: "
            f"att.select(case=0).plot({kind!r}) shows the first"
        )


def pieces(att: Attribution, output: int, most: int, letters: int) -> list[Piece]:
    """At most so many players, the largest first, then the others, then the gap.

    Args:
        att: the answer.
        output: its position.
        most: how many.
        letters: of their names.
    """
    lines = rows(att, output)
    ranked = [lines[i] for i in order(np.array([r.value for r in lines]))]
    shown = ranked if len(ranked) <= most else ranked[: most - 1]
    rest = [r.player for r in ranked[len(shown) :]]
    found = [_piece(r, letters) for r in shown] + ([_together(att, output, rest)] if rest else [])
    gap = float(att.gap[0, output])
    if np.isfinite(gap) and abs(gap) > 1e-6 * max(abs(p.length) for p in found):
        found.append(Piece(GAP, gap, np.nan, np.nan))
    return found


def lengths(found: list[Piece]) -> list[str]:
    """The length of each piece in digits that its error leaves."""
    values, errors = (np.array(x) for x in zip(*((p.length, p.stderr) for p in found), strict=True))
    return [
        typeset(number(p.length, d, sign=True))
        for p, d in zip(found, decimals(values, errors), strict=True)
    ]


def _piece(row: Row, letters: int) -> Piece:
    length = row.value if np.isfinite(row.value) else 0.0
    return Piece(row.fitted(letters), length, row.stderr, row.half)


def _together(att: Attribution, output: int, rest: list[int]) -> Piece:
    """The smallest players as one; their error needs a covariance, and is unknown without one."""
    name = f"{len(rest):,} other {plural(att.players.kind)}"
    whole = att.group({name: [att.players.names[p] for p in rest]})
    value, stderr = float(whole.values[0, output, 0]), float(whole.stderr[0, output, 0])
    return Piece(
        name,
        value if np.isfinite(value) else 0.0,
        stderr,
        float(half_widths(whole)[0, output, 0]),
    )
