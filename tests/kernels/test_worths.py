"""Mean predictions of coalitions are plain averages of predictions."""

import numpy as np
import pytest

from whence._core.errors import UnsupportedGameError
from whence.kernels import means as module
from whence.kernels.means import Means

from .forests import alone, apart, cells, chain, forest, members, worths
from .zoo import ZOO


def asked(ensemble, owner, X, pool, coalitions, rows=None):
    rows = np.arange(len(X)) if rows is None else np.array(rows, int)
    return Means.of(ensemble, owner, X, pool)(coalitions, rows)[0]


@pytest.mark.parametrize("name", ZOO)
def test_every_coalition(name):
    """Kills: a change that is added where nothing changed; what the first coalition says taken for
    what the last of another leaf said; absent players that keep their own cells; a base that is
    added for each part."""
    ensemble = ZOO[name]()
    X, pool = cells(ensemble, 5), cells(ensemble, 7, seed=1)
    worth = worths(ensemble, alone(ensemble), X, pool)
    every = members(ensemble.n_features)
    found = asked(ensemble, alone(ensemble), X, pool, every)
    assert apart(found.transpose(1, 2, 0), worth, worth) <= 1e-12
    some = np.random.default_rng(0).integers(len(every), size=40)  # twice, and in any order
    found = asked(ensemble, alone(ensemble), X, pool, every[some], [4, 0, 0])
    assert apart(found.transpose(1, 2, 0), worth[[4, 0, 0]][..., some], worth) <= 1e-12


def test_groups():
    """Kills: a coalition of features for one of players."""
    ensemble, owner = forest(20, odd=True, categorical=(3,)), np.array([0, 1, 0, 2, 1, 1])
    X, pool = cells(ensemble, 4), cells(ensemble, 5, seed=1)
    worth = worths(ensemble, owner, X, pool)
    found = asked(ensemble, owner, X, pool, members(3))
    assert apart(found.transpose(1, 2, 0), worth, worth) <= 1e-12


@pytest.mark.parametrize(("rows", "background"), [(1500, 3), (3, 2500), (1, 1)])
def test_many_rows(rows, background):
    """Kills: blocks that end where rows do not."""
    ensemble = forest(21, trees=2, odd=True)
    X, pool = cells(ensemble, rows), cells(ensemble, background, seed=1)
    everybody, nobody = asked(ensemble, alone(ensemble), X, pool, members(6)[[-1, 0]])
    assert np.allclose(everybody, ensemble.predict(X), rtol=0, atol=1e-12)
    assert np.allclose(nobody, ensemble.predict(pool).mean(axis=0), rtol=0, atol=1e-12)


def test_nothing_asked():
    ensemble = forest(22)
    X = cells(ensemble, 3)
    assert asked(ensemble, alone(ensemble), X, X, members(6)[:0]).shape == (0, 3, 1)
    assert asked(ensemble, alone(ensemble), X, X, members(6), []).shape == (64, 0, 1)
    assert asked(ensemble, alone(ensemble), X[:0], X, members(6), []).shape == (64, 0, 1)


def test_parts(monkeypatch):
    """Trees cut a few at a time. Kills: parts that are left out, or counted twice."""
    ensemble = forest(23, trees=9, outputs=2)
    X, pool = cells(ensemble, 3), cells(ensemble, 4, seed=1)
    once = asked(ensemble, alone(ensemble), X, pool, members(6))
    monkeypatch.setattr(module, "_TREES", 2)
    twice = asked(ensemble, alone(ensemble), X, pool, members(6))
    assert np.allclose(once, twice, rtol=0, atol=1e-13)


def test_rows_too_many_to_remember(monkeypatch):
    """Kills: patterns of the first rows for those of the rows that are asked."""
    ensemble = forest(23, trees=5, odd=True)
    X, pool = cells(ensemble, 40), cells(ensemble, 7, seed=1)
    rows = np.random.default_rng(0).integers(40, size=33)
    remembered = asked(ensemble, alone(ensemble), X, pool, members(6), rows)
    monkeypatch.setattr(module, "_SEEN", 0)
    again = asked(ensemble, alone(ensemble), X, pool, members(6), rows)
    assert np.array_equal(again, remembered)


def test_what_does_not_fit_is_refused(monkeypatch):
    wide = chain(17)
    rows = np.zeros((1, 17))
    with pytest.raises(UnsupportedGameError, match=r"too wide for tables.*Permutation"):
        Means.of(wide, alone(wide), rows, rows)
    assert Means.of(wide, np.arange(17) % 3, rows, rows).parts
    monkeypatch.setattr(module, "_BYTES", 100)
    with pytest.raises(UnsupportedGameError, match="too wide for tables"):
        Means.of(forest(24), np.arange(6), np.zeros((1, 6)), np.zeros((1, 6)))
