"""Metrics on weighted rows: each is scikit-learn's, and whatever takes weights can be asked."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC

import whence as wh
from whence.games.shifts import MechanismShift

NAMES = ["P(X)", "P(y | X)"]


def rows(seed, later=False, words=False, classes=2):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(400, 2)) + 0.4 * later, columns=["a", "b"])
    score = X.a + 0.7 * X.b + rng.normal(size=400) * (1 + later)
    y = np.digitize(score, [0.0, 1.0][: classes - 1])
    return X, pd.Series(np.array(["no", "so", "yes"])[y] if words else y, name="y")


def asked(fitted, metric, **made):
    game = MechanismShift(
        fitted,
        before=rows(1, **made),
        after=rows(2, later=True, **made),
        mechanisms=NAMES,
        metric=metric,
        groups=4,
        ratios="linear",
    )
    return game, wh.attribute(game)


def agrees(fitted, metric, scorer, **made):
    """What was measured is what scikit-learn measures; and the values add up to what is told."""
    game, att = asked(fitted, metric, **made)
    score = metrics.get_scorer(scorer)
    for got, data in zip(
        game.measured(), (rows(1, **made), rows(2, later=True, **made)), strict=True
    ):
        assert got[0] == pytest.approx(score(fitted, *data))
    assert att.values.sum() == pytest.approx(float(att.full[0, 0] - att.empty[0, 0]))
    return game


@pytest.mark.parametrize(
    "name",
    [
        *("accuracy", "balanced_accuracy", "f1", "precision", "recall", "f1_macro", "f1_weighted"),
        *("roc_auc", "average_precision", "matthews_corrcoef", "neg_log_loss"),
        *("precision_macro", "recall_weighted", "neg_brier_score"),
    ],
)
def test_names_of_scorers_of_labels(name):
    agrees(LogisticRegression().fit(*rows(0)), name, name)


@pytest.mark.parametrize(
    ("name", "scorer"),
    [
        ("mae", "neg_mean_absolute_error"),
        ("absolute error", "neg_mean_absolute_error"),
        ("squared error", "neg_mean_squared_error"),
        ("rmse", "neg_root_mean_squared_error"),
        ("R2", "r2"),
        ("explained_variance", "explained_variance"),
        ("neg_median_absolute_error", "neg_median_absolute_error"),
    ],
)
def test_names_of_metrics_of_numbers(name, scorer):
    game = agrees(LinearRegression().fit(*rows(0)), name, scorer)
    assert game.evidence.metric.loss == scorer.startswith("neg_")


@pytest.mark.parametrize(
    ("name", "scorer"),
    [
        ("logloss", "neg_log_loss"),
        ("cross-entropy", "neg_log_loss"),
        ("brier", "neg_brier_score"),
        ("error rate", "accuracy"),
        ("accuracy_score", "accuracy"),
        ("roc_auc_score", "roc_auc"),
        ("average_precision", "average_precision"),
    ],
)
def test_names_that_are_typed_elsewhere_and_labels_that_are_words(name, scorer):
    """Kills: names that `importance` knows and `drop` does not; scores of words refused."""
    fitted = LogisticRegression().fit(*rows(0, words=True))
    game, _ = asked(fitted, name, words=True)
    for got, made in zip(game.measured(), ({"seed": 1}, {"seed": 2, "later": True}), strict=True):
        X, y = rows(**made)
        p = fitted.predict_proba(X)[:, 1]
        right = {
            "neg_log_loss": lambda y=y, p=p: -metrics.log_loss(y, p),
            "neg_brier_score": lambda y=y, p=p: -metrics.brier_score_loss(y, p),
            "accuracy": lambda y=y, p=p: metrics.accuracy_score(y, p > 0.5),
            "roc_auc": lambda y=y, p=p: metrics.roc_auc_score(y, p),
            "average_precision": lambda y=y, p=p: metrics.average_precision_score(y, p),
        }[scorer]()
        assert got[0] == pytest.approx(right)


@pytest.mark.parametrize("name", ["accuracy", "f1_macro", "balanced_accuracy", "f1_weighted"])
@pytest.mark.parametrize("words", [False, True])
def test_many_classes_in_words_and_numbers(name, words):
    made = {"words": words, "classes": 3}
    agrees(LogisticRegression().fit(*rows(0, **made)), name, name, **made)


def test_label_only_classifiers_need_no_probabilities():
    """LinearSVC answers scores, a hard vote labels: accuracy needs to know who is right."""
    for words in (False, True):
        data = rows(0, words=words)
        vote = VotingClassifier([("a", LogisticRegression()), ("b", LinearSVC())]).fit(*data)
        for fitted in (LinearSVC().fit(*data), vote):
            agrees(fitted, "accuracy", "accuracy", words=words)
            agrees(fitted, "balanced_accuracy", "balanced_accuracy", words=words)
    three = rows(0, classes=3)
    agrees(LinearSVC().fit(*three), "accuracy", "accuracy", classes=3)
    agrees(LinearSVC().fit(*rows(0)), "auc", "roc_auc")
    with pytest.raises(wh.WhenceError, match=r"log-loss needs probabilities.*metric='accuracy'"):
        asked(LinearSVC().fit(*rows(0)), "log-loss")


def test_a_scorer_a_function_and_a_name_are_one():
    fitted = LogisticRegression().fit(*rows(0))
    numbers = LinearRegression().fit(*rows(0))
    for same, model in [
        (("f1", metrics.f1_score, metrics.get_scorer("f1")), fitted),
        (("roc_auc", metrics.roc_auc_score), fitted),
        (("mae", metrics.mean_absolute_error), numbers),
        (
            ("r2", lambda y, p, sample_weight: metrics.r2_score(y, p, sample_weight=sample_weight)),
            numbers,
        ),
        (("r2", lambda y, p, w: metrics.r2_score(y, p, sample_weight=w)), numbers),
    ]:
        answers = [asked(model, metric)[1] for metric in same]
        for other in answers[1:]:
            assert np.allclose(other.values, answers[0].values)
            assert np.allclose(other.stderr, answers[0].stderr)


def test_a_function_of_rows_may_be_weighed_and_a_mean_of_them_not():
    fitted = LinearRegression().fit(*rows(0))
    _, att = asked(fitted, lambda y, p: -np.abs(y - p))
    assert np.allclose(att.values, asked(fitted, "mae")[1].values)
    for metric, told in [
        (lambda y, p: float(np.abs(y - p).mean()), "take weights as a third argument"),
        ("neg_max_error", "takes no weights"),
        (lambda y, p, w: w, "one finite number"),
        (lambda y, p, w: float("nan"), "one finite number"),
        (lambda y, p, w: 1 / 0, "failed on y of shape"),
        (3, "a name, a scorer or a function"),
        ("f2", "no metric is called 'f2'"),
    ]:
        with pytest.raises(wh.WhenceError, match=told):
            asked(fitted, metric)
    three = rows(0, classes=3)
    with pytest.raises(wh.WhenceError, match="f1_macro"):
        asked(LogisticRegression().fit(*three), "f1", classes=3)


def test_a_loss_of_scikit_learn_counts_as_one():
    att = wh.drop(
        LinearRegression().fit(*rows(0)),
        before=rows(1),
        after=rows(2, later=True),
        mechanisms=NAMES,
        metric=metrics.mean_absolute_error,
        ratios="linear",
    )
    assert att.certificate("unexplained gap").numbers["change"] < 0
    assert "Absolute error went from 0." in att.provenance["in words"]


def test_weights_count_as_repeated_rows():
    game, _ = asked(LogisticRegression().fit(*rows(0)), "f1")
    times = np.random.default_rng(0).integers(0, 4, len(game.evidence.kept))
    metric = game.evidence.metric
    often = metric.take(np.repeat(np.arange(len(times)), times))
    plain = often.worth(np.ones((times.sum(), 1)))
    assert metric.worth(times[:, None].astype(float)) == pytest.approx(plain)
