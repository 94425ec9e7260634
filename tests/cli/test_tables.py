"""Features, labels and background from files."""

import pytest

from whence import WhenceError
from whence.cli import tables


@pytest.fixture
def files(tmp_path):
    (tmp_path / "a.csv").write_text("id,x,y,z\nq,1,2,no\nr,3,4,yes\n")
    (tmp_path / "b.csv").write_text("x,y\n5,6\n")
    (tmp_path / "c.csv").write_text("x,z\n5,no\n6,\n7,\n")
    return tmp_path


def test_what_is_no_feature_leaves_both_tables(files):
    rows = tables.read(files / "a.csv", files / "b.csv", target="z", drop=["id"])
    assert rows.X.names == rows.background.names == ("x", "y")
    assert rows.y is not None
    assert rows.y.tolist() == ["no", "yes"]


def test_the_rows_themselves_are_the_background_by_default(files):
    rows = tables.read(files / "a.csv", None)
    assert rows.background is rows.X
    assert rows.y is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"target": "zz"}, "no column 'zz'.*Did you mean 'z'"),
        ({"drop": ["idd"]}, "--drop 'idd'.*Did you mean 'id'"),
        ({"target": "z", "drop": ["id", "x", "y"]}, "no features left"),
    ],
)
def test_columns_that_are_not_there(files, options, said):
    with pytest.raises(WhenceError, match=said):
        tables.read(files / "a.csv", None, **options)


def test_labels_that_are_missing_are_counted(files):
    with pytest.raises(WhenceError, match=r"'z' is missing in 2 rows of c\.csv \(first: row 1\)"):
        tables.read(files / "c.csv", None, target="z")


def test_codes_of_one_file_are_text_in_both(tmp_path):
    (tmp_path / "a.csv").write_text("zip,x\n10115,1\n80331,2\n")
    (tmp_path / "b.csv").write_text("zip,x\n00123,1\n")
    rows = tables.read(tmp_path / "a.csv", tmp_path / "b.csv")
    assert rows.X.column("zip").tolist() == ["10115", "80331"]
    assert rows.background.column("zip").tolist() == ["00123"]
    numbers = tables.read(tmp_path / "a.csv", tmp_path / "b.csv", kinds={"zip": "number"})
    assert numbers.background.column("zip").tolist() == [123.0]


def test_rows_that_were_chosen_keep_their_numbers(files):
    rows = tables.read(files / "c.csv", None)
    assert tables.chosen(rows.X, [2, 0]).row_names == (2, 0)
    assert tables.chosen(rows.X, []).row_names == ()
