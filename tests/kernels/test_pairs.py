"""Pairs of rows walked down trees: closed forms of one path, and what a walk costs."""

import numpy as np
import pytest

from whence._core.index import Banzhaf, BetaShapley, Shapley
from whence.kernels.codes import encode
from whence.kernels.nodes import by_row
from whence.kernels.pairs import pairs
from whence.kernels.values import Job, by_size, values

from .forests import alone, cells, chain, forest

INDICES = (Shapley(), Banzhaf(), BetaShapley(2.0, 3.0))


def paired(ensemble, owner, X, pool, index, trees=None):
    players = int(owner.max()) + 1
    weights = by_size(index.weight, players)
    total = np.zeros((len(X), len(ensemble.base), players))
    trees = np.arange(len(ensemble.root)) if trees is None else np.array(trees)
    codes = [by_row(encode(ensemble, rows)) for rows in (X, pool)]
    looked = pairs(ensemble, owner, trees, weights, *codes, total)
    return total, looked


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_many_players_on_one_path(index):
    """All 40 players must be present for the last leaf, and the first 39 and not the 40th for the
    leaf before it. Kills: p and q exchanged; the weights of other sizes; a stack that is too short.
    """
    n = 40
    ensemble = chain(n)
    ensemble.value[:] = 0.0
    last, before = n, 2 * n  # the leaf after n left turns, and the right one beside it
    ensemble.value[[last, before], 0] = 2.0, 1.0
    found, looked = paired(
        ensemble, alone(ensemble), np.full((1, n), -1.0), np.full((1, n), 1.0), index
    )
    together, without = index.weight(n - 1, n), index.weight(n - 2, n - 1)
    wanted = np.full(n, (2.0 - 1.0) * together + 1.0 * without)
    wanted[-1] = (2.0 - 1.0) * together
    assert np.allclose(found[0, 0], wanted, rtol=1e-12, atol=0)
    assert looked == n


def test_a_player_on_many_nodes():
    """Groups of columns, asked again and again. Kills: a choice that is forgotten further down, or
    kept when the other way is walked."""
    ensemble = forest(30, depth=9, trees=3, odd=True, categorical=(2,), ends=0.05)
    owner = np.array([0, 1, 0, 1, 2, 2])
    X, pool = cells(ensemble, 5), cells(ensemble, 6, seed=1)
    wanted, _ = values(Job.of(ensemble, owner, X, pool), Shapley().weight, lambda _: None)
    found, _ = paired(ensemble, owner, X, pool, Shapley())
    assert np.allclose(found, wanted, rtol=0, atol=1e-13)


def test_some_of_the_trees():
    """Kills: all trees walked, or the wrong ones."""
    ensemble = forest(31, trees=4, outputs=2, odd=True)
    X, pool = cells(ensemble, 3), cells(ensemble, 4, seed=1)
    every, looked = paired(ensemble, alone(ensemble), X, pool, Shapley())
    one = [paired(ensemble, alone(ensemble), X, pool, Shapley(), [t]) for t in range(4)]
    assert np.allclose(sum(found for found, _ in one), every, rtol=0, atol=1e-14)
    assert sum(cost for _, cost in one) == looked
    assert (one[1][0][:, 0] == 0).all()  # adds to the second output


def test_what_a_walk_costs():
    """The depth of one way where rows agree. Kills: both ways always walked."""
    ensemble, rows = chain(9), np.full((2, 9), -1.0)
    found, looked = paired(ensemble, alone(ensemble), rows, rows[:1], Shapley())
    assert looked == 2 * 9
    assert (found == 0).all()
    _, looked = paired(ensemble, alone(ensemble), -rows, rows, Shapley())
    assert looked == 4 * 9
