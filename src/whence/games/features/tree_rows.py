"""What games on tree ensembles share: rows, background, and mean predictions in bulk."""

import abc
from functools import cached_property
from typing import Any, final

import numpy as np

from whence._core.account import rows_left
from whence._core.forms import TreeEnsemble
from whence._core.game import PricedGame, WeightedGame
from whence._core.shaped import Bool, Float, Int
from whence.games.features.groups import Groups, players_of
from whence.games.features.removal import Removal, pool_of
from whence.models.table import Table
from whence.models.trees.faithful import refuse_unfaithful
from whence.models.trees.raw import Raw, raw_predictor

_ROWS = 256  # of each table, on which the model and its trees are compared
_SHARE = 4  # of the rows that a budget has, at most one in so many is for that


class TreeRows(WeightedGame, PricedGame):
    """A game whose players are columns, on a sum of trees, with the whole background in every draw.

    Attributes:
        model: what is asked, raw.
        X: the explained rows, as the model knows them.
        background: likewise.
        trees: the sum of trees.
        owner: which player each feature belongs to.
        rows: the explained rows, as the trees' numbers.
        pool: the background, likewise.
    """

    model: Raw
    X: Table
    background: Table
    trees: TreeEnsemble
    owner: Int[np.ndarray, " features"]
    rows: Float[np.ndarray, "cases features"]
    pool: Float[np.ndarray, "members features"]
    most_rows = 0  # trees are read, not asked

    @final
    def _meet(self, model: Any, table: Table) -> None:
        """Take in the model: what is refused for its sake costs nothing more.

        Raises:
            UnsupportedModelError: no sum of trees that can be read exactly.
        """
        self.model = raw_predictor(model, like=table)
        self.trees = self.model.trees

    @final
    def _read(self, table: Table, removal: Removal, groups: Groups) -> None:
        """Take in the tables.

        Raises:
            ModelError: the model does not answer as its trees do.
        """
        self.X = self.model.aligned(table)
        self.background = pool_of(removal, self.model, self.X)
        self.players, self.owner = players_of(self.X.names, groups)
        self.rows, self.pool = self._numbers(self.X), self._numbers(self.background)

    def _numbers(self, table: Table) -> np.ndarray:
        """The cells as numbers, once the model and its trees agree on some of the rows."""
        from whence.kernels.codes import encode
        from whence.kernels.predict import predict

        numbers = self.model.numbers(table)
        many = int(max(min(_ROWS, len(table), rows_left() // _SHARE), 1))
        some = np.unique(np.linspace(0, len(table) - 1, many).astype(int))
        read = predict(self.trees, encode(self.trees, numbers[some]))
        refuse_unfaithful(self.trees, read, self.model(table.take(some).frame()), table.what)
        return numbers

    @cached_property
    def means(self) -> Any:
        """f_S of many rows and coalitions at once: `kernels.means.Means`, made when first asked."""
        from whence.kernels.means import Means

        return Means.of(self.trees, self.owner, self.rows, self.pool)

    @abc.abstractmethod
    def _same(self, case: int, coalitions: Bool[np.ndarray, "questions players"]) -> np.ndarray:
        """Worths [questions, outputs] of coalitions asked of one case."""

    @final
    def _worth(self, coalitions: np.ndarray, cases: np.ndarray, draws: np.ndarray) -> np.ndarray:
        from whence.kernels.compiled import spread

        del draws
        worth = np.empty((len(cases), len(self.outputs)))
        new = np.flatnonzero(np.diff(cases, prepend=-1))
        ends = np.append(new[1:], len(cases))
        self.means  # noqa: B018  # prepared once, before many ask for it

        def run(at: int) -> None:
            same = slice(new[at], ends[at])
            worth[same] = self._same(int(cases[new[at]]), coalitions[same])

        spread(run, range(len(new)))
        return worth
