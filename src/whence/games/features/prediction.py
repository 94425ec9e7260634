"""The game of one prediction: what does each feature add to what the model says of this row?

    v_c(S) = mean_b f(x_c on S, background b elsewhere)

(Strumbelj & Kononenko 2010; SHAP: Lundberg & Lee 2017). A case is an explained row, a draw is one
background row; every class or target is an output of the same evaluation.
"""

from copy import copy
from typing import Any, final

import numpy as np

from whence._core.errors import ResultError, did_you_mean
from whence._core.game import Game, PooledGame, Question, ReplicatedGame
from whence._core.shaped import Int
from whence._core.types import Cases, Coalitions, Draws, Ends
from whence.games.features.groups import Groups, players_of
from whence.games.features.hybrids import Hybrids
from whence.games.features.removal import Removal, pool_of
from whence.games.features.replicates import without_each, without_folds
from whence.games.features.sampling import folds
from whence.models.ensemble import Ensemble
from whence.models.predictor import predictor
from whence.models.table import Table


@final
class Prediction(PooledGame, ReplicatedGame):
    """What a model says of each row.

    Args:
        model: anything that `whence.models` can serve; a list of models is an ensemble.
        X: the rows to explain.
        removal: how features leave, such as `Marginal(X_train)`.
        output: one class or target, by name or position; all by default.
        groups: columns that leave together.

    Raises:
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
    ) -> None:
        table = Table.of(X)
        self.model = predictor(model, like=table)
        self.X = self.model.aligned(table)
        self.pool = pool_of(removal, self.model, self.X)
        self.columns = _columns(output, self.model.outputs)
        self.players, owner = players_of(self.X.names, groups)
        self.n_cases, self.n_pool = len(self.X), len(self.pool)
        self.hybrids = Hybrids(self._ask, self.X, self.pool, owner)
        self.question = Question(
            asks="what each feature adds to the model's prediction",
            unit=self.model.space,
            removal=removal.words(self.pool),
            model=self.model.name,
            classes=tuple(str(c) for c in self.model.classes or ()),
        )
        self._settle(every=self.n_pool == 1)

    def _settle(self, *, every: bool) -> None:
        self.n_draws = 1 if every else self.n_pool
        self.folds = folds(self.n_pool) if every and self.n_pool > 1 else None
        members = len(self.model.each) if isinstance(self.model, Ensemble) else 0
        self.replicates = ({"model": members} if members else {}) | (
            {"background": int(self.folds.max()) + 1} if self.folds is not None else {}
        )
        own = tuple(self.model.outputs[c] for c in self.columns)
        self.outputs = own * (1 + sum(self.replicates.values()))

    def _ask(self, frame: Any) -> np.ndarray:
        """[rows, members, outputs]; one model is an ensemble of one."""
        if isinstance(self.model, Ensemble):
            return np.moveaxis(self.model.members(frame), 0, 1)[:, :, self.columns]
        return self.model(frame)[:, None, self.columns]

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> np.ndarray:
        sample = self.n_pool if self.n_draws == 1 else 1
        blocks = [
            self._block(coalitions[cut], cases[cut], draws[cut])
            for cut in self.hybrids.cuts(len(cases), sample)
        ]
        return np.concatenate(blocks)

    def _block(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> np.ndarray:
        p = self.hybrids.predict(coalitions, cases, self.members(cases, draws))
        parts = [p.mean(axis=(1, 2)), *self._without_models(p)]
        if self.folds is not None:
            parts += [mean.mean(axis=(1, 2)) for mean in without_folds(p, self.folds)]
        return np.concatenate(parts, axis=1)

    def _without_models(self, p: np.ndarray) -> list[np.ndarray]:
        if "model" not in self.replicates:
            return []
        return [fewer.mean(axis=(1, 2)) for fewer in without_each(p, axis=2)]

    def members(self, cases: Cases, draws: Draws) -> Int[np.ndarray, "rows sample"]:
        """The background row that the draw is; all of them in the whole game."""
        if self.n_draws == 1:
            return np.broadcast_to(np.arange(self.n_pool), (len(cases), self.n_pool))
        return draws[:, None]

    def whole(self) -> Game:
        """All background rows in every draw."""
        game = copy(self)
        game._settle(every=True)  # noqa: SLF001
        return game

    def ends(self) -> tuple[Ends, Ends]:
        """The mean prediction of the background, and the prediction of each row."""
        everywhere = self._ask(self.pool.frame()).mean(axis=0)  # member, output
        here = self._ask(self.X.frame())
        low, high = (
            np.concatenate([p.mean(axis=1), *self._without_models(p[:, None])], axis=1)
            for p in (np.broadcast_to(everywhere, here.shape), here)
        )
        return low, high


def _columns(output: str | int | None, names: tuple[str, ...]) -> list[int]:
    if output is None:
        return list(range(len(names)))
    if isinstance(output, (int, np.integer)) and str(output) not in names:
        if -len(names) <= output < len(names):
            return [int(output) % len(names)]
    elif str(output) in names:
        return [names.index(str(output))]
    raise ResultError(f"the model has no output {output!r}. {did_you_mean(output, names)}")
