"""Semivalues of trees are those of the definition, whichever way each tree goes."""

from functools import cache

import numpy as np
import pytest

from whence._core.index import Banzhaf, BetaShapley, FirstIn, LeaveOneOut, Shapley
from whence.kernels import values as module
from whence.kernels.values import Job, values

from .forests import alone, apart, cells, chain, constant, forest, semivalues, worths
from .zoo import ZOO

INDICES = (Shapley(), Banzhaf(), BetaShapley(4.0, 1.5), LeaveOneOut(), FirstIn())
ROUTES = {
    "patterns": lambda job, twigs: twigs.wide,
    "pairs": lambda job, twigs: np.ones_like(twigs.wide),
    "mixed": lambda job, twigs: twigs.wide | (twigs.trees % 2 == 0),
    "own choice": module._slow,
}
GROUPS = {6: (0, 1, 0, 2, 1, 1), 7: (0, 1, 0, 2, 1, 1, 3), 2: (0, 0)}


@pytest.fixture(params=ROUTES)
def route(request, monkeypatch):
    monkeypatch.setattr(module, "_slow", ROUTES[request.param])


def explained(ensemble, owner, X, pool, index):
    return values(Job.of(ensemble, owner, X, pool), index.weight, lambda _: None)


@cache
def judged(name, grouped):
    """A forest, its owners, rows, background, and every worth by brute force."""
    ensemble = ZOO[name]()
    owner = np.array(GROUPS[ensemble.n_features]) if grouped else alone(ensemble)
    X, pool = cells(ensemble, 6), cells(ensemble, 11, seed=1)
    return ensemble, owner, X, pool, worths(ensemble, owner, X, pool)


@pytest.mark.parametrize("grouped", [False, True], ids=["alone", "grouped"])
@pytest.mark.parametrize("name", ZOO)
def test_every_semivalue_by_enumeration(route, name, grouped):
    """Kills: the weight of s + 1 others for s; missing cells or zeros sent to the other side; an
    empty twig; `<` for `<=`; counts that are not divided by the pool; a player's second condition
    forgotten; bits of one twig read as another's; leaves added to the wrong output."""
    ensemble, owner, X, pool, worth = judged(name, grouped)
    for index in INDICES:
        found, nobody = explained(ensemble, owner, X, pool, index)
        assert apart(found, semivalues(worth, index), worth) <= 1e-12
        assert np.allclose(nobody, worth[0, :, 0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_random_forests(route, seed):
    """Kills: what only some shapes of trees show, such as bits of a path beyond the first eight."""
    ensemble = forest(
        100 + seed, columns=7, trees=4, depth=3 + seed, ends=0.1 + 0.04 * seed, odd=True,
        categorical=(2,), outputs=1 + seed % 2, vector=seed % 4 == 1,
    )  # fmt: skip
    X, pool = cells(ensemble, 3, seed), cells(ensemble, 4, seed + 50)
    worth = worths(ensemble, alone(ensemble), X, pool)
    for index in INDICES[::2]:
        found, _ = explained(ensemble, alone(ensemble), X, pool, index)
        assert apart(found, semivalues(worth, index), worth) <= 1e-12


def test_more_players_than_a_pattern_has_bits():
    """Kills: a seventeenth bit that falls out of 16; a wide tree that is left out."""
    ensemble = chain(17, base=0.25)
    X, pool = np.full((2, 17), -1.0), np.full((2, 17), 1.0)
    X[1, 5], pool[1, 2:] = 1.0, -1.0
    worth = worths(ensemble, alone(ensemble), X, pool)
    for index in INDICES[:2]:
        found, nobody = explained(ensemble, alone(ensemble), X, pool, index)
        assert apart(found, semivalues(worth, index), worth) <= 1e-12
        assert np.allclose(nobody, worth[0, :, 0], rtol=0, atol=1e-12)


def test_a_wide_tree_among_others():
    """Two players own the chain, so that it fits: wide is counted in players, not in features.
    Kills: trees taken out of a batch that take their neighbours' tables with them."""
    ensemble = chain(17)
    halves = np.arange(17) % 2
    X, pool = cells(ensemble, 4, odd=False), cells(ensemble, 5, 1, odd=False)
    worth = worths(ensemble, halves, X, pool)
    found, _ = explained(ensemble, halves, X, pool, Shapley())
    assert apart(found, semivalues(worth, Shapley()), worth) <= 1e-12


@pytest.mark.parametrize("rows", [0, 1, 1023, 1024, 1025, 2100])
def test_blocks_of_rows(route, rows):
    """Each row alone, and among many. Kills: rows lost, or seen twice, where blocks meet."""
    ensemble = forest(11, odd=True, trees=3, categorical=(1,))
    X, pool = cells(ensemble, rows), cells(ensemble, 3, seed=1)
    found, nobody = explained(ensemble, alone(ensemble), X, pool, Shapley())
    assert found.shape == (rows, 1, 6)
    total = found.sum(axis=2) + nobody
    assert np.allclose(total, ensemble.predict(X), rtol=0, atol=1e-12)
    for r in {0, rows // 2, rows - 1} & set(range(rows)):
        one, _ = explained(ensemble, alone(ensemble), X[r : r + 1], pool, Shapley())
        assert np.allclose(one[0], found[r], rtol=0, atol=1e-14)


@pytest.mark.parametrize("members", [1, 1024, 3001])
def test_blocks_of_background(members):
    """A background of equal halves is one of them. Kills: a last block that is not counted."""
    ensemble = forest(12, odd=True)
    X, pool = cells(ensemble, 5), cells(ensemble, members, seed=1)
    once, nobody = explained(ensemble, alone(ensemble), X, pool, Shapley())
    assert np.allclose(nobody, ensemble.predict(pool).mean(axis=0), rtol=0, atol=1e-12)
    twice, _ = explained(ensemble, alone(ensemble), X, np.tile(pool, (2, 1)), Shapley())
    assert np.allclose(once, twice, rtol=0, atol=1e-12)


def test_one_background_row_that_is_the_row_itself():
    """Kills: what is given to players where nothing is at stake."""
    ensemble = forest(13, odd=True)
    X = cells(ensemble, 1)
    for choose in ROUTES.values():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_slow", choose)
            found, nobody = explained(ensemble, alone(ensemble), X, X, Shapley())
        assert np.abs(found).max() <= 1e-15
        assert nobody == pytest.approx(ensemble.predict(X)[0], abs=1e-12)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_nobody_came_by(route, share):
    """CatBoost's trees have leaves without cover, and nothing is asked of it here.
    Kills: 0 / 0."""
    ensemble = forest(14)
    ensemble.cover[np.random.default_rng(0).random(len(ensemble.cover)) < share] = 0.0
    X, pool = cells(ensemble, 2), cells(ensemble, 3, seed=1)
    worth = worths(ensemble, alone(ensemble), X, pool)
    found, _ = explained(ensemble, alone(ensemble), X, pool, Shapley())
    assert apart(found, semivalues(worth, Shapley()), worth) <= 1e-12


def test_columns_that_no_tree_asks(route):
    """Kills: places in a twig taken for players."""
    ensemble = forest(15, columns=200, used=[3, 120, 199], odd=True)
    few = forest(15, columns=200, used=[3, 120, 199], odd=True)
    owner = np.full(200, 3)
    owner[[3, 120, 199]] = 0, 1, 2
    X, pool = cells(ensemble, 4), cells(ensemble, 5, seed=1)
    worth = worths(few, owner, X, pool)
    found, _ = explained(ensemble, alone(ensemble), X, pool, Shapley())
    wanted = semivalues(worth, Shapley())
    assert apart(found[..., [3, 120, 199]], wanted[..., :3], worth) <= 1e-12
    assert (np.delete(found, [3, 120, 199], axis=2) == 0).all()


def test_how_much_is_done_is_told():
    """Kills: shares that go back, or stop short."""
    ensemble, told = forest(16, trees=30, depth=3), []
    job = Job.of(ensemble, alone(ensemble), cells(ensemble, 2), cells(ensemble, 2, 1))
    values(job, Shapley().weight, told.append)
    assert told == sorted(told)
    assert len(told) > 1
    assert told[-1] == 1.0


def test_trees_that_say_nothing():
    """Kills: a constant that is given to somebody."""
    for ensemble, says in ((constant([1.0, -2.5]), -1.0), (constant([]), 0.5)):
        found, nobody = explained(
            ensemble, alone(ensemble), np.zeros((2, 2)), np.ones((3, 2)), Banzhaf()
        )
        assert (found == 0).all()
        assert nobody.tolist() == [says]
