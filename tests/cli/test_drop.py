"""The engineer on call: two files, a model, one sentence."""

import json

import numpy as np
import pandas as pd
import pytest

import whence as wh

from .typed import fail

ASK = ("drop", "june.csv", "october.csv", "--model", "ok.skops", "--target", "ok")
GIVEN = ("--mechanism", "P(region)", "--mechanism", "P(X | region)")
GIVEN += ("--mechanism", "P(ok | X, region)")


def rows(n, seed, *, later=False):
    rng = np.random.default_rng(seed)
    region = rng.choice([0, 1], n, p=[0.3, 0.7] if later else [0.8, 0.2])
    use = rng.normal(size=n).round(3)
    ok = (rng.random(n) < 1 / (1 + np.exp(-4 * use * (region == 0)))).astype(int)
    customer = rng.integers(0, n // 2, n)
    return pd.DataFrame({"region": region, "use": use, "customer": customer, "ok": ok})


@pytest.fixture
def call(tmp_path, monkeypatch):
    """june.csv, october.csv, moon.csv, ok.skops, in a folder of one's own."""
    import skops.io
    from sklearn.linear_model import LogisticRegression

    june, october = rows(1500, 1), rows(1500, 2, later=True)
    skops.io.dump(LogisticRegression().fit(june[["region", "use"]], june.ok), tmp_path / "ok.skops")
    june.to_csv(tmp_path / "june.csv", index=False)
    october.to_csv(tmp_path / "october.csv", index=False)
    october.assign(region=np.where(np.arange(1500) < 300, 7, october.region)).to_csv(
        tmp_path / "moon.csv", index=False
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_says_what_the_drop_came_with(call, run):
    got = run(*ASK, *GIVEN, "--unit", "customer", "--html", "a.html", "--out", "a.whence")
    assert got.exit_code == 0, got.stderr
    said = " ".join(got.stdout.split())
    assert "came with P(region)" in said
    assert "rows of june.csv, counted from 0" in said
    assert "1,500 rows of june.csv to 1,500 of october.csv" in got.stderr
    assert "came with P(region)" in (call / "a.html").read_text(encoding="utf-8")
    loaded = wh.load("a.whence")
    assert loaded.provenance["before"] == "june.csv"


def test_it_is_the_python_verb(call, run):
    """Mutant killed: the unit, the seed or the mechanisms lost on the way."""
    import skops.io

    model = skops.io.load("ok.skops", trusted=[])
    (X0, y0), (X1, y1) = (
        (f.drop(columns=["ok"]), f["ok"]) for f in map(pd.read_csv, ("june.csv", "october.csv"))
    )
    plain = wh.drop(
        model,
        before=(X0, y0),
        after=(X1, y1),
        mechanisms=list(GIVEN[1::2]),
        units="customer",
        seed=3,
        metric="log-loss",
    )
    got = run(*ASK, *GIVEN, "--unit", "customer", "--seed", 3, "--metric", "log-loss", "--json")
    told = json.loads(got.stdout)
    assert np.allclose(told["values"], plain.values)
    assert told["provenance"]["in words"] == plain.provenance["in words"]


def test_without_mechanisms_there_is_one_for_each_column(call, run):
    got = run(*ASK, "--drop", "customer", "--json", "--quiet")
    told = json.loads(got.stdout)
    names = ["P(region)", "P(use)", "dependence of features", "P(ok | X)"]
    assert told["players"]["names"] == names
    assert got.exit_code == 0


def test_what_before_cannot_speak_for_is_measured_and_told_with_code_one(call, run):
    got = run("drop", "june.csv", "moon.csv", *ASK[3:], "--drop", "customer")
    assert got.exit_code == 1
    said = " ".join(got.stdout.split())
    assert "Accuracy went from" in said
    assert "values of region never seen before" in said
    assert "7 in 300 rows" in said
    assert "overlap: FAILS" in said


def test_a_metric_of_ones_own(call, run):
    code = "def hits(y, p, w):\n    return (w * (p.argmax(1) == y)).sum() / w.sum()\n"
    (call / "judges.py").write_text(code, encoding="utf-8")
    ask = (*ASK, *GIVEN, "--drop", "customer", "--json", "--quiet")
    own, named = (run(*ask, "--metric", m) for m in ("judges:hits", "accuracy"))
    values = [json.loads(got.stdout)["values"] for got in (own, named)]
    assert np.allclose(*values, atol=0.01)  # only of accuracy is known that it is yes or no
    library = run(*ask, "--metric", "sklearn.metrics:f1_score")
    assert json.loads(library.stdout)["outputs"] == ["f1"]
    fail(run(*ask, "--metric", "judges:hit"), "has no 'hit'", "Did you mean 'hits'")


def test_slips_are_one_line(call, run):
    fail(run(*ASK, "--drop", "customer", "--metric", "acuracy"), "Did you mean 'accuracy'")
    fail(run(*ASK, "--drop", "customer", "--mechanism", "P(regoin)"), "Did you mean 'region'")
    fail(run(*ASK, "--unit", "custommer"), "customer")
    fail(run(*ASK[:-1], "okk", "--drop", "customer"), "no column 'okk'")
