"""How much more often rows like these come after than before, mechanism by mechanism.

    r(child | parents) = [p1(child, parents) / p0(child, parents)] / [p1(parents) / p0(parents)]

Where parents hardly ever occur in one of the two, nobody knows what they lead to there: r is 1.

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
from time import perf_counter
from typing import final

import numpy as np

from whence._core.shaped import Float
from whence.games.shifts import basis, boosted, logistic
from whence.games.shifts.columns import Shared
from whence.games.shifts.limits import Limits
from whence.games.shifts.logistic import Problem
from whence.games.shifts.mechanism import Mechanism
from whence.games.shifts.tables import NEVER, Counts, countable

KINDS = ("auto", "linear", "quadratic", "boosted")


class Weigher(abc.ABC):
    """Tells how much more often rows come about after than before, by a mechanism.

    Attributes:
        words: how, by the columns it was asked about.
        unseen: share of after's rows in cells that before never has, by mechanism.
        gone: share of before's rows whose parents after never has, by mechanism.
        far: share of after's rows whose parents before next to never has together, by mechanism.
        clipped: share of the ratios that were clipped, by mechanism.
    """

    words: dict[str, str]
    unseen: dict[str, float]
    gone: dict[str, float]
    far: dict[str, float]
    clipped: dict[str, float]

    @abc.abstractmethod
    def log_ratio(self, mechanism: Mechanism) -> Float[np.ndarray, "rows replicates"]:
        """Of each row, before's first: with all rows, then without each group."""


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
        limits: of time: boosted trees are taken where they can be paid for.
    """

    def __init__(
        self,
        columns: Mapping[str, Shared],
        label: str,
        problem: Problem,
        kind: str = "auto",
        clip: float | None = None,
        seen: Sequence["Seen"] = (),
        limits: Limits = Limits(),
    ) -> None:
        self.columns, self.label, self.problem = columns, label, problem
        self.kind, self.clip, self.seen = kind, clip, tuple(seen)
        self.limits = limits
        self.words, self.unseen, self.gone, self.far, self.clipped = {}, {}, {}, {}, {}
        self._known: dict[tuple[str, ...], np.ndarray] = {}

    def log_ratio(self, mechanism: Mechanism) -> Float[np.ndarray, "rows replicates"]:
        """Counted where that can be done, else by a classifier."""
        every = self._of(mechanism.columns)
        if countable(every):
            found = self._counted(mechanism, every)
        else:
            found = self._log(every)
            if mechanism.parents:
                given = self._log(self._of(mechanism.parents))
                lone = np.abs(given[:, 0]) > np.log(_RARE)
                self.far[mechanism.called] = self._far(given)
                found = np.where(lone[:, None], 0.0, found - given)  # one says nothing there
            self.words[mechanism.called] = self.words[_key(every)]
        return self._clipped(mechanism, found)

    def held_out(self, names: Sequence[str]) -> Float[np.ndarray, " rows"]:
        """The log-odds of each row by some columns, from the best model that has not seen it."""
        found = self._best(self._of(names))[2]
        if boosted.there() and len(names) > 1:
            tried = boosted.log_odds(self._of(names), self.problem, replicated=False)[:, 0]
            found = tried if _better(tried, found, self.problem.after) else found
        return found

    def _best(self, columns: list[Shared]) -> tuple[str, np.ndarray, np.ndarray]:
        """The kind of logistic regression that tells held-out rows best; features; log-odds."""
        plain, richer = (self._held_out(columns, kind) for kind in ("linear", "quadratic"))
        return richer if _better(richer[2], plain[2], self.problem.after) else plain

    def _of(self, names: Sequence[str]) -> list[Shared]:
        return [self.columns[n] for n in names]

    def _counted(self, mechanism: Mechanism, every: list[Shared]) -> np.ndarray:
        joint = Counts(every, self.problem)
        parents = Counts(self._of(mechanism.parents), self.problem)
        after = self.problem.after > 0
        lone = parents.alone(after)  # there one data set says nothing: it counts as it was
        self.gone[mechanism.called] = float(lone[~after].mean())
        self.unseen[mechanism.called] = float((joint.alone(after) & ~lone)[after].mean())
        self.far[mechanism.called] = float(lone[after].mean())
        self.words[mechanism.called] = "counted"
        ratio = joint.log_ratio() - parents.log_ratio()
        return np.where(lone[:, None], 0.0, np.clip(ratio, -NEVER, NEVER))

    def _far(self, log: Float[np.ndarray, "rows replicates"]) -> float:
        after = self.problem.after > 0
        return float((log[after, 0] > np.log(_RARE)).mean())

    def _log(self, columns: list[Shared]) -> Float[np.ndarray, "rows replicates"]:
        name = tuple(sorted(c.name for c in columns))
        if not name:
            return np.zeros((len(self.problem.after), 1 + self.problem.groups))
        if name not in self._known:
            also = [s.column for s in self.seen if {*s.by} <= {*name}]
            self._known[name] = self._odds([*columns, *also]) - self.problem.prior
        return self._known[name]

    def _odds(self, columns: list[Shared]) -> Float[np.ndarray, "rows replicates"]:
        """By the model that tells held-out rows best, unless a simpler one is as good."""
        y, key = self.problem.after, _key(c for c in columns if c.name in self.columns)
        if self.kind != "auto":
            self.words[key] = _SAID[self.kind]
            if self.kind == "boosted":
                return boosted.log_odds(columns, self.problem)
            return logistic.log_odds(self._features(columns, self.kind), self.problem)
        kind, X, held_out = self._best(columns)
        self.words[key] = f"{_SAID[kind]}, by held-out log-loss"
        if boosted.there() and len(columns) > 1:
            start = perf_counter()
            tried = boosted.log_odds(columns, self.problem, replicated=False)[:, 0]
            price = (perf_counter() - start) * self.problem.groups / boosted.FOLDS
            if _better(tried, held_out, y):
                if price <= _PART * self.limits.left:
                    self.words[key] = f"{_SAID['boosted']}, by held-out log-loss"
                    return boosted.log_odds(columns, self.problem)
                self.words[key] = f"{_SAID[kind]} (no time for boosted trees, which are better)"
        return logistic.log_odds(X, self.problem)

    def _features(self, columns: list[Shared], kind: str) -> np.ndarray:
        labels = {self.label, *(s.column.name for s in self.seen if self.label in s.by)}
        return basis.plain(columns) if kind == "linear" else basis.quadratic(columns, labels)

    def _held_out(self, columns: list[Shared], kind: str) -> tuple[str, np.ndarray, np.ndarray]:
        X = self._features(columns, kind)
        return kind, X, logistic.log_odds(X, self.problem, replicated=False)[:, 0]

    def _clipped(self, mechanism: Mechanism, log: np.ndarray) -> np.ndarray:
        if self.clip is None:
            return log
        most = float(np.log(self.clip))
        self.clipped[mechanism.called] = float((np.abs(log[:, 0]) > most).mean())
        return np.asarray(np.clip(log, -most, most))


_PART = 0.5  # of the time that is left, for one ratio model at most
_RARE = 50.0  # times as often after as before: there before says next to nothing
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
