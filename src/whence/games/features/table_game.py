"""What every game on a table shares: players are columns, and hybrid rows are predicted."""

import abc
from copy import copy
from importlib.util import find_spec
from typing import Any, final

import numpy as np

from whence._core.game import PricedGame, Question, ReplicatedGame, WeightedGame
from whence._core.lever import Lever, LeverGame
from whence._core.shaped import Float, Int
from whence._core.types import Cases, Coalitions, Draws, Ends, Scores, Worths
from whence.games.features.distilled import ROWS, Distilled, distilled
from whence.games.features.groups import Groups, players_of
from whence.games.features.hybrids import Hybrids
from whence.games.features.removal import Removal, pool_of
from whence.games.features.replicates import without_each, without_folds
from whence.games.features.sampling import folds, subsets
from whence.models.ensemble import Ensemble
from whence.models.predictor import predictor
from whence.models.row_weights import as_weights
from whence.models.table import Table

Predictions = Float[np.ndarray, "rows sample models predictions"]


class TableGame(LeverGame, ReplicatedGame, WeightedGame, PricedGame):
    """A game whose players are the columns of a table, or groups of them.

    A draw is a fresh sample of the background, held along a walk. With the whole background in
    every draw (`whole`), folds of it are left out in turn, for its part of the error; an ensemble's
    models are left out in turn always.

    Attributes:
        model: what is asked.
        X: the explained rows, one case each, as the model knows them.
        pool: the background.
        own: the names of what is measured.
        question: what is asked, in words.
        smooth: a proxy that is nearly right is worth nearly the same.
    """

    model: Any
    X: Table
    pool: Table
    own: tuple[str, ...]
    question: Question
    smooth = True

    @abc.abstractmethod
    def _measure(self, cases: Cases, p: Predictions, share: float) -> Worths:
        """What is measured, [rows, own], from predictions for this share of the pool."""

    @final
    def _read(
        self, model: Any, X: Any, removal: Removal, groups: Groups, sample_weight: Any
    ) -> None:
        """Take in the model and the tables: the first half of making a game."""
        table = Table.of(X)
        if sample_weight is not None:
            self.weights = as_weights(sample_weight, X, len(table))
        self.model = predictor(model, like=table)
        self.X = self.model.aligned(table)
        self.pool = pool_of(removal, self.model, self.X)
        self.players, owner = players_of(self.X.names, groups)
        self.n_cases, self.n_pool = len(self.X), len(self.pool)
        self.hybrids = Hybrids(self._ask, self.X, self.pool, owner)

    @final
    def _settle(self, sample: int) -> None:
        """Decide what a draw is: the second half."""
        self.sample = min(sample, self.n_pool)
        every = self.sample == self.n_pool
        self.n_draws = 1 if every else None
        self.folds = folds(self.n_pool) if every and self.n_pool > 1 else None
        models = len(self.model.each) if isinstance(self.model, Ensemble) else 0
        self.most_rows = self.sample * max(models, 1)
        self.replicates = {"model": models} if models else {}
        if self.folds is not None:
            self.replicates |= {"background": int(self.folds.max()) + 1}
        self.outputs = self.own * (1 + sum(self.replicates.values()))

    @final
    def _ask(self, frame: Any) -> Float[np.ndarray, "rows models predictions"]:
        """One model is an ensemble of one."""
        if isinstance(self.model, Ensemble):
            return np.moveaxis(self.model.members(frame), 0, 1)
        return np.asarray(self.model(frame))[:, None, :]

    @final
    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> Worths:
        parts = [np.empty((0, len(self.outputs)))]
        for cut in self.hybrids.cuts(len(cases), self.sample):
            members = self.members(cases[cut], draws[cut])
            p = self.hybrids.predict(coalitions[cut], cases[cut], members)
            parts.append(self._every_output(cases[cut], p, self.sample / self.n_pool))
        return np.concatenate(parts)

    @final
    def _every_output(self, cases: Cases, p: Predictions, share: float) -> Worths:
        """What is measured, and the same with each model, and each fold of the pool, left out."""
        worths = [self._measure(cases, p, share)]
        if "model" in self.replicates:
            worths += [self._measure(cases, fewer, share) for fewer in without_each(p, axis=2)]
        if self.folds is not None and p.shape[1] == self.n_pool:
            worths += [self._measure(cases, mean, 1.0) for mean in without_folds(p, self.folds)]
        return np.concatenate(worths, axis=1)

    @final
    def members(self, cases: Cases, draws: Draws) -> Int[np.ndarray, "rows sample"]:
        """A fresh sample of the background for each (case, draw)."""
        return subsets(cases, draws, self.sample, self.n_pool)

    @final
    def whole(self) -> "TableGame":
        """The same game with the whole background in every draw."""
        game = copy(self)
        game._settle(self.n_pool)  # noqa: SLF001
        return game

    @property
    @final
    def lever_rows(self) -> int:
        """Rows to fit a proxy to; none for an ensemble, whose members would need one each.

        Nor where rows weigh unequally: a proxy's own error is that of a plain mean over rows.
        """
        one = not isinstance(self.model, Ensemble) and self.smooth and self.weights is None
        return ROWS if one and find_spec("sklearn") is not None else 0

    @final
    def lever(self, seed: int, error: float) -> Lever:
        """Boosted trees, fitted to hybrid rows."""
        made = distilled(self.hybrids, self.n_cases, seed)
        proxy = self.stand_in()
        X, pool = (Table.of(codes, names=self.X.names) for codes in (made.X, made.pool))
        proxy.hybrids = Hybrids(made.predict, X, pool, self.hybrids.owner)
        values, stderr, together = proxy.of_proxy(made, seed, error)
        words = f"the rest of {len(made.trees.root)} trees distilled from {ROWS:,} model rows"
        return Lever(proxy, values, stderr, together, proxy.nobody(), words)

    def stand_in(self) -> "TableGame":
        """A copy, to be asked of a proxy whose predictions are nearly the model's."""
        return copy(self)

    @abc.abstractmethod
    def of_proxy(
        self, proxy: Distilled, seed: int, error: float
    ) -> tuple[Scores, Scores, np.ndarray]:
        """A proxy's own values, by case; their standard errors; that of their mean."""

    @final
    def nobody(self) -> Ends:
        """From one pass of the model over the background."""
        mean = self.hybrids.background().mean(axis=0)  # model, output
        p = np.broadcast_to(mean, (self.n_cases, 1, *mean.shape))
        return self._every_output(np.arange(self.n_cases), p, 1.0)
