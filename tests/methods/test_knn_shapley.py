"""Values of nearest neighbours, against all coalitions, whatever the index and k."""

from dataclasses import dataclass, field
from itertools import product
from typing import final

import numpy as np
import pytest
from jaxtyping import config

import whence as wh
from whence._core.errors import (
    ModelError,
    OptionError,
    TableError,
    UnsupportedGameError,
)
from whence._core.index import Semivalue
from whence.methods import knn_shapley
from whence.methods.perturbation._kth import kth_of
from whence.models.nearest import rankings

INDICES = [
    wh.Shapley(),
    wh.Banzhaf(),
    wh.BetaShapley(1.0, 1.0),
    wh.BetaShapley(16.0, 1.0),
    wh.BetaShapley(0.5, 2.5),
    wh.LinearSurrogate(0.8),
    wh.LeaveOneOut(),
    wh.FirstIn(),
]


@final
@dataclass(frozen=True, slots=True)
class PairsOnly(Semivalue):
    """What a player adds to coalitions of one or two: nobody's list has it."""

    efficient: bool = field(default=False, init=False)

    def weight(self, size, n):
        return 0.5 / np.array([n - 1, (n - 1) * (n - 2) / 2])[size - 1] if size in {1, 2} else 0.0


def by_hand(X, y, x_test, y_test, k, index, numbers, prior=0.0):
    """The index's own sum over all coalitions, of a utility written out by its definition."""
    n = len(y)
    order = sorted(range(n), key=lambda i: (((X[i] - x_test) ** 2).sum(), i))

    def worth(stay):
        near = [i for i in order if stay[i]][:k]
        if numbers:
            return -((prior + sum(y[i] - prior for i in near) / k - y_test) ** 2)
        return sum(y[i] == y_test for i in near) / k

    values = np.zeros(n)
    worths = {stay: worth(stay) for stay in product((False, True), repeat=n)}
    for stay, own in worths.items():
        for i in range(n):
            if not stay[i]:
                joined = (*stay[:i], True, *stay[i + 1 :])
                values[i] += index.weight(sum(stay), n) * (worths[joined] - own)
    return values, worths[(False,) * n], worths[(True,) * n]


def rows(n, seed, numbers):
    """Rows on a small grid, so that many distances are equal."""
    rng = np.random.default_rng(seed)
    X, T = rng.integers(0, 3, (n, 2)).astype(float), rng.integers(0, 3, (2, 2)).astype(float)
    if numbers:
        return X, rng.normal(2.0, 3.0, n), T, rng.normal(2.0, 3.0, 2)
    return X, rng.integers(0, 3, n), T, np.array([0, 1])


@pytest.mark.parametrize("numbers", [False, True])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 7])
def test_every_semivalue_is_the_sum_over_coalitions(n, numbers):
    """Kills: min(k, n) left out, a tie taken another way, the k-th counted with its own player."""
    X, y, T, t = rows(n, n, numbers)
    if not numbers:
        y[0], t[0] = 0, 0
    for index in [*INDICES, *([PairsOnly()] if n > 3 else [])]:
        for k in range(1, n + 4):
            more = {"task": "numbers", "prior": 0.7} if numbers else {"task": "classes"}
            att = knn_shapley(X, y, T, t, k, index=index, **more)
            for case in range(2):
                values, empty, full = by_hand(X, y, T[case], t[case], k, index, numbers, 0.7)
                assert np.allclose(att.values[case, 0], values, rtol=0, atol=1e-12)
                assert np.allclose([att.empty[case, 0], att.full[case, 0]], [empty, full], atol=0)
            if index.efficient:
                assert np.abs(att.gap).max() < 1e-12


@pytest.mark.parametrize("numbers", [False, True])
def test_ten_rows_by_enumeration(numbers):
    X, y, T, t = rows(10, 5, numbers)
    more = {"prior": 0.0} if numbers else {}  # Jia et al.'s own utility
    for index, k in [(wh.Shapley(), 1), (wh.Shapley(), 3), (wh.Shapley(), 13), (wh.Banzhaf(), 4)]:
        att = knn_shapley(X, y, T, t, k, index=index, **more)
        values, *_ = by_hand(X, y, T[1], t[1], k, index, numbers)
        assert np.allclose(att.values[1, 0], values, rtol=0, atol=1e-12)


@pytest.mark.parametrize("numbers", [False, True])
@pytest.mark.parametrize("index", [wh.Shapley(), wh.Banzhaf(), wh.BetaShapley(4.0, 1.0)])
def test_it_agrees_with_the_game(index, numbers):
    """The closed form and the front door, which only asks worths."""
    X, y, T, t = rows(9, 2, numbers)
    game = wh.games.data.NearestNeighbours(X, y, T, t, 3)
    att, asked = (
        knn_shapley(X, y, T, t, 3, index=index),
        wh.attribute(game, index=index, by_case=True),
    )
    assert att.players == asked.players
    assert att.outputs == asked.outputs
    assert att.question == asked.question
    assert np.allclose(att.values, asked.values, rtol=0, atol=1e-12)
    assert np.allclose(att.mean().values, att.values.mean(axis=0), atol=1e-15)
    assert np.allclose(att.full, asked.full)


def test_the_trap_of_fewer_rows_than_neighbours():
    """Kills: the recursion's start as a_n / n, without min(k, n) / k: it sums to twice v(N)."""
    y, k, n = np.array([0, 1, 0, 1, 1]), 8, 5  # in the order of distance
    att = knn_shapley(np.arange(5.0)[:, None], y, [[0.0]], [1], k)
    assert att.full[0, 0] == 3 / 8
    for start, total in ((min(k, n) / k, 3 / 8), (1.0, 3 / 4)):
        values = [start * y[-1] / n]
        for i in range(n - 1, 0, -1):
            values.insert(0, values[0] + (y[i - 1] - y[i]) / k * min(k, i) / i)
        assert sum(values) == pytest.approx(total, abs=1e-15)
        assert np.allclose(att.values[0, 0], values, atol=1e-15) == (start < 1)


def test_the_chances_are_chances():
    """Many rows: nothing underflows to certainty, nothing overflows."""
    for index in INDICES:
        for n, k in [(20_000, 3_000), (5, 5), (5, 9), (1, 1)]:
            law = kth_of(index, n, k)
            assert np.isfinite(law.kth).all()
            assert (law.kth >= 0).all()
            assert abs(law.kth.sum() + law.few.sum() - 1) < 1e-9
            assert law.within[0] == 1
            assert law.within.min() > -1e-9


def test_rows_in_another_order_have_the_same_values():
    rng = np.random.default_rng(1)
    X, y, T = rng.normal(size=(300, 4)), rng.integers(0, 2, 300), rng.normal(size=(7, 4))
    shuffled = rng.permutation(300)
    a = knn_shapley(X, y, T, y[:7], 4)
    b = knn_shapley(X[shuffled], y[shuffled], T, y[:7], 4)
    assert np.allclose(a.values[:, :, shuffled], b.values, atol=1e-15)
    for case in range(7):  # blocks of tests change nothing
        one = knn_shapley(X, y, T[[case]], y[[case]], 4)
        assert np.array_equal(one.values[0], a.values[case])


def test_equal_rows_tie_to_the_last_bit():
    """Kills: distances by a matrix product, whose last bits depend on the place of a row."""
    rng = np.random.default_rng(0)
    one = rng.normal(size=(1, 37))
    X, T = np.repeat(one, 501, axis=0), rng.normal(size=(3, 37))
    for metric in ("euclidean", "cosine"):
        for _, order in rankings(wh.models.Table.of(X), wh.models.Table.of(T), metric):
            assert (order == np.arange(501)).all()


def test_equal_rows_with_one_label_have_one_value():
    """Symmetry, which the order of ties could break: twins are worth the same."""
    rng = np.random.default_rng(4)
    X, y, T = rng.normal(size=(12, 2)), rng.integers(0, 2, 12), rng.normal(size=(5, 2))
    X[7], y[7] = X[2], y[2]
    for index in INDICES:
        for labels in (y, y + 0.5 * X[:, 0]):
            att = knn_shapley(X, labels, T, labels[:5], 3, index=index)
            assert np.allclose(att.values[:, 0, 2], att.values[:, 0, 7], atol=1e-13)


def test_metrics():
    X, T = np.array([[1.0, 0.0], [10.0, 10.0], [0.0, 2.0]]), np.array([[1.0, 1.1]])
    assert ranks(X, T, "euclidean") == [0, 2, 1]
    assert ranks(X, T, "cosine") == [1, 2, 0]
    assert ranks(X, T, lambda a, b: np.abs(a[None] - b[:, None]).max(axis=2)) == [2, 0, 1]


def ranks(X, T, metric):
    ((_, order),) = rankings(wh.models.Table.of(X), wh.models.Table.of(T), metric)
    return order[0].tolist()


def test_frames_name_their_rows():
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame({"a": [0.0, 1.0, 2.0], "b": [0.0, 0.0, 1.0]}, index=["p", "q", "r"])
    asked = pd.DataFrame({"b": [0.0], "a": [0.9]})  # matched by name
    att = knn_shapley(X, pd.Series(["u", "v", "u"]), asked, ["v"], 1)
    assert att.players.names == ("p", "q", "r")
    assert att.players.column("label") == ("u", "v", "u")
    assert att.top(1)[0].player == "q"
    assert knn_shapley(X.reset_index(drop=True), [0, 1, 0], asked, [1], 1).players.names == (
        "row 0",
        "row 1",
        "row 2",
    )
    X.index = ["p", "p", "r"]
    assert knn_shapley(X, [0, 1, 0], asked, [1], 1).players.names[0] == "row 0"


def test_it_is_kept_and_said(tmp_path):
    X, y, T, t = rows(6, 3, False)
    att = knn_shapley(X, y, T, t, 2)
    again = wh.load(att.save(tmp_path / "a.whence"))
    assert np.array_equal(again.values, att.values)
    assert att.uncertainty == "exact"
    assert (att.stderr == 0).all()
    assert "order of the table" in att.verdict
    assert "training row" in repr(att)
    lost = knn_shapley(X, y, T, np.array([y[0], 7]), 2)
    assert "1 test rows have a label that no training row has" in lost.verdict
    assert (lost.values[1] == 0).all()
    numbers = knn_shapley(X, y + 0.5, T, t, 2)
    assert numbers.provenance["prior"] == pytest.approx((y + 0.5).mean())
    assert numbers.question.loss


def test_mislabelled_rows_come_last():
    """One of ten labels is wrong; the worst tenth by value is mostly these."""
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(c, 1.0, (100, 2)) for c in (0.0, 4.0)])
    y, T = np.repeat([0, 1], 100), np.concatenate([rng.normal(c, 1, (50, 2)) for c in (0.0, 4.0)])
    wrong = rng.choice(200, 20, replace=False)
    y[wrong] ^= 1
    att = knn_shapley(X, y, T, np.repeat([0, 1], 50), 5).mean()
    worst = np.argsort(att.values[0, 0])[:20]
    assert len(set(worst) & set(wrong)) >= 17


A = np.arange(6.0).reshape(3, 2)
ASKED = {
    "k": (lambda: knn_shapley(A, [0, 1, 0], A, [0, 1, 0], 0), OptionError, "k is a positive"),
    "metric": (
        lambda: knn_shapley(A, [0, 1, 0], A, [0, 1, 0], metric="manhatten"),
        OptionError,
        "euclidean",
    ),
    "task": (
        lambda: knn_shapley(A, [0, 1, 0], A, [0, 1, 0], task="class"),
        OptionError,
        "Did you mean 'classes'",
    ),
    "index": (
        lambda: knn_shapley(A, [0, 1, 0], A, [0, 1, 0], index=wh.AumannShapley()),
        OptionError,
        "semivalue",
    ),
    "prior of classes": (
        lambda: knn_shapley(A, [0, 1, 0], A, [0, 1, 0], prior=0.0),
        OptionError,
        "y has classes",
    ),
    "prior": (
        lambda: knn_shapley(A, [0.5, 1, 0], A, [0, 1, 0], prior=np.nan),
        OptionError,
        "finite number",
    ),
    "length": (lambda: knn_shapley(A, [0, 1], A, [0, 1, 0]), TableError, "y has 2 rows"),
    "missing label": (
        lambda: knn_shapley(A, ["a", None, "b"], A, ["a", "a", "b"]),
        TableError,
        "first: row 1",
    ),
    "flat": (lambda: knn_shapley(A, np.eye(3), A, [0, 1, 0]), TableError, "one label for each"),
    "labels of another type": (
        lambda: knn_shapley(A, [0, 1, 0], A, ["0", "1", "0"]),
        TableError,
        "same labels, of the same type",
    ),
    "missing cell": (
        lambda: knn_shapley(np.where(A == 3, np.nan, A), [0, 1, 0], A, [0, 1, 0]),
        TableError,
        'row 1, column "x1"',
    ),
    "no direction": (
        lambda: knn_shapley(A - A[0], [0, 1, 0], A, [0, 1, 0], metric="cosine"),
        TableError,
        "'row 0'",
    ),
    "too far": (
        lambda: knn_shapley(A * 1e200, [0, 1, 0], A, [0, 1, 0]),
        TableError,
        "scale the columns",
    ),
    "too large": (
        lambda: knn_shapley(A, [0.5e200, 1e200, 0], A, [0, 1, 0], task="numbers"),
        TableError,
        "scale y",
    ),
    "columns": (
        lambda: knn_shapley(A, [0, 1, 0], A[:, :1], [0, 1, 0]),
        TableError,
        "X_test has 1 columns",
    ),
    "a metric of another shape": (
        lambda: knn_shapley(A, [0, 1, 0], A, [0, 1, 0], metric=lambda X, T: np.zeros(3)),
        ModelError,
        "(3, 3)",
    ),
    "a metric that fails": (
        lambda: knn_shapley(A, [0, 1, 0], A, [0, 1, 0], metric=lambda X, T: 1 / 0),
        ModelError,
        "ZeroDivisionError",
    ),
}


@pytest.fixture
def users_have_no_type_checker():
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


@pytest.mark.parametrize("what", list(ASKED))
def test_refusals(what, users_have_no_type_checker):
    action, kind, said = ASKED[what]
    with pytest.raises(kind) as caught:
        action()
    assert said in str(caught.value)


def test_a_semivalue_of_ones_own_has_an_end():
    with pytest.raises(UnsupportedGameError, match="1000 rows"):
        kth_of(PairsOnly(), 1001, 5)
