"""Twelve kinds of models, fitted once on a kind of table; small, and quick to ask.

A maker takes the table and the labels as the user has them, and gives a model. `text` says that the
model reads words and gaps; `own` says what it answers on rows of the kind that it was fitted on.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

NAMES = ("tenure", "fee", "usage", "region")
NUMBERS = NAMES[:3]
ROWS = 60


def cells(words, seed=4):
    """Columns by name; the last one holds words where they are wanted, numbers where not."""
    rng = np.random.default_rng(seed)
    columns = {n: rng.normal(size=ROWS).round(2) for n in NUMBERS}
    region = rng.integers(0, 3, ROWS)
    score = columns["tenure"] - 2 * columns["fee"] + columns["usage"] * columns["tenure"]
    target = (score + (region == 1)).round(3)
    if words:
        columns["usage"][::9] = np.nan
        columns["region"] = np.array(["north", "south", "west"], object)[region]
        columns["region"][::7] = None
    else:
        columns["region"] = region.astype(float)
    return columns, target


def table(columns, kind):
    """The same cells as an array, or as a frame."""
    if kind == "pandas":
        import pandas as pd

        return pd.DataFrame(columns)
    if kind == "polars":
        import polars as pl

        return pl.DataFrame({n: c if c.dtype.kind == "f" else list(c) for n, c in columns.items()})
    if all(c.dtype.kind == "f" for c in columns.values()):
        return np.column_stack(list(columns.values()))
    whole = np.column_stack([c.astype(object) for c in columns.values()])
    whole[whole == None] = np.nan  # noqa: E711 (as a frame's to_numpy does)
    return whole


def classes(target, many):
    """Labels: two words, or three."""
    if many:
        return np.array(["high", "low", "mid"])[np.digitize(target, [-1.0, 1.0])]
    return np.where(target > 0, "yes", "no")


@dataclass(frozen=True)
class Kind:
    """One row of the grid."""

    make: Any  # (X, y) -> model
    labels: str  # "value", "two", "three", "codes"
    words: bool = False
    fits_on: tuple[str, ...] = ("numpy", "pandas", "polars")
    exact: float = 1e-9  # how well two kinds of table must agree


def labels(kind, target):
    if kind.labels == "value":
        return target
    if kind.labels == "codes":
        return np.digitize(target, [-1.0, 1.0])
    return classes(target, many=kind.labels == "three")


def linear(X, y):
    from sklearn.linear_model import LinearRegression

    return LinearRegression().fit(X, y)


def forest(X, y):
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(8, max_depth=3, random_state=0).fit(X, y)


def boosting(X, y):
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(max_iter=3, min_samples_leaf=5).fit(X, y)


def network(X, y):
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier((8,), max_iter=40, random_state=0, early_stopping=True)
    return model.set_params(n_iter_no_change=2).fit(X, y)


def pipeline(X, y):
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    named = not isinstance(X, np.ndarray)
    encoded = make_column_transformer(
        (SimpleImputer(), list(NUMBERS) if named else [0, 1, 2]),
        (OneHotEncoder(), ["region"] if named else [3]),
    )
    return make_pipeline(encoded, LogisticRegression()).fit(X, y)


def xgboost(X, y):
    import xgboost as xgb

    return xgb.XGBClassifier(n_estimators=6, max_depth=3, n_jobs=1).fit(X, y)


def lightgbm(X, y):
    import lightgbm as lgb

    return lgb.LGBMClassifier(n_estimators=6, min_child_samples=5, n_jobs=1, verbose=-1).fit(X, y)


def catboost(X, y):
    import catboost as cb

    model = cb.CatBoostClassifier(
        6, depth=3, verbose=0, thread_count=1, allow_writing_files=False, random_seed=0
    )
    return model.fit(X, y)


def torch(X, y):
    import torch

    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Dropout(0.5), torch.nn.Linear(8, 3)
    )
    return torch.nn.Sequential(net, torch.nn.Softmax(dim=1)).double()


def function(X, y):
    weights = np.linalg.lstsq(np.asarray(X, float), np.asarray(y, float), rcond=None)[0]
    return lambda rows: np.tanh(np.asarray(rows, float) @ weights)


def onnx(X, y):
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression

    rows = np.asarray(X, np.float32)
    model = LogisticRegression().fit(rows, y)
    return to_onnx(model, rows[:1], options={"zipmap": False}).SerializeToString()


GARAGE = {
    "linear": Kind(linear, "value"),
    "forest": Kind(forest, "two"),
    "boosting": Kind(boosting, "two"),
    "network": Kind(network, "two"),
    "pipeline": Kind(pipeline, "two", words=True),
    "multi-class boosting": Kind(boosting, "three"),
    "xgboost": Kind(xgboost, "codes"),
    "lightgbm": Kind(lightgbm, "three"),
    "catboost": Kind(catboost, "three"),
    "torch": Kind(torch, "codes"),
    "callable": Kind(function, "value"),
    "onnx": Kind(onnx, "codes"),
}
