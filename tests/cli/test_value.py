"""The data team's job: a table of labels, and which rows and sources to trust."""

import csv
import json

import numpy as np
import pytest

import whence as wh

from .typed import fail

ASK = ("value", "labels.csv", "--target", "label")


@pytest.fixture
def labelled(desk):
    """labels.csv with a fifth of the web's labels wrong, and right.csv to test on."""
    import pandas as pd

    rng = np.random.default_rng(0)
    X = rng.normal(size=(180, 3))
    right = X[:, 0] + X[:, 1] > 0
    source = np.array(["web", "clinic", "archive"])[np.arange(180) % 3]
    wrong = (source == "web") & (rng.random(180) < 0.4)
    rows = pd.DataFrame(X, columns=["a", "b", "c"]).assign(
        label=np.where(right ^ wrong, "yes", "no"), source=source
    )
    rows[:120].to_csv("labels.csv", index=False)
    rows.assign(label=np.where(right, "yes", "no"))[120:].drop(columns="source").to_csv(
        "right.csv", index=False
    )
    (desk / "trees.py").write_text(
        "from sklearn.tree import DecisionTreeClassifier\n"
        "model = DecisionTreeClassifier(max_depth=3)\n"
    )
    return rows, wrong


def test_it_is_the_python_verb(labelled, run):
    rows, _ = labelled
    got = run("value", "labels.csv", "right.csv", "--target", "label", "--drop", "source",
              "--out", "a.whence", "--k", 3)  # fmt: skip
    assert got.exit_code == 0, got.stderr
    assert "knn was chosen: no model was given" in " ".join(got.stdout.split())
    assert "what is each row worth?" in got.stderr
    assert "60 rows of right.csv" in got.stderr
    assert "Saved a.whence." in got.stderr
    assert "--suspects 20" in got.stderr
    right = np.where(rows["a"] + rows["b"] > 0, "yes", "no")[120:]
    plain = wh.value(rows[["a", "b", "c"]][:120], rows["label"][:120].to_numpy(),
                     rows[["a", "b", "c"]][120:], right, k=3)  # fmt: skip
    assert np.allclose(wh.load("a.whence").values, plain.values)


def test_the_source_of_wrong_labels(labelled, run):
    told = json.loads(run(*ASK, "right.csv", "--by", "source", "--json").stdout)
    assert told["players"]["names"] == ["web", "clinic", "archive"]
    assert int(np.argmin(told["values"][0][0])) == 0
    assert told["provenance"]["training rows"] == "labels.csv"
    assert told["provenance"]["test rows"] == "right.csv"
    trained = run(*ASK, "--by", "source", "--model", "trees:model")
    assert trained.exit_code == 0, trained.stderr
    assert "shapley was chosen" in " ".join(trained.stdout.split())
    assert "what is each source worth?  Folds of them" in trained.stderr
    assert "--suspects" not in trained.stderr


def test_suspects_are_shown_and_written(labelled, run, desk):
    _, wrong = labelled
    got = run(*ASK, "right.csv", "--drop", "source", "--suspects", 10, "--suspects-csv", "s.csv",
              "--csv", "v.csv", "--html", "p.html", "--by-case", "--top", 3)  # fmt: skip
    assert got.exit_code == 0, got.stderr
    assert "neighbours say" in got.stdout
    assert "no share of wrong labels is claimed" in " ".join(got.stdout.split())
    assert "…  7 more" in got.stdout
    with (desk / "s.csv").open() as lines:
        flagged = [int(line["position"]) for line in csv.DictReader(lines)]
    assert wrong[flagged].mean() > 0.6
    assert "Proponents and opponents" in (desk / "p.html").read_text()
    assert "v.csv, s.csv" in got.stderr


def test_json_is_one_object_with_the_suspects(labelled, run):
    got = run(*ASK, "--drop", "source", "--suspects", 4, "--json", "-q")
    told = json.loads(got.stdout)
    assert not got.stderr
    assert len(told["suspects"]) == 4
    assert set(told["suspects"][0]) >= {"row", "label", "suggested", "value", "low", "high"}
    assert "no share" in told["flagged"]
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(told, wh.json_schema())


def test_a_spent_budget_is_exit_code_1(labelled, run):
    got = run(*ASK, "right.csv", "--drop", "source", "--method", "shapley", "--model",
              "trees:model", "--evaluations", 150)  # fmt: skip
    assert got.exit_code == 1
    assert "surer with a larger budget" in got.stderr


def test_slips(labelled, run):
    fail(run("value", "labels.csv", "--target", "labl"), "Did you mean 'label'?")
    fail(run(*ASK, "--by", "sorce"), "--by", "Did you mean 'source'?")
    fail(run(*ASK, "--by", "source", "--suspects", 3), "--suspects", "--by")
    fail(run(*ASK, "--suspects-csv", "s.csv"), "--suspects N")
    fail(run(*ASK, "--method", "knm"), "Did you mean 'knn'?")
    fail(run(*ASK, "--method", "loo"), "give model=")
    fail(run(*ASK, "--model", "trees:modell"), "Did you mean 'model'?")
    fail(run(*ASK, "--model", "churn.joblib"), "--unpickle")
    fail(run(*ASK, "--csv", "labels.csv"), "would overwrite what is read")
    fail(run(*ASK, "nothing.csv"), "there is no file nothing.csv")


def test_test_rows_that_weigh(labelled, run):
    """Kills: weights as a feature, and those of the training rows."""
    import pandas as pd

    rows, _ = labelled
    often = np.arange(60) % 3
    pd.read_csv("right.csv").assign(often=often).to_csv("weighed.csv", index=False)
    ask = ("--target", "label", "--drop", "source", "--weight", "often", "--k", 3)
    assert run("value", "labels.csv", "weighed.csv", *ask, "--out", "w.whence").exit_code == 0
    X = rows[["a", "b", "c"]].to_numpy()
    right = np.where(rows["a"] + rows["b"] > 0, "yes", "no")[120:]
    options = {"sample_weight": often, "k": 3}
    wanted = wh.value(X[:120], rows["label"].to_numpy()[:120], X[120:], right, **options)
    np.testing.assert_allclose(wh.load("w.whence").values, wanted.values)
    fail(run("value", "labels.csv", "right.csv", *ask), "the weight")
