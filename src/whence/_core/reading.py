"""Readings: what a method knows so far, case by case, and what that says of the mean over cases."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

import numpy as np

from .shaped import Float
from .student import quantile
from .tails import CASES, FOLDS, covariance_with_tails, widening, with_tails
from .types import Ends, Scores
from .weights import Weights, effective

Covariance = Float[np.ndarray, "outputs players players"]
EXACT = 1e9  # degrees of freedom of what is not sampled
_MANY_FOLDS = 20  # of a background: from here on the normal law is near enough


@final
@dataclass(frozen=True, slots=True)
class Averaged:
    """The mean over cases: one case, with its error in parts.

    Attributes:
        covariance: for each part whose covariance between players is known, [outputs, players,
            players].
    """

    values: Scores
    parts: Mapping[str, Scores]
    freedom: Float[np.ndarray, " cases"]
    empty: Ends
    full: Ends
    covariance: Mapping[str, Covariance] = field(default_factory=dict)


@final
@dataclass(frozen=True, slots=True)
class Reading:
    """What a method knows so far, always by case. NaN: not visited, or (ends) nobody asked.

    Attributes:
        values: float [cases, outputs, players].
        stderr: the estimation part of each case's error.
        freedom: degrees of freedom of each case's error.
        empty: the worth of nobody, by case and output.
        full: the worth of everybody.
        shared: standard errors [1, outputs, players] of the mean over cases that cannot be added
            up from the cases' own, because the cases share them: "estimation" where one evaluation
            answers every case, "background" where they share a pool.
        parts: further parts of each case's own error.
        covariance: of one draw within a case, between players.
        shared_covariance: as `shared`, between players.
        each: how many draws each case has had.
        weights: how often each case counts in the mean; None: all alike.
    """

    values: Scores
    stderr: Scores
    freedom: Float[np.ndarray, " cases"]
    empty: Ends
    full: Ends
    shared: Mapping[str, Float[np.ndarray, "1 outputs players"]] = field(default_factory=dict)
    parts: Mapping[str, Scores] = field(default_factory=dict)
    covariance: Covariance | None = None
    shared_covariance: Mapping[str, Covariance] = field(default_factory=dict)
    each: Float[np.ndarray, " cases"] | None = None
    weights: Weights | None = None

    @property
    def visited(self) -> np.ndarray:
        """Bool [cases]: which cases have a value."""
        return np.asarray(np.isfinite(self.values).all(axis=(1, 2)))

    def over_cases(self, n_cases: int) -> Averaged:
        """The mean over the cases visited, as an estimate of the mean over all `n_cases`.

        The estimation part has the finite-population factor while a pass is unfinished; the data
        part is the spread of the cases, less the estimation noise in it.
        """
        seen = self.visited
        v, e, m = self.values[seen], self.stderr[seen], int(seen.sum())
        counts = self._counts(seen)
        estimation, data = self._estimation_and_data(v, e, m, n_cases, counts)
        parts = {"estimation": estimation, **({} if data is None else {"data": data})}
        if n_cases == 1:
            parts |= dict(self.parts)
        parts |= {k: s for k, s in self.shared.items() if k != "estimation"}
        ends = [_mean(x[seen], counts) for x in (self.empty, self.full)]
        covariance = dict(self.shared_covariance) | self._covariance(v, seen, n_cases, counts)
        if n_cases > 1 and v.shape[2] <= m:  # of more players than cases some always look heavy
            wider = widening(_apart(v, counts), CASES)
            parts = with_tails(parts, "data", wider[None])
            covariance = covariance_with_tails(covariance, "data", wider)
        return Averaged(
            _mean(v, counts), parts, self._freedom(seen, m), ends[0], ends[1], covariance
        )

    def _counts(self, seen: np.ndarray) -> Float[np.ndarray, " seen"] | None:
        """How often each visited case counts, as a multiple of what a case counts on average."""
        if self.weights is None:
            return None
        return np.asarray(self.weights[seen] / self.weights.mean())

    def _estimation_and_data(
        self, v: np.ndarray, e: np.ndarray, m: int, n_cases: int, counts: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        none = np.zeros_like(v[:1])
        if n_cases == 1:
            return e, None
        if counts is not None and not counts.all():  # rows that do not count, asked or not
            e = np.where(counts[:, None, None] > 0, e, 0.0)
        own = e if counts is None else e * counts[:, None, None]
        spread = (_apart(v, counts) ** 2).sum(axis=0, keepdims=True) / max(m - 1, 1)
        together = self.shared.get("estimation")
        if together is not None and not np.isfinite(together).all():
            return together, None  # one draw so far: its noise is not known, nor what is left
        if together is not None:
            noise = ((own**2).mean(axis=0, keepdims=True) - together**2) * m / max(m - 1, 1)
            between = np.maximum(spread - np.maximum(noise, 0), 0)
            return together, np.sqrt(between / n_cases)
        if not np.isfinite(e).all():  # one draw a case so far: the two parts cannot be told apart
            return (np.sqrt(spread / m) if m > 1 else np.full_like(none, np.inf)), None
        noise = (own**2).mean(axis=0, keepdims=True)
        between = np.maximum(spread - noise, 0) if m > 1 else none
        return np.sqrt(noise / m + (1 / m - 1 / n_cases) * between), np.sqrt(between / n_cases)

    def _freedom(self, seen: np.ndarray, m: int) -> np.ndarray:
        most = np.inf if self.weights is None else max(effective(self.weights) - 1, 1.0)
        if "estimation" in self.shared:
            return np.asarray(np.minimum(self.freedom[:1], most))
        return np.array([min(max(float(self.freedom[seen].sum()), float(m - 1)), most)])

    def _covariance(
        self, v: np.ndarray, seen: np.ndarray, n_cases: int, counts: np.ndarray | None
    ) -> dict[str, Covariance]:
        """As `_estimation_and_data`, between players, from the covariance of one draw."""
        if self.covariance is None or self.each is None or n_cases == 1 or len(v) < 2:
            return {}
        m = len(v)
        once = np.ones(m) if counts is None else counts
        noise = self.covariance * (once**2 / self.each[seen]).mean()
        apart = np.swapaxes(_apart(v, counts), 0, 1)  # output, case, player
        between = np.swapaxes(apart, 1, 2) @ apart / (m - 1) - noise
        estimation = noise / m + (1 / m - 1 / n_cases) * between
        return {"estimation": estimation, "data": between / n_cases}

    def of_one(self) -> dict[str, Covariance]:
        """The covariance between players of the one case that there is."""
        if self.covariance is None or self.each is None or len(self.each) > 1:
            return {}
        return {**self.shared_covariance, "estimation": self.covariance / self.each[0]}

    def fold(self, n_cases: int) -> "Reading":
        """Of an `AllCases` game: outputs back to cases, the last group being their mean."""
        n = self.values.shape[2]
        v, e = (x[0].reshape(n_cases + 1, -1, n) for x in (self.values, self.stderr))
        low, high = (x[0].reshape(n_cases + 1, -1)[:-1] for x in (self.empty, self.full))
        free = np.repeat(self.freedom, n_cases)
        return Reading(v[:-1], e[:-1], free, low, high, {"estimation": e[-1:]})

    def leave_out(self, outputs: int, replicates: Mapping[str, int]) -> "Reading":
        """Of a `ReplicatedGame`: its own outputs, the replicates folded into parts of the error.

        The jackknife over k members: (k - 1)/k sum_j (phi_(-j) - mean)^2.
        """
        shared, parts, at = dict(self.shared), dict(self.parts), outputs
        own, seen = slice(0, outputs), self.visited
        covariance = {name: s[own] for name, s in self.shared_covariance.items()}
        for part, k in replicates.items():
            block = self.values[:, at : at + k * outputs]
            each = block.reshape(len(block), k, outputs, -1)  # case, member, output, player
            few = _of_few(k) if part == "background" else 1.0
            parts[part] = few * _jackknife(each)
            mean = _mean(each[seen], self._counts(seen))
            shared[part] = few * _jackknife(mean)
            if self.covariance is not None:
                apart = mean[0] - mean[0].mean(axis=0)
                covariance[part] = few**2 * (k - 1) / k * np.einsum("koi,koj->oij", apart, apart)
            if part == "background":  # of which one fold may hold what is rare
                wider = _wider(mean)
                parts = with_tails(parts, part, _wider(each))
                shared = with_tails(shared, part, wider)
                covariance = covariance_with_tails(covariance, part, wider[0])
            at += k * outputs
        return Reading(
            self.values[:, own],
            self.stderr[:, own],
            self.freedom,
            self.empty[:, own],
            self.full[:, own],
            {name: s[:, own] for name, s in shared.items()},
            {name: s[:, own] for name, s in parts.items()},
            None if self.covariance is None else self.covariance[own],
            covariance,
            self.each,
            self.weights,
        )


def _mean(each: np.ndarray, counts: np.ndarray | None) -> np.ndarray:
    """Over cases, which is kept as an axis of one."""
    return np.asarray(np.average(each, axis=0, weights=counts, keepdims=True))


def _apart(each: np.ndarray, counts: np.ndarray | None) -> np.ndarray:
    """From the mean; of what counts more than once, so many times as far."""
    apart = each - _mean(each, counts)
    return np.asarray(apart if counts is None else apart * counts[:, None, None])


def _wider(each: Float[np.ndarray, "cases members outputs players"]) -> np.ndarray:
    return widening(each - each.mean(axis=1, keepdims=True), FOLDS)


def _of_few(members: int) -> float:
    """How much larger an error of few members must be, as intervals take it for one of many.

    Of ten rows of background the normal law holds 92 % in place of 95 (`bench/intervals.py`); of
    twenty folds, the most that there are, 94.
    """
    if members >= _MANY_FOLDS:
        return 1.0
    return float(quantile(0.95, np.array(members - 1.0)) / quantile(0.95, np.array(EXACT)))


def _jackknife(each: Float[np.ndarray, "cases members outputs players"]) -> Scores:
    k = each.shape[1]
    return np.asarray(np.sqrt((k - 1) * each.var(axis=1)))
