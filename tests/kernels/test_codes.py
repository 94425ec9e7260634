"""Codes are those of the form of trees, in fewer bits."""

import numpy as np
import pytest

from whence._core.index import Shapley
from whence._core.quantised import tree_ensemble
from whence.kernels import values as module
from whence.kernels.codes import encode
from whence.kernels.nodes import by_row
from whence.kernels.predict import predict
from whence.kernels.values import Job, values
from whence.models.trees import read_trees

from .forests import apart, cells, forest, semivalues, worths
from .zoo import ZOO


def stumps(thresholds, **more):
    """A stump for each threshold of the first of two columns, which adds a random jump."""
    n = len(thresholds)
    jump = np.random.default_rng(0).normal(size=n) / np.sqrt(n)
    return tree_ensemble(
        feature=np.tile([0, -1, -1], n),
        threshold=np.repeat(thresholds, 3),
        left=np.repeat(3 * np.arange(n) + 1, 3),
        right=np.repeat(3 * np.arange(n) + 2, 3),
        value=np.column_stack([0 * jump, 0 * jump, jump]).ravel(),
        root=3 * np.arange(n),
        names=["x", "z"],
        outputs=["value"],
        **more,
    )


def around(grid, rng, rows=3000):
    """Cells on thresholds, and the nearest either side, in both precisions."""
    at = rng.choice(grid, rows)
    single = at.astype(np.float32)
    near = [at, np.nextafter(at, np.inf), np.nextafter(at, -np.inf), single]
    near += [np.nextafter(single, np.float32(np.inf)), np.nextafter(single, np.float32(-np.inf))]
    near += [np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e300, -1e300])]
    column = rng.choice(np.concatenate(near), rows)
    return np.column_stack([column, rng.normal(size=rows)])


def same(ensemble, numbers, kind):
    codes, wanted = encode(ensemble, numbers), ensemble.encode(numbers).astype(np.int64)
    assert codes.dtype == kind
    gone = wanted == ensemble.missing
    wanted = np.where(gone, np.iinfo(kind).max, wanted)
    assert np.array_equal(codes, wanted.T)
    rows = by_row(codes)
    assert np.array_equal(rows, np.where(gone, 2**32 - 1, wanted))


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 1000, 2**16 - 3, 2**16 - 2, 70_001])
def test_sizes_of_grids(size, precision):
    """Kills: a search that stops one early; cells compared in another precision; a code that is
    taken for a missing cell; 16 bits for codes that need more."""
    rng = np.random.default_rng(size)
    grid = np.unique(rng.normal(size=2 * size).astype(precision))[:size].astype(float)
    kind = np.uint16 if len(grid) < 2**16 - 2 else np.uint32
    ensemble = stumps(grid, precision=precision)
    assert len(ensemble.grid[0]) == len(grid)
    same(ensemble, around(grid if size else np.zeros(1), rng), kind)


@pytest.mark.parametrize("name", ZOO)
def test_the_zoo(name):
    """Kills: categories that are not whole or never seen taken for others."""
    ensemble = ZOO[name]()
    same(ensemble, cells(ensemble, 4200), np.uint16)


def test_whole_numbers_of_categories():
    ensemble = forest(50, categorical=(0,))
    X = np.zeros((9, 6))
    X[:, 0] = [-1.0, -0.5, 0.0, 0.9, 3.0, 3.9, 4.0, np.inf, -np.inf]
    same(ensemble, X, np.uint16)


def test_infinite_thresholds():
    """Kills: an infinite cell above every threshold."""
    ensemble = stumps(np.array([-np.inf, 0.0, np.inf]))
    same(ensemble, around(np.zeros(1), np.random.default_rng(0)), np.uint16)


def test_tables_that_lie_otherwise():
    """Kills: a stride that is taken for the width of a row."""
    ensemble = forest(51)
    wide = cells(ensemble, 50)
    for table in (np.asfortranarray(wide), wide[::2], np.repeat(wide, 2, axis=1)[:, ::2]):
        same(ensemble, table, np.uint16)
    assert encode(ensemble, wide[:0]).shape == (6, 0)


def test_values_with_long_codes(monkeypatch):
    """Kills: codes cut to 16 bits on their way."""
    tree = pytest.importorskip("sklearn.tree")
    rng = np.random.default_rng(1)
    table = np.column_stack([rng.normal(size=75_000), rng.integers(2, size=75_000)])
    model = tree.DecisionTreeRegressor(random_state=0).fit(table, rng.normal(size=75_000))
    ensemble, who = read_trees(model), np.arange(2)
    X, background = table[:20], table[-30:]
    assert encode(ensemble, X).dtype == np.uint32
    worth = worths(ensemble, who, X, background)
    for members in (background, None):
        job, both = Job.of(ensemble, who, X, members), []
        for slow in (np.zeros_like, np.ones_like):
            monkeypatch.setattr(module, "_slow", lambda _, twigs, slow=slow: slow(twigs.wide))
            found, nobody = values(job, Shapley().weight, lambda _: None)
            assert np.allclose(found.sum(axis=2) + nobody, worth[..., -1], rtol=0, atol=1e-12)
            both.append(found)
        assert apart(*both, worth) <= 1e-12
        if members is not None:
            assert apart(found, semivalues(worth, Shapley()), worth) <= 1e-12
    said = predict(ensemble, encode(ensemble, X))
    assert np.array_equal(said, ensemble.predict(X))
