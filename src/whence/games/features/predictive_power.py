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

from whence._core.game import Game, PooledGame, Question, ReplicatedGame
from whence._core.shaped import Float, Int
from whence._core.types import Cases, Coalitions, Draws, Ends
from whence.games.features.groups import Groups, players_of
from whence.games.features.hybrids import Hybrids
from whence.games.features.loss import as_loss
from whence.games.features.removal import Removal, pool_of
from whence.games.features.replicates import without_each, without_folds
from whence.games.features.sampling import folds, subsets
from whence.models.ensemble import Ensemble
from whence.models.predictor import predictor
from whence.models.table import Table


@final
class PredictivePower(PooledGame, ReplicatedGame):
    """The predictive power of a model on labelled rows.

    Args:
        model: anything that `whence.models` can serve; a list of models is an ensemble.
        X: test rows; numpy, pandas or polars.
        y: their labels.
        removal: how features leave, such as `Marginal(X_train)`.
        loss: a name, a `Loss`, or a function of (y, prediction); by default log-loss for
            classifiers and squared error otherwise.
        groups: columns that leave together.

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
    ) -> None:
        table = Table.of(X)
        self.model = predictor(model, like=table)
        self.X = self.model.aligned(table)
        self.pool = pool_of(removal, self.model, self.X)
        self.loss = as_loss(loss, self.model)
        self.y = self.loss.targets(y, self.model, len(self.X))
        self.players, owner = players_of(self.X.names, groups)
        self.n_cases, self.n_pool = len(self.X), len(self.pool)
        self.hybrids = Hybrids(self._ask, self.X, self.pool, owner)
        self.question = Question(
            asks="how much of the model's predictive power each feature brings",
            unit=self.loss.unit,
            removal=removal.words(self.pool),
            model=self.model.name,
            classes=tuple(str(c) for c in self.model.classes or ()),
            loss=True,
        )
        self._settle(removal.sample or self.loss.sample)

    def _settle(self, sample: int) -> None:
        self.sample = min(sample, self.n_pool)
        every = self.sample == self.n_pool
        self.n_draws = 1 if every else None
        self.folds = folds(self.n_pool) if every and self.n_pool > 1 else None
        members = len(self.model.each) if isinstance(self.model, Ensemble) else 0
        self.replicates = ({"model": members} if members else {}) | (
            {"background": int(self.folds.max()) + 1} if self.folds is not None else {}
        )
        own = ("predictive power", "ambiguity") if members else ("predictive power",)
        self.outputs = own * (1 + sum(self.replicates.values()))

    def _ask(self, frame: Any) -> np.ndarray:
        """[rows, members, outputs]; one model is an ensemble of one."""
        if isinstance(self.model, Ensemble):
            return np.moveaxis(self.model.members(frame), 0, 1)
        return self.model(frame)[:, None, :]

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> np.ndarray:
        blocks = [
            self._block(coalitions[cut], cases[cut], draws[cut])
            for cut in self.hybrids.cuts(len(cases), self.sample)
        ]
        return np.concatenate(blocks)

    def _block(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> np.ndarray:
        members = self.members(cases, draws)
        p = self.hybrids.predict(coalitions, cases, members)  # row, sample, member, output
        y = self.y[cases]
        worths = [self._own(y, p)]
        if "model" in self.replicates:
            worths += [self._own(y, fewer) for fewer in without_each(p, axis=2)]
        if self.folds is not None:
            worths += [self._own(y, mean) for mean in without_folds(p, self.folds)]
        return np.concatenate(worths, axis=1)

    def _own(self, y: np.ndarray, p: np.ndarray) -> Float[np.ndarray, "rows outputs"]:
        share = p.shape[1] / self.n_pool if self.n_draws is None else 1.0
        together = self.loss.of_mean(y, p.mean(axis=2), share)
        if not isinstance(self.model, Ensemble):
            return -together[:, None]
        alone = [self.loss.of_mean(y, p[:, :, k], share) for k in range(p.shape[2])]
        return np.stack([-together, np.mean(alone, axis=0) - together], axis=1)

    def members(self, cases: Cases, draws: Draws) -> Int[np.ndarray, "rows sample"]:
        """A fresh sample of the background for each (case, draw)."""
        return subsets(cases, draws, self.sample, self.n_pool)

    def whole(self) -> Game:
        """All background rows in every draw."""
        game = copy(self)
        game._settle(self.n_pool)  # noqa: SLF001
        return game

    def ends(self) -> tuple[Ends, Ends]:
        """From one pass of the model over the background, and one over the test rows."""
        everywhere = self._ask(self.pool.frame()).mean(axis=0)  # member, output
        here = self._ask(self.X.frame())
        return tuple(self._end(np.broadcast_to(p, here.shape)) for p in (everywhere, here))  # type: ignore[return-value]

    def _end(self, p: Float[np.ndarray, "cases members outputs"]) -> Ends:
        known = copy(self)
        known.n_draws = 1
        worths = [known._own(self.y, p[:, None])]  # noqa: SLF001
        if "model" in self.replicates:
            worths += [known._own(self.y, fewer) for fewer in without_each(p[:, None], axis=2)]  # noqa: SLF001
        return np.concatenate(worths, axis=1)
