"""The same numbers for other tools."""

import sys
from dataclasses import replace

import numpy as np
import pytest

import whence as wh
from whence._core.errors import OptionError, ResultError

COLUMNS = ["case", "output", "player", "value", "stderr", "low", "high"]


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_a_row_for_each_case_output_and_player(make, backend):
    pytest.importorskip(backend)
    att = make(np.arange(12.0).reshape(2, 2, 3), outputs=("no", "yes"), names="abc")
    frame = att.to_frame(backend)
    assert type(frame).__module__.split(".")[0] == backend
    names = list(frame.column_names if backend == "pyarrow" else frame.columns)
    assert names == [*COLUMNS, "stderr_estimation"]
    column = frame["value"].to_pylist() if backend == "pyarrow" else list(frame["value"])
    assert column == list(np.arange(12.0))
    if backend == "pandas":
        row = frame[(frame.case == 1) & (frame.output == "no") & (frame.player == "b")]
        low, high = att.ci()
        assert row.value.item() == att.values[1, 0, 1]
        assert (row.low.item(), row.high.item()) == (low[1, 0, 1], high[1, 0, 1])


def test_parts_have_columns_and_averages_one_case(churn):
    frame = churn.to_frame()
    assert list(frame.columns) == [*COLUMNS, "stderr_estimation", "stderr_data"]
    assert frame.case.tolist() == [0] * 5
    assert frame.stderr.to_numpy() == pytest.approx(churn.stderr[0, 0])


WORDS = {"pandas": "str", "polars": "String", "pyarrow": "string"}


@pytest.mark.parametrize("backend", WORDS)
def test_numbers_are_numbers_and_words_are_words(rows60, backend):
    """Kills: columns of Python's objects, which no tool can add up."""
    pytest.importorskip(backend)
    frame = rows60.to_frame(backend)
    columns = frame.schema.names if backend == "pyarrow" else frame.columns
    kinds = frame.schema.types if backend == "pyarrow" else frame.dtypes
    told = dict(zip(columns, map(str, kinds), strict=True))
    assert told.pop("output") == told.pop("player") == WORDS[backend]
    assert told.pop("case").lower() == "int64"
    assert {kind.lower() for kind in told.values()} <= {"float64", "double"}


def test_unknown_errors_are_missing(make):
    frame = make([1.0, 2.0], np.nan, uncertainty="unquantified").to_frame()
    assert frame.low.isna().all()


def test_odd_answers_have_frames(odd):
    assert len(odd.to_frame("polars")) == odd.values.size


def test_unknown_backend(churn):
    with pytest.raises(OptionError, match="Did you mean 'pandas'"):
        churn.to_frame("panda")


def test_missing_packages_are_named(churn, monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(OptionError, match="pip install polars"):
        churn.to_frame("polars")
    monkeypatch.setitem(sys.modules, "shap", None)
    with pytest.raises(ResultError, match="pip install shap"):
        churn.to_shap()


def test_shap_without_shap(rows60, make, monkeypatch):
    """What is handed over, whether or not shap is there."""
    import types

    handed = types.SimpleNamespace(Explanation=lambda **fields: fields)
    monkeypatch.setitem(sys.modules, "shap", handed)
    got = rows60.to_shap()
    assert got["values"].shape == (60, 3)
    assert got["base_values"].shape == (60,)
    assert got["data"].shape == (60, 3)
    assert got["data"].dtype == object
    assert got["feature_names"] == ["age", "fee", "colour"]
    many = make(np.ones((4, 2, 3)), outputs=("no", "yes"), data={"x0": np.ones(4)}).to_shap()
    assert many["values"].shape == (4, 3, 2)
    assert many["base_values"].shape == (4, 2)
    assert many["output_names"] == ["no", "yes"]
    assert many["data"] is None


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_cases_by_name(make, backend):
    pytest.importorskip(backend)
    att = make(np.arange(4.0).reshape(2, 1, 2), names="ab")
    for names in ((9, 4), ("x", "y")):
        frame = replace(att, case_names=names).to_frame(backend)
        column = frame["case"].to_pylist() if backend == "pyarrow" else list(frame["case"])
        assert column == [names[0], names[0], names[1], names[1]]
    mixed = replace(att, case_names=(9, "y")).to_frame(backend)
    column = mixed["case"].to_pylist() if backend == "pyarrow" else list(mixed["case"])
    assert column == ["9", "9", "y", "y"]


def test_a_parquet_file_keeps_the_names_of_cases(make, tmp_path):
    pd, _ = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    att = replace(make(np.arange(4.0).reshape(2, 1, 2)), case_names=("x", "y"))
    path = att.to_parquet(tmp_path / "a.parquet")
    assert pd.read_parquet(path)["case_name"].tolist() == ["x", "x", "y", "y"]
    assert wh.load(path).case_names == ("x", "y")


def test_cases_keep_their_names_wherever_they_go(make, tmp_path):
    att = replace(make(np.arange(6.0).reshape(3, 1, 2)), case_names=(7, "b", 9))
    assert att.select(case=[2, 0]).case_names == (9, 7)
    assert att.mean().case_names == ()
    assert att.group({"both": att.players.names}).case_names == (7, "b", 9)
    assert (att - att).case_names == (7, "b", 9)
    assert (att - replace(att, case_names=(1, 2, 3))).case_names == ()
    assert wh.load(att.save(tmp_path / "a.whence")).case_names == (7, "b", 9)
    assert wh.from_dict(att.to_dict()).case_names == (7, "b", 9)


def test_names_of_other_cases_are_damage(make):
    told = make(np.arange(6.0).reshape(3, 1, 2)).to_dict() | {"case_names": ["a", "b"]}
    with pytest.raises(ResultError, match="2 names for 3 cases"):
        wh.from_dict(told)
