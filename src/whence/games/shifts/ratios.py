"""How much more often rows like these come after than before, mechanism by mechanism.

    r(child | parents) = [p1(child, parents) / p0(child, parents)] / [p1(parents) / p0(parents)]

Few values are counted. Otherwise rows of after are told from rows of before by a classifier that
has not seen the row's group: its odds, over the odds of all rows, are the ratio. Which classifier
(logistic regression on the columns, or on their squares and products, or boosted trees) is decided
by held-out log-loss, the simpler one unless the other is better by more than its standard error.
Where a classifier sees all that the model sees, it also sees what the model says, and given the
label whether that is right: functions of the columns, so the ratio is the same, and the one
direction in which a wrong ratio would show.

Source: importance weights by classification, Bickel et al. (2009), as Zhang, Singh, Ghassemi and
Joshi (2023) use them for mechanisms. Ours: counts, crossed folds, ratios whose priors are those of
the rows that were fitted to, refits in every replicate, and nothing clipped unless asked.
"""

import abc
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.shaped import Float
from whence.games.shifts import basis, boosted, logistic
from whence.games.shifts.columns import Shared
from whence.games.shifts.logistic import Problem
from whence.games.shifts.mechanism import Mechanism
from whence.games.shifts.tables import Counts, countable

KINDS = ("auto", "linear", "quadratic", "boosted")


class Weigher(abc.ABC):
    """Weighs rows of before as a mechanism of after would make them.

    Attributes:
        words: how, by the columns it was asked about.
        unseen: share of rows in cells that the other data set never has, by mechanism.
        clipped: share of the ratios that were clipped, by mechanism.
    """

    words: dict[str, str]
    unseen: dict[str, float]
    clipped: dict[str, float]

    @abc.abstractmethod
    def ratio(self, mechanism: Mechanism) -> Float[np.ndarray, "rows replicates"]:
        """Of each row of before: with all rows, then without each group."""


@final
@dataclass(frozen=True, slots=True)
class Seen:
    """A column that others determine, such as what the model says of them.

    Attributes:
        column: of both data sets.
        by: the columns that determine it: it stands in for nothing else.
    """

    column: Shared
    by: tuple[str, ...]


@final
class Ratios(Weigher):
    """Weights that are ratios of densities.

    Args:
        columns: of both data sets, by name.
        label: what the label is called.
        problem: which rows are of after, and their groups.
        kind: of the classifier: one of `KINDS`.
        clip: ratios beyond this, or below one over this, count as this; None clips nothing.
        seen: what the model says, and how right it is: columns that others determine.
    """

    def __init__(
        self,
        columns: Mapping[str, Shared],
        label: str,
        problem: Problem,
        kind: str = "auto",
        clip: float | None = None,
        seen: Sequence["Seen"] = (),
    ) -> None:
        self.columns, self.label, self.problem = columns, label, problem
        self.kind, self.clip, self.seen = kind, clip, tuple(seen)
        self.words, self.unseen, self.clipped = {}, {}, {}
        self._known: dict[tuple[str, ...], np.ndarray] = {}

    def ratio(self, mechanism: Mechanism) -> Float[np.ndarray, "rows replicates"]:
        """Counted where that can be done, else by a classifier."""
        every = self._of(mechanism.columns)
        if countable(every):
            found = self._counted(mechanism, every)
        else:
            log = self._log(every)
            if mechanism.parents:
                log = log - self._log(self._of(mechanism.parents))
            found = np.exp(log)
            self.words[mechanism.called] = self.words[_key(every)]
        return self._clipped(mechanism, found)

    def _of(self, names: Sequence[str]) -> list[Shared]:
        return [self.columns[n] for n in names]

    def _counted(self, mechanism: Mechanism, every: list[Shared]) -> np.ndarray:
        joint = Counts(every, self.problem)
        parents = Counts(self._of(mechanism.parents), self.problem)
        new = joint.refuse_new(mechanism.called)
        gone = parents.refuse_gone(mechanism.called)
        self.unseen[mechanism.called] = max(new, gone)
        self.words[mechanism.called] = "counted"
        below = parents.rows()
        known = below > 0  # elsewhere after says nothing, and the mechanism counts as it was
        return np.where(known, joint.rows() / np.where(known, below, 1.0), 1.0)

    def _log(self, columns: list[Shared]) -> Float[np.ndarray, "rows replicates"]:
        name = tuple(sorted(c.name for c in columns))
        if name not in self._known:
            before = self.problem.after == 0
            also = [s.column for s in self.seen if {*s.by} <= {*name}]
            columns = [*columns, *also]
            self._known[name] = self._odds(columns)[before] - self.problem.prior
        return self._known[name]

    def _odds(self, columns: list[Shared]) -> Float[np.ndarray, "rows replicates"]:
        """By the model that tells held-out rows best, unless a simpler one is as good."""
        y, key = self.problem.after, _key(c for c in columns if c.name in self.columns)
        if self.kind != "auto":
            self.words[key] = _SAID[self.kind]
            if self.kind == "boosted":
                return boosted.log_odds(columns, self.problem)
            return logistic.log_odds(self._features(columns, self.kind), self.problem)
        best = None
        for kind in ("linear", "quadratic"):
            odds = logistic.log_odds(self._features(columns, kind), self.problem)
            if best is None or _better(odds[:, 0], best[1][:, 0], y):
                best = (kind, odds)
        if best is not None and boosted.there() and len(columns) > 1:
            tried = boosted.log_odds(columns, self.problem, replicated=False)[:, 0]
            if _better(tried, best[1][:, 0], y):
                best = ("boosted", boosted.log_odds(columns, self.problem))
        kind, odds = best if best is not None else ("", np.empty((0, 0)))
        self.words[key] = f"{_SAID[kind]}, by held-out log-loss"
        return odds

    def _features(self, columns: list[Shared], kind: str) -> np.ndarray:
        labels = {self.label, *(s.column.name for s in self.seen if self.label in s.by)}
        return basis.plain(columns) if kind == "linear" else basis.quadratic(columns, labels)

    def _clipped(self, mechanism: Mechanism, ratio: np.ndarray) -> np.ndarray:
        if self.clip is None:
            return ratio
        own = ratio[:, 0]
        outside = (own > self.clip) | (own < 1 / self.clip)
        self.clipped[mechanism.called] = float(outside.mean())
        return np.asarray(np.clip(ratio, 1 / self.clip, self.clip))


_SAID = {
    "linear": "logistic regression",
    "quadratic": "logistic regression with squares and products",
    "boosted": "boosted trees",
}


def _key(columns: Iterable[Shared]) -> str:
    return " & ".join(sorted(c.name for c in columns))


def _better(new: np.ndarray, old: np.ndarray, y: np.ndarray) -> bool:
    """By more than the standard error of the difference."""
    gain = logistic.log_loss(old, y) - logistic.log_loss(new, y)
    return bool(gain.mean() > gain.std() / len(gain) ** 0.5)
