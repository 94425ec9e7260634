"""What a trace tells: what was known at each look, against what that had cost."""

import numpy as np

from whence._core.attribution import Attribution
from whence._core.errors import OptionError, ResultError, did_you_mean
from whence._core.trace import Trace

AGAINST = {"questions": "questions asked", "rows": "model rows", "seconds": "seconds"}


def traced(att: Attribution, picture: str) -> Trace:
    """How the answer came to be.

    Raises:
        ResultError: it was computed at once, or put together from other answers.
    """
    if att.trace is None:
        raise ResultError(
            f"{picture} shows how an answer came to be, and {att.method or 'this answer'} left no "
            "trace: exact methods know everything at once, and means of cases, groups, "
            "differences and merged runs have no way of their own. Ask a method that samples, "
            "such as method='permutation', and plot its answer as it comes"
        )
    return att.trace


def spent(trace: Trace, against: str) -> np.ndarray:
    """What each look had cost, float [looks]; never 0, since axes of costs are logarithmic.

    Raises:
        OptionError: no such cost.
        ResultError: nobody counted it.
    """
    if against not in AGAINST:
        raise OptionError(f"no cost is called {against!r}. {did_you_mean(against, AGAINST)}")
    used = {"questions": trace.asked, "rows": trace.rows, "seconds": trace.seconds}[against]
    if not (used > 0).any():
        raise ResultError(
            f"nobody counted {AGAINST[against]} in this answer: against='questions' always works"
        )
    return np.asarray(np.maximum(used.astype(float), float(used[used > 0].min())))
