"""What fits a page: which players and which cases of a large answer it carries."""

import numpy as np

from whence._core.attribution import Attribution
from whence.report.rows import order, sizes

OUTPUTS = 8  # of several, the others are counted
_PLAYERS = 1000  # lines of a page's tables, in all
_CELLS = 240_000  # numbers of cases: 1.3 MB
_CASES = 4000


def players_kept(att: Attribution, outputs: int) -> np.ndarray:
    """Positions of the players whose lines are in the page, as they stand: int [kept]."""
    most = max(_PLAYERS // max(outputs, 1), 1)
    n = len(att.players)
    if n <= most:
        return np.arange(n)
    largest = np.nan_to_num(sizes(att)[:outputs]).max(axis=0, initial=0.0)
    return np.sort(order(largest)[:most])


def cases_kept(att: Attribution, outputs: int, players: int) -> np.ndarray:
    """Positions of the cases in the page, evenly spaced: int [kept]; none for an average."""
    n = len(att.values)
    if n < 1 or att.averaged > 1:
        return np.arange(0)
    each = max(2 * outputs * players + len(att.data), 1)
    most = min(max(_CELLS // each, 2), _CASES, n)
    return np.linspace(0, n - 1, most).astype(int)
