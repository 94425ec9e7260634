"""The players of a shift: mechanisms that are weighed, new values that are cut, and the rest.

Weighed: rows of both data sets are weighed as the mechanism would have it. Cut: rows of after with
new values come back in the place of rows alike without. By difference: what is left of the change
once all others are after's; so are had columns that are new in most rows, and mechanisms for which
no weights are worth enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.players import Players
from whence._core.shaped import Bool, Int
from whence.games.shifts.novelty import New

_NAMED = 3


@final
@dataclass(frozen=True, slots=True)
class Roles:
    """Who plays what.

    Attributes:
        law: the mechanisms of the law; None where nothing is left to be weighed.
        weighed: which of them are players.
        cut: new values whose rows are replaced by others, or come back.
        rest: what is measured by difference; nothing where everything else is measured.
    """

    law: Players | None
    weighed: Int[np.ndarray, " mechanisms"]
    cut: tuple[New, ...]
    rest: tuple[str, ...]

    @property
    def by_difference(self) -> bool:
        """The last player is what is left of the change."""
        return bool(self.rest)

    def players(self) -> Players:
        """All of them, in this order."""
        own = [] if self.law is None else [self.law.names[i] for i in self.weighed]
        names = (*own, *(new.called for new in self.cut), *self.last())
        blank = ("",) * (len(names) - len(own))
        columns = {} if self.law is None else self.law.columns
        told = {t: (*(cells[i] for i in self.weighed), *blank) for t, cells in columns.items()}
        return Players(names, "mechanism", columns=told)

    def last(self) -> tuple[str, ...]:
        """What is measured by difference, in a name."""
        if not self.rest:
            return ()
        more = len(self.rest) - _NAMED
        return (" & ".join(self.rest[:_NAMED]) + (f" & {more} more" if more > 0 else ""),)

    def of_law(self, coalition: Bool[np.ndarray, " players"]) -> Bool[np.ndarray, " mechanisms"]:
        """Which mechanisms of the law are present."""
        present = np.zeros(0 if self.law is None else len(self.law), bool)
        present[self.weighed] = coalition[: len(self.weighed)]
        return present

    def of_cut(self, coalition: Bool[np.ndarray, " players"]) -> Bool[np.ndarray, " cut"]:
        """Which new values are present."""
        many = len(self.weighed)
        return coalition[many : many + len(self.cut)]

    def everybody_else(self) -> Bool[np.ndarray, " players"]:
        """All but what is measured by difference."""
        many = len(self.weighed) + len(self.cut)
        return np.arange(many + self.by_difference) < many


def aside(new: Sequence[New]) -> tuple[str, ...]:
    """Columns that are put aside, in one name."""
    if len(new) < 2:
        return tuple(n.called for n in new)
    names = [n.column for n in new]
    more = len(names) - _NAMED
    few = ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    often = "never" if all(n.never for n in new) else "hardly ever"
    return (f"values of {few} {often} seen before",)
