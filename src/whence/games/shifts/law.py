"""The law of the data when some mechanisms are after's and the rest before's: log p_S / p_0.

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
from whence.games.shifts.mechanism import Mechanism, as_mechanisms, named
from whence.games.shifts.pooled import log_density
from whence.games.shifts.raking import nearest
from whence.games.shifts.ratios import Weigher

DEPENDENCE = "dependence of features"
Weights = Float[np.ndarray, "rows replicates"]


class Law(abc.ABC):
    """Ratios of densities to before's, for any coalition of mechanisms, on all rows.

    Attributes:
        players: the mechanisms.
        price: of a coalition's ratios, as a multiple of a cheap worth.
        removal: how a mechanism is absent or present, in words.
        kept: 1.0 where a row of before counts, in each replicate.
    """

    players: Players
    price: int
    removal: str
    kept: Weights

    @abc.abstractmethod
    def log_ratio(self, coalition: Bool[np.ndarray, " players"]) -> Weights:
        """Of each row, before's first: with all rows, then without each group."""

    @abc.abstractmethod
    def log_all(self) -> Weights:
        """The same of everything that changed: log p_1 / p_0, as the ratio models tell it."""

    @abc.abstractmethod
    def columns(self, player: int) -> tuple[str, ...]:
        """The columns that a mechanism is about, those that it makes last."""

    @final
    def weights(self, coalition: Bool[np.ndarray, " players"]) -> Weights:
        """Of the rows of before alone; rows left out have weight 0."""
        return np.asarray(self.kept * np.exp(self.log_ratio(coalition)[: len(self.kept)]))


COARSE = ("P(X)", "P(y | X)")


def as_law(
    given: Any, evidence: Evidence, known: Evidence, weigher: Weigher, *, before_alone: bool = False
) -> "Law | None":
    """The law of what before can speak for.

    Args:
        given: mechanisms as a user gives them; None where nobody knows them.
        evidence: both data sets.
        known: the same, without columns that are put aside.
        weigher: of the mechanisms.
        before_alone: rows of after are left out of what is weighed.

    Returns:
        nothing where nothing is left to be weighed.
    """
    features, label = known.features, known.label
    if given is not None:
        full = as_mechanisms(given, evidence.features, label)
        there = (*features, *((label,) if label in known.columns else ()))
        left = [m.among(there) for m in full]
        mechanisms = [m for m in left if m.children]
        return Known(known, weigher, mechanisms) if mechanisms else None
    if not features:
        return None
    if len(features) == 1 and label in known.columns:
        pair = [(features, ()), ((label,), features)]
        return Known(known, weigher, as_mechanisms(pair, features, label))
    return Unknown(known, weigher, before_alone=before_alone)


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
        self.kept = evidence.kept[~evidence.after]
        self.ratios = [weigher.log_ratio(m) for m in mechanisms]
        self.removal = "absent mechanisms are as before: rows of both, weighed by ratios"

    def log_ratio(self, coalition: Bool[np.ndarray, " players"]) -> Weights:
        """The sum of the members' log-ratios."""
        total = np.zeros_like(self.ratios[0])
        for member in np.flatnonzero(coalition):
            total += self.ratios[member]
        return total

    def log_all(self) -> Weights:
        """The sum of all log-ratios."""
        return self.log_ratio(np.ones(len(self.ratios), bool))

    def columns(self, player: int) -> tuple[str, ...]:
        """Parents, then children."""
        return self.mechanisms[player].columns


@final
class Unknown(Law):
    """A marginal for each feature, their dependence, and the label given all of them."""

    def __init__(self, evidence: Evidence, weigher: Weigher, *, before_alone: bool) -> None:
        features, label, self.price = evidence.features, evidence.label, 512
        self.features, self.label = features, label
        last = f"P({label} | X)"
        names = (*(named([f], []) for f in features), DEPENDENCE)
        labelled = label in evidence.columns
        self.players = Players((*names, last) if labelled else names, "mechanism")
        after = evidence.after
        self.kept = evidence.kept[~after]
        self.ridge = 1 / min(len(self.kept), len(after) - len(self.kept))
        parts = [basis.spline(evidence.columns[f]) for f in features]
        self.owner = np.repeat(np.arange(len(parts)), [p.shape[1] for p in parts])
        self.F = np.column_stack(parts)
        old, self.new = (_means(self.F[rows], evidence.kept[rows]) for rows in (~after, after))
        self.ratio = weigher.log_ratio(Mechanism(features, (), "P(X)"))
        self.given = (
            weigher.log_ratio(Mechanism((label,), features, last))
            if labelled
            else np.zeros_like(self.ratio)
        )
        self.sample = evidence.kept * ~(after & before_alone)[:, None]
        self.log_density = (
            np.zeros_like(self.ratio)
            if before_alone
            else log_density(self.log_all(), evidence.kept, after)
        )
        self.tied = self._tilted(self.ratio, slice(None), old, None)
        self.free = np.zeros_like(self.tied)
        self.starts = [self._start(base) for base in (self.free, self.tied)]
        self.removal = (
            "absent mechanisms are as before: rows of both, weighed by the least change that "
            "brings what is present"
        )

    def log_ratio(self, coalition: Bool[np.ndarray, " players"]) -> Weights:
        """Of the features, times the ratio of the label given them where that is present."""
        many = len(self.features) + 1
        log = self._of_features(coalition[:many])
        return log + self.given if coalition[many:].any() else log

    def log_all(self) -> Weights:
        """Of the features as their ratio model tells it, and of the label given them."""
        return np.asarray(self.ratio + self.given)

    def columns(self, player: int) -> tuple[str, ...]:
        """The feature; all of them; all and the label."""
        if player < len(self.features):
            return (self.features[player],)
        return (*self.features, self.label) if player > len(self.features) else self.features

    def _of_features(self, coalition: Bool[np.ndarray, " parts"]) -> Weights:
        key = coalition.tobytes()
        if self._last.get("key") != key:  # the label's mechanism comes and goes for nothing
            self._last.update(key=key, log=self._balanced(coalition[:-1], coalition[-1]))
        found: np.ndarray = self._last["log"]
        return found

    @cached_property
    def _last(self) -> dict[str, Any]:
        return {}

    def _balanced(self, margins: Bool[np.ndarray, " features"], dependence: np.bool_) -> Weights:
        base = self.tied if dependence else self.free
        if not margins.any():
            return base
        at = margins[self.owner]
        start = self.starts[int(dependence)][at]
        return self._tilted(base, at, self.new[:, at], start)

    def _tilted(self, base: Weights, at: Any, target: np.ndarray, start: Any) -> Weights:
        """The law nearest to a base under which some features have the target means."""
        F = self.F[:, at]
        tilt = nearest(self._weights(base), F, target, self.ridge, start)
        return np.asarray(base + tilt.log_weights(F))

    def _weights(self, base: Weights) -> Weights:
        """Of the rows of both, up to a factor: few rows of before are where after has most."""
        log = base - self.log_density
        return np.asarray(self.sample * np.exp(log - log.max(axis=0)))

    def _start(self, base: Weights) -> Float[np.ndarray, " features"]:
        own = self._weights(base)[:, :1]
        return nearest(own, self.F, self.new[:1], self.ridge).dual[:, 0]


def _means(F: np.ndarray, kept: np.ndarray) -> Float[np.ndarray, "replicates features"]:
    return np.asarray(kept.T @ F / kept.sum(axis=0)[:, None])
