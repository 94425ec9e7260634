"""Rows, columns, backgrounds and labels that do not fit."""

import numpy as np
import pandas as pd
import polars as pl
import scipy.sparse

import whence as wh

V, T = ValueError, TypeError


def changed(X, **columns):
    return X.assign(**columns)


def with_nan(y, at):
    y = np.array(y, object)
    y[at] = np.nan
    return y


TABLES = [
    # -- X --
    ("X is a path", V, [], lambda b: b.importance(X="holdout.csv")),
    ("X is None", V, [], lambda b: wh.importance(b.classifier, None, b.y)),
    ("X is a list of dicts", V, [], lambda b: b.importance(X=b.X.to_dict("records"))),
    ("X is a dict", V, [], lambda b: b.importance(X=b.X.to_dict("list"))),
    ("X is a series", V, [], lambda b: b.importance(X=b.X["age"])),
    ("X is one row", V, [], lambda b: b.explain(X=b.A[0])),
    ("X has three axes", V, [], lambda b: b.importance(X=b.A[None])),
    ("X is a scalar", V, [], lambda b: b.explain(X=3.0)),
    ("X is sparse", V, [], lambda b: b.importance(X=scipy.sparse.csr_matrix(b.A))),
    ("X is lazy", V, [], lambda b: b.importance(X=pl.LazyFrame(b.A))),
    ("X is complex", V, [], lambda b: b.importance(b.codes, X=b.A + 1j, y=b.k)),
    ("X has no rows", V, [], lambda b: b.importance(X=b.X[:0], y=[])),
    ("X has no columns", V, [], lambda b: b.importance(X=b.X[[]])),
    ("X has ragged rows", V, [], lambda b: b.explain(X=[[1, 2, 3], [1, 2]])),
    ("X has a column twice", V, [], lambda b: b.importance(X=b.X[["age", "bmi", "smoker", "age"]])),
    ("X lacks a column", V, [], lambda b: b.importance(X=b.X[["age", "smoker"]])),
    (
        "X has one column less, without names",
        V,
        [],
        lambda b: b.importance(b.codes, b.A[:, :2], b.k),
    ),
    ("X still holds the target", V, [], lambda b: b.importance(X=changed(b.X, y=b.y))),
    (
        "X has a column misspelt",
        V,
        [],
        lambda b: b.importance(X=b.X.rename(columns={"age": "agee"})),
    ),
    ("X holds infinity", T, [], lambda b: b.importance(X=changed(b.X, age=np.inf))),
    (
        "X holds NaN and the model takes none",
        V,
        [],
        lambda b: b.importance(X=changed(b.X, age=with_nan(b.X["age"], 3).astype(float))),
    ),
    (
        "X holds text and the model takes none",
        T,
        [],
        lambda b: b.importance(X=changed(b.X, smoker="yes")),
    ),
    ("X holds numbers as text", T, [], lambda b: b.importance(b.codes, X=b.A.astype(str), y=b.k)),
    (
        "X holds dates and the model takes none",
        T,
        [],
        lambda b: b.importance(X=changed(b.X, age=np.datetime64("2020-01-01"))),
    ),
    ("X holds lists", T, [], lambda b: b.importance(X=changed(b.X, age=[[1]] * 40))),
    ("X has levels of columns", V, [], lambda b: b.importance(X=pd.concat({"a": b.X}, axis=1))),
    ("X is masked", V, [], lambda b: b.importance(b.codes, np.ma.masked_array(b.A), b.k)),
    ("X and y are swapped", V, [], lambda b: wh.importance(b.classifier, b.y, b.X)),
    (
        "one row is not enough to tell the importance",
        V,
        [],
        lambda b: b.importance(X=b.X[:1], y=b.y[:1]),
    ),
    # -- background --
    ("background is missing", V, [], lambda b: b.explain(background=None)),
    ("background has no rows", V, [], lambda b: b.explain(background=b.X[:0])),
    ("background lacks a column", V, [], lambda b: b.explain(background=b.X[["age", "bmi"]])),
    ("background has another column", V, [], lambda b: b.explain(background=changed(b.X, y=b.t))),
    (
        "background has other names",
        V,
        [],
        lambda b: b.explain(background=b.X.set_axis(list("abc"), axis=1)),
    ),
    ("background is an array of other width", V, [], lambda b: b.explain(background=b.A[:, :2])),
    (
        "background has text where X has numbers",
        V,
        [],
        lambda b: b.explain(background=changed(b.X, age="old")),
    ),
    ("background is one row as a list", V, [], lambda b: b.explain(background=[0.0, 0.0, 0.0])),
    ("background is a number", V, [], lambda b: b.explain(background=100)),
    ("background is a path", V, [], lambda b: b.explain(background="train.csv")),
    (
        "background holds NaN and the model takes none",
        V,
        [],
        lambda b: b.explain(background=changed(b.X, age=np.nan)),
    ),
    ("background is labels", V, [], lambda b: b.importance(background=b.y)),
    # -- y --
    (
        "y is the name of a column",
        V,
        [],
        lambda b: b.importance(X=changed(b.X, churned=b.y), y="churned"),
    ),
    ("y is None", V, [], lambda b: wh.importance(b.classifier, b.X, None)),
    ("y is shorter", V, [], lambda b: b.importance(y=b.y[:-1])),
    ("y is longer", V, [], lambda b: b.importance(y=[*b.y, "yes"])),
    ("y is empty", V, [], lambda b: b.importance(y=[])),
    ("y is a number", V, [], lambda b: b.importance(y=1)),
    ("y has NaN", V, [], lambda b: b.importance(y=with_nan(b.y, 7))),
    ("y has None", V, [], lambda b: b.importance(y=[None, *b.y[1:]])),
    ("y has two columns", V, [], lambda b: b.importance(y=np.column_stack([b.y, b.y]))),
    ("y is one-hot", V, [], lambda b: b.importance(y=np.eye(2)[b.k])),
    ("y is a frame of two columns", V, [], lambda b: b.importance(y=b.X[["age", "bmi"]])),
    ("labels outside the classes", V, [], lambda b: b.importance(y=["unknown", *b.y[1:]])),
    ("every label outside the classes", V, [], lambda b: b.importance(y=b.k)),
    ("labels of another case", V, [], lambda b: b.importance(y=[v.upper() for v in b.y])),
    ("labels from 1 for classes from 0", V, [], lambda b: b.importance(b.codes, b.A, b.k + 1)),
    ("labels are half numbers", V, [], lambda b: b.importance(b.codes, b.A, b.k + 0.5)),
    (
        "labels are probabilities",
        V,
        [],
        lambda b: b.importance(b.codes, b.A, np.linspace(0, 1, 40)),
    ),
    ("labels are of mixed kinds", V, [], lambda b: b.importance(b.codes, b.A, [*b.k[:-1], "1"])),
    ("labels are lists", V, [], lambda b: b.importance(y=[["yes"]] * 39 + [["yes", "no"]])),
    ("targets are text", V, [], lambda b: b.importance(b.regressor, y=b.y)),
    (
        "targets have NaN",
        V,
        [],
        lambda b: b.importance(b.regressor, y=with_nan(b.t, 5).astype(float)),
    ),
    (
        "targets are infinite",
        V,
        [],
        lambda b: b.importance(b.regressor, y=np.where(b.t > 1, np.inf, b.t)),
    ),
    (
        "targets are dates",
        V,
        [],
        lambda b: b.importance(b.regressor, y=pd.Series(pd.date_range("2020", periods=40))),
    ),
    (
        "targets have two columns",
        V,
        [],
        lambda b: b.importance(b.regressor, y=np.column_stack([b.t, b.t])),
    ),
    ("targets are shorter", V, [], lambda b: b.importance(b.regressor, y=b.t[:10])),
    ("targets have three axes", V, [], lambda b: b.importance(b.regressor, y=b.t[:, None, None])),
    ("targets are complex", V, [], lambda b: b.importance(b.regressor, y=b.t + 1j)),
]
