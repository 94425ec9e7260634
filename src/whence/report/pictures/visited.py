"""The cases that can be drawn: those that somebody visited."""

import numpy as np

from whence._core.attribution import Attribution
from whence._core.errors import ResultError


def visited(att: Attribution, output: int) -> np.ndarray:
    """Positions of the cases whose every value of this output is known.

    Raises:
        ResultError: there is none.
    """
    found = np.flatnonzero(np.isfinite(att.values[:, output]).all(axis=1))
    if not len(found):
        raise ResultError(
            "no case of this answer has a number for every player, so there is nothing to draw: "
            "ask again with a larger budget"
        )
    return found


def by_case(att: Attribution, output: int, picture: str) -> np.ndarray:
    """The visited cases, of an answer that has kept its cases.

    Raises:
        ResultError: the answer is a mean over cases, or nobody was visited.
    """
    if att.averaged > 1:
        raise ResultError(
            f"{picture} shows each case, and this answer is the mean of {att.averaged:,} cases: "
            "ask again with by_case=True; att.plot('bar') shows what there is"
        )
    return visited(att, output)
