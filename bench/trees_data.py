"""Whole tables, and tree models on them: everybody gets the same frames and models."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from lightgbm import LGBMRegressor
from sklearn.ensemble import RandomForestRegressor
from tables import csv
from xgboost import XGBClassifier, XGBRegressor

TRAIN, TEST = 8_000, 2_886


@dataclass(frozen=True)
class Split:
    """A shuffled table.

    Attributes:
        rows: all of them; the first `TRAIN` train, the next `TEST` are explained.
        y: what is predicted of each.
    """

    rows: pd.DataFrame
    y: np.ndarray

    @property
    def train(self) -> pd.DataFrame:
        return self.rows[:TRAIN]

    @property
    def test(self) -> pd.DataFrame:
        return self.rows[TRAIN : TRAIN + TEST].reset_index(drop=True)

    @property
    def y_train(self) -> np.ndarray:
        return self.y[:TRAIN]

    @property
    def y_test(self) -> np.ndarray:
        return self.y[TRAIN : TRAIN + TEST]


def _split(frame: pd.DataFrame, y: np.ndarray) -> Split:
    codes = frame.apply(lambda c: c if c.dtype.kind in "iuf" else c.astype("category").cat.codes)
    order = np.random.default_rng(0).permutation(len(frame))
    rows = codes.astype(np.float32).iloc[order].reset_index(drop=True)
    return Split(rows, y[order])


@cache
def bike() -> Split:
    """17,379 hours, 12 columns; the logarithm of bicycles hired."""
    frame = csv("shapiq", "bike.csv")
    return _split(frame.drop(columns="count"), np.log1p(frame["count"].to_numpy(float)))


@cache
def adult() -> Split:
    """People, 14 columns; whether they earn more than 50,000."""
    frame = csv("shapiq", "adult_census.csv")
    rich = frame["class"].astype(str).str.contains(">").to_numpy().astype(int)
    return _split(frame.drop(columns="class"), rich)


def resampled(frame: pd.DataFrame, rows: int, seed: int = 0) -> pd.DataFrame:
    """So many rows: drawn from these, and moved a little, so that few are the same."""
    rng = np.random.default_rng(seed)
    drawn = frame.to_numpy()[rng.integers(0, len(frame), rows)]
    moved = drawn + 0.01 * rng.standard_normal(drawn.shape)
    return pd.DataFrame(moved.astype(np.float32), columns=frame.columns)


@cache
def boosted(trees: int = 200, depth: int = 6) -> XGBRegressor:
    """XGBoost on bike."""
    model = XGBRegressor(n_estimators=trees, max_depth=depth, learning_rate=0.1)
    return model.fit(bike().train, bike().y_train)


@cache
def light(trees: int = 200) -> LGBMRegressor:
    """LightGBM on bike, trees of 31 leaves."""
    model = LGBMRegressor(n_estimators=trees, learning_rate=0.1, verbose=-1)
    return model.fit(bike().train, bike().y_train)


@cache
def forest(trees: int) -> RandomForestRegressor:
    """A forest on bike, of unlimited depth."""
    return RandomForestRegressor(trees, random_state=0).fit(bike().train, bike().y_train)


@cache
def classifier(trees: int = 200) -> XGBClassifier:
    """XGBoost on adult."""
    model = XGBClassifier(n_estimators=trees, max_depth=6, learning_rate=0.1)
    return model.fit(adult().train, adult().y_train)


def raw(model: Any, X: pd.DataFrame) -> np.ndarray:
    """What the trees add up to, [rows]."""
    if isinstance(model, XGBClassifier):
        return model.predict(X, output_margin=True).astype(float)
    return model.predict(X).astype(float)
