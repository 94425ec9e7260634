"""Who is right where two libraries differ: the values of one row, by asking the model itself."""

from math import comb
from typing import Any

import numpy as np
import pandas as pd
from trees_data import raw

MOST = 4_500_000  # rows that the model is asked at most
_BLOCK = 100_000


def enumerated(model: Any, x: pd.DataFrame, background: pd.DataFrame) -> np.ndarray | None:
    """Shapley values of one row, [players], from 2^n coalitions and the whole background.

    None where that would ask the model more than `MOST` rows.
    """
    n, members = x.shape[1], len(background)
    if 2**n * members > MOST:
        return None
    known = (np.arange(2**n)[:, None] >> np.arange(n)) & 1 == 1
    worth = np.empty(2**n)
    own, pool = x.to_numpy()[0], background.to_numpy()
    many = max(_BLOCK // members, 1)
    for at in range(0, 2**n, many):
        mixed = np.where(known[at : at + many, None], own, pool).reshape(-1, n)
        said = raw(model, pd.DataFrame(mixed, columns=x.columns))
        worth[at : at + many] = said.reshape(-1, members).mean(axis=1)
    values = np.empty(n)
    for i in range(n):
        without = np.flatnonzero(~known[:, i])
        weight = np.array([1 / (n * comb(n - 1, s)) for s in known[without].sum(axis=1)])
        values[i] = weight @ (worth[without + (1 << i)] - worth[without])
    return values
