"""Codes in text files: read as the model has them, whatever its library."""

import json

import numpy as np
import pytest

from .typed import fail

pd = pytest.importorskip("pandas")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """The same rows as CSV and Parquet, and models of several libraries fitted to them."""
    import catboost
    import joblib
    import lightgbm
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    folder, rng, n = tmp_path_factory.mktemp("shop"), np.random.default_rng(0), 200
    X = pd.DataFrame(
        {
            "zip code": rng.choice(["00123", "02144", "10115"], n),
            "n": rng.choice(["01", "02", "10"], n),
            "amount": rng.normal(size=n).round(3),
        }
    )
    y = np.where(X.amount + 2 * (X["zip code"] == "00123") > 1, "07", "10")
    rows = X.assign(label=y)
    rows.to_csv(folder / "d.csv", index=False)
    rows.to_parquet(folder / "d.parquet")
    typed = X.assign(**{"zip code": X["zip code"].astype("category"), "n": X.n.astype(int)})
    settings = {"verbose": -1, "n_jobs": 1, "n_estimators": 5}
    boosted = lightgbm.LGBMClassifier(**settings).fit(typed, (y == "07").astype(int))
    boosted.booster_.save_model(folder / "m.txt")
    settings = {"iterations": 5, "depth": 3, "verbose": 0, "thread_count": 1}
    cat = catboost.CatBoostClassifier(**settings, cat_features=["zip code", "n"]).fit(X, y)
    cat.save_model(str(folder / "m.cbm"))
    columns = make_column_transformer(
        (OneHotEncoder(), ["zip code"]), (StandardScaler(), ["n", "amount"])
    )
    line = make_pipeline(columns, LogisticRegression())
    joblib.dump(line.fit(X.assign(n=X.n.astype(int)), y), folder / "m.joblib")
    numbers = rows.assign(n=X.n.astype(int), label=(y == "07").astype(int))
    numbers.to_csv(folder / "m.txt.csv", index=False)
    numbers.to_parquet(folder / "m.txt.parquet")
    return folder


def asked(run, model, data, *more):
    got = run("explain", model, data, "--background", data, "--drop", "label", "--row", "0",
              "--row", "3", *more, "--json", "-q")  # fmt: skip
    return got, json.loads(got.stdout) if got.stdout else None


@pytest.mark.parametrize("model", ["m.txt", "m.cbm", "m.joblib"])
def test_a_text_file_is_answered_as_a_typed_one(shop, run, monkeypatch, model):
    """Mutant killed: 00123 read as 123, which no model knows."""
    monkeypatch.chdir(shop)
    more = ["--unpickle"] if model == "m.joblib" else []
    typed = pd.read_parquet("d.parquet")
    typed.assign(n=typed.n if model == "m.cbm" else typed.n.astype(int)).to_parquet("t.parquet")
    _, text = asked(run, model, "d.csv", *more)
    _, want = asked(run, model, "t.parquet", *more)
    assert text["players"]["names"] == want["players"]["names"] == ["zip code", "n", "amount"]
    assert np.allclose(text["values"], want["values"])
    assert np.abs(np.array(text["values"])[0, 0, 0]) > 0.01  # the code decides


def test_labels_with_leading_zeros_are_labels(shop, run, monkeypatch):
    monkeypatch.chdir(shop)
    got = run("importance", "m.cbm", "d.csv", "--target", "label", "--json", "-q")
    told = json.loads(got.stdout)
    assert told["question"]["classes"] == ["07", "10"]
    assert told["values"][0][0][0] > 0.05


def test_rows_keep_their_numbers_in_every_file(shop, run, monkeypatch, tmp_path):
    monkeypatch.chdir(shop)
    table = tmp_path / "values.csv"
    got, told = asked(run, "m.cbm", "d.csv", "--row", "9", "--csv", str(table))
    assert got.exit_code == 0
    assert told["case_names"] == [0, 3, 9]
    assert list(dict.fromkeys(pd.read_csv(table)["case"])) == [0, 3, 9]


def test_a_pipeline_names_the_column_that_does_not_fit(shop, run, monkeypatch):
    monkeypatch.chdir(shop)
    rows = pd.read_csv("d.csv", dtype=str).assign(amount="much")
    rows.to_csv("odd.csv", index=False)
    got, _ = asked(run, "m.joblib", "odd.csv", "--unpickle")
    fail(got, 'column "amount"', "'much'")
    rows.assign(**{"zip code": "Köln", "amount": 1.0}).to_csv("odd.csv", index=False)
    got, _ = asked(run, "m.joblib", "odd.csv", "--unpickle")
    fail(got, 'column "zip code" holds', "'Köln'", "'00123'")
