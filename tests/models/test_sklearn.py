# ruff: noqa: E402
"""scikit-learn: what is asked of which estimator, and what is refused."""

import warnings

import numpy as np
import pytest

from whence._core.errors import ModelError, UnsupportedModelError
from whence.models import Table, predictor

sklearn = pytest.importorskip("sklearn")
pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")

from sklearn import cluster, ensemble, linear_model, multioutput, preprocessing, svm, tree
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline


def test_a_classifier_without_probabilities_gives_raw_scores(numbers):
    X, _, y, y3 = numbers
    words = np.array(["no", "yes"])[y]
    two = predictor(svm.LinearSVC().fit(X, words), like=Table.of(X))
    assert (two.outputs, two.classes, two.space) == (("yes",), None, "raw")
    three = predictor(svm.LinearSVC().fit(X, y3), like=Table.of(X))
    assert (three.outputs, three.space) == (("0", "1", "2"), "raw")
    pairs = svm.SVC(decision_function_shape="ovo").fit(X, y3)
    assert predictor(pairs, like=Table.of(X)).classes is None


def test_hard_votes_are_marked(numbers):
    X, _, y, _ = numbers
    votes = [(str(k), tree.DecisionTreeClassifier(max_depth=k)) for k in (1, 2, 3)]
    model = ensemble.VotingClassifier(votes, voting="hard").fit(X, y)
    asked = predictor(model, like=Table.of(X))
    assert (asked.outputs, asked.classes, asked.space) == (("0", "1"), None, "raw")
    assert asked.hard
    assert (asked(X).argmax(axis=1) == model.predict(X)).all()


def test_regressors_with_several_outputs(numbers):
    X, t, _, _ = numbers
    model = linear_model.LinearRegression().fit(X, np.column_stack([t, -t]))
    asked = predictor(model, like=Table.of(X))
    assert asked.outputs == ("prediction 0", "prediction 1")
    assert asked.space == "value"


def test_outlier_detectors_give_their_score(numbers):
    X = numbers[0]
    asked = predictor(ensemble.IsolationForest(n_estimators=5).fit(X), like=Table.of(X))
    assert (asked.outputs, asked.space) == (("score",), "raw")


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (
            lambda X, y: linear_model.LogisticRegression(),
            ModelError,
            r"LogisticRegression is not fitted: call .fit\(X, y\)",
        ),
        (
            lambda X, y: make_pipeline(preprocessing.StandardScaler(), linear_model.Ridge()),
            ModelError,
            "Pipeline of Ridge is not fitted",
        ),
        (
            lambda X, y: multioutput.MultiOutputClassifier(linear_model.LogisticRegression()).fit(
                X, np.column_stack([y, 1 - y])
            ),
            UnsupportedModelError,
            "list of 2 arrays, one for each target",
        ),
        (
            lambda X, y: cluster.KMeans(2, n_init=1).fit(X),
            UnsupportedModelError,
            "KMeans groups rows into clusters",
        ),
        (
            lambda X, y: preprocessing.StandardScaler().fit(X),
            UnsupportedModelError,
            "StandardScaler does not predict: whence looked for predict_proba, predict",
        ),
    ],
)
def test_refusals(numbers, make, error, says):
    X, _, y, _ = numbers
    with pytest.raises(error, match=says):
        predictor(make(X, y), like=Table.of(X))


def test_multilabel_probabilities_are_refused_when_asked(numbers):
    X, _, y, _ = numbers
    model = tree.DecisionTreeClassifier(max_depth=2).fit(X, np.column_stack([y, 1 - y]))
    with pytest.raises(UnsupportedModelError, match="list of 2 arrays"):
        predictor(model, like=Table.of(X))


def test_no_warning_about_names(numbers):
    X, t, _, _ = numbers
    frame = pd.DataFrame(X, columns=list("abcd"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for fitted_on in (X, frame):
            model = linear_model.LinearRegression().fit(fitted_on, t)
            for data in (X, frame, pl.from_pandas(frame)):
                asked = predictor(model, like=Table.of(data))
                asked(asked.aligned(Table.of(data)).frame())


def test_missing_text_means_what_it_meant_when_fitted(mixed):
    """Kills: handing polars' None to an encoder that was fitted on NaN, and ignores what is new."""
    X, y = mixed
    encoder = preprocessing.OneHotEncoder(handle_unknown="ignore")

    def made(frame):
        columns = make_column_transformer((encoder, ["region", "plan"]))
        return make_pipeline(columns, linear_model.LogisticRegression()).fit(frame, y)

    polars = Table.of(X).to("polars").frame()
    for fitted_on, kind in ((X, "pandas"), (polars, "polars")):
        model = made(fitted_on)
        asked = predictor(model, like=Table.of(polars))
        assert asked.kind == kind
        answer = asked(asked.aligned(Table.of(polars)).frame())
        assert np.allclose(answer, model.predict_proba(fitted_on))


def test_estimators_of_the_users_own(numbers):
    from sklearn.base import BaseEstimator, RegressorMixin

    class Mine(RegressorMixin, BaseEstimator):
        def fit(self, X, y):
            return self

        def predict(self, X):
            return X["a"].to_numpy()

    frame = pd.DataFrame(numbers[0], columns=list("abcd"))
    asked = predictor(Mine(), like=Table.of(frame))
    assert asked.kind == "pandas"
    assert asked(frame)[:, 0].tolist() == frame["a"].tolist()


def test_classifiers_that_fold_are_taken_for_what_they_are(numbers):
    """Mutant killed: whatever has a setting `refit` is a search that found nothing."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, RidgeClassifierCV
    from sklearn.model_selection import (
        FixedThresholdClassifier,
        GridSearchCV,
        TunedThresholdClassifierCV,
    )

    import whence as wh

    X, _, y, _ = numbers
    line = LogisticRegression()
    models = [
        LogisticRegressionCV(
            Cs=2, cv=2, l1_ratios=(0,), use_legacy_attributes=False, scoring="accuracy"
        ),
        RidgeClassifierCV(),
        TunedThresholdClassifierCV(line, cv=2),
        FixedThresholdClassifier(line),
        CalibratedClassifierCV(line, cv=2),
        GridSearchCV(line, {"C": [1.0]}, cv=2),
    ]
    for model in models:
        model.fit(X, y)
        att = wh.explain(model, X[:2], background=X[:20])
        proba = getattr(model, "predict_proba", None)
        own = model.decision_function(X[:2])[:, None] if proba is None else proba(X[:2])
        assert np.allclose(att.full, own)
        assert np.abs(att.gap).max() < 1e-9


def test_a_search_that_kept_nothing_is_refused(numbers):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    import whence as wh

    X, _, y, _ = numbers
    search = GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2, refit=False).fit(X, y)
    with pytest.raises(ModelError, match="refit=True"):
        wh.explain(search, X[:2], background=X[:20])


def test_only_scikit_learns_own_searches_are_opened(numbers):
    """A wrapper may keep a `best_estimator_` and answer otherwise: it is asked itself."""
    from sklearn.tree import DecisionTreeRegressor

    import whence as wh

    X, t, _, _ = numbers

    class Doubled:
        def __init__(self):
            self.best_estimator_ = DecisionTreeRegressor(max_depth=2).fit(X, t)

        def predict(self, rows):
            return 2 * self.best_estimator_.predict(rows)

    model = Doubled()
    att = wh.explain(model, X[:3], background=X[:20])
    assert np.allclose(att.full[:, 0], model.predict(X[:3]))
