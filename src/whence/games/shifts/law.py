"""The law of the data when some mechanisms are after's and the rest before's, as weights on before.

Where mechanisms are known, each brings its ratio, and coalitions multiply them. Where nobody knows
them, the law of the features has a part for each column and one for what ties columns together:

    start    before's law; with the dependence, the law nearest to after's that has before's
             marginals: the odds ratios of after, the marginals of before,
    then     the law nearest to that under which the marginals of S are after's,

nearest in Kullback-Leibler divergence. Both steps keep the odds ratios of what they start from, and
marginals can be had with any odds ratios. Columns that are not asked for follow those that are, as
they did: so a column that moves because another did is moved once, and not by the product of two
ratios; and where only a marginal shifted, the dependence has nothing. Nobody present is before,
everybody is after.
"""

import abc
from collections.abc import Sequence
from functools import cached_property
from typing import Any, final

import numpy as np

from whence._core.players import Players
from whence._core.shaped import Bool, Float
from whence.games.shifts import basis
from whence.games.shifts.evidence import Evidence
from whence.games.shifts.mechanism import Mechanism, named
from whence.games.shifts.raking import nearest
from whence.games.shifts.ratios import Weigher

DEPENDENCE = "dependence of features"
Weights = Float[np.ndarray, "rows replicates"]


class Law(abc.ABC):
    """Weights on the rows of before, for any coalition of mechanisms.

    Attributes:
        players: the mechanisms.
        price: of a coalition's weights, as a multiple of a cheap worth.
        removal: how a mechanism is absent or present, in words.
    """

    players: Players
    price: int
    removal: str

    @abc.abstractmethod
    def weights(self, coalition: Bool[np.ndarray, " players"]) -> Weights:
        """With all rows, then without each group; rows left out have weight 0."""

    @abc.abstractmethod
    def columns(self, player: int) -> tuple[str, ...]:
        """The columns that a mechanism is about, those that it makes last."""


@final
class Known(Law):
    """Mechanisms that somebody knows."""

    def __init__(
        self, evidence: Evidence, weigher: Weigher, mechanisms: Sequence[Mechanism]
    ) -> None:
        self.mechanisms, self.price = tuple(mechanisms), 128
        self.players = Players(
            tuple(m.called for m in mechanisms),
            "mechanism",
            columns={
                "children": tuple(", ".join(m.children) for m in mechanisms),
                "parents": tuple(", ".join(m.parents) for m in mechanisms),
            },
        )
        self.kept = evidence.kept[evidence.problem.after == 0]
        self.ratios = [weigher.ratio(m) for m in mechanisms]
        self.removal = "absent mechanisms are as before: rows of before weighed by ratios"

    def weights(self, coalition: Bool[np.ndarray, " players"]) -> Weights:
        """The product of the members' ratios."""
        w = self.kept
        for member in np.flatnonzero(coalition):
            w = w * self.ratios[member]
        return np.asarray(w)

    def columns(self, player: int) -> tuple[str, ...]:
        """Parents, then children."""
        return self.mechanisms[player].columns


@final
class Unknown(Law):
    """A marginal for each feature, their dependence, and the label given all of them."""

    def __init__(self, evidence: Evidence, weigher: Weigher) -> None:
        features, label, self.price = evidence.features, evidence.label, 512
        self.features, self.label = features, label
        last = f"P({label} | X)"
        self.players = Players((*(named([f], []) for f in features), DEPENDENCE, last), "mechanism")
        after = evidence.problem.after > 0
        self.kept = evidence.kept[~after]
        self.ridge = 1 / min(evidence.sizes)
        parts = [basis.spline(evidence.columns[f]) for f in features]
        self.owner = np.repeat(np.arange(len(parts)), [p.shape[1] for p in parts])
        whole = np.column_stack(parts)
        self.F = whole[~after]
        old, self.new = (_means(whole[rows], evidence.kept[rows]) for rows in (~after, after))
        ratio = weigher.ratio(Mechanism(features, (), "P(X)"))
        self.tied = nearest(self.kept * ratio, self.F, old, self.ridge).weights
        self.starts = [
            nearest(base[:, :1], self.F, self.new[:1], self.ridge).dual
            for base in (self.kept, self.tied)
        ]
        self.given = weigher.ratio(Mechanism((label,), features, last))
        self.removal = (
            "absent mechanisms are as before: rows of before, weighed by the least change that "
            "brings what is present"
        )

    def weights(self, coalition: Bool[np.ndarray, " players"]) -> Weights:
        """Of the features, times the ratio of the label given them where that is present."""
        w = self._of_features(coalition[:-1])
        return w * self.given if coalition[-1] else w

    def columns(self, player: int) -> tuple[str, ...]:
        """The feature; all of them; all and the label."""
        if player < len(self.features):
            return (self.features[player],)
        return (*self.features, self.label) if player > len(self.features) else self.features

    def _of_features(self, coalition: Bool[np.ndarray, " parts"]) -> Weights:
        key = coalition.tobytes()
        if self._last.get("key") != key:  # the label's mechanism comes and goes for nothing
            self._last.update(key=key, weights=self._balanced(coalition[:-1], coalition[-1]))
        found: np.ndarray = self._last["weights"]
        return found

    @cached_property
    def _last(self) -> dict[str, Any]:
        return {}

    def _balanced(self, margins: Bool[np.ndarray, " features"], dependence: np.bool_) -> Weights:
        many, base = len(self.kept), self.tied if dependence else self.kept
        if not margins.any():
            return np.asarray(many * base / base.sum(axis=0))
        at = margins[self.owner]
        start = self.starts[int(dependence)][at]
        return many * nearest(base, self.F[:, at], self.new[:, at], self.ridge, start).weights


def _means(F: np.ndarray, kept: np.ndarray) -> Float[np.ndarray, "replicates features"]:
    return np.asarray(kept.T @ F / kept.sum(axis=0)[:, None])
