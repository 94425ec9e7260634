"""Rank correlations of many columns at once.

    rho(q) = Spearman's correlation, over the rows, of what was told of q with what was seen

The linear datamodelling score is their mean over columns (Park et al. 2023). Ties share their rank.

    auc = P(a random positive ranks above a random other) + 1/2 P(they tie)
"""

import numpy as np

from .shaped import Bool, Float


def rank_correlations(
    told: Float[np.ndarray, "rows columns"], seen: Float[np.ndarray, "rows columns"]
) -> Float[np.ndarray, " columns"]:
    """Spearman's correlation of each column; 0 where nothing is told, NaN where nothing is seen.

    >>> told = np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]])
    >>> rank_correlations(told, np.array([[1.0, 1.0], [9.0, 2.0], [10.0, 3.0]])).tolist()
    [1.0, 0.0]
    """
    a, b = (ranks(x) - (len(x) - 1) / 2 for x in (told, seen))
    both, own, other = ((x * y).sum(axis=0) for x, y in ((a, b), (a, a), (b, b)))
    size = np.sqrt(own * other)
    rho = np.divide(both, size, out=np.zeros_like(both), where=size > 0)
    return np.where(other > 0, rho, np.nan)


def ranks(x: Float[np.ndarray, "rows columns"]) -> Float[np.ndarray, "rows columns"]:
    """The rank of each row within its column, from 0; ties share the mean of theirs."""
    found = np.empty(x.shape)
    for column in range(x.shape[1]):
        found[:, column] = ranked(x[:, column])
    return found


def ranked(x: Float[np.ndarray, " rows"]) -> Float[np.ndarray, " rows"]:
    """The same of one column.

    >>> ranked(np.array([5.0, 1.0, 5.0])).tolist()
    [1.5, 0.0, 1.5]
    """
    _, back, count = np.unique(x, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count + 1) / 2)[back.reshape(-1)])


def auc(scores: Float[np.ndarray, " rows"], positive: Bool[np.ndarray, " rows"]) -> float:
    """How often a positive row has the larger score; ties count half.

    >>> auc(np.array([3.0, 1.0, 1.0, 0.0]), np.array([True, True, False, False]))
    0.875
    """
    inside, outside = int(positive.sum()), int((~positive).sum())
    total = float(ranked(scores)[positive].sum())
    return (total - inside * (inside - 1) / 2) / (inside * outside)
