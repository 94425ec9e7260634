"""What separates two sets of rows: planted differences are found, and chance is not."""

from itertools import permutations

import numpy as np
import pytest
from jaxtyping import config

import whence as wh
from whence._core.errors import ModelError, OptionError, TableError
from whence._core.ranks import auc, ranked
from whence.evaluate.two_sets import (
    benjamini_hochberg,
    effect,
    fisher,
    verified,
)


def planted(seed, rows=120):
    """In A, x1 is larger, colour is red more often, and more of x2 is missing."""
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(seed)

    def part(shift, red, gone):
        x2 = rng.normal(size=rows)
        return pd.DataFrame(
            {
                "x0": rng.normal(size=rows),
                "x1": rng.normal(shift, 1.0, rows),
                "x2": np.where(rng.random(rows) < gone, np.nan, x2),
                "colour": np.where(rng.random(rows) < red, "red", rng.choice(["blue", "green"])),
            }
        )

    return part(2.5, 0.7, 0.5), part(0.0, 0.2, 0.1)


def test_what_was_planted_comes_first():
    A, B = planted(0)
    told = wh.describe_difference(A, B)
    assert told.findings[0].predicate.startswith("x1 > ")
    names = [f.predicate for f in told.found]
    assert {"colour = red", "x2 is missing"} <= set(names)
    assert not any(n.startswith("x0") for n in names)
    first = told.found[0]
    assert first.ci[0] < first.effect < first.ci[1]
    assert first.effect == pytest.approx(first.in_a - first.in_b)
    assert first.auroc == pytest.approx(0.5 + first.effect / 2)
    assert told.proposed_on == told.tested_on == (60, 60)
    assert "60 + 60" in told.verdict
    assert "found" in str(told.table())
    assert "x1 > " in repr(told)


def test_the_printed_cut_is_the_one_that_was_tested():
    A, B = planted(1)
    told = wh.describe_difference(A, B, most=50)
    one = next(f for f in told.findings if f.predicate.startswith("x1"))
    cut = float(one.predicate.split("> ")[1])
    again = wh.describe_difference(A, B, predicates={"own": lambda rows: rows["x1"] > cut}, most=50)
    own = next(f for f in again.findings if f.predicate == "own")  # of two that agree, the caller's
    assert (own.in_a, own.in_b, own.p) == (one.in_a, one.in_b, one.p)
    assert not any(f.predicate == one.predicate for f in again.findings)


@pytest.mark.parametrize("kind", ["numpy", "pandas", "polars"])
def test_any_frame(kind):
    A, B = (part[["x0", "x1"]] for part in planted(2))
    if kind == "numpy":
        A, B = A.to_numpy(), B.to_numpy()
    if kind == "polars":
        pl = pytest.importorskip("polars")
        A, B = pl.DataFrame(A.to_dict("list")), pl.DataFrame(B.to_dict("list"))
    told = wh.describe_difference(A, B)
    assert [f.predicate.split()[0] for f in told.found] == ["x1"]


def test_times_and_long_texts_in_columns():
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)

    def part(start, word):
        when = pd.Timestamp(start) + pd.to_timedelta(rng.integers(0, 30, 80), unit="D")
        notes = [f"order {i} {word if rng.random() < 0.8 else 'arrived'}" for i in range(80)]
        return pd.DataFrame({"when": when, "note": notes})

    told = wh.describe_difference(part("2024-03-01", "refund"), part("2024-01-01", "thanks"))
    names = [f.predicate for f in told.found]
    assert any(n.startswith("when > 2024-0") for n in names)
    assert 'note mentions "refund"' in names


def test_texts():
    rng = np.random.default_rng(0)
    words = ["the", "cat", "sat", "on", "mats"]
    A = [" ".join(rng.choice(words, 4)) + (" Rained!" if i % 2 else "") for i in range(80)]
    B = [" ".join(rng.choice(words, 4)) for i in range(70)]
    told = wh.describe_difference(A, B)
    assert [f.predicate for f in told.found] == ['mentions "rained"']
    assert told.found[0].in_b == 0
    pd = pytest.importorskip("pandas")
    assert wh.describe_difference(pd.Series(A), pd.Series(B)) == told
    assert wh.describe_difference(np.array(A), np.array(B)) == told


def test_scores_of_ones_own():
    A, B = planted(3)
    own = {"length": lambda rows: rows["x1"] * 10, "noise": lambda rows: rows["x0"]}
    for correction in ("benjamini-hochberg", "westfall-young"):
        told = wh.describe_difference(A, B, predicates=own, correction=correction, permutations=999)
        by_name = {f.predicate: f for f in told.findings}
        assert by_name["length"].found
        assert by_name["length"].p == 1 / 1000
        assert 15 < by_name["length"].ci[0] < by_name["length"].ci[1] < 35
        assert not by_name["noise"].found
        assert correction in told.verdict


def test_a_frame_of_it():
    pytest.importorskip("pandas")
    told = wh.describe_difference(*planted(4))
    frame = told.to_frame()
    assert len(frame) == len(told.findings)
    assert {"predicate", "effect", "low", "high", "adjusted", "found"} <= set(frame.columns)
    with pytest.raises(OptionError, match="no frames"):
        told.to_frame("abacus")


def test_the_seed_is_all_the_chance_there_is():
    A, B = planted(5)
    a, b, c = (wh.describe_difference(A, B, seed=s) for s in (0, 0, 1))
    assert a == b
    assert a != c


# -- the tests, by their definitions --


def test_ranks_and_auroc():
    rng = np.random.default_rng(0)
    score, in_a = rng.integers(0, 4, 30).astype(float), rng.random(30) < 0.4
    pairs = score[in_a][:, None] - score[~in_a][None]
    assert auc(score, in_a) == pytest.approx(((pairs > 0) + 0.5 * (pairs == 0)).mean())
    assert (ranked(np.array([5.0, 1.0, 5.0])) + 1).tolist() == [2.5, 1.0, 2.5]


def test_fisher_and_permutations_are_exact():
    """Of all permutations of seven rows; and scipy's, of more."""
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(1)
    for n, share in [(7, 0.5), (40, 0.2), (200, 0.7)]:
        score, in_a = (rng.random(n) < share).astype(float), np.arange(n) < n // 3
        table = [[(score[s] == v).sum() for v in (1, 0)] for s in (in_a, ~in_a)]
        assert fisher(score, in_a) == pytest.approx(stats.fisher_exact(table)[1], rel=1e-9)
    score, in_a = rng.normal(size=7), np.arange(7) < 3
    centred = ranked(score) + 1 - 4
    own = abs(centred[in_a].sum())
    every = [abs(centred[list(p[:3])].sum()) >= own for p in permutations(range(7))]
    p, _ = verified(score[:, None], in_a, family_wise=False, permutations=20_000, seed=0)
    assert abs(p[0] - np.mean(every)) < 4.5 * np.sqrt(0.25 / 20_000)


def test_intervals():
    """Newcombe (1998), table II, example (a): 56/70 against 48/80."""
    score = np.repeat([1.0, 0.0, 1.0, 0.0], [56, 14, 48, 32])
    got = effect(score, np.arange(150) < 70, 0.95)
    assert np.allclose(got, [0.2, 0.0524, 0.3339], atol=5e-5)
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    x, in_a = rng.normal(size=50), np.arange(50) < 20
    ends = stats.ttest_ind(x[in_a], x[~in_a], equal_var=False).confidence_interval(0.95)
    assert np.allclose(effect(x, in_a, 0.95)[1:], ends, atol=1e-6)
    assert effect(np.full(50, 2.0), in_a, 0.95) == (0, 0, 0)


def test_corrections():
    stats = pytest.importorskip("scipy.stats")
    p = np.random.default_rng(0).random(30) ** 3
    assert np.allclose(benjamini_hochberg(p), stats.false_discovery_control(p))
    rng = np.random.default_rng(1)  # copies of one predicate cost maxT nothing
    score, in_a = (rng.random((80, 1)) < 0.5).astype(float), np.arange(80) < 40
    score[:12, 0] = 1
    alone = verified(score, in_a, family_wise=True, permutations=999, seed=0)[1]
    many = np.repeat(score, 9, axis=1)
    assert np.allclose(verified(many, in_a, family_wise=True, permutations=999, seed=0)[1], alone)


def discoveries(runs, correction, first):
    """How many runs find something where there is nothing."""
    wrong = 0
    for run in range(first, first + runs):
        rng = np.random.default_rng(run)
        X = rng.normal(size=(160, 6))
        X[:, 3:] = X[:, 3:].round()
        X[:, 5] = X[:, 4] * (rng.random(160) < 0.8)  # columns that hang together
        told = wh.describe_difference(
            X[:70], X[70:], seed=run, correction=correction, permutations=199
        )
        wrong += bool(told.found)
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("correction", ["benjamini-hochberg", "westfall-young"])
def test_nothing_is_found_where_there_is_nothing(correction):
    """Kills: proposing and testing on the same rows, and p-values that are not corrected.

    The rate is 5 % at most; of 400 runs, more than 36 would be chance in 3 of 10,000.
    """
    assert discoveries(400, correction, 0) <= 36


def test_nothing_is_found_in_a_few_runs():
    assert discoveries(30, "benjamini-hochberg", 1000) <= 6  # more are chance in 6 of 10,000


@pytest.fixture
def users_have_no_type_checker():
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


A = np.random.default_rng(0).normal(size=(40, 2))
REFUSED = {
    "few": (lambda: wh.describe_difference(A, A[:19]), TableError, "B has 19 rows"),
    "columns": (lambda: wh.describe_difference(A, A[:, :1]), TableError, "columns differ"),
    "kinds": (lambda: wh.describe_difference(A, ["a"] * 40), TableError, "list of texts"),
    "constant": (
        lambda: wh.describe_difference(A * 0, A * 0),
        OptionError,
        "nothing varies",
    ),
    "rate": (lambda: wh.describe_difference(A, A, rate=5), OptionError, "0.05"),
    "most": (lambda: wh.describe_difference(A, A, most=0), OptionError, "most"),
    "seed": (lambda: wh.describe_difference(A, A, seed=-1), OptionError, "seed"),
    "correction": (
        lambda: wh.describe_difference(A, A, correction="westfall"),
        OptionError,
        "westfall-young",
    ),
    "predicate that fails": (
        lambda: wh.describe_difference(A, A, predicates={"p": lambda rows: rows["x"]}),
        ModelError,
        "'p' failed",
    ),
    "predicate of text": (
        lambda: wh.describe_difference(A, A, predicates={"p": lambda rows: ["y"] * len(rows)}),
        ModelError,
        "yes or no",
    ),
    "predicate that is NaN": (
        lambda: wh.describe_difference(A, A, predicates={"p": lambda rows: rows[:, 0] * np.nan}),
        ModelError,
        "finite",
    ),
}


@pytest.mark.parametrize("what", list(REFUSED))
def test_refusals(what, users_have_no_type_checker):
    action, kind, said = REFUSED[what]
    with pytest.raises(kind) as caught:
        action()
    assert said in str(caught.value)
