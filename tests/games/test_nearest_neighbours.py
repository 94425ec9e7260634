"""The game of nearest neighbours, by its definition, for rows and for groups of them."""

import numpy as np
import pytest

import whence as wh
from whence._core.errors import PlayersError, TableError
from whence.games.data import NearestNeighbours

RNG = np.random.default_rng(0)
X, T = RNG.normal(size=(200, 3)), RNG.normal(size=(6, 3))
Y, LABELS = RNG.integers(0, 3, 200), np.arange(6) % 3
NUMBERS, WANTED = RNG.normal(size=200), RNG.normal(size=6)


def by_hand(stay, case, k, numbers):
    near = [i for i in np.argsort(((X - T[case]) ** 2).sum(axis=1)) if stay[i]][:k]
    if numbers:
        prior = NUMBERS.mean()
        return -((prior + sum(NUMBERS[i] - prior for i in near) / k - WANTED[case]) ** 2)
    return sum(Y[i] == LABELS[case] for i in near) / k


@pytest.mark.parametrize("numbers", [False, True])
@pytest.mark.parametrize("k", [1, 7, 250])
def test_worths_are_as_defined(k, numbers):
    """Kills: ranks read no further than the first ones, where few rows stay."""
    y, t = (NUMBERS, WANTED) if numbers else (Y, LABELS)
    game = NearestNeighbours(X, y, T, t, k)
    chances = np.repeat([0.0, 0.01, 0.05, 0.5, 1.0], 4)[:, None]
    rng = np.random.default_rng(k)
    stay, cases = rng.random((20, 200)) < chances, rng.integers(0, 6, 20)
    got = game.worth(stay, cases, np.zeros(20, int))[:, 0]
    assert np.allclose(got, [by_hand(s, c, k, numbers) for s, c in zip(stay, cases, strict=True)])


def test_many_rows_by_orders_agree_with_the_closed_form():
    game = NearestNeighbours(X[:40], Y[:40], T, LABELS, 3)
    got = wh.attribute(game, budget=wh.Budget(evaluations=4_000, relative_error=None))
    exact = wh.methods.knn_shapley(X[:40], Y[:40], T, LABELS, 3).mean()
    z = (got.values - exact.values)[0, 0] / got.error("estimation")[0, 0]
    assert np.abs(z).max() < 4.5
    assert 0.5 < np.sqrt((z**2).mean()) < 1.5
    by_case = wh.methods.knn_shapley(X[:40], Y[:40], T, LABELS, 3)
    told = wh.evaluate.fit(game, by_case, masks=100, keep=0.5)
    assert told.numbers["correlation"] > 0.75  # a line, of a game that is none: 0.82 by 200 masks


def test_groups_come_and_go_together():
    source = np.array(["web", "lab", "web", "shop"] * 50)
    game = NearestNeighbours(X, Y, T, LABELS, 5, groups=source)
    assert game.players.names == ("web", "lab", "shop")
    assert game.players.column("rows") == (100, 50, 50)
    assert game.players.kind == "group of training rows"
    rows = NearestNeighbours(X, Y, T, LABELS, 5)
    masks = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)], bool)
    owner = [game.players.names.index(s) for s in source]
    for case in range(6):
        asked = (np.full(8, case), np.zeros(8, int))
        assert np.array_equal(game.worth(masks, *asked), rows.worth(masks[:, owner], *asked))
    att = wh.attribute(game)
    assert att.uncertainty == "exact"
    assert np.abs(att.gap).max() < 1e-12


def test_rows_in_no_group_play_for_themselves():
    game = NearestNeighbours(X[:5], Y[:5], T, LABELS, 2, groups={"old": [0, 3]})
    assert game.players.names == ("old", "row 1", "row 2", "row 4")
    assert game.players.column("rows") == (2, 1, 1, 1)


def test_a_group_of_each_row_is_the_rows():
    each = {f"g{i}": [i] for i in range(8)}
    a = wh.attribute(NearestNeighbours(X[:8], Y[:8], T, LABELS, 3, groups=each), by_case=True)
    b = wh.methods.knn_shapley(X[:8], Y[:8], T, LABELS, 3)
    assert np.allclose(a.values, b.values, atol=1e-12)


@pytest.mark.parametrize(
    ("groups", "kind", "said"),
    [
        ({"a": [0, 1], "b": [1]}, PlayersError, "row 1 stands in 'a' and in 'b'"),
        ({"a": []}, PlayersError, "'a' has no rows"),
        ({"a": [9]}, TableError, "positions 0 to 4"),
        ({"a": [0.5]}, TableError, "positions 0 to 4"),
        ({"row 2": [0]}, PlayersError, "name of a row"),
        (["a", "b"], TableError, "groups has 2 rows"),
        (["a", None, "b", "b", "a"], TableError, "none may be missing"),
    ],
)
def test_groups_that_are_none(groups, kind, said):
    with pytest.raises(kind) as caught:
        NearestNeighbours(X[:5], Y[:5], T, LABELS, 2, groups=groups)
    assert said in str(caught.value)


def test_two_games_of_other_rows_are_told_apart():
    from whence._core.fingerprint import fingerprint

    one, same, other = (
        fingerprint(NearestNeighbours(X, y, T, LABELS, 5)) for y in (Y, Y.copy(), (Y + 1) % 3)
    )
    assert one == same != other
