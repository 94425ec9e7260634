"""The game of one prediction, for sums of trees: exact, with the whole background in every draw.

    v_c(S) = mean_b f(x_c on S, background b elsewhere)

As `Prediction`, but f is what the trees add up to, before any link, and nothing is sampled.
"""

from typing import Any, final

import numpy as np

from whence._core.errors import UnsupportedModelError
from whence._core.game import Question
from whence._core.leaf_game import LeafGame
from whence.games.features.groups import Groups
from whence.games.features.prediction import Prediction, chosen
from whence.games.features.removal import Removal, digest
from whence.games.features.tree_rows import TreeRows
from whence.models.row_weights import as_weights
from whence.models.table import Table


@final
class TreeGame(TreeRows, LeafGame):
    """What a tree ensemble says of each row.

    Args:
        model: a tree, a forest or a boosted model; see `whence.models.read_trees`.
        X: the rows to explain.
        removal: how features leave, such as `Marginal(X_train)`.
        output: one raw output, by name or position; all by default.
        groups: columns that leave together.
        sample_weight: how often each row counts, as if it were there so many times.

    Raises:
        UnsupportedModelError: no sum of trees that can be read exactly.
        WhenceError: rows, columns or predictions that do not fit; each says which.
    """

    def __init__(
        self,
        model: Any,
        X: Any,
        *,
        removal: Removal,
        output: str | int | None = None,
        groups: Groups = None,
        sample_weight: Any = None,
    ) -> None:
        table = Table.of(X)
        if sample_weight is not None:
            self.weights = as_weights(sample_weight, X, len(table))
        self._meet(model, table)
        if output is not None and self.trees.link != "identity":
            raise UnsupportedModelError(
                f"{self.model.name} has a link ({self.trees.link}) between its trees and its "
                f"predictions, so that its output {output!r} is no sum over leaves."
            )
        self._read(table, removal, groups)
        self.removal, self.groups, self.output = removal, groups, output
        self.columns = chosen(output, self.model.outputs)
        self.outputs = tuple(self.model.outputs[c] for c in self.columns)
        self.trees = self.trees.only(self.columns)
        self.n_cases = len(self.X)
        self.question = Question(
            asks="what each feature adds to the model's prediction",
            unit=self.model.space,
            removal=removal.words(self.background),
            model=self.model.name,
            background=digest(self.background),
            classes=tuple(str(c) for c in self.model.classes or ()),
        )

    def said(self) -> np.ndarray:
        """What the model itself says of each row, [cases, outputs]."""
        return self.model(self.X.frame())[:, self.columns]

    def asked(self) -> Prediction:
        """The same game on the model's raw answers."""
        return Prediction(
            self.model,
            self.X,
            removal=self.removal,
            output=self.output,
            groups=self.groups,
            sample_weight=self.weights,
        )

    def _same(self, case: int, coalitions: np.ndarray) -> np.ndarray:
        return np.asarray(self.means(coalitions, np.array([case]))[0, :, 0])
