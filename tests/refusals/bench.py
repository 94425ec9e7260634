"""What a tired user has on the bench: a small table, labels, models, and some broken ones."""

from functools import cached_property

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LinearRegression, LogisticRegression

import whence as wh

NAMES = ("age", "bmi", "smoker")


class Bench:
    """Made afresh for each bad input, so that what it spoils is its own."""

    def __init__(self, folder):
        self.folder = folder
        self.made = set()  # files that belong here
        rng = np.random.default_rng(3)
        self.A = rng.normal(size=(40, 3)).round(2)
        self.X = pd.DataFrame(self.A, columns=NAMES)
        self.t = self.A @ [1.0, -2.0, 0.5]
        self.y = np.where(self.t > 0, "yes", "no").astype(object)
        self.k = (self.t > 0).astype(int)

    # -- models that are fine --

    @cached_property
    def classifier(self):
        return LogisticRegression().fit(self.X, self.y)

    @cached_property
    def codes(self):
        """Classes 0 and 1, fitted on an array."""
        return LogisticRegression().fit(self.A, self.k)

    @cached_property
    def regressor(self):
        return LinearRegression().fit(self.X, self.t)

    # -- the verbs, with everything in its place but what is given --

    def importance(self, model=None, X=None, y=None, **options):
        return wh.importance(
            self.classifier if model is None else model,
            self.X if X is None else X,
            self.y if y is None else y,
            **options,
        )

    def explain(self, model=None, X=None, **options):
        options = {"background": self.X} | options
        return wh.explain(
            self.regressor if model is None else model, self.X[:2] if X is None else X, **options
        )

    def attribute(self, game=None, **options):
        return wh.attribute(self.game if game is None else game, **options)

    @cached_property
    def game(self):
        return wh.FunctionGame(lambda stay: stay @ [1.0, 2.0, 3.0], ["a", "b", "c"])

    @cached_property
    def answer(self):
        return wh.attribute(self.game)

    @cached_property
    def explained(self):
        return self.explain()

    def sampled(self, seed=0, **options):
        options = {"method": wh.methods.Permutation()} | options
        return wh.attribute(self.game, seed=seed, **options)

    def many(self, n=30):
        return wh.FunctionGame(lambda stay: stay.sum(axis=1), [f"p{i}" for i in range(n)])

    def file(self, name, content):
        path = self.folder / name
        self.made.add(name)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def table(self, frame, name="table.parquet"):
        self.made.add(name)
        frame.to_parquet(self.folder / name)
        return self.folder / name

    def saved(self, name="answer.whence"):
        self.made.add(name)
        return self.answer.save(self.folder / name)


class Says(ClassifierMixin, BaseEstimator):
    """A classifier that says whatever it is told."""

    def __init__(self, answer=None, classes=("no", "yes")):
        self.answer = answer
        self.classes = classes

    def fit(self, X, y):
        return self

    @property
    def classes_(self):
        return np.array(self.classes)

    def predict_proba(self, X):
        return self.answer(np.asarray(X, float))

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]
