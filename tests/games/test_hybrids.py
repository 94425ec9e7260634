"""Hybrid rows, of every kind of table."""

import numpy as np
import pytest

from whence.games.features.hybrids import Hybrids
from whence.models.table import Table

from .tables import linear, rows

N, K = 30, 3


def asked(columns, n_rows, n_pool, groups=None):
    rng = np.random.default_rng(0)
    owner = np.arange(columns) if groups is None else np.array(groups)
    stay = rng.random((N, owner.max() + 1)) < 0.5
    return owner, stay, rng.integers(n_rows, size=N), rng.integers(n_pool, size=(N, K))


@pytest.mark.parametrize("groups", [None, [0, 1, 0, 2]])
def test_as_a_plain_loop(groups):
    X, pool = rows(6), rows(9, 1)
    owner, stay, cases, members = asked(4, 6, 9, groups)
    hybrids = Hybrids(linear, Table.of(X), Table.of(pool), owner)
    got = hybrids.predict(stay, cases, members)
    for r in range(N):
        for k in range(K):
            row = [
                X[cases[r], j] if stay[r, owner[j]] else pool[members[r, k], j] for j in range(4)
            ]
            assert got[r, k] == pytest.approx(linear(np.array([row])).item(), abs=1e-12)


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_mixed_tables_as_a_plain_loop(kind):
    """Kills: dtypes lost, categories recoded, a missing entry that becomes a word."""
    frames = pytest.importorskip(kind)
    rng = np.random.default_rng(0)

    def frame(n):
        columns = {
            "age": np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n).round(1)),
            "n": rng.integers(5, size=n),
            "word": rng.choice(["a", "b", "c"], size=n).tolist(),
            "on": rng.random(n) < 0.5,
        }
        return frames.DataFrame(columns), columns

    (X, own), (pool, others) = frame(6), frame(9)
    dtypes = list(X.dtypes)

    def ask(data):
        assert list(data.dtypes) == dtypes
        word = np.array([ord(w) for w in data["word"].to_list()], dtype=float)
        return (
            np.nan_to_num(data["age"].to_numpy(), nan=-9.0) * 3.0
            + data["n"].to_numpy() * 100.0
            + word * 1000.0
            + data["on"].to_numpy() * 0.5
        )

    def alone(age, n, word, on):
        return np.nan_to_num(age, nan=-9.0) * 3.0 + n * 100.0 + ord(word) * 1000.0 + on * 0.5

    owner, stay, cases, members = asked(4, 6, 9)
    got = Hybrids(ask, Table.of(X), Table.of(pool), owner).predict(stay, cases, members)
    for r in range(N):
        for k in range(K):
            cells = [
                own[name][cases[r]] if stay[r, j] else others[name][members[r, k]]
                for j, name in enumerate(own)
            ]
            assert got[r, k] == pytest.approx(alone(*cells))


def test_rows_that_are_alike_are_predicted_once():
    """Kills: the grand coalition predicted once for each background row."""
    X, pool = rows(6), np.repeat(rows(3, 1), 3, axis=0)
    given = []

    def ask(Z):
        given.append(np.array(Z))
        return linear(Z)

    hybrids = Hybrids(ask, Table.of(X), Table.of(pool), np.arange(4))
    everybody = np.ones((6, 4), bool)
    members = np.tile(np.arange(9), (6, 1))
    got = hybrids.predict(everybody, np.arange(6), members)
    assert len(given[-1]) == 6
    assert np.allclose(got, linear(X)[:, None])
    got = hybrids.predict(~everybody, np.arange(6), members)
    assert len(given[-1]) == 3  # three different rows, nine members, six cases
    assert np.allclose(got, linear(pool))
    half = np.tile([True, True, False, False], (6, 1))
    hybrids.predict(half, np.arange(6), members)
    assert len(given[-1]) == 18
    assert len(np.unique(given[-1], axis=0)) == 18


def test_many_rows_never_collide():
    """Kills: a hash of the row that forgets which column a cell is in."""
    rng = np.random.default_rng(0)
    X, pool = rng.integers(2, size=(40, 12)) * 1.0, rng.integers(2, size=(40, 12)) * 1.0
    power = 2.0 ** np.arange(12)
    hybrids = Hybrids(lambda Z: Z @ power, Table.of(X), Table.of(pool), np.arange(12))
    stay = rng.random((2000, 12)) < 0.5
    cases, members = rng.integers(40, size=2000), rng.integers(40, size=(2000, 2))
    got = hybrids.predict(stay, cases, members)
    for k in range(2):
        assert np.array_equal(got[:, k], np.where(stay, X[cases], pool[members[:, k]]) @ power)


def test_blocks_bound_the_memory():
    hybrids = Hybrids(linear, Table.of(rows(6)), Table.of(rows(9, 1)), np.arange(4))
    cuts = list(hybrids.cuts(10, 2**20))
    assert [len(range(10)[c]) for c in cuts] == [1] * 10
    assert len(list(hybrids.cuts(1000, 4))) == 1
    assert [len(range(5)[c]) for c in hybrids.cuts(5, 2**19)] == [2, 2, 1]
