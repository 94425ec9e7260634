"""A desk with files on it: rows, models in several formats, and a way to type commands."""

import shutil
import sys

import numpy as np
import pytest

from .typed import ASK


@pytest.fixture(scope="session")
def archive(tmp_path_factory):
    """Files, made once: churn.json, .skops, .joblib; train.csv, holdout.csv, holdout.parquet."""
    import joblib
    import pandas as pd
    import skops.io
    import xgboost as xgb
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    folder = tmp_path_factory.mktemp("archive")
    rng = np.random.default_rng(0)
    n = 400
    X = pd.DataFrame(
        {
            "tenure": rng.integers(0, 60, n),
            "fee": rng.normal(50, 10, n).round(2),
            "calls": rng.poisson(2, n),
            "noise": rng.normal(size=n).round(3),
        }
    )
    p = 1 / (1 + np.exp(0.06 * (X.tenure - 30) - 0.5 * (X.calls - 2)))
    left = rng.random(n) < p
    rows = X.assign(left=left.astype(int))
    rows[:300].to_csv(folder / "train.csv", index=False)
    rows[300:].to_csv(folder / "holdout.csv", index=False)
    rows[300:].to_parquet(folder / "holdout.parquet")
    rows[300:].assign(id=[f"c{i:03d}" for i in range(100)]).to_csv(
        folder / "named.csv", index=False
    )
    boosted = xgb.XGBClassifier(n_estimators=20, max_depth=3, n_jobs=1)
    boosted.fit(X[:300], left[:300].astype(int))
    boosted.save_model(folder / "churn.json")
    line = make_pipeline(StandardScaler(), LogisticRegression())
    line.fit(X[:300], left[:300].astype(int))
    skops.io.dump(line, folder / "churn.skops")
    joblib.dump(line, folder / "churn.joblib")
    return folder


@pytest.fixture
def desk(archive, tmp_path, monkeypatch):
    """A folder of one's own, with the files in it, which is where one stands."""
    shutil.copytree(archive, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    return tmp_path


@pytest.fixture
def run():
    """Type a command: run("show", "a.whence") -> result with exit_code, stdout and stderr."""
    from typer.testing import CliRunner

    from whence.cli.main import app

    def typed(*words):
        return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)

    return typed


@pytest.fixture
def made(desk, run):
    """A saved importance of the logistic model: a.whence."""
    got = run(*ASK, "--out", "a.whence", "--quiet")
    assert got.exit_code == 0, got.stderr
    return desk / "a.whence"
