from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

import whence as wh
from evaluate.noisy import answer, noisy
from whence._core.ranks import auc


def world(n=80, planted=15, shift=1.0, seed=0):
    rng = np.random.default_rng(seed)
    wrong = np.arange(n) < planted
    return rng.normal(size=n) + shift * wrong, wrong


@pytest.mark.parametrize("digits", [6, 0])
def test_the_auc_of_others_ties_included(digits):
    scores, wrong = world()
    scores = scores.round(digits)
    found = wh.evaluate.mislabels(scores, wrong, suspect="high")
    assert found.numbers["AUC"] == pytest.approx(roc_auc_score(wrong, scores))
    assert auc(scores, wrong) == pytest.approx(roc_auc_score(wrong, scores))


def test_the_variance_is_delongs():
    """By its definition, over all pairs."""
    scores, wrong = world(shift=0.8)
    other = scores + np.random.default_rng(1).normal(size=80)
    found = wh.evaluate.mislabels(scores, wrong, suspect="high", baselines={"other": other})

    def placed(s):
        wins = (s[wrong][:, None] > s[~wrong]) + 0.5 * (s[wrong][:, None] == s[~wrong])
        return wins.mean(axis=1), wins.mean(axis=0)

    (v, w), (v2, w2) = placed(scores), placed(other)
    less = found.table["less high"][0] - found.table["less low"][0]
    want = np.var(v - v2, ddof=1) / 15 + np.var(w - w2, ddof=1) / 65
    assert less / 2 / 1.959964 == pytest.approx(np.sqrt(want))


@pytest.mark.slow
def test_intervals_cover():
    from statistics import NormalDist

    truth, hits = NormalDist().cdf(1 / np.sqrt(2)), 0
    for seed in range(1000):
        low, high = wh.evaluate.mislabels(*world(seed=seed), suspect="high").intervals["AUC"]
        hits += low <= truth <= high
    assert abs(hits / 1000 - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 1000)


def test_low_values_of_an_answer_are_suspected():
    trainer, test = noisy()
    values = np.random.default_rng(0).normal(size=(20, 60))
    values[:, :6] -= 3
    own = answer(trainer, test, values)
    wrong = np.arange(60) < 6
    found = wh.evaluate.mislabels(own, wrong, baselines={"chance": np.arange(60.0)})
    assert found.numbers["AUC"] == 1.0
    assert found.holds
    named = wh.evaluate.mislabels(own, [f"row {i}" for i in range(6)])
    assert named.numbers["AUC"] == 1.0
    assert wh.evaluate.mislabels(own, wrong, suspect="high").holds is False


def test_a_perfect_score_is_not_sure_of_itself():
    """0.025 ** (1 / 10): ten of ten, by a binomial."""
    wrong = np.arange(40) < 10
    up, down = (wh.evaluate.mislabels(s * wrong, wrong, suspect="high") for s in (1.0, -1.0))
    assert up.intervals["AUC"] == pytest.approx((0.025**0.1, 1.0))
    assert down.intervals["AUC"] == pytest.approx((0.0, 1 - 0.025**0.1))


def test_what_says_nothing():
    wrong = np.arange(40) < 10
    found = wh.evaluate.mislabels(np.zeros(40), wrong)
    assert found.numbers["AUC"] == 0.5
    assert found.holds is False
    one = wh.evaluate.mislabels(np.arange(5.0), np.arange(5) == 4, suspect="high")
    assert one.intervals["AUC"] == (0.0, 1.0)


def test_a_baseline_that_does_as_well():
    scores, wrong = world(shift=2.0)
    found = wh.evaluate.mislabels(scores, wrong, suspect="high", baselines={"itself": scores})
    assert found.holds is False
    assert "not above itself" in found.words


def test_an_answer_with_several_outputs():
    trainer, test = noisy()
    own = answer(trainer, test, np.zeros((20, 60)))
    twice = np.zeros((20, 2, 60))
    two = replace(
        own,
        values=twice,
        outputs=("a", "b"),
        parts={"estimation": twice},
        empty=twice[:, :, 0],
        full=twice[:, :, 0],
    )
    with pytest.raises(wh.WhenceError, match="several outputs"):
        wh.evaluate.mislabels(two, np.arange(60) < 6)


@pytest.mark.parametrize(
    ("given", "planted", "options", "said"),
    [
        (np.zeros(4), np.zeros(4, bool), {}, "no row, or all"),
        (np.zeros(4), np.ones(4, bool), {}, "no row, or all"),
        (np.zeros(4), np.ones(3, bool), {}, r"planted is bool \[4\]"),
        (np.zeros(4), ["row 1"], {}, "names of players of an Attribution"),
        (np.zeros((4, 2)), np.eye(4, dtype=bool)[0], {}, "one number for each row"),
        (np.zeros(4), np.eye(4, dtype=bool)[0], {"suspect": "odd"}, "'low' or 'high'"),
        (np.zeros(4), np.eye(4, dtype=bool)[0], {"baselines": {"a": np.zeros(3)}}, "a has 3 rows"),
        (np.array([1, np.nan]), np.array([True, False]), {}, "NaN"),
    ],
)
def test_refusals(given, planted, options, said):
    with pytest.raises(wh.WhenceError, match=said):
        wh.evaluate.mislabels(given, planted, **options)
