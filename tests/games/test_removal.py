"""How features leave, and which leave together."""

import numpy as np
import pytest

from whence._core.errors import OptionError, PlayersError, TableError
from whence.games.features.groups import players_of
from whence.games.features.removal import Baseline, Marginal, as_removal, digest
from whence.models.predictor import predictor
from whence.models.table import Table

from .tables import linear, rows

X = Table.of(rows(5), names=("age", "bmi", "sex", "bp"))
MODEL = predictor(linear, like=X)
NAMES = ("age", "bmi", "sex", "bp")


def pool(removal):
    return removal.pool(MODEL, X)


def test_marginal():
    got = pool(Marginal(rows(7, 1)))
    assert len(got) == 7
    assert got.names == NAMES
    assert np.array_equal(np.asarray(got.frame()), rows(7, 1))
    assert Marginal(None).words(got) == "marginal (7 background rows)"
    again = Table.of(rows(3), names=NAMES)
    assert len(pool(Marginal(again))) == 3


def test_marginal_matches_columns_by_name():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(rows(7, 1), columns=list(NAMES))
    Y = Table.of(frame[list(NAMES)])
    model = predictor(lambda Z: Z["age"].to_numpy(), like=Y)
    got = Marginal(frame[["bp", "sex", "bmi", "age"]]).pool(model, Y)
    assert list(got.frame().columns) == list(NAMES)
    with pytest.raises(TableError):
        Marginal(frame[["bp", "sex"]]).pool(model, Y)


@pytest.mark.parametrize("sample", [0, -3])
def test_samples_are_positive(sample):
    with pytest.raises(OptionError, match="background rows in each draw"):
        Marginal(rows(5), sample)


@pytest.mark.parametrize(
    "row",
    [
        {"bp": 4.0, "age": 1.0, "bmi": 2.0, "sex": 3.0},
        [1.0, 2.0, 3.0, 4.0],
        (1.0, 2.0, 3.0, 4.0),
        np.array([1.0, 2.0, 3.0, 4.0]),
        np.array([[1.0, 2.0, 3.0, 4.0]]),
    ],
)
def test_baselines(row):
    got = pool(Baseline(row))
    assert np.asarray(got.frame()).tolist() == [[1.0, 2.0, 3.0, 4.0]]
    assert Baseline(row).words(got) == "baseline (age=1.0, bmi=2.0, sex=3.0, bp=4.0)"


def test_a_baseline_from_a_pandas_series():
    pd = pytest.importorskip("pandas")
    row = pd.Series({"bp": 4.0, "age": 1.0, "bmi": 2.0, "sex": 3.0})
    assert np.asarray(pool(Baseline(row)).frame()).tolist() == [[1.0, 2.0, 3.0, 4.0]]


def test_a_long_baseline_is_shown_in_part():
    wide = Table.of(np.arange(6.0)[None])
    assert Baseline(wide).words(wide) == "baseline (x0=0.0, x1=1.0, x2=2.0, x3=3.0, … 6 columns)"


def test_a_baseline_of_words():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"n": [1.0, 2.0], "word": ["a", "b"]})
    like = Table.of(frame)
    model = predictor(lambda Z: Z["n"].to_numpy(), like=like)
    got = Baseline({"word": "c", "n": 5.0}).pool(model, like)
    assert got.row(0) == {"n": 5.0, "word": "c"}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"age": 1.0}, "lacks a value for 'bmi', 'sex', 'bp'"),
        (dict.fromkeys((*NAMES, "bpp"), 1.0), "names 'bpp'. Did you mean 'bp'"),
        (rows(2), "one row, and 2 were given"),
        ([1.0, 2.0], "the baseline has 2 columns, and X has 4"),
    ],
)
def test_baselines_that_do_not_fit(row, says):
    with pytest.raises(TableError, match=says):
        pool(Baseline(row))


def test_a_background_that_does_not_fit():
    with pytest.raises(TableError, match="the background has 3 columns, and X has 4"):
        pool(Marginal(rows(5, players=3)))


def test_by_name():
    assert as_removal("marginal", "rows") == Marginal("rows")
    assert as_removal("baseline", "row") == Baseline("row")
    own = Baseline([1.0])
    assert as_removal(own, None) is own
    with pytest.raises(OptionError, match="Did you mean 'marginal'"):
        as_removal("marginals", None)


# -- groups --


def test_no_groups():
    players, owner = players_of(NAMES, None)
    assert players.names == NAMES
    assert players.kind == "feature"
    assert owner.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("groups", [{"body": ["bmi", "bp"]}, {"body": [1, 3]}, {"body": [1, "bp"]}])
def test_named_groups(groups):
    players, owner = players_of(NAMES, groups)
    assert players.names == ("age", "body", "sex")
    assert owner.tolist() == [0, 1, 2, 1]


def test_groups_named_by_their_columns():
    players, owner = players_of(NAMES, [["bmi", "bp"], ["age"]])
    assert players.names == ("age", "bmi + bp", "sex")
    assert owner.tolist() == [0, 1, 2, 1]


def test_a_column_alone_may_keep_its_name():
    assert players_of(NAMES, {"age": ["age"], "x": "sex"})[0].names == ("age", "bmi", "x", "bp")


@pytest.mark.parametrize(
    ("kind", "groups", "says"),
    [
        (PlayersError, {"a": ["bmi", "bp"], "b": ["bp"]}, "'bp' stands in 'a' and in 'b'"),
        (PlayersError, {"a": ["bmi", "bmi"]}, "overlap"),
        (TableError, {"a": ["bmj"]}, "'bmj', which is not in the table. Did you mean 'bmi'"),
        (TableError, {"a": [9]}, "'9'"),
        (PlayersError, {"a": []}, "'a' has no columns"),
        (PlayersError, {"age": ["bmi", "bp"]}, "the name of a column: 'age'"),
    ],
)
def test_groups_that_make_no_sense(kind, groups, says):
    with pytest.raises(kind, match=says):
        players_of(NAMES, groups)


def test_groups_of_another_kind():
    from whence.games.features.groups import _named

    with pytest.raises(PlayersError, match="given str"):
        _named("body", NAMES)


def test_a_digest_knows_rows_and_nothing_else():
    """Equal rows in another order, frame or precision; one other cell, and it is another."""
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    frame = pd.DataFrame({"n": [1.0, 2.5, np.nan, -0.0], "word": ["a", "b", None, "b"]})
    same = [
        frame,
        frame[::-1],
        frame[["word", "n"]],
        pl.from_pandas(frame),
        frame.assign(word=frame.word.astype("category")),
        frame.assign(n=frame.n.astype("float32")),
        frame.assign(n=[1.0, 2.5, np.nan, 0.0]),
    ]
    assert len({digest(Table.of(f)) for f in same}) == 1
    other = [
        frame,
        frame[:3],
        frame.assign(n=[1.0, 2.5, np.nan, 1.0]),
        frame.assign(n=[2.5, 1.0, np.nan, 0.0]),
        frame.assign(word=["a", "b", None, "a"]),
        frame.rename(columns={"n": "m"}),
    ]
    assert len({digest(Table.of(f)) for f in other}) == len(other)
