import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import LinearSVC

import whence as wh
from models.trainer.rows import classification, regression
from whence.models import Trainer


def test_rows_leave_by_being_taken_out_or_by_a_weight_of_zero():
    X, y = regression()
    some = np.arange(0, 40, 2)
    for weighted in (False, True):
        trainer = Trainer.sklearn(Ridge(), X, y, weighted=weighted)
        want = Ridge().fit(X[some], y[some]).predict(X[:3])
        assert np.allclose(trainer.measure(trainer.fit(some), (X[:3], y[:3])), want, atol=1e-9)


def test_the_estimator_that_was_given_stays_as_it_is():
    X, y = regression()
    own = Ridge()
    Trainer.sklearn(own, X, y).fit()
    assert not hasattr(own, "coef_")


def test_seeds_reach_the_estimator():
    X, y = classification()
    trainer = Trainer.sklearn(RandomForestClassifier(5), X[:30], y[:30])
    test = X[30:], y[30:]
    a, b, c = (trainer.measure(trainer.fit(seed=s), test) for s in (0, 0, 1))
    assert (a == b).all()
    assert (a != c).any()


def test_what_is_measured():
    X, y = classification()
    model = LogisticRegression().fit(X[:30], y[:30])
    p = model.predict_proba(X[30:])[np.arange(10), (y[30:] == "yes").astype(int)]
    want = {
        "probability": p,
        "margin": np.log(p / (1 - p)),
        "loss": np.log(p),
        "correct": (p > 0.5).astype(float),
    }
    for name, numbers in want.items():
        trainer = Trainer.sklearn(LogisticRegression(), X[:30], y[:30], measurement=name)
        assert np.allclose(trainer.measure(trainer.fit(), (X[30:], y[30:])), numbers)


def test_frames_keep_their_index_and_columns():
    X, y = classification()
    frame = pd.DataFrame(X, columns=list("abcd"), index=[f"id{i}" for i in range(40)])
    trainer = Trainer.sklearn(LogisticRegression(), frame[:30], y[:30])
    assert trainer.players.names[:2] == ("id0", "id1")
    assert trainer.measure(trainer.fit(np.arange(20)), (frame[30:], y[30:])).shape == (10,)


def test_one_class_left_is_predicted_for_sure():
    X, y = classification()
    trainer = Trainer.sklearn(LogisticRegression(), X[:30], y[:30])
    alone = np.flatnonzero(y[:30] == "yes")
    assert (trainer.measure(trainer.fit(alone), (X[30:], y[30:])) == (y[30:] == "yes")).all()


def test_refusals():
    X, y = classification()
    with pytest.raises(wh.WhenceError, match="can be measured: 'correct'"):
        Trainer.sklearn(LinearSVC(), X, y, measurement="probability")
    with pytest.raises(wh.WhenceError, match="one class only"):
        Trainer.sklearn(LogisticRegression(), X, np.zeros(40))
    with pytest.raises(wh.WhenceError, match="takes no weights"):
        Trainer.sklearn(KNeighborsClassifier(), X, y, weighted=True).fit(np.full(40, 0.5))


def test_an_estimator_that_fails_says_so_in_the_words_of_whence():
    """Kills: a bare ValueError of scikit-learn's, from whatever trains."""
    X = pd.DataFrame({"word": ["a", "b"] * 10, "number": np.arange(20.0)})
    y = np.arange(20) % 2
    trainer = Trainer.sklearn(LogisticRegression(), X, y)
    told = "LogisticRegression cannot be trained on 20 rows of X: ValueError: could not convert"
    for ask in (
        trainer.fit,
        lambda: wh.value(X, y, X, y, model=LogisticRegression(), method="loo"),
        lambda: wh.marginal(trainer, X["word"].to_numpy(), (X, y), more=5),
    ):
        with pytest.raises(wh.WhenceError, match=told):
            ask()
    coded = make_pipeline(OneHotEncoder(), LogisticRegression())
    trainer = Trainer.sklearn(coded, X[["word"]], y)
    with pytest.raises(wh.WhenceError, match="it is asked about: ValueError: Found unknown cat"):
        trainer.measure(trainer.fit(), (pd.DataFrame({"word": ["z"]}), [0]))
