"""Files of rows: what is missing, what is text, and what is refused."""

import numpy as np
import pytest

from whence import WhenceError
from whence.cli import readers
from whence.models.table import Table

TEXT = "a,b,c,d\n1,x,NA,\n2,NA,3.5,\n,,4,\n"


@pytest.fixture(params=["pandas", "polars"])
def backend(request, monkeypatch):
    """With only this package installed."""
    missing = {"pandas", "polars"} - {request.param}
    monkeypatch.setattr(readers, "find_spec", lambda name: None if name in missing else True)
    return request.param


def read(tmp_path, text, name="rows.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Table.of(readers.frame(path))


def test_empty_is_missing_and_words_are_words(tmp_path, backend):
    table = read(tmp_path, TEXT)
    assert table.kind == backend
    assert np.array_equal(table.column("a"), [1, 2, np.nan], equal_nan=True)
    assert table.column("b").tolist() == ["x", "NA", None]
    assert np.array_equal(table.column("c"), [np.nan, 3.5, 4], equal_nan=True)
    assert table.raw("d").missing.all()


def test_tabs_a_mark_of_order_and_quotes(tmp_path, backend):
    table = read(tmp_path, b'\xef\xbb\xbfa\t"b, c"\n1\t"x\ty"\n', "rows.TSV")
    assert table.names == ("a", "b, c")
    assert table.column("b, c").tolist() == ["x\ty"]


def test_parquet(tmp_path, backend):
    import polars as pl

    pl.DataFrame({"a": [1, 2], "b": ["x", None]}).write_parquet(tmp_path / "rows.pq")
    table = Table.of(readers.frame(tmp_path / "rows.pq"))
    assert table.kind == backend
    assert table.column("b").tolist() == ["x", None]


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet"])
def test_nothing_installed_that_reads(tmp_path, monkeypatch, name):
    monkeypatch.setattr(readers, "find_spec", lambda name: None)
    with pytest.raises(WhenceError, match="pip install"):
        read(tmp_path, TEXT, name)


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("", "rows.csv", "is empty"),
        ("a,b\n", "rows.csv", "no rows"),
        ("a,b,a\n1,2,3\n", "rows.csv", "more than one column called 'a'"),
        ("a;b\n1;2\n", "rows.csv", "separated by ';'"),
        ("a,b\n1,2\n", "rows.tsv", "separated by ','"),
        ("a,b\n1,2,3\n4,5,6\n", "rows.csv", "fields"),
        ("a,b\n1,2\n4,5,6\n", "rows.csv", "fields"),
        (b"a,b\n1,caf\xe9\n", "rows.csv", "cannot be read"),
        (b"PAR1 nonsense", "rows.parquet", "cannot be read as Parquet"),
        ("a\n1\n", "rows.xlsx", "no kind of table"),
        ("a\n1\n", "rows", "no suffix"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, backend, text, name, said):
    with pytest.raises(WhenceError, match=said):
        read(tmp_path, text, name)


def test_a_file_that_is_not_there(tmp_path):
    (tmp_path / "train.csv").write_text("a\n1\n")
    with pytest.raises(WhenceError, match=r"Did you mean .*train\.csv"):
        readers.frame(tmp_path / "trian.csv")
    with pytest.raises(WhenceError, match="is a folder"):
        readers.frame(tmp_path)
    with pytest.raises(WhenceError, match="no file"):
        readers.frame(tmp_path / "nowhere" / "rows.csv")


def test_codes_with_leading_zeros_stay_text(tmp_path, backend):
    table = read(
        tmp_path, "zip,n,half,day,flag\n00123,1,0.5,2024-01-02,0\n10115,20,1,2024-01-03,1\n"
    )
    assert table.column("zip").tolist() == [123, 10115]  # a reader that is told nothing guesses
    path = tmp_path / "rows.csv"
    assert readers.codes(path) == {"zip"}
    told = Table.of(readers.frame(path, {"zip": "text", "n": "text"}))
    assert told.column("zip").tolist() == ["00123", "10115"]
    assert told.column("n").tolist() == ["1", "20"]
    assert told.column("half").tolist() == [0.5, 1.0]


def test_no_code_no_second_reading(tmp_path, backend):
    for text in ("a,b\n0,0.5\n10,-0.25\n", 'a\n"x, 0"\n"0 1"\n', "a,b\n2024-01-02,00:15\n"):
        (tmp_path / "rows.csv").write_text(text)
        assert readers.codes(tmp_path / "rows.csv") == set()


def test_known_text_keeps_its_words_and_its_blanks_are_missing(tmp_path, backend):
    (tmp_path / "rows.csv").write_text("unit code,a\n1,1\n,2\nNA,3\n")
    told = Table.of(readers.frame(tmp_path / "rows.csv", {"unit_code": "text"}))
    assert told.column("unit code").tolist() == ["1", None, "NA"]  # by LightGBM's name for it
