"""Edits: which players to remove so that some cases change and others do not."""

import numpy as np
import pytest

from whence import Game, Players
from whence._core.errors import OptionError, ResultError
from whence.methods import ComponentRegression, Sweep
from whence.methods.surrogate.edit import edit, edit_scores, ladder

VALUES = np.array(
    [
        # cases 0 to 2 suffer from d, and live of a
        [3.0, 1.0, 0.0, -2.0, 0.0],
        [5.0, 1.0, 0.1, -3.0, 0.0],
        [4.0, 1.0, 0.2, -4.0, 0.0],
        [1.0, 1.0, 0.1, 2.0, 0.0],
        [3.0, 1.0, 0.1, 4.0, 1.0],
    ]
)


class Known(Game):
    """By case, these values."""

    players, n_cases = Players(tuple("abcde")), 5

    def _worth(self, coalitions, cases, draws):
        return (coalitions * VALUES[cases]).sum(axis=1)


@pytest.fixture(scope="module")
def known():
    return Sweep().attribute(Known(), by_case=True)


def test_scores_are_t_like(known):
    """Mutants: variances of a sample; sides exchanged."""
    got = edit_scores(known, [0, 1, 2], [3, 4])
    t, r = VALUES[:3], VALUES[3:]
    for i in (0, 2, 3, 4):
        var = [((x[:, i] - x[:, i].mean()) ** 2).mean() / len(x) for x in (t, r)]
        wanted = (t[:, i].mean() - r[:, i].mean()) / np.sqrt(sum(var))
        assert got[i] == pytest.approx(wanted)
    assert got[1] == 0  # the same everywhere
    assert got.argmin() == 3


def test_one_case_will_do(known):
    got = edit_scores(known, [0], np.array([3]))
    assert got.tolist() == [np.inf, 0.0, -np.inf, -np.inf, 0.0]


def test_who_goes_raises_or_lowers_the_target(known):
    up = edit(known, [0, 1, 2], [3, 4], k=1)
    assert up.removed == ("d",)
    assert up.keep.tolist() == [True, True, True, False, True]
    down = edit(known, [0, 1, 2], [3, 4], k=2, lower=True)
    assert down.removed[0] == "a"
    assert np.array_equal(down.scores, up.scores)
    assert down.curve == ()


def test_the_number_is_chosen_where_it_helps():
    many = np.zeros((4, 40))
    many[:2, :8] = -1.0 - np.arange(8) / 100
    many[:, 8:] = np.random.default_rng(0).normal(size=32)

    class Many(Game):
        players, n_cases = Players(tuple(map(str, range(40)))), 4

        def _worth(self, coalitions, cases, draws):
            return (coalitions * many[cases]).sum(axis=1)

    att = Sweep().attribute(Many(), by_case=True)
    got = edit(att, [0, 1], [2, 3], validate=lambda keep: -abs(keep[:8].sum() * 1.0))
    assert len(got.removed) == 8
    assert set(got.removed) == set(map(str, range(8)))
    assert [k for k, _ in got.curve] == list(ladder(40)) == [0, 1, 2, 3, 5, 8, 12, 18, 20]
    assert dict(got.curve)[0] == -8
    none = edit(att, [0, 1], [2, 3], validate=lambda keep: float(keep.sum()))
    assert none.removed == ()
    assert none.keep.all()
    given = edit(att, [0, 1], [2, 3], k=3, validate=lambda keep: float(keep.sum()))
    assert given.curve == ((3, 37.0),)


def test_ladders_end():
    assert ladder(1) == (0,)
    assert ladder(2) == (0, 1)
    assert ladder(192)[-2:] == (93, 96)


def test_refusals(known):
    with pytest.raises(OptionError, match=r"cases \[2\] are both target and reference"):
        edit_scores(known, [0, 1, 2], [2, 3])
    with pytest.raises(OptionError, match=r"reference is a list of different cases.*given \[5\]"):
        edit_scores(known, [0], [5])
    with pytest.raises(OptionError, match=r"target is a list.*given \[0, 0\]"):
        edit_scores(known, [0, 0], [1])
    with pytest.raises(OptionError, match=r"target is a list.*given \[\]"):
        edit_scores(known, [], [1])
    with pytest.raises(ResultError, match="has one: ask for by_case=True"):
        edit_scores(known.mean(), [0], [1])
    with pytest.raises(OptionError, match="how many players to remove\\? Give k=, or validate="):
        edit(known, [0], [1])
    with pytest.raises(OptionError, match="there are 5 players, and somebody must stay; given k=5"):
        edit(known, [0], [1], k=5)
    with pytest.raises(OptionError, match="k is a positive whole number"):
        edit(known, [0], [1], k=0)
    with pytest.raises(ResultError, match="validate said nan without 0 players"):
        edit(known, [0], [1], validate=lambda keep: float("nan"))
    with pytest.raises(ResultError, match="no output"):
        edit(known, [0], [1], k=1, output="sum")


@pytest.mark.slow
def test_a_planted_backdoor_is_taken_out():
    """White corners mean zero to this network. From ten pairs of digits, units are found that do
    it: without them it reads triggered digits again, and most of the others still.
    """
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    from .digits import Units, backdoored, triggered

    layers, rows, right = backdoored()
    some = np.random.default_rng(0).permutation(np.flatnonzero(right))[:10]
    pairs = np.concatenate([rows[some], triggered(rows[some])])
    game = Units(layers, pairs, np.tile(right[some], 2))
    rest = np.setdiff1d(np.arange(len(rows)), some)
    own, fresh = rest[::2], rest[1::2]

    def accuracy(keep, at, change=np.copy):
        return game.accuracy(change(rows[at]), right[at], keep)

    whole = np.ones(192)
    assert accuracy(whole, fresh) > 0.95
    assert accuracy(whole, fresh, triggered) < 0.15
    clean, spoilt = range(10), range(10, 20)
    surrogate = ComponentRegression(masks=3_000, keep=0.9).attribute(game, by_case=True)
    alone = Sweep().attribute(game, by_case=True)

    def good(keep):
        return accuracy(keep, own) + accuracy(keep, own, triggered)

    twenty = edit(surrogate, spoilt, clean, k=20)
    assert len(twenty.removed) == 20
    assert accuracy(twenty.keep, fresh, triggered) >= 0.8
    assert accuracy(twenty.keep, fresh) >= 0.75
    chosen = edit(surrogate, spoilt, clean, validate=good)
    assert good(chosen.keep) >= good(twenty.keep) - 0.1
    rng = np.random.default_rng(1)
    for k in (8, 12, 18, 20):
        luck = whole.copy()
        luck[rng.permutation(192)[:k]] = 0
        mended = edit(surrogate, spoilt, clean, k=k).keep
        assert accuracy(mended, fresh, triggered) > accuracy(luck, fresh, triggered) + 0.04
    by_one = edit(alone, spoilt, clean, k=20)  # before that, neither is the better everywhere
    assert accuracy(twenty.keep, fresh, triggered) > accuracy(by_one.keep, fresh, triggered)
