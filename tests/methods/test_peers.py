"""Agreement with the peers, where they are installed."""

import numpy as np
import pytest

import whence as wh

RNG = np.random.default_rng(0)
X, BACKGROUND = RNG.normal(size=(6, 4)), RNG.normal(size=(10, 4))


def model(Z):
    return 2 * Z[:, 0] - Z[:, 1] * Z[:, 2] + np.tanh(Z[:, 3])


@pytest.mark.filterwarnings("ignore")
def test_shap():
    shap = pytest.importorskip("shap")
    theirs = shap.explainers.Exact(model, shap.maskers.Independent(BACKGROUND, 100))(X)
    ours = wh.explain(model, X, background=BACKGROUND)
    assert np.allclose(ours.values[:, 0], theirs.values, atol=1e-9)
    assert np.allclose(ours.empty[:, 0], theirs.base_values)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_sage():
    sage = pytest.importorskip("sage")
    y = model(X) + RNG.normal(size=6)
    imputer = sage.MarginalImputer(model, BACKGROUND)
    theirs = sage.PermutationEstimator(imputer, "mse")(X, y, bar=False, thresh=0.01)
    ours = wh.importance(model, X, y, background=BACKGROUND)
    assert (np.abs(ours.values[0, 0] - theirs.values) < 5 * theirs.std).all()
