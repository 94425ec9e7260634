"""Labels and targets: accepted in any dress, refused when strange."""

import numpy as np
import pytest

from whence._core.errors import TableError
from whence.models import as_classes, as_targets

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")

WORDS = ["no", "yes", "yes", "no"]
NUMBERS = [0, 1, 1, 0]


@pytest.mark.parametrize(
    "y",
    [
        WORDS,
        np.array(WORDS),
        np.array(WORDS, object),
        pd.Series(WORDS),
        pd.Series(WORDS, dtype="category"),
        pl.Series(WORDS),
        pl.Series(WORDS, dtype=pl.Categorical),
        np.array(WORDS)[:, None],
        pd.DataFrame({"y": WORDS}),
    ],
)
def test_words(y):
    assert as_classes(y, ("no", "yes")).tolist() == NUMBERS


@pytest.mark.parametrize(
    "y",
    [
        NUMBERS,
        np.array(NUMBERS),
        np.array(NUMBERS, float),
        np.array(NUMBERS, bool),
        [False, True, True, False],
        pd.Series(NUMBERS),
        pd.Series(NUMBERS, dtype="Int64"),
        pl.Series(NUMBERS),
        ["0", "1", "1", "0"],
        np.array(NUMBERS, object),
    ],
)
@pytest.mark.parametrize("classes", [(0, 1), (False, True), ("0", "1"), (0.0, 1.0)])
def test_numbers(y, classes):
    places = as_classes(y, classes)
    assert places.tolist() == NUMBERS
    assert places.dtype.kind == "i"


def test_truth_in_words():
    assert as_classes(["False", "True"], (False, True)).tolist() == [0, 1]
    assert as_classes([True, False], ("False", "True")).tolist() == [1, 0]


def test_negative_and_shifted_labels_are_their_own():
    assert as_classes([-3, -1, -2], (-3, -2, -1)).tolist() == [0, 2, 1]
    assert as_classes([1, 3, 2], (1, 2, 3)).tolist() == [0, 2, 1]


def test_strange_labels():
    y = ["no"] * 203 + ["unknown"] * 14
    says = (
        r"labels outside the model's classes: 'unknown' in 14 rows \(first: row 203\). "
        r"The model knows 'no', 'yes'. Drop those rows, or map them before asking."
    )
    with pytest.raises(TableError, match=says):
        as_classes(y, ("no", "yes"))


@pytest.mark.parametrize(
    ("y", "says"),
    [
        (["No", "Yes"], r"'No', 'Yes' in 2 rows \(first: row 0\).*Map them to the model's labels"),
        ([0.5, 1.0], "'0.5' in 1 rows"),
        (["no", None], r"y is missing in 1 rows \(first: row 1\)"),
        ([np.nan, 1.0], r"y is missing in 1 rows \(first: row 0\)"),
        (np.ones((2, 2)), "one label for each row"),
        ([], "one label for each row"),
    ],
)
def test_labels_refused(y, says):
    with pytest.raises(TableError, match=says):
        as_classes(y, ("no", "yes") if isinstance(y, list) and "no" in y else (0, 1))


def test_targets():
    for y in ([1, 2], np.array([[1], [2]]), pd.Series([1, 2]), pl.Series([1, 2]), [True, 2]):
        assert as_targets(y, 2).tolist() == [1.0, 2.0]
    assert as_targets(np.ones((3, 2)), 3).shape == (3, 2)
    assert as_targets(pd.Series([1, 2], dtype="Int64"), 2).tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("y", "says"),
    [
        (np.ones(99), "y has 99 rows, X has 100"),
        ([1.0] * 98 + [np.nan, np.inf], r"missing or infinite in 2 rows \(first: row 98\)"),
        ([None] + [1.0] * 99, r"missing or infinite in 1 rows \(first: row 0\)"),
        (["a"] * 100, "y holds 'a', not numbers"),
        (np.array(["a"] * 100), "y holds 'a', not numbers"),
        (np.ones((100, 1, 1)), "one number for each row"),
    ],
)
def test_targets_refused(y, says):
    with pytest.raises(TableError, match=says):
        as_targets(y, 100)
