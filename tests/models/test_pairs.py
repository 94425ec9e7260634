"""Rows and labels whose indexes contradict their places are refused, wherever they meet."""

import numpy as np
import pytest

import whence as wh
from whence._core.errors import TableError
from whence.models import Table
from whence.models.labels import refuse_other_rows

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
linear = pytest.importorskip("sklearn.linear_model")


def framed(index):
    return pd.DataFrame({"a": np.arange(4.0), "b": [0.0, 1.0, 1.0, 0.0]}, index=index)


@pytest.mark.parametrize(
    ("X", "y", "words"),
    [
        ([0, 1, 2, 3], [3, 0, 1, 2], ["another order", "place 0 is row 0", "and 3 in that of y"]),
        ([3, 0, 1, 2], [0, 1, 2, 3], ["another order", "y.loc[X.index]"]),
        (list("abcd"), list("dcba"), ["another order", "'a'", "'d'"]),
        (list("abcd"), list("abce"), ["other rows", "place 3", "reset_index(drop=True)"]),
        ([10, 11, 12, 13], [20, 21, 22, 23], ["other rows"]),
    ],
)
def test_refused(X, y, words):
    for rows in (framed(X), Table.of(framed(X))):
        with pytest.raises(TableError) as error:
            refuse_other_rows(rows, pd.Series([1, 0, 1, 0], index=y))
        for word in words:
            assert word in str(error.value)


@pytest.mark.parametrize(
    ("X", "y"),
    [
        ([0, 1, 2, 3], [0, 1, 2, 3]),
        (list("abcd"), list("abcd")),
        ([7, 3, 9, 1], [0, 1, 2, 3]),  # labels that were made anew claim nothing
        ([0, 1, 2, 3], list("abcd")),
        ([1, 1, 2, 2], [1, 1, 2, 2]),
        ([0, 1, 2, 3], [4, 5]),  # another number of rows is said elsewhere
    ],
)
def test_taken(X, y):
    refuse_other_rows(framed(X), pd.Series(np.zeros(len(y)), index=y))


def test_what_has_no_index_is_paired_by_place():
    X = framed(list("abcd"))
    for y in ([1, 0, 1, 0], np.arange(4), pl.Series([1, 0, 1, 0])):
        refuse_other_rows(X, y)
        refuse_other_rows(X.to_numpy(), pd.Series(y, index=list("dcba")))
        refuse_other_rows(pl.from_pandas(X), pd.Series(y, index=list("dcba")))


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "b"])
    return X, (X.a + X.b > 0).astype(int)


def test_everywhere_rows_and_labels_meet(rows):
    """Mutant killed: any door where the check is forgotten."""
    X, y = rows
    mixed = y.sample(frac=1, random_state=1)
    model = linear.LogisticRegression().fit(X, y)
    tree = pytest.importorskip("sklearn.tree").DecisionTreeClassifier(max_depth=2).fit(X, y)
    ridge = wh.models.Trainer.ridge
    value = wh.value(X, y)
    doors = [
        lambda: wh.importance(model, X, mixed),
        lambda: wh.importance(tree, X, mixed, loss="zero-one"),
        lambda: wh.value(X, mixed),
        lambda: wh.value(X, y, X, mixed),
        lambda: wh.value(X, y, groups=mixed),
        lambda: wh.value(X, mixed, method="oob"),
        lambda: wh.suspects(value, X, mixed),
        lambda: wh.drop(model, before=(X, y), after=(X, mixed)),
        lambda: wh.drop(model, before=(X, mixed), after=(X, y)),
        lambda: wh.drop(model, before=(X, y), after=(X, y), units=(mixed, y)),
        lambda: wh.duplicates(X, mixed),
        lambda: wh.duplicates(X, y, X, mixed),
        lambda: wh.methods.data_oob(X, mixed),
        lambda: wh.methods.knn_shapley(X, mixed, X, y, 3),
        lambda: wh.methods.knn_shapley(X, y, X, mixed, 3),
        lambda: ridge(X, mixed, 1.0),
        lambda: wh.models.Trainer.sklearn(linear.LogisticRegression(), X, mixed),
        lambda: wh.methods.leave_one_out(ridge(X, y, 1.0), (X, mixed)),
    ]
    for door in doors:
        with pytest.raises(TableError, match="another order"):
            door()


def test_masks_are_not_dropped(rows):
    X, y = rows
    model = linear.LinearRegression().fit(X, y)
    hidden = np.ma.array(y, mask=y == 1)
    with pytest.raises(TableError, match=r"y is a masked array, .* of its 60 entries"):
        wh.importance(model, X, hidden)
    with pytest.raises(TableError, match="y is a masked array"):
        wh.value(X, hidden)
    plain = wh.importance(model, X, y, budget=wh.Budget(rows=2000))
    nothing = np.ma.array(y, mask=False)  # nothing is hidden, and nothing is lost
    assert np.array_equal(
        wh.importance(model, X, nothing, budget=wh.Budget(rows=2000)).values, plain.values
    )


def test_a_model_that_answers_a_masked_array(rows):
    X, _ = rows
    with pytest.raises(Exception, match=r"masked array, with \d+ of \d+ numbers masked"):
        wh.explain(lambda f: np.ma.masked_greater(np.asarray(f)[:, 0], 0), X[:2], background=X)
