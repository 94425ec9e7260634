"""What the demo is about: scikit-learn's diabetes rows as two CSV files, and a model beside them.

Source: Efron, Hastie, Johnstone & Tibshirani (2004); the rows come with scikit-learn.
"""

import csv
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

TARGET = "progression"
NAMES = (
    "age",
    "sex",
    "bmi",
    "blood pressure",
    "total cholesterol",
    "LDL",
    "HDL",
    "cholesterol ratio",
    "log triglycerides",
    "blood sugar",
    "coin flips",
)
MODEL = '''\
"""The model of `whence demo`: a forest, fitted on train.csv when it is imported."""

from pathlib import Path

import pandas as pd
from sklearn.ensemble import ExtraTreesRegressor

train = pd.read_csv(Path(__file__).with_name("train.csv"))
model = ExtraTreesRegressor(n_estimators=100, min_samples_leaf=5, random_state=0)
model.fit(train.drop(columns="progression"), train["progression"])
'''


def write(folder: Path) -> None:
    """train.csv, holdout.csv and model.py."""
    from sklearn.datasets import load_diabetes

    X, y = load_diabetes(return_X_y=True, scaled=False)
    rng = np.random.default_rng(0)
    flips = rng.integers(0, 2, len(X))
    order = rng.permutation(len(X))
    rows = np.column_stack([X, flips, y])[order]
    half = len(rows) // 2
    _csv(folder / "train.csv", rows[:half])
    _csv(folder / "holdout.csv", rows[half:])
    (folder / "model.py").write_text(MODEL, encoding="utf-8")


def _csv(path: Path, rows: np.ndarray) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow([*NAMES, TARGET])
        out.writerows([f"{value:.6g}" for value in row] for row in rows)


def fitted(folder: Path) -> Any:
    """The model in model.py, as anybody would import it."""
    spec = importlib.util.spec_from_file_location("whence_demo_model", folder / "model.py")
    if spec is None or spec.loader is None:  # pragma: no cover - a .py file always has a loader
        raise ImportError(folder)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.model


def ours(folder: Path) -> bool:
    """Whether an earlier demo made this folder."""
    model = folder / "model.py"
    return model.is_file() and model.read_text(encoding="utf-8", errors="replace") == MODEL
