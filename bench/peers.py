"""Whoever estimates SAGE values, each behind the same small door.

An estimator says how large a run a budget of model rows pays for (`afford`), and runs one of that
size (`estimate`). Sizes are in its own unit: walks, samples, permutations, subsets.
"""

import abc
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import sage
from fippy.explainer import Explainer
from hidimstat import SAGE
from problems import Problem
from sklearn.base import BaseEstimator
from tables import LOG

import whence as wh
from whence.games.features import Marginal, PredictivePower

CLIP = 1e-12  # sage's own


@dataclass(frozen=True)
class Estimate:
    """Values, and the ends of a nominal 95 % interval for the error of the estimate alone."""

    values: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    ended: str = "all of it was spent"


class Estimator(abc.ABC):
    """One way to estimate SAGE values."""

    name: str
    same_target = True

    @abc.abstractmethod
    def afford(self, problem: Problem, rows: int) -> int:
        """The largest run that costs at most so many model rows; 0 if there is none."""

    @abc.abstractmethod
    def estimate(self, problem: Problem, size: int, seed: int) -> Estimate:
        """A run of this size."""


class Whence(Estimator):
    """Ours, at its default settings; its sizes are model rows."""

    name = "whence"

    def afford(self, problem: Problem, rows: int) -> int:
        del problem
        return rows

    def estimate(self, problem: Problem, size: int, seed: int) -> Estimate:
        return self.within(
            problem, wh.Budget(rows=size, relative_error=None, data_share=None), seed
        )

    def within(self, problem: Problem, budget: wh.Budget, seed: int) -> Estimate:
        """A run within any budget."""
        removal = Marginal(problem.background)
        game = PredictivePower(
            problem.model, problem.X, problem.y, removal=removal, loss=problem.loss
        )
        got = wh.attribute(game, method=wh.methods.Permutation(), budget=budget, seed=seed)
        low, high = got.ci(0.95, parts=("estimation",))
        return Estimate(got.values[0, 0], low[0, 0], high[0, 0], got.verdict)


class _Sage(Estimator):
    """What sage's two estimators share: a fixed background, the same rows in every call."""

    def __init__(self, background: int) -> None:
        self.background = background

    def _pool(self, problem: Problem, seed: int) -> np.ndarray:
        rows = problem.background
        if len(rows) <= self.background:
            return rows
        return rows[np.random.default_rng(seed).choice(len(rows), self.background, replace=False)]

    def _made(self, kind, problem: Problem, seed: int):
        imputer = sage.MarginalImputer(problem.model, self._pool(problem, seed))
        return kind(imputer, "cross entropy" if problem.loss == LOG else "mse", random_state=seed)

    def _rows(self, problem: Problem) -> int:
        return min(self.background, len(problem.background))

    def _check(self, problem: Problem, batch: int) -> int:
        """Rows that its check of probabilities costs, before it begins."""
        return batch * self._rows(problem) if problem.loss == LOG else 0


def _batch(samples: int) -> int:
    """The largest batch up to 32 that divides the samples: sage runs whole batches only."""
    return max(b for b in range(1, 33) if samples % b == 0)


def _most(rows: int, price: int, check: Callable[[int], int]) -> int:
    """The most samples, in batches of 8 to 32, that these rows pay for."""
    return next(
        (
            n
            for n in range(max(rows, 0) // price, 0, -1)
            if _batch(n) >= 8 and n * price + check(_batch(n)) <= rows
        ),
        0,
    )


class SagePermutation(_Sage):
    """sage's PermutationEstimator; small batches, so that small budgets are not overrun."""

    def __init__(self, background: int) -> None:
        super().__init__(background)
        self.name = f"sage permutation, {background} rows"

    def afford(self, problem: Problem, rows: int) -> int:
        price = (problem.players + 1) * self._rows(problem)
        return _most(rows, price, partial(self._check, problem))

    def estimate(self, problem: Problem, size: int, seed: int) -> Estimate:
        got = self._made(sage.PermutationEstimator, problem, seed)(
            problem.X,
            problem.y,
            batch_size=_batch(size),
            n_permutations=size,
            detect_convergence=False,
            bar=False,
        )
        return Estimate(got.values, got.values - 1.96 * got.std, got.values + 1.96 * got.std)


class SageKernel(_Sage):
    """sage's KernelEstimator."""

    def __init__(self, background: int) -> None:
        super().__init__(background)
        self.name = f"sage kernel, {background} rows"

    def afford(self, problem: Problem, rows: int) -> int:
        pool = self._rows(problem)
        left = rows - 2 * len(problem.X) * pool  # the losses with nothing and everything known
        samples = _most(left, 2 * pool, partial(self._check, problem))
        return samples if samples > 2 * problem.players else 0

    def estimate(self, problem: Problem, size: int, seed: int) -> Estimate:
        got = self._made(sage.KernelEstimator, problem, seed)(
            problem.X,
            problem.y,
            batch_size=_batch(size),
            n_samples=size,
            detect_convergence=False,
            bar=False,
        )
        return Estimate(got.values, got.values - 1.96 * got.std, got.values + 1.96 * got.std)


class Fippy(Estimator):
    """fippy's Explainer.sage, with the same background; it gives no error for SAGE here.

    Its losses are squared and absolute error; the log-loss is ours, on the probability of class 1.
    """

    def __init__(self, samples: int) -> None:
        self.samples = samples
        self.name = f"fippy, {samples} samples"

    def afford(self, problem: Problem, rows: int) -> int:
        once = len(problem.X)
        return (rows - once) // (once * (problem.players * self.samples + 1))

    def estimate(self, problem: Problem, size: int, seed: int) -> Estimate:
        np.random.seed(seed)
        classes = problem.loss == LOG
        columns = list(problem.columns)
        explainer = Explainer(
            (lambda X: problem.model(X)[:, 1]) if classes else problem.model,
            pd.DataFrame(problem.background, columns=columns),
            _log_loss if classes else _squared,
        )
        got = explainer.sage(
            pd.DataFrame(problem.X, columns=columns),
            problem.y,
            distribution="marginal",
            n_samples=self.samples,
            n_permutations=size,
            convergence_threshold=None,
        )
        return Estimate(got.scores.mean(axis=(0, 1, 2)))


def _squared(y, p):
    return (y - p) ** 2


def _log_loss(y, p):
    return -np.log(np.clip(np.where(y == 1, p, 1 - p), CLIP, 1))


class _Fitted(BaseEstimator):
    """The counted model as a fitted estimator, which hidimstat asks for."""

    def __init__(self, model) -> None:
        self.model = model

    def fit(self, X, y):
        raise NotImplementedError

    def predict(self, X):
        return self.model(X)

    def __sklearn_is_fitted__(self) -> bool:
        return True


class Hidimstat(Estimator):
    """hidimstat's SAGE, which takes no background: it permutes the columns of the test rows.

    It averages the losses of single imputed predictions, and so estimates another quantity than
    SAGE, at every budget. Its error here is its distance from SAGE.
    """

    name = "hidimstat"
    same_target = False
    permutations = 10

    def afford(self, problem: Problem, rows: int) -> int:
        return rows // (2 * problem.players * self.permutations * len(problem.X))

    def estimate(self, problem: Problem, size: int, seed: int) -> Estimate:
        explainer = SAGE(
            _Fitted(problem.model),
            loss=_mean_log_loss if problem.loss == LOG else _mean_squared,
            n_subsets=size,
            n_permutations=self.permutations,
            random_state=seed,
        )
        explainer.fit(problem.X, problem.y)
        return Estimate(np.asarray(explainer.importance(problem.X, problem.y)))


def _mean_squared(y, p):
    return np.mean((y - p) ** 2)


def _mean_log_loss(y, p):
    return -np.mean(np.log(np.clip(p[np.arange(len(y)), y], CLIP, 1)))


OURS = Whence()
PEERS = (
    SagePermutation(512),
    SagePermutation(64),
    SageKernel(512),
    Fippy(8),
    Hidimstat(),
)
