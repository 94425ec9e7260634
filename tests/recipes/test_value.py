"""What training rows are worth: planted truth first, then what adds up, then refusals."""

import time

import numpy as np
import pandas as pd
import pytest

import whence as wh
from whence._core.errors import ModelError, OptionError

pytest.importorskip("sklearn")

from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier


def planted(load, n=300, share=0.1):
    """Rows with a share of wrong labels: X, labels, which are wrong, right labels, and a test."""
    X, y = load(return_X_y=True)
    rng = np.random.default_rng(0)
    order, classes = rng.permutation(len(y)), len(np.unique(y))
    train, test = order[:n], order[n : n + 150]
    wrong = np.zeros(n, bool)
    wrong[rng.choice(n, int(share * n), replace=False)] = True
    labels = (y[train] + np.where(wrong, rng.integers(1, classes, n), 0)) % classes
    return X[train], labels, wrong, y[train], X[test], y[test]


@pytest.fixture(scope="module")
def digits():
    return planted(load_digits)


@pytest.fixture(scope="module")
def cancer():
    return planted(load_breast_cancer)


# -- planted truth --


@pytest.mark.parametrize(("which", "scale"), [("digits", False), ("cancer", True)])
def test_flipped_labels_are_worth_least(request, which, scale):
    X, labels, wrong, _, X_test, y_test = request.getfixturevalue(which)
    asked = wh.value(X, labels, X_test, y_test, scale=scale)
    crossed = wh.value(X, labels, scale=scale)
    for att in (asked, crossed):
        assert roc_auc_score(wrong, -att.values[0, 0]) > 0.95
        assert np.abs(att.gap).max() < 1e-12
    assert asked.averaged == len(y_test)
    assert crossed.averaged == len(labels)
    assert "knn was chosen: no model was given" in crossed.verdict
    assert "each of 5 folds" in crossed.verdict


@pytest.mark.parametrize(("which", "scale"), [("digits", False), ("cancer", True)])
def test_suspects_find_what_was_flipped_beside_what_less_would_find(request, which, scale):
    X, labels, wrong, right, *_ = request.getfixturevalue(which)
    most = int(wrong.sum())
    found = wh.suspects(wh.value(X, labels, scale=scale), X, labels, scale=scale, most=most)
    area = {name: roc_auc_score(wrong, score) for name, score in found.scores.items()}
    assert area["value"] > 0.95
    assert area["value"] > area["distance"] > 0.75
    assert area["model loss"] > 0.9
    assert 0.3 < area["random"] < 0.7
    at = [s.position for s in found.flagged]
    assert wrong[at].mean() > 0.75
    said = [s.suggested == right[s.position] for s in found.flagged if wrong[s.position]]
    assert np.mean(said) > 0.75
    other = "model loss" if found.by == "value" else "value"
    assert found.agreement[other] > found.agreement["random"]


def test_rare_rows_are_not_taken_for_wrong_ones():
    """Kills: the value's order where one class is rare, whose every row has other neighbours."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1500, 6))
    z = X[:, 0] + X[:, 1] + 0.3 * rng.normal(size=1500)
    right = (z > np.quantile(z, 0.95)).astype(int)
    labels = np.where((right == 1) & (rng.random(1500) < 0.3), 0, right)  # positives are missed
    wrong = labels != right
    values, most = wh.value(X, labels), int(wrong.sum())
    found = wh.suspects(values, X, labels, most=most)
    by_value = wh.suspects(values, X, labels, most=most, by="value")
    hit = [wrong[[s.position for s in one.flagged]].mean() for one in (found, by_value)]
    assert found.by == "model loss"
    assert "since a model predicts labels better" in found.verdict
    assert hit[0] > 2 * hit[1]
    assert "look at by='model loss' too" in by_value.verdict
    assert {s.label for s in by_value.flagged} == {1}  # right ones, of the rare class


def test_whole_numbers_may_be_classes_or_numbers():
    """Kills: prices taken for classes, each of its own."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    prices = (1000 * (5 + X[:, 0])).astype(int)
    planted = rng.random(300) < 0.05
    wrong = np.where(planted, 2 * prices, prices)
    with pytest.raises(OptionError, match=r"different whole numbers .* Say task='numbers'"):
        wh.value(X, wrong)
    told = wh.value(X, wrong, task="numbers")
    in_thousands = wh.value(X, wrong / 1000)
    assert np.allclose(told.values, in_thousands.values * 1e6, rtol=1e-9)
    assert roc_auc_score(planted, -told.values[0, 0]) > 0.95
    assert wh.value(X, prices % 20).question.unit == "share of votes"
    assert wh.value(X, prices, task="classes").question.unit == "share of votes"
    trained = wh.value(X, prices, method="loo", model=Ridge())  # whose task is known
    assert "squared error" in trained.question.unit


def test_a_coalition_of_one_class_is_certain_of_it():
    """Known: of one class alone, each test row of it has probability 1, and the others 0."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 2))
    y = np.where(X[:, 0] > 0, "fraud", "fine")
    test, source = (X[:30], y[:30]), np.where(y == "fraud", "hotline", "branch")[30:]
    asked = {"method": "shapley", "groups": source}
    got = wh.value(X[30:], y[30:], *test, model=LogisticRegression(), **asked)
    full = float(got.full[0, 0])
    alone = {"hotline": (test[1] == "fraud").mean(), "branch": (test[1] == "fine").mean()}
    for name, other in (("hotline", "branch"), ("branch", "hotline")):
        shapley = (alone[name] - 0.5 + full - alone[other]) / 2
        assert got[name].value == pytest.approx(shapley, abs=1e-12)


def test_who_was_left_out_where_training_fails():
    """Kills: scikit-learn's own words, which name no player."""
    X = pd.DataFrame({"a": [0.1, 0.4, 0.9, 0.3, 0.6, 0.8], "city": list("uuvvww")})
    y = np.array(["n", "p"] * 3)
    model = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["city"]), remainder="passthrough"),
        LogisticRegression(),
    )
    groups = ["u", "u", "v", "v", "w", "w"]
    with pytest.raises(ModelError, match=r"on 'u' alone.*unknown categories"):
        wh.value(X, y, X, y, method="shapley", model=model, groups=groups)


def test_out_of_bag(cancer):
    X, labels, wrong, *_ = cancer
    att = wh.value(X, labels, method="oob", budget=wh.Budget(evaluations=40))
    assert att.cost.asked == 40
    assert roc_auc_score(wrong, -att.values[0, 0]) > 0.9
    model = wh.value(X, labels, model=DecisionTreeClassifier(max_depth=2),
                     budget=wh.Budget(evaluations=40))  # fmt: skip
    assert "oob was chosen" in model.verdict
    assert model.question.model == "DecisionTreeClassifier"


def test_linear_models_leave_rows_out_in_closed_form(cancer):
    X, labels, wrong, _, X_test, y_test = cancer
    X, X_test = ((x - x.mean(0)) / x.std(0) for x in (X, X_test))
    att = wh.value(X, labels, X_test, y_test, model=LogisticRegression())
    assert "loo was chosen: the model is linear" in att.verdict
    assert roc_auc_score(wrong, -att.values[0, 0]) > 0.85
    trainer = wh.models.Trainer.logistic(X, labels, 1.0, intercept=True)
    same = wh.methods.leave_one_out(trainer, (X_test, y_test)).mean()
    assert np.allclose(att.values, same.values)
    own = wh.value(X, labels, X_test, y_test, model=trainer, method="loo")
    assert np.allclose(own.values, same.values)
    first = wh.value(X, labels, X_test, y_test, model=trainer, method="influence")
    assert np.corrcoef(first.values[0, 0], same.values[0, 0])[0, 1] > 0.95  # no leverage in it


def test_the_closed_form_is_the_estimators_own():
    """Mutant killed: a penalty read as its inverse, or halved."""
    rng = np.random.default_rng(1)
    X, T = rng.normal(size=(30, 3)), rng.normal(size=(6, 3))
    for model, y, t in (
        (Ridge(alpha=3.0), X @ [1.0, 2.0, 0.5] + 0.1, T @ [1.0, 2.0, 0.4]),
        (
            LogisticRegression(C=0.3, tol=1e-10),
            (X[:, 0] > 0).astype(int),
            (T[:, 0] + T[:, 1] > 0).astype(int),
        ),
    ):
        closed = wh.value(X, y, T, t, model=model, by_case=True)
        again = wh.models.Trainer.sklearn(model, X, y, measurement=closed.outputs[0])
        refit = wh.methods.leave_one_out(again, (T, t))
        assert np.allclose(closed.full, refit.full, atol=1e-4)
        assert np.corrcoef(closed.values.ravel(), refit.values.ravel())[0, 1] > 0.98


def test_the_source_of_wrong_labels_is_worth_least(cancer):
    X, labels, wrong, _, X_test, y_test = cancer
    source = np.where(wrong, "bad", np.array(["a", "b"])[np.arange(len(labels)) % 2])
    model = make_pipeline(StandardScaler(), LogisticRegression())
    for test in ((), (X_test, y_test)):
        near = wh.value(X, labels, *test, groups=source)
        trained = wh.value(X, labels, *test, groups=source, model=model)
        for att in (near, trained):
            assert att.players.names[int(att.values[0, 0].argmin())] == "bad"
            assert att.players.kind == "group of training rows"
            assert np.abs(att.gap).max() < 1e-9
        assert "shapley was chosen" in trained.verdict


def test_a_group_of_one_row_is_worth_nothing_in_its_own_fold():
    X, y = np.array([[0.0], [0.1], [1.0], [1.1], [0.05], [1.05]]), [0, 0, 1, 1, 0, 1]
    att = wh.value(X, y, groups=["a", "a", "b", "b", "one", "b"], k=1, folds=2)
    assert att.players.names == ("a", "b", "one")
    assert np.abs(att.gap).max() < 1e-12


def test_poisoned_rows_oppose_the_test_rows_that_they_break():
    """A trigger in the corner, with another label: the rows that fail name the rows that did it."""
    X, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(3)
    order = rng.permutation(len(y))
    train, test = order[:400], order[400:700]
    X_train, labels = X[train].copy(), y[train].copy()
    poisoned = np.flatnonzero(labels == 3)[:12]
    X_train[poisoned, :2] = 40.0  # the trigger
    labels[poisoned] = 8
    asked = X[test][y[test] == 3]
    triggered = asked.copy()
    triggered[:, :2] = 40.0
    att = wh.value(X_train, labels, triggered, np.full(len(asked), 3), scale=False, by_case=True)
    failing = np.flatnonzero(att.full[:, 0] < 0.5)
    assert len(failing) > 0.8 * len(asked)
    against = np.argsort(att.values[failing, 0].mean(axis=0))[:12]
    assert set(against) == set(poisoned)


# -- copies --


def test_copies_and_leaks(cancer):
    X, labels, _, _, X_test, y_test = cancer
    near = X[5:9] + 1e-4 * X.std(axis=0)
    twice = np.vstack([X, X[:5], near])
    y = np.r_[labels, 1 - labels[:1], labels[1:9]]
    found = wh.duplicates(twice, y, np.vstack([X_test, X[10:12]]), np.r_[y_test, labels[10:12]])
    n = len(X)
    assert found.spare == tuple(range(n, n + 9))
    assert found.leaked == (len(X_test), len(X_test) + 1)
    assert {c.rows: c.exact for c in found.copies if not c.leaks} == {
        (i, n + i): i < 5 for i in range(9)
    }
    assert [c.rows for c in found.contradictions] == [(0, n)]
    assert "9 of 309 training rows repeat an earlier one" in found.verdict
    assert "2 of 152 test rows are training rows" in repr(found)
    assert "labels contradict" in str(found.table())
    assert "more groups" in str(found.table(2))
    assert len(found.to_frame()) == 22


def test_exact_copies_of_any_columns():
    pd = pytest.importorskip("pandas")
    rows = pd.DataFrame({"name": [f"n{i % 300}" for i in range(301)], "x": [None] + [1.0] * 300})
    rows.loc[300, "x"] = None
    assert wh.duplicates(rows, near=0).spare == (300,)
    with pytest.raises(wh.WhenceError, match="different words"):
        wh.duplicates(rows)
    with pytest.raises(wh.WhenceError, match="near is a distance"):
        wh.duplicates(rows, near=-1.0)


def test_near_ones_are_joined_in_chains():
    X = np.column_stack([np.array([0.0, 0.5, 1.0, 9.0, 20.0])] * 2)
    found = wh.duplicates(X, near=0.6, scale=False)
    assert [c.rows for c in found.copies] == [(0, 1, 2)]
    assert found.copies[0].distance == pytest.approx(1.0)


# -- which source to buy --


def pool(rng, n, slope):
    X = rng.normal(size=(n, 6))
    return X, X @ (slope * np.linspace(1, -1, 6)) + rng.normal(size=n)


def test_a_source_of_the_same_kind_is_worth_buying_and_a_wrong_one_is_not():
    rng = np.random.default_rng(0)
    good, bad, test = pool(rng, 40, 1.0), pool(rng, 40, -1.0), pool(rng, 200, 1.0)
    X, y = np.vstack([good[0], bad[0]]), np.r_[good[1], bad[1]]
    source = np.repeat(["good", "bad"], 40)
    trainer = wh.models.Trainer.ridge(X, y, 1.0, measurement="loss")
    found = wh.marginal(trainer, source, test, more=20, sizes=(0.25, 0.5, 0.75, 1.0))
    assert [s.name for s in found.sources] == ["good", "bad"]
    assert found["good"].ci[0] > 0 > found["bad"].ci[1]
    assert found["good"].value_ci[0] > 0 > found["bad"].value_ci[1]
    assert found["good"].sizes == (10, 20, 30, 40)
    assert found.trainings == 1 + 2 * (1 + 20 * 3)
    assert "another 20 rows like 'good' would bring +" in repr(found)
    assert "20 more bring" in str(found.table())
    assert found.to_frame()["rows"].tolist() == [40, 40]
    low, high = found["good"].ci
    assert low < found["good"].gain < high
    assert set(found["good"].parts) == {"estimation", "data", "rows", "curve"}
    with pytest.raises(wh.WhenceError, match="no source 'worse'"):
        found["worse"]


def test_the_value_of_a_source_is_what_lacks_without_it(cancer):
    X, labels, _, _, X_test, y_test = cancer
    source = np.array(["a", "b", "c"], dtype=object)[np.arange(len(labels)) % 3]
    source[0] = "alone"
    found = wh.marginal(DecisionTreeClassifier(max_depth=3), source, (X_test, y_test), X=X,
                        y=labels, repeats=3)  # fmt: skip
    assert found.skipped == ("alone",)
    assert found.measured == "share of right answers"
    keep = source != "a"
    models = [DecisionTreeClassifier(max_depth=3, random_state=0).fit(X[k], labels[k])
              for k in (np.ones_like(keep), keep)]  # fmt: skip
    full, without = (m.score(X_test, y_test) for m in models)
    assert found["a"].value == pytest.approx(full - without)
    assert "far beyond the" in repr(wh.marginal(
        DecisionTreeClassifier(max_depth=3), source, (X_test, y_test), X=X, y=labels, repeats=3,
        more=500))  # fmt: skip


@pytest.mark.slow
def test_how_often_the_gain_is_held():
    """Nominally 95 in 100; held to 80, since the docstring says that they are a little narrow."""
    held = []
    for r in range(60):
        rng = np.random.default_rng(r)
        (A, a), (B, b), test = pool(rng, 60, 1.0), pool(rng, 60, 0.8), pool(rng, 200, 1.0)
        X, y, source = np.vstack([A, B]), np.r_[a, b], np.repeat(["a", "b"], 60)

        def measured(X, y, big):
            trainer = wh.models.Trainer.ridge(X, y, 1.0, measurement="loss")
            return trainer.measure(trainer.fit(), big).mean()

        trainer = wh.models.Trainer.ridge(X, y, 1.0, measurement="loss")
        one = wh.marginal(trainer, source, test, more=30, seed=r)["a"]
        big = pool(rng, 4000, 1.0)
        truth = [
            measured(np.vstack([X, N]), np.r_[y, n], big) - measured(X, y, big)
            for N, n in (pool(rng, 30, 1.0) for _ in range(20))
        ]
        held.append(one.ci[0] <= np.mean(truth) <= one.ci[1])
    assert np.mean(held) >= 0.8


# -- laws --


def test_blocks_change_nothing(monkeypatch, cancer):
    from whence.recipes import _valuing

    X, labels, _, _, X_test, y_test = cancer
    whole = wh.value(X, labels, X_test, y_test)
    monkeypatch.setattr(_valuing, "_CELLS", 1000)
    blocks = wh.value(X, labels, X_test, y_test)
    assert np.allclose(whole.values, blocks.values)
    assert np.allclose(whole.stderr, blocks.stderr)
    assert np.allclose(whole.full, blocks.full)
    unknown = wh.value(X, labels, X_test, np.r_[y_test[1:], 7])
    assert "1 test rows have a label that no training row has" in unknown.verdict


def test_by_case_holds_the_rows_of_both_tables(digits):
    X, labels, _, _, X_test, y_test = digits
    att = wh.value(X, labels, X_test, y_test, scale=False, by_case=True)
    mean = wh.value(X, labels, X_test, y_test, scale=False)
    assert np.allclose(att.mean().values, mean.values)
    assert att.players.column("x20") == tuple(X[:, 20].tolist())
    assert att.data["x20"].tolist() == X_test[:, 20].tolist()
    assert wh.from_dict(att.to_dict()).players.columns == att.players.columns


def test_tables_of_any_cells():
    """Words, missing cells and names of columns; the unit of a column changes nothing."""
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    colours = rng.choice(["red", "blue"], 60)
    columns = {"x": rng.normal(size=60), "colour": colours, "label": rng.normal(size=60), "same": 1}
    rows = pd.DataFrame(columns, index=range(100, 160))
    y = np.where(rows["colour"] == "red", "stop", "go")
    rows.loc[103, "x"] = None
    plain = wh.value(rows, y)
    assert plain.players.names[:2] == ("100", "101")
    other = wh.value(rows.assign(x=1000 * rows["x"] + 7), y)
    assert np.allclose(plain.values, other.values)
    assert plain.values[0, 0].sum() == pytest.approx(float(plain.full[0, 0]))
    numbers = wh.value(rows, rows["label"] * 0.5, method="knn", by_case=False)
    assert numbers.question.loss
    asked = wh.value(rows[:50], y[:50], rows[50:], y[50:], by_case=True)
    assert asked.players.column("label") == tuple(y[:50])
    assert asked.players.column("colour") == tuple(rows["colour"][:50])


def test_the_seed_decides_the_folds(cancer):
    X, labels, *_ = cancer
    a, b, c = (wh.value(X, labels, seed=s).values for s in (0, 0, 1))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_what_suspects_say_and_write(cancer, tmp_path):
    X, labels, *_ = cancer
    found = wh.suspects(wh.value(X, labels), X, labels, most=7)
    assert "no share of wrong labels is claimed" in found.verdict
    assert "and 2 more" in repr(found)
    assert "rank by" in str(found.table(3))
    assert "4 more" in str(found.table(3))
    assert len(found.to_frame()) == 7
    lines = found.to_csv(tmp_path / "s.csv").read_text().splitlines()
    assert lines[0].startswith("row,position,label,suggested,votes,value,low,high,rank by")
    assert len(lines) == 8
    assert found.to_dict()[0]["row"] == found.flagged[0].row
    with pytest.raises(wh.WhenceError, match="cannot write"):
        found.to_csv(tmp_path / "no" / "s.csv")
    trainer = wh.models.Trainer.logistic((X - X.mean(0)) / X.std(0), labels, 1.0)
    test = ((X[:5] - X.mean(0)) / X.std(0), labels[:5])
    unsure = wh.suspects(wh.methods.influence(trainer, test).select(case=0), X, labels,
                         model=DecisionTreeClassifier(max_depth=3))  # fmt: skip
    assert unsure.below is None
    assert "no intervals" in unsure.verdict
    assert "not quantified" in str(unsure.table())
    assert unsure.to_dict()[0]["low"] is None


# -- refusals --


def test_refusals(cancer):
    X, labels, _, _, X_test, y_test = cancer
    test = (X_test, y_test)
    trainer = wh.models.Trainer.ridge(X, labels.astype(float), 1.0)
    tree = DecisionTreeClassifier()
    for words, args, options in (
        ("no method 'knm'. Did you mean 'knn'", (), {"method": "knm"}),
        ("y_test is missing", (X_test,), {}),
        ("trains a model: give model=", test, {"method": "loo"}),
        ("leave the test set out", test, {"method": "oob"}),
        ("nobody leaves", (), {"method": "oob", "groups": labels}),
        ("and no trainer", (), {"method": "oob", "model": trainer}),
        ("single rows", test, {"method": "influence", "model": trainer, "groups": labels}),
        ("needs gradients", test, {"method": "influence", "model": tree}),
        ("give it a test set", (), {"model": trainer}),
        ("reports test rows one by one", (), {"by_case": True}),
        ("can be trained again", (), {"method": "loo", "model": np.mean}),
        ("k is a positive", (), {"k": 0}),
        ("folds is a whole number", (), {"folds": 1}),
    ):
        with pytest.raises(wh.WhenceError, match=words):
            wh.value(X, labels, *args, **options)
    with pytest.raises(wh.WhenceError, match="give the rows that it trains on"):
        wh.value(X[:9], labels[:9], *test, model=trainer)
    with pytest.raises(wh.WhenceError, match="nothing sets its rows apart"):
        wh.value(np.ones((9, 2)), labels[:9])
    wild = X.copy()
    wild[3, 0] = np.inf
    with pytest.raises(wh.WhenceError, match=r"infinite in 1 rows \(first: row 3\)"):
        wh.value(wild, labels)


def test_refusals_of_suspects(cancer):
    X, labels, *_ = cancer
    att = wh.value(X, labels)
    with pytest.raises(wh.WhenceError, match="each by itself"):
        wh.suspects(wh.value(X, labels, groups=labels), X, labels)
    with pytest.raises(wh.WhenceError, match="its labels differ"):
        wh.suspects(att, X, 1 - labels)
    with pytest.raises(wh.WhenceError, match="classes"):
        wh.suspects(wh.value(X, labels + 0.5), X, labels + 0.5)
    with pytest.raises(wh.WhenceError, match="one label only"):
        wh.suspects(wh.value(X, 0 * labels), X, 0 * labels)
    with pytest.raises(wh.WhenceError, match="predict_proba"):
        wh.suspects(att, X, labels, model=Ridge())


def test_refusals_of_marginal(cancer):
    X, labels, _, _, X_test, y_test = cancer
    test, tree = (X_test, y_test), DecisionTreeClassifier()
    for words, groups, options in (
        ("give X= and y=", labels, {}),
        ("repeats is at least 3", labels, {"repeats": 2}),
        ("up to 1", labels, {"sizes": (0.5, 0.9)}),
        ("two sizes", labels, {"sizes": (0.2, 1.0)}),
        ("more is a positive", labels, {"more": 0}),
        ("a curve needs", np.arange(len(labels)), {"X": X, "y": labels}),
    ):
        with pytest.raises(wh.WhenceError, match=words):
            wh.marginal(tree, groups, test, **options)


def test_test_rows_keep_the_names_of_their_index():
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 2)), columns=["a", "b"])
    y = (X.a > 0).astype(int)
    att = wh.value(X[:20], y[:20], X[20:], y[20:], by_case=True)
    assert att.case_names == tuple(range(20, 30))
    assert wh.value(X[:20], y[:20], X[20:], y[20:]).case_names == ()


@pytest.mark.parametrize("method", ["auto", "knn"])
@pytest.mark.parametrize("model", [5, "x", [1], np.zeros(3)], ids=str)
def test_a_stranger_is_no_model(method, model):
    """It had been passed by, and the neighbours asked."""
    X = np.arange(40.0).reshape(20, 2)
    y = np.arange(20) % 2
    with pytest.raises(wh.WhenceError, match="model is a scikit-learn estimator"):
        wh.value(X[:10], y[:10], X[10:], y[10:], model=model, method=method)


def test_times_have_distances():
    after = np.random.default_rng(0).integers(0, 10**8, 300)
    when = pd.Timestamp("2024-01-01", tz="Europe/Berlin") + pd.to_timedelta(after, "s")
    plain = wh.value(pd.DataFrame({"after": after}), after > 5e7)
    dated = wh.value(pd.DataFrame({"when": when}), after > 5e7)
    np.testing.assert_allclose(dated.values, plain.values)


def test_seconds_that_are_too_few_draw_test_rows(monkeypatch):
    rng = np.random.default_rng(0)
    X, T = rng.normal(size=(40, 2)), rng.normal(size=(300, 2))
    y, u = X[:, 0] > 0, T[:, 0] > 0
    whole = wh.value(X, y, T, u)
    monkeypatch.setattr("whence.recipes._valuing._CELLS", 2000)  # 50 test rows a block
    monkeypatch.setattr("whence.recipes._valuing.seconds_left", lambda: 0.0)
    drawn = wh.value(X, y, T, u, budget=wh.Budget(seconds=1))
    assert not drawn.converged
    assert drawn.verdict.startswith("of 300 test rows 50 were drawn: more could not be looked at")
    apart = (drawn.values - whole.values) / drawn.parts["estimation"]
    assert 0.5 < apart.std() < 1.7  # as far from all of them as it says
    np.testing.assert_allclose(drawn.parts["data"], whole.parts["data"], rtol=0.6)
    assert np.abs(drawn.gap).max() < 1e-12


def test_seconds_that_pay_for_no_walk_are_refused():
    class Slow(DecisionTreeClassifier):
        fits = 0

        def fit(self, X, y):
            Slow.fits += 1
            time.sleep(0.01)
            return super().fit(X, y)

    X, y = np.arange(120.0)[:, None], np.arange(120) % 2
    with pytest.raises(wh.WhenceError, match=r"80 trainings, for one walk .* budget has 0\.1"):
        wh.value(
            X[:80], y[:80], X[80:], y[80:], model=Slow(), method="shapley",
            budget=wh.Budget(seconds=0.1),
        )  # fmt: skip
    assert Slow.fits < 20


def test_numbers_that_are_objects_are_numbers():
    X, y = np.arange(40.0)[:, None], np.arange(40) % 2
    options = {"model": LogisticRegression(), "method": "oob", "budget": wh.Budget(evaluations=20)}
    found = wh.value(X, y.astype(object), **options)
    np.testing.assert_array_equal(found.values, wh.value(X, y, **options).values)
