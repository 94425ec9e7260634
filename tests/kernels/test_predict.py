"""Compiled walks say the same bits as the form of trees."""

import numpy as np
import pytest

from whence.kernels.codes import encode
from whence.kernels.predict import predict, some_trees

from .forests import cells, forest
from .zoo import ZOO


@pytest.mark.parametrize("name", ZOO)
def test_the_same_bits(name):
    """Kills: zeros and missing cells sent to the other side; sets of another node."""
    ensemble = ZOO[name]()
    for rows in (0, 1, 255, 256, 257, 1000):
        X = cells(ensemble, rows)
        assert np.array_equal(predict(ensemble, encode(ensemble, X)), ensemble.predict(X))


@pytest.mark.parametrize("vector", [False, True])
@pytest.mark.parametrize("sums", ["float32", "float64"])
def test_precision_and_order_of_sums(sums, vector):
    """Kills: float32 sums that are rounded once, at the end; trees in another order."""
    ensemble = forest(
        60, trees=40, depth=3, sums=sums, scale=1e3, outputs=3, vector=vector, odd=True
    )
    X = cells(ensemble, 500)
    found = predict(ensemble, encode(ensemble, X))
    assert np.array_equal(found, ensemble.predict(X))
    exact = some_trees(ensemble, encode(ensemble, X), np.arange(40)) + ensemble.base
    assert np.allclose(found, exact, rtol=0, atol=0.05)  # of sums in the ten thousands
    assert (sums == "float64") == np.allclose(found, exact, rtol=0, atol=1e-9)


def test_some_trees_of_one_output():
    """Kills: all trees; a base that is added."""
    ensemble = forest(61, trees=6, outputs=2, odd=True)
    X = cells(ensemble, 50)
    codes = encode(ensemble, X)
    first = some_trees(ensemble, codes, np.arange(0, 6, 2))
    assert (first[:, 1] == 0).all()
    only = ensemble.only([0])
    assert np.allclose(first[:, 0] + ensemble.base[0], only.predict(X)[:, 0], rtol=0, atol=1e-12)
