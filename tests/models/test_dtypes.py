"""Dtypes that few people have, and pools of them: kept, told apart and converted, never guessed."""

import datetime as dt
import decimal

import numpy as np
import pytest

from whence.models import Table, predictor

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
KINDS = ("numpy", "pandas", "polars")


def odd_pandas():
    return pd.DataFrame(
        {
            "period": pd.period_range("2020", periods=3, freq="M"),
            "interval": pd.interval_range(0, 3),
            "decimal": pd.Series([decimal.Decimal("1.5"), None, decimal.Decimal(2)], dtype=object),
            "delta": pd.to_timedelta([1, 2, None], unit="s"),
            "date": pd.Series([dt.date(2020, 1, 1), None, dt.date(2021, 1, 1)], dtype=object),
            "list": pd.Series([[1], [2], [1]], dtype=object),
            "nothing": pd.Series([None, None, None], dtype=object),
        }
    )


def odd_polars():
    return pl.DataFrame(
        {
            "decimal": [decimal.Decimal("1.5"), None],
            "time": [dt.time(1), None],
            "list": [[1], [2]],
            "nothing": [None, None],
            "date": [dt.date(2020, 1, 1), None],
            "delta": [dt.timedelta(1), None],
            "struct": [{"a": 1}, {"a": 2}],
            "big": pl.Series([1, None], dtype=pl.UInt64),
        }
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("make", [odd_pandas, odd_polars])
def test_every_table_is_mixed_coded_pooled_and_read(make, kind):
    table = Table.of(make()).to(kind)
    width = len(table.names)
    assert len(table.mix(np.ones((4, width), int))) == 4
    assert table.codes.shape == (len(table), width)
    assert len(table.above(Table.of(make()))) == 2 * len(table)
    for name in table.names:
        assert table.column(name).shape == (len(table),)


def test_the_same_lists_share_a_code():
    codes = Table.of(odd_pandas()).select(["list"]).codes[:, 0]
    assert codes[0] == codes[2] != codes[1]


def test_pyarrow_dtypes_are_kept():
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame(
        {
            "d": pd.array([1.5, None, 2.0], dtype="double[pyarrow]"),
            "s": pd.array(["a", None, "b"], dtype="string[pyarrow]"),
            "b": pd.array([True, None, False], dtype="bool[pyarrow]"),
        }
    )
    table = Table.of(frame)
    assert table.mix(np.ones((2, 3), int)).dtypes.equals(frame.dtypes)
    assert table.above(table).frame().dtypes.equals(frame.dtypes)
    assert [table.raw(n).family for n in "dsb"] == ["number", "text", "number"]


def test_objects_with_na_are_read_one_by_one():
    frame = pd.DataFrame({"a": pd.Series([1, pd.NA, 2], dtype=object)})
    table = Table.of(frame)
    assert table.raw("a").missing.tolist() == [False, True, False]
    assert table.numbers().frame()[[0, 2], 0].tolist() == [1.0, 2.0]


def test_times_that_are_missing_are_missing():
    assert Table.of(odd_pandas()).raw("delta").missing.tolist() == [False, False, True]
    days = np.array([["2020-01-01"], ["NaT"]], "M8[D]")
    assert Table.of(days).raw("x0").missing.tolist() == [False, True]
    assert Table.of(days).to("pandas").frame()["x0"].isna().tolist() == [False, True]


@pytest.mark.parametrize("package", ["xgboost", "lightgbm", "catboost", "sklearn"])
def test_columns_that_are_numbered(package, numbers):
    pytest.importorskip(package)
    frame, t = pd.DataFrame(numbers[0]), numbers[1]
    model = {
        "xgboost": lambda: pytest.importorskip("xgboost").XGBRegressor(n_estimators=3, n_jobs=1),
        "lightgbm": lambda: pytest.importorskip("lightgbm").LGBMRegressor(
            n_estimators=3, n_jobs=1, verbose=-1
        ),
        "catboost": lambda: pytest.importorskip("catboost").CatBoostRegressor(
            3, verbose=0, allow_writing_files=False, thread_count=1
        ),
        "sklearn": lambda: pytest.importorskip("sklearn.linear_model").Ridge(),
    }[package]()
    model.fit(frame, t)
    asked = predictor(model, like=Table.of(frame))
    aligned = asked.aligned(Table.of(frame))
    assert np.allclose(asked(aligned.frame())[:, 0], model.predict(frame))
    assert aligned.names == ("0", "1", "2", "3")


@pytest.mark.parametrize("booster", ["lightgbm", "xgboost"])
def test_boosters_inside_pipelines_do_not_warn(booster, numbers):
    pipeline = pytest.importorskip("sklearn.pipeline")
    scaler = pytest.importorskip("sklearn.preprocessing").StandardScaler()
    package = pytest.importorskip(booster)
    made = (
        package.LGBMClassifier(n_estimators=3, verbose=-1, n_jobs=1)
        if booster == "lightgbm"
        else package.XGBClassifier(n_estimators=3, n_jobs=1)
    )
    frame = pd.DataFrame(numbers[0], columns=list("abcd"))
    model = pipeline.make_pipeline(scaler, made).fit(frame, numbers[2])
    for kind in KINDS:
        table = Table.of(frame).to(kind)
        asked = predictor(model, like=table)
        answer = asked(asked.aligned(table).frame())
        assert np.allclose(answer, model.predict_proba(frame))
