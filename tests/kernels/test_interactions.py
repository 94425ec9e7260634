"""Interactions: tables, walks and enumeration say the same."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from whence import Banzhaf, Shapley
from whence._core.errors import UnsupportedModelError
from whence._core.quantised import tree_ensemble
from whence.kernels import interactions as kernel
from whence.kernels.meeting import column, meeting
from whence.kernels.values import Job, values
from whence.models import read_trees

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 6)).round(2)
X[RNG.random(X.shape) < 0.1] = np.nan
FULL = np.nan_to_num(X)
Y = FULL[:, 0] * FULL[:, 1] + FULL[:, 2] * FULL[:, 3] * FULL[:, 4] + FULL[:, 5]
CLASS = np.digitize(Y, [-1, 1])
ROWS, POOL = X[:5], X[50:70]
ALONE, GROUPED = np.arange(6), np.array([0, 1, 1, 0, 2, 3])


def boosted():
    xgboost = pytest.importorskip("xgboost")
    options = {"n_estimators": 5, "max_depth": 4, "n_jobs": 1}
    return xgboost.XGBClassifier(**options).fit(X, CLASS)


MODELS = {
    "deep forest": lambda: RandomForestRegressor(4, random_state=0).fit(X, Y),
    "classes in leaves": lambda: RandomForestClassifier(3, max_depth=5).fit(X, CLASS),
    "a tree a class": boosted,
}
WAYS = {
    "chosen": kernel._slow,
    "tables": lambda job, twigs, pairs, weights: twigs.wide,
    "walks": lambda job, twigs, pairs, weights: np.ones(len(twigs.trees), bool),
}


def read(model):
    """Added up in float64, as the judge should."""
    return replace(read_trees(MODELS[model]()), sums="float64")


def asked(trees, owner=ALONE, index=Shapley(), rows=ROWS, pool=POOL):
    """The interactions as matrices, [rows, outputs, players, players], zero on the diagonal."""
    job, pairs = Job.of(trees, owner, rows, pool), meeting(trees, owner)
    found = kernel.interactions(job, pairs, index.weight, lambda done: None)
    n = int(owner.max()) + 1
    full = np.zeros((len(rows), len(trees.base), n, n))
    for k, (i, j) in enumerate(pairs):
        full[:, :, i, j] = full[:, :, j, i] = found[:, :, k]
    return full


def by_pool(trees, owner, rows, pool, coalition):
    mixed = np.where(coalition[owner], rows[:, None], pool[None])
    said = trees.predict(mixed.reshape(-1, rows.shape[1]))
    return said.reshape(len(rows), len(pool), -1).mean(axis=1)


def by_cover(trees, owner, rows, pool, coalition):
    codes = trees.encode(rows)

    def down(node, code):
        if trees.feature[node] < 0:
            return trees.value[node]
        left, right = trees.left[node], trees.right[node]
        if coalition[owner[trees.feature[node]]]:
            return down(left if trees.goes_left(np.array([node]), code[None])[0] else right, code)
        parts = [trees.cover[child] * down(child, code) for child in (left, right)]
        return sum(parts) / trees.cover[node]

    return trees.base + np.array([sum(down(root, code) for root in trees.root) for code in codes])


def brute(trees, owner, index, worth):
    n = int(owner.max()) + 1
    masks = (np.arange(2**n)[:, None] >> np.arange(n)) & 1 == 1
    v = [worth(trees, owner, ROWS, POOL, mask) for mask in masks]
    full = np.zeros((*v[0].shape, n, n))
    for i, j in combinations(range(n), 2):
        with_i, with_j = 1 << i, 1 << j
        for s in range(2**n):
            if not s & (with_i | with_j):
                gain = v[s | with_i | with_j] - v[s | with_i] - v[s | with_j] + v[s]
                full[:, :, i, j] += index.weight(s.bit_count(), n - 1) * gain
        full[:, :, j, i] = full[:, :, i, j]
    return full


@pytest.mark.parametrize("owner", [ALONE, GROUPED], ids=["alone", "groups"])
@pytest.mark.parametrize("index", [Shapley(), Banzhaf()], ids=repr)
@pytest.mark.parametrize("model", MODELS)
def test_every_way_is_enumeration(model, index, owner, monkeypatch):
    """Kills: q of m players in place of m - 1; a 2 B(e) that is B(e); a sum of C left out; another
    sign of a pair of one present and one absent; two outputs mixed; the columns of two pairs.
    """
    trees = read(model)
    want = brute(trees, owner, index, by_pool)
    assert np.abs(want).max() > 0.01
    for way, slow in WAYS.items():
        monkeypatch.setattr(kernel, "_slow", slow)
        assert np.allclose(asked(trees, owner, index), want, rtol=0, atol=1e-12), way


@pytest.mark.parametrize("owner", [ALONE, GROUPED], ids=["alone", "groups"])
def test_path_dependent_is_enumeration(owner):
    """Kills: shares of the background in place of the cover's."""
    trees = read_trees(RandomForestRegressor(2, max_depth=5, random_state=0).fit(X, Y))
    want = brute(trees, owner, Shapley(), by_cover)
    assert np.allclose(asked(trees, owner, pool=None), want, rtol=0, atol=1e-12)


def chain(depth):
    """1 where every cell is above 0: one path, and a leaf at each step."""
    inner = np.arange(depth)
    return tree_ensemble(
        feature=np.concatenate([inner, np.full(depth + 1, -1)]),
        threshold=np.zeros(2 * depth + 1),
        left=np.concatenate([depth + inner, np.zeros(depth + 1, int)]),
        right=np.concatenate([inner[1:], [2 * depth], np.zeros(depth + 1, int)]),
        value=np.concatenate([np.zeros(2 * depth), [1.0]]),
        cover=np.ones(2 * depth + 1),
        root=np.array([0]),
        names=[f"x{j}" for j in inner],
        outputs=["y"],
    )


@pytest.mark.parametrize(("players", "wide"), [(4, False), (16, False), (17, True), (40, True)])
def test_unanimity(players, wide):
    """All n must be there: each pair shares 1 / (n - 1), whatever the width of the tree.

    Kills: a limit of 16 players a path; a weight of p - 2 read at p.
    """
    ones, nil = np.ones((2, players)), np.zeros((3, players))
    got = asked(chain(players), np.arange(players), rows=ones, pool=nil)
    off = ~np.eye(players, dtype=bool)
    assert np.allclose(got[:, 0][:, off], 1 / (players - 1), rtol=1e-12)
    assert np.allclose(got.sum(axis=(2, 3)) / 2, players / 2, rtol=1e-12)
    if wide:
        with pytest.raises(UnsupportedModelError, match="Give a background"):
            asked(chain(players), np.arange(players), rows=ones, pool=None)


def test_absent_players_and_both_kinds(monkeypatch):
    """Kills: an index of absent players taken for that of present ones.

    A row that keeps none of 5 conditions, on a background that keeps all, loses 1 with the first
    who comes: pairs interact by 1 / (n - 1).
    """
    ones, nil = np.ones((1, 5)), np.zeros((1, 5))
    for way, slow in WAYS.items():
        monkeypatch.setattr(kernel, "_slow", slow)
        got = asked(chain(5), np.arange(5), rows=nil, pool=ones)
        assert np.allclose(got[0, 0][~np.eye(5, dtype=bool)], 0.25), way
        half = np.array([[1.0, 1, 0, 0, 0]])  # two must come, three must not
        mixed = asked(chain(5), np.arange(5), rows=half, pool=1 - half)[0, 0]
        assert np.allclose(mixed[0, 1], 1 / 4), way  # q_0 of 4
        assert np.allclose(mixed[0, 2], -1 / 12), way  # -q_1
        assert np.allclose(mixed[2, 3], 1 / 12), way  # q_2


def test_who_meets():
    """Kills: pairs of features on different branches; a pair in the wrong order.

    x2 decides at the root; left of it x1, right of it x0.
    """
    trees = tree_ensemble(
        feature=np.array([2, 1, 0, -1, -1, -1, -1]),
        threshold=np.zeros(7),
        left=np.array([1, 3, 5, 0, 0, 0, 0]),
        right=np.array([2, 4, 6, 0, 0, 0, 0]),
        value=np.array([0.0, 0, 0, 1, 2, 3, 5]),
        root=np.array([0]),
        names=["a", "b", "c"],
        outputs=["y"],
    )
    assert meeting(trees, np.arange(3)).tolist() == [[0, 2], [1, 2]]
    assert meeting(trees, np.array([0, 1, 0])).tolist() == [[0, 1]]
    assert meeting(trees, np.zeros(3, int)).shape == (0, 2)
    pairs = np.array([[0, 2], [0, 3], [1, 2]])
    assert column(pairs, pairs[[2, 0]]).tolist() == [2, 0]


def test_rows_add_up_to_values():
    """Kills: an interaction counted once where main effects lose it twice; stumps that interact."""
    trees = read("deep forest")
    single, nobody = values(Job.of(trees, ALONE, ROWS, POOL), Shapley().weight, lambda done: None)
    together = asked(trees)
    main = single - together.sum(axis=3) / 2
    full = nobody + main.sum(axis=2) + together.sum(axis=(2, 3)) / 2
    assert np.allclose(full, trees.predict(ROWS), rtol=0, atol=1e-9)
    stumps = read_trees(RandomForestRegressor(3, max_depth=1, random_state=0).fit(X, Y))
    assert not asked(stumps).any()


@pytest.mark.parametrize("model", MODELS)
def test_any_blocks_are_the_same(model, monkeypatch):
    """Kills: a block of rows, or a span of twigs, that is left out or counted twice."""
    trees, rows = read(model), X[:20]
    monkeypatch.setattr(kernel, "_slow", WAYS["tables"])
    want = asked(trees, rows=rows)
    for table in (2_000, 2**14):
        monkeypatch.setattr(kernel, "_TABLES", table)
        monkeypatch.setattr(kernel, "_BLOCK", 1)
        assert np.allclose(asked(trees, rows=rows), want, rtol=0, atol=1e-13)


def test_nothing_to_do_and_progress():
    """Kills: progress that ends early; no rows taken for an error."""
    trees, heard = read("deep forest"), []
    assert asked(trees, rows=ROWS[:0]).shape == (0, 1, 6, 6)
    job = Job.of(trees, ALONE, ROWS, POOL)
    kernel.interactions(job, meeting(trees, ALONE), Shapley().weight, heard.append)
    assert heard[-1] == 1.0
    assert heard == sorted(heard)
