"""What is estimated: a fitted model behind a counter, its rows, and the exact values."""

from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tables import LOG, Rows, linear, real

import whence as wh
from whence.games.features import Marginal, PredictivePower


class Counted:
    """A fitted model that counts the rows it is asked; the one door for everybody."""

    def __init__(self, predict):
        self.predict_rows = predict
        self.rows = 0

    def __call__(self, X):
        X = np.asarray(X)
        self.rows += len(X)
        return self.predict_rows(X)


@dataclass(frozen=True)
class Linear:
    """Predicts b'x."""

    weights: np.ndarray

    def predict(self, X):
        return X @ self.weights


@dataclass(frozen=True)
class Problem:
    """A model, labelled rows, background rows, and the exact SAGE values."""

    table: str
    kind: str
    loss: str
    columns: tuple[str, ...]
    model: Counted
    X: np.ndarray
    y: np.ndarray
    background: np.ndarray
    truth: np.ndarray

    @property
    def name(self) -> str:
        return f"{self.table}, {self.kind}"

    @property
    def players(self) -> int:
        return self.X.shape[1]

    def error(self, values: np.ndarray) -> float:
        """Squared error, summed over features."""
        return float(((values - self.truth) ** 2).sum())


_BOOSTED = {"max_iter": 25, "max_leaf_nodes": 8, "learning_rate": 0.3, "random_state": 0}
_NETWORK = {
    "hidden_layer_sizes": (32, 16),
    "learning_rate_init": 0.01,
    "max_iter": 100,
    "early_stopping": True,
    "random_state": 0,
}
_MODELS = {
    ("boosted trees", True): lambda: HistGradientBoostingClassifier(**_BOOSTED),
    ("boosted trees", False): lambda: HistGradientBoostingRegressor(**_BOOSTED),
    ("network", True): lambda: make_pipeline(StandardScaler(), MLPClassifier(**_NETWORK)),
    ("network", False): lambda: make_pipeline(StandardScaler(), MLPRegressor(**_NETWORK)),
}


def fitted(rows: Rows, kind: str) -> Counted:
    """A model of this kind, fitted and counted."""
    classes = rows.loss == LOG
    model = _MODELS[kind, classes]().fit(rows.X_train, rows.y_train)
    return Counted(model.predict_proba if classes else model.predict)


def problem(table: str, kind: str, test: int) -> Problem:
    """A real table under a fitted model, and its exact values by enumeration."""
    rows = real(table, test)
    model = fitted(rows, kind)
    game = PredictivePower(model, rows.X, rows.y, removal=Marginal(rows.background), loss=rows.loss)
    truth = wh.attribute(game, method=wh.methods.Exact()).values[0, 0]
    return _problem(rows, kind, model, truth)


def generated() -> Problem:
    """A linear model, with its values in closed form."""
    rows, weights, truth = linear()
    return _problem(rows, "linear", Counted(Linear(weights).predict), truth)


def _problem(rows: Rows, kind: str, model: Counted, truth: np.ndarray) -> Problem:
    about = (rows.name, kind, rows.loss, rows.columns)
    return Problem(*about, model, rows.X, rows.y, rows.background, truth)


def enumerated(problem: Problem) -> np.ndarray:
    """The values again, in plain numpy, so that whence is not judged by whence alone."""
    n = problem.players
    worth = {}
    for size in range(n + 1):
        for inside in combinations(range(n), size):
            keep = np.isin(np.arange(n), inside)
            mixed = np.where(keep, problem.X[:, None], problem.background[None])
            answer = problem.model(mixed.reshape(-1, n))
            known = answer.reshape(*mixed.shape[:2], -1).mean(axis=1)
            if problem.loss == LOG:
                loss = -np.log(known[np.arange(len(problem.y)), problem.y])
            else:
                loss = (known[:, 0] - problem.y) ** 2
            worth[frozenset(inside)] = -loss.mean()
    values = np.zeros(n)
    for inside, without in worth.items():
        weight = factorial(len(inside)) * factorial(n - len(inside) - 1) if len(inside) < n else 0
        for i in set(range(n)) - inside:
            values[i] += weight / factorial(n) * (worth[inside | {i}] - without)
    return values
