"""SAGE's game for sums of trees: the loss of the mean prediction over the whole background.

    v(S) = -mean_c loss( mean_b f(x_c on S, background b elsewhere), y_c )

As `PredictivePower`, but the mean over the background is exact. A case is a *block* of test rows:
the rows of a block are asked the same coalitions, which is what makes many of them cheap at once.
They share the luck of those coalitions, and since the block is the case, the estimation part of the
error is measured between blocks, as it must be.
"""

from copy import copy
from typing import Any, final

import numpy as np

from whence._core.errors import UnsupportedModelError
from whence._core.game import BlockGame, Question
from whence._core.keyed import uniforms
from whence._core.weights import Weights
from whence.games.features.groups import Groups
from whence.games.features.links import linked
from whence.games.features.loss_choice import chosen_loss
from whence.games.features.removal import Removal, digest
from whence.games.features.sampling import blocks, folds
from whence.games.features.standing import Looked, Standing, standing_of
from whence.games.features.tree_rows import TreeRows
from whence.models.labels import refuse_other_rows
from whence.models.row_weights import as_weights
from whence.models.table import Table

_TWICE = 16  # blocks that are visited twice
_FOLDS, _FOLDED = 7, 256  # folds of the background, and rows that are asked without each
_ORDER = 31


@final
class TreePower(TreeRows, BlockGame):
    """The predictive power of a tree ensemble on labelled rows.

    Args:
        model: a tree, a forest or a boosted model; see `whence.models.read_trees`.
        X: test rows.
        y: their labels.
        removal: how features leave, such as `Marginal(X_train)`.
        loss: as for `PredictivePower`.
        groups: columns that leave together.
        sample_weight: how often each row counts, as if it were there so many times.
        average: "raw" averages what the trees add up to, and then applies the model's link. Without
            a link there is nothing to choose.
        by_case: every test row is a case of its own.

    Raises:
        UnsupportedModelError: no sum of trees that can be read exactly; or there is a link, and raw
            outputs are not to be averaged.
        WhenceError: rows, labels, columns or predictions that do not fit; each says which.
    """

    counts: Weights | None = None  # how often each row counts

    def __init__(
        self,
        model: Any,
        X: Any,
        y: Any,
        *,
        removal: Removal,
        loss: Any = None,
        groups: Groups = None,
        average: str | None = None,
        by_case: bool = False,
        sample_weight: Any = None,
    ) -> None:
        table = Table.of(X)
        if sample_weight is not None:
            self.counts = as_weights(sample_weight, X, len(table))
        self._meet(model, table)
        link = self.trees.link
        if link != "identity" and average != "raw":
            raise UnsupportedModelError(
                f"{self.model.name} has a link ({link}) between its trees and its predictions, so "
                "that the mean of its predictions is no sum over leaves."
            )
        self._read(table, removal, groups)
        refuse_other_rows(table, y)
        asked = self.model.predictions
        self.link = "identity" if asked.space == self.model.space else link
        choice = chosen_loss(loss, asked, y, self._looked())
        self.loss, self.why = choice.loss, choice.why
        if choice.model is not asked:
            form = "votes" if choice.model.hard else "probabilities"
            raise UnsupportedModelError(
                f"the loss {self.loss.name} asks {self.model.name} for {form}, which are no sum "
                "over leaves"
            )
        self.y = self.loss.targets(y, asked, len(self.X))
        if by_case:
            self.blocks = list(np.arange(len(self.X))[:, None])
        else:
            self._shuffle()
            self.blocks = blocks(np.arange(len(self.X)))
        if self.counts is not None:
            self.weights = np.array([self.counts[block].sum() for block in self.blocks])
        self.means  # noqa: B018  # refuses trees that are too wide
        self.n_cases, self.n_units = len(self.blocks), len(self.X)
        self.n_twice = 256 if by_case else _TWICE
        self.outputs = ("predictive power",)
        averaged = "" if self.link == "identity" else "; raw outputs averaged, before the link"
        self.question = Question(
            asks="how much of the model's predictive power each feature brings",
            unit=self.loss.unit,
            removal=removal.words(self.background) + averaged,
            model=self.model.name,
            background=digest(self.background),
            classes=tuple(str(c) for c in asked.known or ()),
            loss=True,
        )

    def standing(self) -> Standing | None:
        """How the model stands beside knowing nothing; None of what is no classifier."""
        return standing_of(self.loss, self.y, self._looked())

    def _looked(self) -> Looked:
        """Trees are read, so that no row of the model's is spent on it."""

        def ask(rows: np.ndarray) -> np.ndarray:
            from whence.kernels.codes import encode
            from whence.kernels.predict import predict

            return linked(predict(self.trees, encode(self.trees, self.rows[rows])), self.link)

        return Looked(None, len(self.X), ask, self.counts, paid=False)

    def folded(self) -> "TreePower":
        """A few of the blocks, each fold of the background left out in turn: an output for each."""
        game, fold = copy(self), folds(len(self.pool), _FOLDS)
        game.means = self.means.without_each(fold)
        game.n_cases = min(-(-_FOLDED // len(self.blocks[0])), len(self.blocks))
        game.n_twice = game.n_cases
        game.outputs = self.outputs * (1 + int(fold.max()) + 1)
        return game

    def _shuffle(self) -> None:
        """Rows in the order in which blocks take them: a block's lie side by side."""
        order = uniforms(1, _ORDER, np.arange(len(self.X)))[:, 0].argsort()
        self.X, self.rows, self.y = self.X.take(order), self.rows[order], self.y[order]
        self.counts = None if self.counts is None else self.counts[order]

    def _same(self, case: int, coalitions: np.ndarray) -> np.ndarray:
        rows = self.blocks[case]
        raw = self.means(coalitions, rows)  # background, question, row, output
        p = linked(raw.reshape(-1, raw.shape[3]), self.link)
        y = self.y[np.resize(rows, len(p))]
        loss = self.loss.plain(y, p).reshape(*raw.shape[:2], len(rows))
        if self.weights is not None and self.counts is not None:  # the block counts as its rows do
            count = self.counts[rows] if self.weights[case] > 0 else np.ones(len(rows))
            return np.asarray(-np.average(loss, axis=2, weights=count).T)
        share = len(self.blocks) / len(self.X)  # so that the mean over blocks is that over rows
        return np.asarray(-share * loss.sum(axis=2).T)
