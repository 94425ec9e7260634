"""Models that are none, that are not ready, or that answer nonsense."""

import pickle

import numpy as np
import torch
from sklearn.cluster import DBSCAN, KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

import whence as wh

from .bench import Says

V, T = ValueError, TypeError


def says(answer, **more):
    return lambda b: b.importance(Says(answer, **more).fit(None, None))


def function(answer):
    """A function of rows in place of the regressor."""
    return lambda b: b.importance(answer, b.A, b.t)


def drifting():
    calls = []

    def model(X):
        calls.append(1)
        return X.sum(axis=1) + len(calls) * 1e-3

    return model


def of_two(p):
    return np.column_stack([1 - p, p])


def raising(X):
    if not np.isin(X[:, 0], seen).all() or len(X) < 3:
        return X.sum(axis=1)
    raise KeyError("age band")


seen = [0.0]


def only_real_rows(b):
    real = {tuple(row) for row in b.A}

    def model(X):
        if any(tuple(row) not in real for row in X):
            raise KeyError("age band 7")
        return X.sum(axis=1)

    return b.importance(model, b.A, b.t)


def nan_for_hybrids(b):
    real = {tuple(row) for row in b.A}
    return b.importance(
        lambda X: np.array([row.sum() if tuple(row) in real else np.nan for row in X]), b.A, b.t
    )


def random_network(b):
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 1))
    return b.importance(
        lambda X: torch.nn.functional.dropout(net(torch.tensor(X).float()), 0.5).detach().numpy(),
        b.A,
        b.t,
    )


MODELS = [
    ("model is None", T, [], lambda b: wh.importance(None, b.X, b.y)),
    ("model is a number", T, [], lambda b: b.importance(3)),
    ("model is a class", T, [], lambda b: b.importance(LogisticRegression)),
    ("model is a class of its own", T, [], lambda b: b.importance(dict)),
    ("model is the labels", T, [], lambda b: wh.importance(b.y, b.X, b.classifier)),
    ("model and X are swapped", V, [], lambda b: wh.importance(b.X, b.classifier, b.y)),
    ("model is not fitted", V, [], lambda b: b.importance(LogisticRegression())),
    ("forest is not fitted", V, [], lambda b: b.importance(RandomForestClassifier())),
    (
        "pipeline is not fitted",
        V,
        [],
        lambda b: b.importance(make_pipeline(StandardScaler(), LogisticRegression())),
    ),
    (
        "model is a clusterer",
        T,
        [],
        lambda b: b.importance(KMeans(2, n_init=1, random_state=0).fit(b.X)),
    ),
    ("model is a clusterer that cannot predict", T, [], lambda b: b.importance(DBSCAN().fit(b.X))),
    ("model is a transformer", T, [], lambda b: b.importance(StandardScaler().fit(b.X))),
    (
        "pipeline ends in a transformer",
        T,
        [],
        lambda b: b.importance(make_pipeline(StandardScaler()).fit(b.X)),
    ),
    ("model is a method that does not predict", T, [], lambda b: b.importance(b.classifier.fit)),
    ("model is the predictions", T, [], lambda b: b.importance(b.classifier.predict_proba(b.X))),
    ("function names labels", T, [], lambda b: b.importance(b.classifier.predict)),
    ("function takes no argument", T, [], lambda b: b.importance(lambda: 1, b.A, b.t)),
    ("function answers None", T, [], function(lambda X: None)),
    ("function answers one number", T, [], function(lambda X: 0.5)),
    ("function answers too few rows", T, [], function(lambda X: X[1:, 0])),
    ("function answers nothing", T, [], function(lambda X: [])),
    ("function answers three axes", T, [], function(lambda X: X[:, :, None])),
    ("function answers a dict", T, [], function(lambda X: {"p": X[:, 0]})),
    ("function answers a tuple", T, [], function(lambda X: (X[:, 0], X[:, 1]))),
    ("function answers complex numbers", T, [], function(lambda X: X[:, 0] + 1j)),
    ("function answers text", T, [], function(lambda X: ["yes"] * len(X))),
    ("function answers NaN everywhere", V, [], function(lambda X: X[:, 0] * np.nan)),
    (
        "function answers NaN for some rows",
        V,
        [],
        function(lambda X: np.where(X[:, 0] > 1, np.nan, X[:, 0])),
    ),
    (
        "function answers infinity",
        V,
        [],
        function(lambda X: np.where(X[:, 0] > 1, np.inf, X[:, 0])),
    ),
    ("function answers NaN for hybrid rows", V, [], nan_for_hybrids),
    ("function fails", T, [], function(lambda X: X["age"])),
    ("function fails for hybrid rows", V, [], only_real_rows),
    ("function answers two columns, y has one", V, [], function(lambda X: X[:, :2])),
    (
        "function's columns depend on the rows",
        V,
        [],
        function(lambda X: X[:, :2] if len(X) > 4 else X),
    ),
    (
        "function is random",
        V,
        [],
        function(lambda X: X[:, 0] + np.random.default_rng().normal(size=len(X))),
    ),
    (
        "function is slightly random",
        V,
        [],
        function(lambda X: X[:, 0] * (1 + 1e-4 * np.random.default_rng().normal(size=len(X)))),
    ),
    ("function drifts call by call", V, [], function(drifting())),
    (
        "function looks at the other rows",
        V,
        [],
        function(lambda X: (X - X.mean(axis=0)).sum(axis=1)),
    ),
    ("network drops out", V, [], random_network),
    (
        "classifier is random",
        V,
        [],
        says(lambda X: of_two(np.random.default_rng().uniform(size=len(X)))),
    ),
    (
        "one of the models is random",
        V,
        [],
        lambda b: b.importance(
            [lambda X: X[:, 0], lambda X: X[:, 0] + np.random.default_rng().normal(size=len(X))],
            b.A,
            b.t,
        ),
    ),
    (
        "explained function is random",
        V,
        [],
        lambda b: b.explain(
            lambda X: np.random.default_rng().normal(size=len(X)), b.A[:2], background=b.A
        ),
    ),
    ("probabilities sum to 2", V, [], says(lambda X: np.ones((len(X), 2)))),
    ("probabilities sum to 0.9", V, [], says(lambda X: np.full((len(X), 2), 0.45))),
    ("probabilities are negative", V, [], says(lambda X: np.tile([-0.2, 1.2], (len(X), 1)))),
    ("probabilities are percentages", V, [], says(lambda X: np.full((len(X), 2), 50.0))),
    ("probabilities are NaN", V, [], says(lambda X: np.full((len(X), 2), np.nan))),
    ("probabilities have a column too many", V, [], says(lambda X: np.full((len(X), 3), 1 / 3))),
    ("probabilities have one column", V, [], says(lambda X: np.full((len(X), 1), 1.0))),
    (
        "log-loss of scores",
        V,
        [],
        lambda b: b.importance(LinearSVC(random_state=0).fit(b.X, b.y), loss="log-loss"),
    ),
    (
        "scores of labels against their names",
        V,
        [],
        lambda b: b.importance(RidgeClassifier().fit(b.X, b.y)),
    ),
    ("network of another width", T, [], lambda b: b.importance(torch.nn.Linear(5, 1), b.A, b.t)),
    ("network answers a tuple", T, [], lambda b: b.importance(torch.nn.LSTM(3, 2), b.A, b.t)),
    ("no models", V, [], lambda b: b.importance([])),
    ("a list of one model", V, [], lambda b: b.importance([b.classifier])),
    ("models with different classes", V, [], lambda b: b.importance([b.classifier, b.codes])),
    ("models of different kinds", V, [], lambda b: b.importance([b.classifier, b.regressor])),
    (
        "models that read other columns",
        V,
        [],
        lambda b: b.importance([b.classifier, LogisticRegression().fit(b.X[["age", "bmi"]], b.y)]),
    ),
    ("a list that is not of models", T, [], lambda b: b.importance([1, 2])),
    # -- files --
    ("model file is missing", V, [], lambda b: b.importance(b.folder / "model.json")),
    ("model file is a folder", V, [], lambda b: b.importance(b.folder)),
    ("model file is empty", V, [], lambda b: b.importance(b.file("model.onnx", ""))),
    (
        "model file is a pickle",
        V,
        [],
        lambda b: b.importance(b.file("model.pkl", pickle.dumps(b.classifier))),
    ),
    (
        "pickle under another name",
        V,
        [],
        lambda b: b.importance(b.file("model.onnx", pickle.dumps(b.classifier))),
    ),
    ("model file is no ONNX", V, [], lambda b: b.importance(b.file("model.onnx", "not a graph"))),
    ("model file is no JSON", V, [], lambda b: b.importance(b.file("model.json", "{broken"))),
    ("model file is other JSON", V, [], lambda b: b.importance(b.file("model.json", '{"a": 1}'))),
    ("model file is no UBJ", V, [], lambda b: b.importance(b.file("model.ubj", b"\x00\x01\x02"))),
    ("model file is no LightGBM", V, [], lambda b: b.importance(b.file("model.txt", "hello"))),
    (
        "model file is a cut LightGBM",
        V,
        [],
        lambda b: b.importance(b.file("model.txt", "tree\nversion=v4\nnum_class=1\n")),
    ),
    ("model file is no CatBoost", V, [], lambda b: b.importance(b.file("model.cbm", "hello"))),
    (
        "model file is a cut CatBoost",
        V,
        [],
        lambda b: b.importance(b.file("model.cbm", b"CBM1\x01")),
    ),
    ("model file is no skops", V, [], lambda b: b.importance(b.file("model.skops", "hello"))),
    ("model file is a table", V, [], lambda b: b.importance(b.file("model.csv", "a,b\n1,2\n"))),
    ("model is a module that is not there", V, [], lambda b: b.importance("no_such_module:model")),
    ("model is a name that is not there", V, [], lambda b: b.importance("whence:modell")),
    ("model is an answer's file", V, [], lambda b: b.importance(b.saved("model.whence"))),
]
