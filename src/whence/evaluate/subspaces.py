"""Subspaces of a site, and what of them its readers can see."""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.errors import OptionError
from whence._core.shaped import Float

Basis = Float[np.ndarray, "d _"]  # columns


@final
@dataclass(frozen=True, slots=True)
class Split:
    """A subspace, and its parts inside and outside of what is read: orthonormal columns each.

    Attributes:
        whole: the subspace [d, k].
        read: its projection on the row space of the reader [d, <= k].
        unread: its projection on the null space [d, <= k].
        both: the span of the two parts [d, <= 2 k].
        reader: the row space itself [d, rank].
        shares: the norms of the two projections, over that of the subspace.
    """

    whole: Basis
    read: Basis
    unread: Basis
    both: Basis
    reader: Basis
    shares: tuple[float, float]


def orthonormal(columns: Basis, name: str, tolerance: float) -> Basis:
    """An orthonormal basis of the span of columns that must be independent.

    Raises:
        OptionError: a column of zeros, or columns that depend on one another.
    """
    norms = np.linalg.norm(columns, axis=0)
    if not norms.all():
        at = int(np.flatnonzero(norms == 0)[0])
        raise OptionError(f"{name}: direction {at} is zero; a subspace needs directions")
    u, s, _ = np.linalg.svd(columns / norms, full_matrices=False)
    rank = int((s > tolerance * s[0]).sum())
    if rank < columns.shape[1]:
        raise OptionError(
            f"{name}: its {columns.shape[1]} directions span only {rank} dimensions; leave out "
            "those that are sums of others"
        )
    return np.asarray(u)


def span(columns: Basis, tolerance: float, largest: float | None = None) -> Basis:
    """An orthonormal basis of whatever the columns span.

    Args:
        columns: any directions.
        tolerance: singular values below this share of the largest are nothing.
        largest: another value to compare with.
    """
    u, s, _ = np.linalg.svd(columns, full_matrices=False)
    top = float(s.max(initial=0.0)) if largest is None else largest
    return np.asarray(u[:, s > tolerance * top])


def split(subspace: Basis, reader: Float[np.ndarray, "d r"], tolerance: float) -> Split:
    """A subspace split by the row space of what reads the site.

    Args:
        subspace: orthonormal columns.
        reader: one column for each linear map that reads the site: h @ reader.
        tolerance: singular values of the reader below this share of the largest read nothing, and
            parts of unit directions that are shorter than this are nothing.
    """
    rows = span(reader, tolerance)
    seen = rows @ (rows.T @ subspace)
    unseen = subspace - seen
    read, unread = span(seen, tolerance, 1.0), span(unseen, tolerance, 1.0)
    size = float(np.sqrt(subspace.shape[1]))
    shares = float(np.linalg.norm(seen)) / size, float(np.linalg.norm(unseen)) / size
    return Split(subspace, read, unread, np.hstack([read, unread]), rows, shares)
