"""Features that ratios and balances are made of.

With numbers, their squares and their products the log-ratio of two Gaussians is a linear function,
exactly (of one set of columns and, by subtraction, of one given others). Values have a column each;
those too rare for one share it with their neighbours in the alphabet, which are alike where words
are dates, codes or places. So has a number that many rows share, such as 0 or -1, and so have cells
that are missing, which otherwise count as the mean.
"""

from collections.abc import Collection, Sequence

import numpy as np

from whence._core.shaped import Float
from whence.games.shifts.columns import Shared

_RARE = 20  # rows, below which a value has no column of its own
_SHARE = 0.005  # of rows, below which a value counts as one of the most frequent
_OFTEN = 0.05  # of rows that share one number, from which it has a column of its own
_SAME = 1e-4  # of a number's variance: what is left of one that others nearly give
_FAR = 5.0  # standard deviations, beyond which a number counts as this far
_MOST = 160  # columns, up to which every product of two columns is taken
_KNOTS = (0.2, 0.4, 0.6, 0.8)


def plain(columns: Sequence[Shared]) -> Float[np.ndarray, "rows features"]:
    """Numbers as they are, and a column for each value but the most frequent."""
    return _standard(np.column_stack(_apart(columns)))


def quadratic(
    columns: Sequence[Shared], labels: Collection[str]
) -> Float[np.ndarray, "rows features"]:
    """These, squares, and products: of numbers, with labels, and of all if those are few."""
    own = _apart(columns)
    squares = (f[:, :1] ** 2 for c, f in zip(columns, own, strict=True) if c.numbers is not None)
    parts = [*own, *squares]
    pairs = [(i, j) for j in range(len(own)) for i in range(j)]
    width = sum(p.shape[1] for p in parts)
    whole = width + sum(own[i].shape[1] * own[j].shape[1] for i, j in pairs)
    for i, j in pairs:
        numbers = columns[i].numbers is not None and columns[j].numbers is not None
        if whole <= _MOST or numbers or {columns[i].name, columns[j].name} & {*labels}:
            parts.append((own[i][:, :, None] * own[j][:, None, :]).reshape(len(own[i]), -1))
    return _standard(np.column_stack(parts))


def spline(column: Shared) -> Float[np.ndarray, "rows features"]:
    """One column alone: of numbers, a smooth curve of pieces of parabolas."""
    own = _own(column)
    if column.numbers is None:
        return _standard(own)
    z = own[:, 0]
    knots = np.unique(np.quantile(z[~column.missing], _KNOTS))
    curve = [z, z**2, *(np.maximum(z - k, 0) ** 2 for k in knots)]
    return _standard(np.column_stack([*curve, own[:, 1:]]))


def _apart(columns: Sequence[Shared]) -> list[Float[np.ndarray, "rows features"]]:
    """Each column's features; numbers less what numbers before them say of them (linearly).

    The space of features and their squares and products stays the same. But where y is nearly 2 x a
    ridge would take the little that tells y from 2 x for noise; so it has a spread of 1 here too.
    """
    own = [_own(c) for c in columns]
    at = [i for i, c in enumerate(columns) if c.numbers is not None]
    if len(at) > 1:
        Z = np.column_stack([own[i][:, 0] for i in at])
        covariance = Z.T @ Z / len(Z)
        root = np.linalg.cholesky(covariance + 1e-9 * np.eye(len(at)))
        white = np.linalg.solve(root, Z.T)
        for i, z, left in zip(at, white, np.diag(root) ** 2, strict=True):
            new = np.clip(z, -_FAR, _FAR) if left > _SAME else np.zeros(len(z))
            own[i] = np.column_stack([new, own[i][:, 1:]])
    return own


def _own(column: Shared) -> Float[np.ndarray, "rows features"]:
    if column.numbers is not None:
        known = ~column.missing
        x = column.numbers / max(np.abs(column.numbers[known]).max(), 1e-300)  # squares must fit
        spread = x[known].std() or 1.0
        z = np.zeros(len(x))
        z[known] = np.clip((x[known] - x[known].mean()) / spread, -_FAR, _FAR)
        return np.column_stack([z, *_shared_by_many(column)])
    count = np.bincount(column.codes, minlength=len(column.levels))
    often = count >= max(_RARE, _SHARE * len(column.codes))
    kept = np.flatnonzero(often)
    kept = kept[kept != np.argmax(count)]
    each = max(_RARE, _OFTEN * len(column.codes))
    together = np.where(often, -1, (np.cumsum(np.where(often, 0, count)) - 1) // each)
    some = np.unique(together[~often])
    alone, shared = column.codes[:, None] == kept, together[column.codes][:, None] == some
    return np.column_stack([alone, shared]).astype(float)


def _shared_by_many(column: Shared) -> list[Float[np.ndarray, " rows"]]:
    """Where numbers are missing, and where each number that many rows share stands."""
    count = np.bincount(column.codes, minlength=len(column.levels))
    many = np.flatnonzero(count >= max(_RARE, _OFTEN * len(column.codes)))
    atoms = [(column.codes == code).astype(float) for code in many]
    rare = column.missing.any() and len(column.levels) - 1 not in many
    return [*atoms, *([column.missing.astype(float)] if rare else [])]


def _standard(X: Float[np.ndarray, "rows features"]) -> Float[np.ndarray, "rows some"]:
    """Mean 0 and spread 1; what has next to no rows of its own is left out."""
    spread = X.std(axis=0)
    often = (X != 0).sum(axis=0) >= _RARE
    kept = (spread > 1e-9) & often
    return np.asarray((X[:, kept] - X[:, kept].mean(axis=0)) / spread[kept])
