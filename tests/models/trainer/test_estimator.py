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
    with pytest.raises(wh.WhenceError, match="failed on 1 rows: ValueError: Found unknown cat"):
        trainer.measure(trainer.fit(), (pd.DataFrame({"word": ["z"]}), [0]))


class Odd(LogisticRegression):
    """A classifier whose answers go wrong once it is trained."""

    def predict_proba(self, X):
        return getattr(self, self.solver.split()[1])(super().predict_proba(X))

    def fit(self, X, y, sample_weight=None):
        way, self.solver = self.solver, "lbfgs"
        super().fit(X, y, sample_weight)
        self.solver = way

    def right(self, p):
        return p

    def scores(self, p):
        return 7 * p - 3

    def more(self, p):
        return np.c_[p[:, :1] / 2, p[:, :1] / 2, p[:, 1:]]

    def short(self, p):
        return p[:-1]

    def nothing(self, p):
        del p

    def holes(self, p):
        return p * np.nan

    def fails(self, p):
        raise RuntimeError("two\nlines")


def test_an_estimator_whose_fit_gives_nothing_back():
    X, y = classification()
    trainer = Trainer.sklearn(Odd(solver="of right"), X[:30], y[:30])
    plain = Trainer.sklearn(LogisticRegression(), X[:30], y[:30])
    assert trainer.measure(trainer.fit(), (X, y)).tolist() == (
        plain.measure(plain.fit(), (X, y)).tolist()
    )


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("scores", "must lie in"),
        ("more", "answered 3 probabilities for each row, and its classes_ are 2"),
        ("short", "for 40 rows"),
        ("nothing", "for 40 rows"),
        ("holes", "NaN or infinity"),
        ("fails", "failed on 40 rows: RuntimeError: two lines"),
    ],
)
def test_answers_that_are_no_probabilities_of_the_classes(way, said):
    X, y = classification()
    trainer = Trainer.sklearn(Odd(solver=f"of {way}"), X[:30], y[:30])
    with pytest.raises(wh.WhenceError, match=said) as caught:
        trainer.measure(trainer.fit(), (X, y))
    assert "\n" not in str(caught.value)


def test_training_that_fails_is_one_line():
    X, y = classification()
    trainer = Trainer.sklearn(LogisticRegression(C=-1.0), X, y)
    with pytest.raises(wh.WhenceError, match="cannot be trained on 40 rows of X") as caught:
        trainer.fit()
    assert "\n" not in str(caught.value)


class NotItsOwn(KNeighborsClassifier):
    def __init__(self, k=5):
        super().__init__(k + 1)


@pytest.mark.parametrize("method", ["loo", "shapley", "auto"])
def test_an_estimator_that_cannot_be_cloned(method):
    X, y = classification()
    with pytest.raises(wh.WhenceError, match="NotItsOwn cannot be cloned") as caught:
        wh.value(X[:30], y[:30], X[30:], y[30:], model=NotItsOwn(), method=method)
    assert "\n" not in str(caught.value)
