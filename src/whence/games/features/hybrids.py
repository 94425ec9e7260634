"""Hybrid rows: some columns of an explained row, the others of a background row.

A hybrid table is an index matrix into one pool, the explained rows above the background: cell
(r, j) is the pool's cell (index[r, j], j). That is all a coalition does to a table, of any kind.
Rows that are alike are predicted once: where x and the background agree on what a player adds,
nothing changes, and the grand coalition is one row however many background rows there are.
"""

from collections.abc import Callable, Iterator
from typing import Any, final

import numpy as np

from whence._core.keyed import hashed
from whence._core.shaped import Float, Int
from whence._core.types import Cases, Coalitions
from whence.games.features.steady import refuse_unsteady
from whence.models.table import Table

_CELLS = 2**22  # of an index matrix, at most
_SEED = 20


@final
class Hybrids:
    """Predictions of hybrid rows.

    Args:
        ask: a native frame of rows -> float [rows, ...].
        X: the explained rows, as the model knows them.
        pool: the background rows.
        owner: which player each column belongs to.

    Raises:
        ModelError: the model gives equal rows different answers.
    """

    def __init__(
        self,
        ask: Callable[[Any], np.ndarray],
        X: Table,
        pool: Table,
        owner: Int[np.ndarray, " columns"],
    ) -> None:
        self.ask, self.owner = ask, owner
        same = pool is X or pool.frame() is X.frame()
        self.table, self.first = (X, 0) if same else (X.above(pool), len(X))
        refuse_unsteady(ask, self.table)
        columns = np.arange(len(X.names))
        # Zobrist (1970): a row's hash is the exclusive or of its cells'. Among n different rows two
        # share one of 2^64 hashes with a chance of n^2 / 2^65: 1e-10 for a block of 2^16.
        self.hashes = hashed(_SEED, columns[None, :], self.table.codes.astype(np.int64))

    def cuts(self, rows: int, sample: int) -> Iterator[slice]:
        """Blocks of questions whose hybrid rows fit in memory together."""
        block = max(1, _CELLS // (sample * len(self.owner)))
        return (slice(start, start + block) for start in range(0, rows, block))

    def background(self) -> Float[np.ndarray, "members ..."]:
        """What the model says of the background rows themselves."""
        return np.asarray(self.ask(self.table.take(np.arange(self.first, len(self.table))).frame()))

    def predict(
        self, coalitions: Coalitions, cases: Cases, members: Int[np.ndarray, "rows sample"]
    ) -> Float[np.ndarray, "rows sample ..."]:
        """Each coalition's hybrid of its case with each of its pool members."""
        stay = coalitions[:, self.owner][:, None, :]  # row, sample, column
        others = (members + self.first)[:, :, None]
        index = np.where(stay, cases[:, None, None], others).reshape(-1, len(self.owner))
        cells = np.where(stay, self.hashes[cases][:, None, :], self.hashes[others[:, :, 0]])
        alike = np.bitwise_xor.reduce(cells, axis=2).reshape(-1)
        _, first, back = np.unique(alike, return_index=True, return_inverse=True)
        answers = self.ask(self.table.mix(index[first]))[back.reshape(-1)]
        return answers.reshape(*members.shape, *answers.shape[1:])
