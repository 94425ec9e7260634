"""SAGE's game: how much of the model's predictive power do these features bring?

    v(S) = -mean_c loss( mean_b f(x_c on S, background b elsewhere), y_c )

(Covert, Lundberg & Lee 2020). The loss is taken of the *averaged* prediction. A case is a test row;
a draw is a small fresh sample of the background, held along a walk. For an ensemble the averaged
models are explained, not their explanations averaged (Paillard et al. 2026), and the *ambiguity*,
how much worse the members do alone than together, is a second output:

    mean_k SAGE(f_k) = SAGE(mean f) - Shapley(ambiguity).
"""

from copy import copy
from typing import Any, final

import numpy as np

from whence._core.game import Question
from whence._core.types import Cases, Scores, Worths
from whence.games.features.distilled import Distilled
from whence.games.features.groups import Groups
from whence.games.features.levers import measured
from whence.games.features.loss_choice import chosen_loss
from whence.games.features.removal import Removal, digest
from whence.games.features.standing import Looked, Standing, standing_of
from whence.games.features.table_game import Predictions, TableGame
from whence.models.ensemble import Ensemble
from whence.models.labels import refuse_other_rows


@final
class PredictivePower(TableGame):
    """The predictive power of a model on labelled rows.

    Args:
        model: anything that `whence.models` can serve; a list of models is an ensemble.
        X: test rows; numpy, pandas or polars.
        y: their labels.
        removal: how features leave, such as `Marginal(X_train)`.
        loss: a name, a `Loss`, or a function of (y, prediction); by default what suits the model
            (see `loss_choice`): squared error for regressors; for classifiers log-loss, the Brier
            score or zero-one.
        groups: columns that leave together.
        sample_weight: how often each row counts, as if it were there so many times.

    Raises:
        WhenceError: rows, labels, columns or predictions that do not fit; each says which.
    """

    def __init__(
        self,
        model: Any,
        X: Any,
        y: Any,
        *,
        removal: Removal,
        loss: Any = None,
        groups: Groups = None,
        sample_weight: Any = None,
    ) -> None:
        self._read(model, X, removal, groups, sample_weight)
        refuse_other_rows(self.X, y)
        self.scorer = self.model
        choice = chosen_loss(loss, self.model, y, self._looked())
        self.loss, self.model, self.why = choice.loss, choice.model, choice.why
        self.smooth = self.loss.of_proxy() is not None
        self.y = self.loss.targets(y, self.model, len(self.X))
        self.own = ("predictive power",)
        if isinstance(self.model, Ensemble):
            self.own += ("ambiguity",)
        self.question = Question(
            asks="how much of the model's predictive power each feature brings",
            unit=self.loss.unit,
            removal=removal.words(self.pool),
            model=self.model.name,
            background=digest(self.pool),
            classes=tuple(str(c) for c in self.model.known or ()),
            loss=True,
        )
        self._settle(removal.sample or self.loss.sample)

    def standing(self) -> Standing | None:
        """How the model stands beside knowing nothing; None of what is no classifier."""
        return standing_of(self.loss, self.y, self._looked())

    def _looked(self) -> Looked:
        def ask(rows: np.ndarray) -> np.ndarray:
            return np.asarray(self.model(self.X.take(rows).frame()))

        def score(rows: np.ndarray) -> np.ndarray:
            return np.asarray(self.scorer(self.X.take(rows).frame()))

        votes = self.model is not self.scorer
        return Looked(self.X, len(self.X), ask, self.weights, score=score if votes else None)

    def stand_in(self) -> "PredictivePower":
        """A copy, with the loss of what is nearly right."""
        game = copy(self)
        game.loss = self.loss.of_proxy() or self.loss
        return game

    def of_proxy(
        self, proxy: Distilled, seed: int, error: float
    ) -> tuple[Scores, Scores, np.ndarray]:
        """Asked in bulk, until their mean is known well enough."""

        def measure(rows: np.ndarray, p: np.ndarray) -> np.ndarray:
            return -self.loss.plain(self.y[rows], p)[:, None]

        return measured(proxy, self.hybrids.owner, measure, seed, error)

    def _measure(self, cases: Cases, p: Predictions, share: float) -> Worths:
        y = self.y[cases]
        together = self.loss.of_mean(y, p.mean(axis=2), share)
        if not isinstance(self.model, Ensemble):
            return -together[:, None]
        alone = [self.loss.of_mean(y, p[:, :, k], share) for k in range(p.shape[2])]
        return np.stack([-together, np.mean(alone, axis=0) - together], axis=1)
