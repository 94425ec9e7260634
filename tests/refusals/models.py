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
    (
        "model is None",
        T,
        [
            "NoneType cannot be called, and whence found no predict_proba",
            "module, or a path to a file.",
        ],
        lambda b: wh.importance(None, b.X, b.y),
    ),
    (
        "model is a number",
        T,
        ["int cannot be called, and whence found no predict_proba", "module, or a path to a file."],
        lambda b: b.importance(3),
    ),
    (
        "model is a class",
        T,
        [
            "class LogisticRegression is a class: give an instance of",
            "class: give an instance of it, fitted.",
        ],
        lambda b: b.importance(LogisticRegression),
    ),
    (
        "model is a class of its own",
        T,
        ["class dict is a class: give an instance of", "class: give an instance of it, fitted."],
        lambda b: b.importance(dict),
    ),
    (
        "model is the labels",
        T,
        [
            "ndarray cannot be called, and whence found no predict_proba",
            "module, or a path to a file.",
        ],
        lambda b: wh.importance(b.y, b.X, b.classifier),
    ),
    (
        "model and X are swapped",
        V,
        ["X has shape (); a table has two axes.", "has two axes. Give rows by columns."],
        lambda b: wh.importance(b.X, b.classifier, b.y),
    ),
    (
        "model is not fitted",
        V,
        [
            "LogisticRegression is not fitted: call .fit(X, y) before explaining",
            "fitted: call .fit(X, y) before explaining it.",
        ],
        lambda b: b.importance(LogisticRegression()),
    ),
    (
        "forest is not fitted",
        V,
        [
            "RandomForestClassifier is not fitted: call .fit(X, y) before explaining",
            "fitted: call .fit(X, y) before explaining it.",
        ],
        lambda b: b.importance(RandomForestClassifier()),
    ),
    (
        "pipeline is not fitted",
        V,
        [
            "Pipeline of LogisticRegression is not fitted: call .fit(X, y)",
            "fitted: call .fit(X, y) before explaining it.",
        ],
        lambda b: b.importance(make_pipeline(StandardScaler(), LogisticRegression())),
    ),
    (
        "model is a clusterer",
        T,
        [
            "KMeans groups rows into clusters, whose numbers mean nothing.",
            "you ask about, e.g. lambda X: model.transform(X).",
        ],
        lambda b: b.importance(KMeans(2, n_init=1, random_state=0).fit(b.X)),
    ),
    (
        "model is a clusterer that cannot predict",
        T,
        [
            "DBSCAN groups rows into clusters, whose numbers mean nothing.",
            "you ask about, e.g. lambda X: model.transform(X).",
        ],
        lambda b: b.importance(DBSCAN().fit(b.X)),
    ),
    (
        "model is a transformer",
        T,
        [
            "StandardScaler does not predict: whence looked for predict_proba, predict.",
            "of a pipeline, give whence the pipeline.",
        ],
        lambda b: b.importance(StandardScaler().fit(b.X)),
    ),
    (
        "pipeline ends in a transformer",
        T,
        [
            "Pipeline of StandardScaler does not predict: whence looked for",
            "of a pipeline, give whence the pipeline.",
        ],
        lambda b: b.importance(make_pipeline(StandardScaler()).fit(b.X)),
    ),
    (
        "model is a method that does not predict",
        T,
        ["function fit could not be asked", "missing 1 required positional argument: 'y'"],
        lambda b: b.importance(b.classifier.fit),
    ),
    (
        "model is the predictions",
        T,
        [
            "ndarray cannot be called, and whence found no predict_proba",
            "module, or a path to a file.",
        ],
        lambda b: b.importance(b.classifier.predict_proba(b.X)),
    ),
    (
        "function names labels",
        T,
        [
            "function predict answered object (first: 'yes'), not numbers",
            "Ask for probabilities or scores instead of labels",
        ],
        lambda b: b.importance(b.classifier.predict),
    ),
    (
        "function takes no argument",
        T,
        [
            "on numpy: TypeError",
            "takes 0 positional arguments",
            "a function that takes rows like yours",
        ],
        lambda b: b.importance(lambda: 1, b.A, b.t),
    ),
    (
        "function answers None",
        T,
        ["answered an array of shape () for 2 rows", "it must be (2,) or (2, outputs)"],
        function(lambda X: None),
    ),
    (
        "function answers one number",
        T,
        ["answered an array of shape () for 2 rows", "it must be (2,) or (2, outputs)"],
        function(lambda X: 0.5),
    ),
    (
        "function answers too few rows",
        T,
        ["answered an array of shape (1,) for 2 rows", "it must be (2,) or (2, outputs)"],
        function(lambda X: X[1:, 0]),
    ),
    (
        "function answers nothing",
        T,
        ["answered an array of shape (0,) for 2 rows", "it must be (2,) or (2, outputs)"],
        function(lambda X: []),
    ),
    (
        "function answers three axes",
        T,
        ["answered an array of shape (2, 3, 1) for 2 rows", "it must be (2,) or (2, outputs)"],
        function(lambda X: X[:, :, None]),
    ),
    (
        "function answers a dict",
        T,
        ["answered a dict; whence needs one array", "Wrap it in a function"],
        function(lambda X: {"p": X[:, 0]}),
    ),
    (
        "function answers a tuple",
        T,
        ["answered a tuple; whence needs one array", "Wrap it in a function"],
        function(lambda X: (X[:, 0], X[:, 1])),
    ),
    (
        "function answers complex numbers",
        T,
        ["answered complex128 (first: (2.04+1j)), not numbers"],
        function(lambda X: X[:, 0] + 1j),
    ),
    (
        "function answers text",
        T,
        ["(first: 'yes'), not numbers", "Ask for probabilities or scores"],
        function(lambda X: ["yes"] * len(X)),
    ),
    (
        "function answers NaN everywhere",
        V,
        [
            "answered NaN or infinity for 16 of 16 rows",
            "x0=2.04, x1=-2.56, x2=0.42",
            "Mend the model or these cells",
        ],
        function(lambda X: X[:, 0] * np.nan),
    ),
    (
        "function answers NaN for some rows",
        V,
        [
            "function <lambda> answered NaN or infinity for 3 of",
            "cells: NaN and infinity cannot be attributed.",
        ],
        function(lambda X: np.where(X[:, 0] > 1, np.nan, X[:, 0])),
    ),
    (
        "function answers infinity",
        V,
        [
            "function <lambda> answered NaN or infinity for 3 of",
            "cells: NaN and infinity cannot be attributed.",
        ],
        function(lambda X: np.where(X[:, 0] > 1, np.inf, X[:, 0])),
    ),
    (
        "function answers NaN for hybrid rows",
        V,
        [
            "function <lambda> answered NaN or infinity for",
            "cells: NaN and infinity cannot be attributed.",
        ],
        nan_for_hybrids,
    ),
    (
        "function fails",
        T,
        ["could not be asked", "IndexError", "KeyError: 'age'"],
        function(lambda X: X["age"]),
    ),
    (
        "function fails for hybrid rows",
        V,
        ["function model failed on a numpy table", "KeyError: 'age band 7'"],
        only_real_rows,
    ),
    (
        "function answers two columns, y has one",
        V,
        [
            "y has 1 columns and the model 2 outputs",
            "Give y as many columns; or, of a classifier, give its class probabilities.",
        ],
        function(lambda X: X[:, :2]),
    ),
    (
        "function's columns depend on the rows",
        V,
        [
            "when whence met it there were 3",
            "may not depend on the rows",
        ],
        function(lambda X: X[:, :2] if len(X) > 4 else X),
    ),
    (
        "function is random",
        V,
        [
            "the model changes its answer: asked twice about the",
            "or switch its dropout off (evaluation mode).",
        ],
        function(lambda X: X[:, 0] + np.random.default_rng().normal(size=len(X))),
    ),
    (
        "function is slightly random",
        V,
        [
            "the model changes its answer: asked twice about the",
            "or switch its dropout off (evaluation mode).",
        ],
        function(lambda X: X[:, 0] * (1 + 1e-4 * np.random.default_rng().normal(size=len(X)))),
    ),
    (
        "function drifts call by call",
        V,
        [
            "the model changes its answer: asked twice about the",
            "or switch its dropout off (evaluation mode).",
        ],
        function(drifting()),
    ),
    (
        "function looks at the other rows",
        V,
        ["the model looks at the other rows: (x0=", "training rows, not from the rows asked."],
        function(lambda X: (X - X.mean(axis=0)).sum(axis=1)),
    ),
    (
        "network drops out",
        V,
        [
            "the model changes its answer: asked twice about the",
            "or switch its dropout off (evaluation mode).",
        ],
        random_network,
    ),
    (
        "classifier is random",
        V,
        [
            "the model changes its answer: asked twice about the",
            "or switch its dropout off (evaluation mode).",
        ],
        says(lambda X: of_two(np.random.default_rng().uniform(size=len(X)))),
    ),
    (
        "one of the models is random",
        V,
        [
            "model 2 of 2 changes its answer: asked twice",
            "or switch its dropout off (evaluation mode).",
        ],
        lambda b: b.importance(
            [lambda X: X[:, 0], lambda X: X[:, 0] + np.random.default_rng().normal(size=len(X))],
            b.A,
            b.t,
        ),
    ),
    (
        "explained function is random",
        V,
        [
            "the model changes its answer: asked twice about the",
            "or switch its dropout off (evaluation mode).",
        ],
        lambda b: b.explain(
            lambda X: np.random.default_rng().normal(size=len(X)), b.A[:2], background=b.A
        ),
    ),
    (
        "probabilities sum to 2",
        V,
        [
            "Says answered probabilities that sum to 2; over the",
            "whence a function that returns its column.",
        ],
        says(lambda X: np.ones((len(X), 2))),
    ),
    (
        "probabilities sum to 0.9",
        V,
        ["Says answered probabilities that sum to", "whence a function that returns its column."],
        says(lambda X: np.full((len(X), 2), 0.45)),
    ),
    (
        "probabilities are negative",
        V,
        ["Says answered probabilities from", "give whence a function that returns them."],
        says(lambda X: np.tile([-0.2, 1.2], (len(X), 1))),
    ),
    (
        "probabilities are percentages",
        V,
        [
            "Says answered probabilities from 50 to 50; they must",
            "give whence a function that returns them.",
        ],
        says(lambda X: np.full((len(X), 2), 50.0)),
    ),
    (
        "probabilities are NaN",
        V,
        [
            "Says answered NaN or infinity for 16 of 16",
            "cells: NaN and infinity cannot be attributed.",
        ],
        says(lambda X: np.full((len(X), 2), np.nan)),
    ),
    (
        "probabilities have a column too many",
        V,
        [
            "Says answered 3 outputs; when whence met it there",
            "outputs may not depend on the rows.",
        ],
        says(lambda X: np.full((len(X), 3), 1 / 3)),
    ),
    (
        "probabilities have one column",
        V,
        [
            "Says answered 1 outputs; when whence met it there",
            "outputs may not depend on the rows.",
        ],
        says(lambda X: np.full((len(X), 1), 1.0)),
    ),
    (
        "log-loss of scores",
        V,
        [
            "log-loss needs class probabilities, and LinearSVC answers raw numbers.",
            "predict_proba knows its classes, or loss='zero-one'.",
        ],
        lambda b: b.importance(LinearSVC(random_state=0).fit(b.X, b.y), loss="log-loss"),
    ),
    (
        "scores of labels against their names",
        V,
        [
            "y holds 'yes', not numbers, and the model predicts",
            "If these are labels, explain a classifier.",
        ],
        lambda b: b.importance(RidgeClassifier().fit(b.X, b.y), loss="squared error"),
    ),
    (
        "network of another width",
        T,
        [
            "Linear could not be asked. Tried forward on numpy:",
            "takes rows like yours and returns numbers.",
        ],
        lambda b: b.importance(torch.nn.Linear(5, 1), b.A, b.t),
    ),
    (
        "network answers a tuple",
        T,
        ["LSTM answered a tuple, not a tensor. Give whence", "the tensor you ask about, as numpy."],
        lambda b: b.importance(torch.nn.LSTM(3, 2), b.A, b.t),
    ),
    ("no models", V, ["an ensemble needs two models or more, not 0."], lambda b: b.importance([])),
    (
        "a list of one model",
        V,
        ["an ensemble needs two models or more, not 1."],
        lambda b: b.importance([b.classifier]),
    ),
    (
        "models with different classes",
        V,
        [
            "LogisticRegression and LogisticRegression disagree on the classes: 'no', 'yes'",
            "the same labels in the same order.",
        ],
        lambda b: b.importance([b.classifier, b.codes]),
    ),
    (
        "models of different kinds",
        V,
        [
            "LogisticRegression and LinearRegression answer in different",
            "spaces (probability, value): their mean means nothing.",
        ],
        lambda b: b.importance([b.classifier, b.regressor]),
    ),
    (
        "models that read other columns",
        V,
        [
            "X has 'smoker', and the model was fitted with",
            "the model never reads cannot be responsible.",
        ],
        lambda b: b.importance([b.classifier, LogisticRegression().fit(b.X[["age", "bmi"]], b.y)]),
    ),
    (
        "a list that is not of models",
        T,
        ["int cannot be called, and whence found no predict_proba", "module, or a path to a file."],
        lambda b: b.importance([1, 2]),
    ),
    # -- files --
    (
        "model file is missing",
        V,
        ["there is no file"],
        lambda b: b.importance(b.folder / "model.json"),
    ),
    (
        "model file is a folder",
        V,
        ["is a folder, not a model file."],
        lambda b: b.importance(b.folder),
    ),
    ("model file is empty", V, ["is empty."], lambda b: b.importance(b.file("model.onnx", ""))),
    (
        "model file is a pickle",
        V,
        ["this file would run code when opened (pickle). If", "model as .skops, .json or .onnx. ("],
        lambda b: b.importance(b.file("model.pkl", pickle.dumps(b.classifier))),
    ),
    (
        "pickle under another name",
        V,
        ["this file would run code when opened (pickle). If", "model as .skops, .json or .onnx. ("],
        lambda b: b.importance(b.file("model.onnx", pickle.dumps(b.classifier))),
    ),
    (
        "model file is no ONNX",
        V,
        ["is not an ONNX model: it starts with 'not a graph'."],
        lambda b: b.importance(b.file("model.onnx", "not a graph")),
    ),
    (
        "model file is no JSON",
        V,
        [
            "should be an XGBoost model, and cannot be read: its JSON is broken: Expecting",
            "quotes: line 1 column 2 (char 1)",
        ],
        lambda b: b.importance(b.file("model.json", "{broken")),
    ),
    (
        "model file is other JSON",
        V,
        ["is JSON, but not an XGBoost model: it holds", "model: it holds 'a', and no 'learner'."],
        lambda b: b.importance(b.file("model.json", '{"a": 1}')),
    ),
    (
        "model file is no UBJ",
        V,
        ["is not an XGBoost model: it starts with b'"],
        lambda b: b.importance(b.file("model.ubj", b"\x00\x01\x02")),
    ),
    (
        "model file is no LightGBM",
        V,
        ["is not a LightGBM model: it starts with 'hello'."],
        lambda b: b.importance(b.file("model.txt", "hello")),
    ),
    (
        "model file is a cut LightGBM",
        V,
        [
            "should be a LightGBM model, and cannot be read:",
            'it is cut off: it has no line "end of trees"',
        ],
        lambda b: b.importance(b.file("model.txt", "tree\nversion=v4\nnum_class=1\n")),
    ),
    (
        "model file is no CatBoost",
        V,
        ["is not a CatBoost model: it starts with 'hello'."],
        lambda b: b.importance(b.file("model.cbm", "hello")),
    ),
    (
        "model file is a cut CatBoost",
        V,
        ["should be a CatBoost model, and cannot be read:", "it is cut off"],
        lambda b: b.importance(b.file("model.cbm", b"CBM1\x01")),
    ),
    (
        "model file is no skops",
        V,
        ["is not a skops file: it starts with 'hello'."],
        lambda b: b.importance(b.file("model.skops", "hello")),
    ),
    (
        "model file is a table",
        V,
        [
            "is not a model that whence can read: it",
            ".skops, .txt, .ubj, and pickles with --unpickle.",
        ],
        lambda b: b.importance(b.file("model.csv", "a,b\n1,2\n")),
    ),
    (
        "model is a module that is not there",
        V,
        [
            "there is no module 'no_such_module' (asked for 'no_such_module:model'). Run",
            "it can be imported, or set PYTHONPATH.",
        ],
        lambda b: b.importance("no_such_module:model"),
    ),
    (
        "model is a name that is not there",
        V,
        ["whence has no 'modell'. Did you mean 'models'?"],
        lambda b: b.importance("whence:modell"),
    ),
    (
        "model is an answer's file",
        V,
        [
            "is not a model that whence can read: it",
            ".skops, .txt, .ubj, and pickles with --unpickle.",
        ],
        lambda b: b.importance(b.saved("model.whence")),
    ),
]
