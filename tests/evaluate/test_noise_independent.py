from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm, ttest_1samp

import whence as wh
from evaluate.noisy import answer, noisy
from whence.evaluate.noise_independent import _checked

judge = wh.evaluate.noise_independent


def runs(mean, sd, many=10, seed=0):
    """Values [tests, rows] under `many` seeds, with normal noise."""
    rng = np.random.default_rng(seed)
    trainer, test = noisy(n=mean.shape[1], tests=mean.shape[0])
    return [
        answer(trainer.with_seed(s), test, mean + sd * rng.normal(size=mean.shape))
        for s in range(many)
    ]


def test_figures_by_their_definitions():
    given = runs(np.random.default_rng(1).normal(size=(3, 8)), 0.7, 5)
    found = judge(given)
    values = np.stack([run.values for run in given])
    assert np.allclose(found.mean, values.mean(axis=0))
    assert np.allclose(found.sd, values.std(axis=0, ddof=1))
    assert np.allclose(found.p, ttest_1samp(values, 0).pvalue, atol=1e-10)
    ratio = np.abs(values.mean(axis=0)) / values.std(axis=0, ddof=1)
    assert np.allclose(found.signal_to_noise, ratio)
    assert np.allclose(found.p_published, 2 * norm.sf(ratio))
    assert (found.stable == (found.p_published < 0.05)).all()


def test_discoveries_are_benjamini_and_hochbergs():
    from scipy.stats import false_discovery_control

    mean = np.where(np.arange(40) < 10, 2.0, 0.0)[None]
    found = judge(runs(mean, 0.7, 6))
    want = false_discovery_control(found.p.ravel()) <= 0.05
    assert (found.found.ravel() == want).all()
    assert 0 < want.sum() < 40


def test_an_effect_of_half_a_deviation():
    """With ten runs the t-test finds 29 % of them, the published rule 0.3 %."""
    found = judge(runs(np.full((100, 100), 0.5), 1.0))
    assert (found.p < 0.05).mean() == pytest.approx(0.29, abs=0.02)
    assert found.stable.mean() == pytest.approx(0.003, abs=0.003)


def test_pure_noise_is_seldom_discovered():
    """Any discovery would be false: in at most 5 % of 200 worlds, by a binomial bound."""
    from scipy.stats import binom

    some = sum(judge(runs(np.zeros((4, 50)), 1.0, 4, seed=s)).found.any() for s in range(200))
    assert some <= binom.ppf(0.999, 200, 0.05)


def test_the_share_of_false_discoveries():
    mean = np.where(np.arange(500) < 100, 1.5, 0.0)[None]
    shares = []
    for seed in range(30):
        found = judge(runs(mean, 1.0, 6, seed=seed), alpha=0.1).found.ravel()
        shares.append(found[100:].sum() / max(found.sum(), 1))
    error = np.std(shares, ddof=1) / np.sqrt(30)
    assert np.mean(shares) <= 0.1 + 3 * error


def test_runs_that_agree_are_certain():
    mean = np.array([[1.0, 0.0, -2.0]])
    found = judge(runs(mean, 0.0, 3))
    assert found.found.ravel().tolist() == [True, False, True]
    assert found.stable.ravel().tolist() == [True, False, True]
    assert np.isinf(found.signal_to_noise[0, 0, 0])
    assert "runs agree" in repr(judge(runs(np.array([[1.0]]), 0.0, 3)))


def test_nothing_is_found_where_there_is_nothing():
    assert not judge(runs(np.zeros((1, 3)), 0.0, 3)).found.any()


def test_the_mean_as_an_answer():
    given = runs(np.random.default_rng(1).normal(size=(3, 8)), 0.7, 5)
    found = judge(given)
    merged = found.attribution()
    assert np.allclose(merged.values, found.mean)
    assert np.allclose(merged.stderr, found.sd / np.sqrt(5))
    assert merged.freedom.tolist() == [4.0] * 3
    assert merged.uncertainty == "sampled"
    assert merged.provenance["merged seeds"] == [0, 1, 2, 3, 4]
    low, high = merged.ci()
    assert ((low > 0) | (high < 0)).sum() == (found.p < 0.05).sum()


def test_it_counts_in_words():
    found = judge(runs(np.full((2, 10), 5.0), 1.0, 5))
    assert "5 runs of 20 values: 20 (100.0 %) are not zero on average" in repr(found)
    assert "median signal to noise" in repr(found)


def test_refusals():
    given = runs(np.ones((2, 4)), 1.0, 4)
    for wrong, said in (
        (given[:2], "at least 3 seeds"),
        ([given[0], given[1], given[1]], "a seed given twice"),
        ([*given[:2], replace(given[2], method="other")], "other methods"),
        ([*given[:2], replace(given[2], data={"test": np.array(["a", "b"])})], "other tests"),
        ([*given[:2], given[2].select(case=0)], "number of cases"),
        ([*given[:2], replace(given[2], values=given[2].values * np.nan)], "not finite"),
    ):
        with pytest.raises(wh.WhenceError, match=said):
            judge(wrong)
    with pytest.raises(wh.WhenceError, match="give a list"):
        _checked(given[0], 0.05)
    with pytest.raises(wh.WhenceError, match="alpha"):
        judge(given, alpha=1.0)
