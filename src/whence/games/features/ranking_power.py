"""How well do a model's scores order the rows, and which features bring it? AUC, as pairs of rows.

    v(S) = -share of pairs (one row of each label) whose order is wrong, by
           s_S(x) = mean_b score(x on S, background b elsewhere);   equal scores count half

so that nobody is worth -1/2, everybody minus (1 - AUC), and the values add up to AUC - 1/2. A pair
belongs to both of its rows, so no row has a worth of its own: one question scores every row, with
one sample of the background for all of them (what it has in common cancels in an order). The data
part leaves out groups of rows of both labels in turn (the jackknife, of pairs in two samples); the
background's part leaves out folds of it, of which each sample has as many members.

Source: the area under the curve as pairs, Mann & Whitney (1947); as a game, ours.
"""

from copy import copy
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.errors import ModelError, TableError
from whence._core.game import BlockGame, PooledGame, PricedGame, Question, ReplicatedGame
from whence._core.keyed import uniforms
from whence._core.shaped import Bool, Float, Int
from whence._core.types import Cases, Coalitions, Draws, Ends, Worths
from whence._core.weights import Weights
from whence.games.features.groups import Groups, players_of
from whence.games.features.hybrids import Hybrids
from whence.games.features.removal import Removal, digest, pool_of
from whence.games.features.replicates import without_folds
from whence.games.features.sampling import folds
from whence.games.features.standing import Standing, second
from whence.games.shifts.metric import Auc
from whence.models.labels import as_classes, as_targets, refuse_length, refuse_other_rows
from whence.models.predictor import Predictor, predictor
from whence.models.row_weights import as_weights
from whence.models.table import Table

_SAMPLE, _GROUPS, _FOLDS, _MEMBERS = 16, 20, 8, 17


@final
@dataclass(frozen=True, slots=True)
class Pairs:
    """What is lost: pairs in the wrong order."""

    name: str = "auc"


@final
class RankingPower(PooledGame, ReplicatedGame, BlockGame, PricedGame):
    """How well a model's scores order rows of two labels.

    Args:
        model: anything that `whence.models` can serve, with probabilities of two labels or a score.
        X: test rows; numpy, pandas or polars.
        y: their labels: two that the model knows, or two numbers, of which the larger should score
            higher.
        removal: how features leave, such as `Marginal(X_train)`.
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
        groups: Groups = None,
        sample_weight: Any = None,
    ) -> None:
        table = Table.of(X)
        self.model = predictor(model, like=table)
        self.X = self.model.aligned(table)
        self.background = pool_of(removal, self.model, self.X)
        self.players, owner = players_of(self.X.names, groups)
        rows = len(self.X)
        refuse_other_rows(self.X, y)
        self.positive = _positive(y, self.model, rows)
        counts = np.ones(rows)
        if sample_weight is not None:
            counts = as_weights(sample_weight, X, rows)
        self.counts = _left_out(self.positive, counts)
        self.hybrids = Hybrids(self._score, self.X, self.background, owner)
        self.loss, self.why = Pairs(), ""
        self.n_cases, self.n_units, self.n_twice = 1, rows, 1
        self.n_pool = len(self.background)
        self.question = Question(
            asks="how much of the order of the model's scores each feature brings",
            unit="share of pairs",
            removal=removal.words(self.background),
            background=digest(self.background),
            model=self.model.name,
            classes=tuple(str(c) for c in self.model.known or ()),
            loss=True,
        )
        self._settle(removal.sample or _SAMPLE)

    def standing(self) -> Standing | None:
        """None: the order is what is asked about."""
        return None

    def members(self, cases: Cases, draws: Draws) -> Int[np.ndarray, "rows sample"]:
        """A fresh sample of the background for each draw, as many from each of its folds."""
        del cases
        if self.n_draws == 1:
            return np.broadcast_to(np.arange(self.n_pool), (len(draws), self.n_pool))
        each = self.sample // len(self.fold)
        chance = uniforms(self.sample, _MEMBERS, draws).reshape(len(draws), len(self.fold), each)
        size = np.array([len(fold) for fold in self.fold])[:, None]
        # one from each of as many equal parts of a fold: no member comes twice
        at = ((np.arange(each) + chance) / each * size).astype(np.int64)
        at = np.minimum(at, size - 1) + np.cumsum(size)[:, None] - size
        return np.asarray(np.concatenate(self.fold)[at].reshape(len(draws), self.sample))

    def whole(self) -> "RankingPower":
        """The same game with the whole background in every draw."""
        game = copy(self)
        game._settle(self.n_pool)  # noqa: SLF001
        return game

    def nobody(self) -> Ends:
        """Every score the same: half of the pairs."""
        return np.full((1, len(self.outputs)), -0.5)

    def _settle(self, sample: int) -> None:
        most = min(_FOLDS, self.n_pool)
        every = sample >= self.n_pool
        sample = max(sample // most, 1) * most
        self.sample, self.n_draws = (self.n_pool, 1) if every else (sample, None)
        self.most_rows = len(self.X) * self.sample
        label = folds(self.n_pool, most)
        self.fold = [np.flatnonzero(label == k) for k in range(most)]
        # the fold of each member of a sample
        self.of_fold = label if every else np.repeat(np.arange(most), sample // most)
        self.replicates = {"data": self.counts.shape[1] - 1}
        self.replicates |= {"background": most} if self.n_pool > 1 else {}
        self.outputs = ("order",) * (1 + sum(self.replicates.values()))

    def _score(self, frame: Any) -> Float[np.ndarray, " rows"]:
        return np.asarray(second(self.model(frame)))

    def _worth(self, coalitions: Coalitions, cases: Cases, draws: Draws) -> Worths:
        members = self.members(cases, draws)
        return np.stack([self._of(c, m) for c, m in zip(coalitions, members, strict=True)])

    def _of(
        self, coalition: Bool[np.ndarray, " players"], members: Int[np.ndarray, " sample"]
    ) -> Float[np.ndarray, " outputs"]:
        parts = []
        for cut in self.hybrids.cuts(len(self.X), self.sample):
            rows = np.arange(len(self.X))[cut]
            stay = np.tile(coalition, (len(rows), 1))
            parts.append(self.hybrids.predict(stay, rows, np.tile(members, (len(rows), 1))))
        scores = np.concatenate(parts)  # row, member
        worths = [_ordered(self.positive, scores.mean(axis=1), self.counts)]
        if "background" in self.replicates:
            worths += [
                _ordered(self.positive, fewer[:, 0], self.counts[:, :1])
                for fewer in without_folds(scores, self.of_fold)
            ]
        return np.concatenate(worths) - 1.0


def _ordered(
    positive: Bool[np.ndarray, " rows"],
    score: Float[np.ndarray, " rows"],
    counts: Float[np.ndarray, "rows replicates"],
) -> Float[np.ndarray, " replicates"]:
    """The share of pairs in the right order; sums that differ in their last bits are equal."""
    size = np.abs(score).max() or 1.0
    return Auc(positive, np.round(score / size, 12)).worth(counts)


def _positive(y: Any, model: Predictor, rows: int) -> Bool[np.ndarray, " rows"]:
    """Which rows should have the higher scores.

    Raises:
        ModelError: more outputs than an order has.
        TableError: labels that are not two.
    """
    if len(model.outputs) > 2 or (model.known is not None and len(model.known) != 2):
        raise ModelError(
            f"auc is the order of two labels, and {model.name} answers for {len(model.outputs)} "
            "outputs. Use loss='zero-one' or 'log-loss'."
        )
    numbers = None if model.classes is not None else _two_numbers(y, rows)
    if numbers is not None:
        return numbers
    if model.known is None:
        raise TableError(
            "auc needs y of two numbers, such as 0 and 1: it orders one above the other"
        )
    codes = as_classes(y, model.known)
    refuse_length(codes, rows)
    return np.asarray(codes == 1)


def _two_numbers(y: Any, rows: int) -> Bool[np.ndarray, " rows"] | None:
    """Of two numbers, where the larger stands; None of anything else."""
    try:
        targets = as_targets(y, rows)
    except TableError:
        return None
    distinct = np.unique(targets)
    return np.asarray(targets == distinct[-1]) if len(distinct) == 2 else None


def _left_out(
    positive: Bool[np.ndarray, " rows"], counts: Weights
) -> Float[np.ndarray, "rows replicates"]:
    """How often each row counts: with all rows, then without each group of rows of both labels.

    Raises:
        TableError: fewer than two rows of a label.
    """
    sides = [np.flatnonzero(side & (counts > 0)) for side in (positive, ~positive)]
    few = min(map(len, sides))
    if few < 2:
        raise TableError(
            "auc compares rows of two labels, and needs two rows or more of each: y has "
            f"{len(sides[0])} of the one, {len(sides[1])} of the other"
        )
    groups = min(_GROUPS, few)
    group = np.full(len(positive), -1)
    for side in sides:
        group[side] = folds(len(side), groups)
    kept = group[:, None] != np.arange(groups)
    return np.column_stack([counts, counts[:, None] * kept])
