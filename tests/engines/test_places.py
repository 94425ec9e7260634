"""Where answers stand."""

from itertools import pairwise

import numpy as np

from whence.engines.places import NOWHERE, Places, keys_of

RNG = np.random.default_rng(0)


def questions(n, players=70):
    return RNG.random((n, players)) < 0.5, RNG.integers(0, 9, n), RNG.integers(0, 2**31, n)


def test_a_key_is_a_function_of_its_question_alone():
    """Kills: keys that depend on the neighbours in a batch."""
    stay, cases, draws = questions(200)
    whole = keys_of(stay, cases, draws)
    some = RNG.permutation(200)[:50]
    np.testing.assert_array_equal(keys_of(stay[some], cases[some], draws[some]), whole[some])


def test_any_change_to_a_question_changes_both_halves_of_its_key():
    """Kills: a player beyond the first 64, a case or a draw that is left out."""
    stay, cases, draws = questions(1)
    own = keys_of(stay, cases, draws)
    others = [keys_of(stay ^ np.eye(70, dtype=bool)[[j]], cases, draws) for j in range(70)]
    others += [keys_of(stay, cases + 1, draws), keys_of(stay, cases, draws ^ 1)]
    assert all((other != own).all() for other in others)
    assert (keys_of(stay, cases + 1, cases) != keys_of(stay, cases, cases + 1)).all()


def test_everything_is_found_again_in_any_order_of_coming():
    """Kills: runs that are merged wrongly; an older entry in place of a newer one."""
    keys = keys_of(*questions(5000))
    places, start = Places(), 0
    for size in (1, 1, 2, 700, 3, 64, 64, 64, 1, 2000, 5, 2095):
        places.add(keys[start : start + size], np.arange(start, start + size))
        start += size
    assert start == 5000
    some = RNG.permutation(5000)
    np.testing.assert_array_equal(places.look_up(keys[some]), some)
    for again in (6000, 7000):
        places.add(keys[:10], np.arange(again, again + 10))
        assert places.look_up(keys[:11]).tolist() == [*range(again, again + 10), 10]
    assert (places.look_up(keys_of(*questions(100))) == NOWHERE).all()
    assert len(places.runs) <= 12
    sizes = [len(run.at) for run in places.runs]
    assert all(a > 2 * b for a, b in pairwise(sizes))


def test_half_a_key_is_not_enough():
    """Kills: two questions that share 64 bits being taken for one."""
    keys = keys_of(*questions(10))
    places = Places()
    places.add(keys, np.arange(10))
    twins = keys.copy()
    twins[:, 1] += 1
    assert (places.look_up(twins) == NOWHERE).all()


def test_nothing_yet():
    places = Places()
    places.add(keys_of(*questions(0)), np.arange(0))
    assert (places.look_up(keys_of(*questions(3))) == NOWHERE).all()
