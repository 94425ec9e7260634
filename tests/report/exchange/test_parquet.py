"""One table for any tool, which is the whole result."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sameness import same

import whence as wh
from whence._core.errors import OptionError, ResultError

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

FIXTURES = Path(__file__).parents[2] / "fixtures"
DATA = {
    "zzz": np.array(["2026-01-01", "NaT", "2026-01-03"], dtype="datetime64[D]"),
    "a": np.array([1.5, np.nan, -0.0]),
    "b": np.array([1, 2**53 + 1, 3]),
    "c": np.array(["x", None, ""], dtype=object),
    "d": np.array(["yes", "nö", "✓"]),
    "e": np.array([True, False, True]),
    "f": np.array([1, "x", None], dtype=object),
    "g": np.array([0.1, np.inf, 3], dtype=np.float32),
    "h": np.array([-(2**53), 0, 2**53]),
}


@pytest.fixture
def whole(make):
    """Every kind of column, three cases, two outputs, and numbers that are hard to keep."""
    values = np.sin(np.arange(48.0)).reshape(3, 2, 8)
    values[0, 0, 0], values[1, 1, 1], values[2, 0, 2], values[2, 1, 3] = (
        np.nan,
        -0.0,
        np.inf,
        5e-324,
    )
    values[0, 1, 0] = np.copysign(np.nan, -1)
    return make(
        values,
        parts={"estimation": 0.1, "data": 0.2},
        names="abcdefgh",
        outputs=("no", "yes"),
        freedom=np.array([3.0, 7.5, 1e9]),
        data=DATA,
        shared={"background": np.full((1, 2, 8), np.pi)},
        covariance={"estimation": np.tile(np.eye(8), (2, 1, 1))},
        provenance={"seed": 7, "inner": {"list": [1, None]}},
    )


def test_nothing_is_lost(whole, tmp_path):
    """Kills: whole numbers beyond 2**53 as floats; an order of columns."""
    path = whole.to_parquet(tmp_path / "a.parquet")
    assert path == tmp_path / "a.parquet"
    same(whole, wh.load(path))
    same(whole, wh.Attribution.load(path))


def test_odd_answers(odd, tmp_path):
    with np.errstate(invalid="ignore"):
        same(odd, wh.load(odd.to_parquet(tmp_path / "a.parquet")))


def test_two_outputs_of_one_name(make, tmp_path):
    """Kills: an answer that is written, and refused when it is read."""
    att = make(np.arange(12.0).reshape(2, 2, 3), outputs=("loss", "loss"))
    same(att, wh.load(att.to_parquet(tmp_path / "a.parquet")))


def test_a_run_with_its_trace(tmp_path):
    game = wh.FunctionGame(lambda stay: stay.sum(axis=1) ** 2.0, list("abcdef"))
    run = wh.attribute(game, method="permutation", budget=wh.Budget(evaluations=500))
    assert run.trace is not None
    same(run, wh.load(run.to_parquet(tmp_path / "a.parquet")))


@pytest.mark.parametrize("reader", ["pandas", "polars", "pyarrow"])
def test_any_tool_reads_the_numbers(whole, reader, tmp_path):
    path = whole.to_parquet(tmp_path / "a.parquet")
    if reader == "pyarrow":
        table = pq.read_table(path).to_pandas()
    else:
        package = pytest.importorskip(reader)
        table = package.read_parquet(path)
        table = table.to_pandas() if reader == "polars" else table
    frame = whole.to_frame()
    assert np.array_equal(table["value"], frame["value"], equal_nan=True)
    assert table["player"].tolist() == frame["player"].tolist()
    assert set(frame.columns) < set(table.columns)
    row = table[(table.case == 1) & (table.output == "yes") & (table.player == "d")].iloc[0]
    assert row["data_text"] == "nö"
    assert row["empty"] == whole.empty[1, 1]
    assert row["full"] == whole.full[1, 1]
    assert row["freedom"] == 7.5
    assert table.data.isna().sum() == 2 * (1 + 3 * 4)  # one NaN, and four that are no numbers


def test_numbers_alone_have_no_column_of_words(rows60, churn, tmp_path):
    assert "data_text" in pq.read_schema(rows60.to_parquet(tmp_path / "a.parquet")).names
    assert not {"data", "data_text"} & set(
        pq.read_schema(churn.to_parquet(tmp_path / "b.parquet")).names
    )


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*-v*.parquet")), ids=lambda p: p.stem)
def test_files_of_earlier_versions(path):
    same(wh.load(path), wh.load(path.with_suffix(".whence")))


# -- what is refused --


def rewritten(path, change=lambda table: table, header=lambda header: header):
    """As another tool writes it: another table, the same metadata."""
    file = pq.ParquetFile(path)
    said = dict(file.metadata.metadata)
    said[b"whence"] = json.dumps(header(json.loads(said[b"whence"]))).encode()
    table = change(file.read())
    pq.write_table(table.replace_schema_metadata(said), path)
    return path


def tampered(**changes):
    return lambda header: header | changes


CHANGED = {
    "sorted": lambda t: t.sort_by("value"),
    "cut": lambda t: t.slice(0, 10),
    "emptied": lambda t: t.slice(0, 0),
    "doubled": lambda t: pa.concat_tables([t, t]),
    "rounded": lambda t: t.set_column(
        t.column_names.index("value"), "value", pa.array(np.round(t["value"].to_numpy(), 3))
    ),
    "another base": lambda t: t.set_column(
        t.column_names.index("empty"), "empty", pa.array(np.ones(len(t)))
    ),
    "other errors": lambda t: t.set_column(
        t.column_names.index("stderr_data"), "stderr_data", pa.array(np.zeros(len(t)))
    ),
    "other data": lambda t: t.set_column(
        t.column_names.index("data_text"), "data_text", pa.array(["x"] * len(t))
    ),
}


@pytest.mark.parametrize("how", CHANGED)
def test_a_table_that_was_changed_is_no_result(how, whole, tmp_path):
    """Kills: numbers of another tool under whence's verdict."""
    path = whole.to_parquet(tmp_path / "a.parquet")
    with pytest.raises(ResultError, match="not as whence wrote it: its rows or its metadata"):
        wh.load(rewritten(path, CHANGED[how]))


HEADERS = {
    "no columns": (tampered(columns={}), "is damaged: KeyError"),
    "no players": (tampered(players={}), "is damaged: KeyError"),
    "another verdict": (tampered(verdict="certain"), "not as whence wrote it"),
    "another format": (tampered(format="zip"), "is not a whence result"),
    "a newer version": (tampered(version=99), "newer whence"),
    "a list": (lambda header: [], "is not a whence result"),
    "interactions": (tampered(format="whence interactions"), "is damaged"),
}


@pytest.mark.parametrize("how", HEADERS)
def test_metadata_that_were_changed(how, whole, tmp_path):
    change, said = HEADERS[how]
    path = whole.to_parquet(tmp_path / "a.parquet")
    with pytest.raises(ResultError, match=said):
        wh.load(rewritten(path, header=change))


def test_a_table_of_somebody_else(tmp_path):
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "a.parquet")
    with pytest.raises(ResultError, match="is a Parquet table, and not a whence result"):
        wh.load(tmp_path / "a.parquet")


def test_every_damage_is_noticed_or_harmless(churn, tmp_path):
    """Kills: a damaged page or footer that becomes a number, or an error of pyarrow's own."""
    path = churn.to_parquet(tmp_path / "a.parquet")
    raw, refused = path.read_bytes(), 0
    places = range(4, len(raw), 17)
    for place in places:
        for broken in (raw[:place], raw[:place] + bytes([raw[place] ^ 0x5A]) + raw[place + 1 :]):
            path.write_bytes(broken)
            try:
                same(churn, wh.load(path))  # a byte that says nothing, such as a statistic
            except ResultError:
                refused += 1
    assert refused > len(places)


def test_where_it_cannot_be_written(churn, tmp_path):
    with pytest.raises(ResultError, match="Nothing was saved"):
        churn.to_parquet(tmp_path / "no" / "a.parquet")


def test_without_pyarrow(churn, tmp_path, monkeypatch):
    path = churn.to_parquet(tmp_path / "a.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(OptionError, match="pip install pyarrow"):
        churn.to_parquet(tmp_path / "b.parquet")
    with pytest.raises(OptionError, match="pip install pyarrow"):
        wh.load(path)


def test_groups_have_data_of_their_members(rows60, tmp_path):
    """Kills: a column that is no player's, lost."""
    grouped = replace(rows60.group({"money": ["fee", "colour"]}), data=rows60.data)
    same(grouped, wh.load(grouped.to_parquet(tmp_path / "a.parquet")))
