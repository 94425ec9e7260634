"""A sum of trees as plain arrays: codes, kinds of nodes, cells, and what is refused."""

import numpy as np
import pytest

from whence._core.errors import ModelError, TableError
from whence._core.forms import MISSING, SET, ZERO
from whence._core.quantised import tree_ensemble

NAN = np.nan


def stump(cut=0.5, kind=0, low=1.0, high=2.0, sets=None, categories=None, **more):
    """One column, one question: `low` where the answer is left."""
    return tree_ensemble(
        feature=np.array([0, -1, -1]),
        threshold=np.array([cut, NAN, NAN]),
        left=np.array([1, 0, 0]),
        right=np.array([2, 0, 0]),
        value=np.array([NAN, low, high]),
        root=np.array([0]),
        kind=np.array([kind, 0, 0]),
        names=["x"],
        outputs=["value"],
        sets=sets,
        categories=categories,
        **more,
    )


def said(ensemble, cells):
    return ensemble.predict(np.array(cells)[:, None]).ravel().tolist()


def test_a_cell_on_the_threshold_goes_left():
    read = stump(0.5)
    above = np.nextafter(0.5, 1)
    assert said(read, [0.5, above, np.nextafter(0.5, 0), -np.inf, np.inf]) == [1, 2, 1, 1, 2]
    assert said(read, np.float32([0.5, 0.50001])) == [1, 2]
    assert said(read, [0, 1]) == [1, 2]
    assert said(read, [False, True]) == [1, 2]


def test_cells_are_compared_in_the_models_precision():
    just_above = 0.5 + 1e-12
    assert said(stump(0.5), [just_above]) == [2]
    assert said(stump(0.5, precision="float32"), [just_above]) == [1]
    assert said(stump(0.1, precision="float32"), [0.1]) == [2]  # float32(0.1) > 0.1
    assert said(stump(0.5, precision="float32"), [1e300, -1e300]) == [2, 1]  # infinite, as float32


def test_an_infinite_threshold():
    assert said(stump(np.inf), [1e308, np.inf, NAN]) == [1, 1, 2]
    assert said(stump(-np.inf), [-1e308, -np.inf]) == [2, 1]


def test_missing_cells():
    assert said(stump(kind=MISSING), [NAN, 0.0, 1.0]) == [1, 1, 2]
    assert said(stump(), [NAN, 0.0, 1.0]) == [2, 1, 2]
    assert stump().missing.tolist() == [2]  # above the codes 0 and 1


def test_zeros_that_are_missing():
    for cut in (-2.0, 0.5):
        for kind, side in ((ZERO, 2), (ZERO | MISSING, 1)):
            read = stump(cut, kind)
            assert said(read, [0.0, -0.0, 1e-36, -1e-36, NAN]) == [side] * 5
            assert said(read, [-3.0, 3.0]) == [1, 2]
            assert said(read, [1e-30, -1e-30]) == ([2, 2] if cut < 0 else [1, 1])


def test_codes_count_the_thresholds_below():
    read = tree_ensemble(
        feature=np.array([0, -1, 0, -1, -1]),
        threshold=np.array([2.0, 0, 1.0, 0, 0]),
        left=np.array([2, 0, 3, 0, 0]),
        right=np.array([1, 0, 4, 0, 0]),
        value=np.arange(5.0),
        root=np.array([0]),
        names=["x"],
        outputs=["value"],
    )
    assert read.grid[0].tolist() == [1.0, 2.0]
    assert read.cut.tolist() == [1, -1, 0, -1, -1]
    cells = np.array([[0.0], [1.0], [1.5], [2.0], [2.5], [NAN]])
    assert read.encode(read.numbers(cells)).ravel().tolist() == [0, 0, 1, 1, 2, 3]
    assert read.zero.tolist() == [0]
    assert read.predict(cells).ravel().tolist() == [3, 3, 4, 4, 1, 1]


def test_sets_of_codes():
    read = stump(sets={0: [0, 2]}, categories={0: (0, 1, 2)})
    assert read.kind[0] == SET
    assert said(read, [0, 1, 2, 3, -1]) == [1, 2, 1, 2, 2]
    assert said(read, [2.9, NAN, 1e18, np.inf]) == [1, 2, 2, 2]  # codes are cut to whole numbers
    assert said(stump(kind=MISSING, sets={0: [1]}, categories={0: (0, 1)}), [NAN, 0, 1]) == [
        1,
        2,
        1,
    ]


def test_every_other_value_may_go_left_too():
    read = stump(sets={0: [1, 2]}, categories={0: ("a", "b")})
    assert said(read, np.array(["a", "b", "zz"], object)) == [2, 1, 1]


def test_two_columns_of_unlike_many_categories():
    """Kills: one column's "any other value" taken for another column's category."""
    read = tree_ensemble(
        feature=np.array([0, -1, -1, 1, -1, -1]),
        threshold=np.zeros(6),
        left=np.array([1, 0, 0, 4, 0, 0]),
        right=np.array([2, 0, 0, 5, 0, 0]),
        value=np.array([0, 1.0, 2.0, 0, 10.0, 20.0]),
        root=np.array([0, 3]),
        names=["k", "m"],
        outputs=["value"],
        sets={0: [1], 3: [4]},
        categories={0: tuple("ab"), 1: tuple("abcde")},
    )
    rows = np.array([["b", "e"], ["c", "c"], ["e", "z"], [None, None]], object)
    assert read.predict(rows).ravel().tolist() == [11, 22, 22, 22]
    assert read.missing.tolist() == [3, 6]


@pytest.mark.parametrize(
    ("known", "cells", "codes"),
    [
        (("a", "b"), ["b", "a", "c", None, NAN], [1, 0, -1, NAN, NAN]),
        (("a", None), ["a", None, NAN], [0, 1, NAN]),  # None may be a category
        ((10, 30, 20), [20, 10.0, 15, NAN], [2, 0, -1, NAN]),
        ((0.0, 1.0), [0, 1, 0.5, -1, NAN], [0, 1, -1, -1, NAN]),  # values, although like codes
        ((False, True), [True, False, 1.0, 2.0], [1, 0, 1, -1]),
        ((1.5, "x"), ["x", 1.5, 1], [1, 0, -1]),
    ],
    ids=str,
)
def test_categories_by_value(known, cells, codes):
    read = stump(sets={0: [0]}, categories={0: known})
    for kind in (object, float):
        try:
            column = np.array(cells, kind)[:, None]
        except ValueError:
            continue
        if kind is object or None not in cells:
            assert np.array_equal(read.numbers(column).ravel(), codes, equal_nan=True)


def test_codes_stay_codes():
    read = stump(sets={0: [0]}, categories={0: (0, 1, 2)})
    assert read.numbers(np.array([[1.5], [7.0]])).ravel().tolist() == [1.5, 7.0]


def test_frames():
    pd = pytest.importorskip("pandas")
    pl = pytest.importorskip("polars")
    read = tree_ensemble(
        feature=np.array([1, -1, 0, -1, -1]),
        threshold=np.array([0, 0, 1.0, 0, 0]),
        left=np.array([1, 0, 3, 0, 0]),
        right=np.array([2, 0, 4, 0, 0]),
        value=np.arange(5.0),
        root=np.array([0]),
        names=["size", "town"],
        outputs=["value"],
        sets={0: [1]},
        categories={1: ("rome", "york")},
    )
    size, town = [0.5, None, 2.0, 0.0], ["rome", "york", "oslo", None]
    wanted = [3, 1, 4, 3]
    frame = pd.DataFrame({"size": size, "town": town})
    assert read.predict(frame).ravel().tolist() == wanted
    for kind in ({"town": "category"}, {"size": "Float64", "town": "string"}, {"size": "float32"}):
        assert read.predict(frame.astype(kind)).ravel().tolist() == wanted
    assert read.predict(pl.DataFrame({"size": size, "town": town})).ravel().tolist() == wanted
    cells = frame.astype(object).to_numpy()
    cells[0, 0], cells[1, 0] = np.float32(0.5), np.float32(NAN)
    assert read.predict(cells).ravel().tolist() == wanted


def test_sums_are_made_in_the_models_precision():
    """2**24 and 1: float32 forgets the one."""
    big, one = np.array([2.0**24]), stump(0.5, low=1.0, high=1.0)
    for sums, total in (("float32", 2.0**24), ("float64", 2.0**24 + 1)):
        assert said(stump(0.5, low=1.0, high=1.0, base=big, sums=sums), [0.0]) == [total]
    assert said(one, [0.0]) == [1.0]


def test_targets_and_vectors():
    leaves = {
        "feature": np.array([-1, -1, -1]),
        "threshold": np.zeros(3),
        "left": np.zeros(3, int),
        "right": np.zeros(3, int),
        "root": np.arange(3),
        "names": ["x"],
        "base": np.array([0.5, 0.25]),
    }
    leaf = np.array([1.0, 2.0, 4.0])
    one = tree_ensemble(**leaves, value=leaf, outputs="ab", target=np.array([0, 1, 0]))
    assert one.predict([[0.0]]).tolist() == [[5.5, 2.25]]
    leaf = np.array([[1.0, 2.0], [4.0, 8.0], [0.0, 1.0]])
    each = tree_ensemble(**leaves, value=leaf, outputs="ab")
    assert each.target.tolist() == [-1, -1, -1]
    assert each.predict([[0.0], [NAN]]).tolist() == [[5.5, 11.25]] * 2


def test_no_rows_and_no_trees():
    read = stump()
    assert read.predict(np.empty((0, 1))).shape == (0, 1)
    empty = np.zeros(0, int)
    none = tree_ensemble(
        feature=empty, threshold=empty, left=empty, right=empty, value=np.zeros((0, 1)), root=empty,
        names=["x"], outputs=["value"], base=np.array([3.0]),
    )  # fmt: skip
    assert none.predict([[1.0], [2.0]]).tolist() == [[3.0], [3.0]]


def test_refusals():
    read = stump(name="a stump")
    for rows, shape in ((np.zeros((2, 3)), r"\(2, 3\)"), (np.zeros(2), r"\(2,\)")):
        with pytest.raises(TableError, match=f"a stump reads 1 columns .'x'.*shape {shape}"):
            read.predict(rows)
    with pytest.raises(TableError, match="column 'x' should hold numbers"):
        read.predict(np.array([["much"]], object))
    known = stump(sets={0: [0]}, categories={0: ("a",)})
    with pytest.raises(TableError, match="column 'x' should hold categories"):
        known.predict(np.array([[None], [["a"]]], object))
    for bad in (NAN, np.inf):
        with pytest.raises(ModelError, match="a stump has a leaf that is not a number"):
            stump(low=bad, name="a stump")
