"""Small tables and models, fitted once."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def numbers():
    """[200, 4] floats, a target, two and three classes."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(200, 4)).round(3)
    t = X[:, 0] - 2 * X[:, 1] + 0.5 * X[:, 2] * X[:, 0] + 0.1 * rng.normal(size=200)
    return X, t, (t > 0).astype(int), np.digitize(t, [-1, 1])


@pytest.fixture(scope="session")
def mixed():
    """Numbers with gaps, text with gaps, categories, whole numbers; labels "no" and "yes"."""
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(6)
    n = 240
    X = pd.DataFrame(
        {
            "age": rng.normal(50, 9, n).round(1),
            "visits": rng.integers(0, 6, n),
            "region": rng.choice(["north", "south", "east"], n),
            "plan": pd.Categorical(rng.choice(["basic", "plus"], n)),
        }
    )
    y = np.where(
        X["age"] / 9 + X["visits"] + 2 * (X["region"] == "north") + (X["plan"] == "plus") > 9.0,
        "yes",
        "no",
    )
    X.loc[::11, "age"] = np.nan
    X.loc[::13, "region"] = None
    return X, y
