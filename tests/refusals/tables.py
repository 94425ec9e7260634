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
    (
        "X is a path",
        V,
        ["X is text.", "pandas.read_csv"],
        lambda b: b.importance(X="holdout.csv"),
    ),
    (
        "X is None",
        V,
        ["X is None: give rows by columns."],
        lambda b: wh.importance(b.classifier, None, b.y),
    ),
    (
        "X is a list of dicts",
        V,
        ["X is a list of dicts. Make it a", "of dicts. Make it a frame: pandas.DataFrame(X)."],
        lambda b: b.importance(X=b.X.to_dict("records")),
    ),
    (
        "X is a dict",
        V,
        ["X is a dict. Make it a frame: pandas.DataFrame(X)."],
        lambda b: b.importance(X=b.X.to_dict("list")),
    ),
    (
        "X is a series",
        V,
        ["X is one column, and a table is needed:", "for one column, X.to_frame().T for one row."],
        lambda b: b.importance(X=b.X["age"]),
    ),
    (
        "X is one row",
        V,
        ["X has shape (3,); a table has two axes.", "one row, X.reshape(-1, 1) for one column."],
        lambda b: b.explain(X=b.A[0]),
    ),
    (
        "X has three axes",
        V,
        ["X has shape (1, 40, 3); a table has", "has two axes. Give rows by columns."],
        lambda b: b.importance(X=b.A[None]),
    ),
    (
        "X is a scalar",
        V,
        ["X has shape (); a table has two axes.", "has two axes. Give rows by columns."],
        lambda b: b.explain(X=3.0),
    ),
    (
        "X is sparse",
        V,
        [
            "X is a sparse matrix: whence mixes rows, which",
            "rows, which makes it dense. Use X.toarray().",
        ],
        lambda b: b.importance(X=scipy.sparse.csr_matrix(b.A)),
    ),
    (
        "X is lazy",
        V,
        ["X is a LazyFrame, which holds a plan and", "a plan and not rows: use X.collect()."],
        lambda b: b.importance(X=pl.LazyFrame(b.A)),
    ),
    (
        "X is complex",
        V,
        ["X holds complex128", "whence reads numbers, text, times or objects"],
        lambda b: b.importance(b.codes, X=b.A + 1j, y=b.k),
    ),
    (
        "X has no rows",
        V,
        ["X has no rows. Give at least one."],
        lambda b: b.importance(X=b.X[:0], y=[]),
    ),
    (
        "X has no columns",
        V,
        ["X has no columns. Give rows by columns."],
        lambda b: b.importance(X=b.X[[]]),
    ),
    (
        "X has ragged rows",
        V,
        ["the rows of X differ in length"],
        lambda b: b.explain(X=[[1, 2, 3], [1, 2]]),
    ),
    (
        "X has a column twice",
        V,
        ["more than one column called 'age'", "Rename them"],
        lambda b: b.importance(X=b.X[["age", "bmi", "smoker", "age"]]),
    ),
    (
        "X lacks a column",
        V,
        [
            "X lacks 'bmi', which the model was fitted with.",
            "was fitted with. There are: 'age', 'smoker'.",
        ],
        lambda b: b.importance(X=b.X[["age", "smoker"]]),
    ),
    (
        "X has one column less, without names",
        V,
        ["X has 2 columns ('x0', 'x1'), and the model", "the same columns, in the same order."],
        lambda b: b.importance(b.codes, b.A[:, :2], b.k),
    ),
    (
        "X still holds the target",
        V,
        [
            "X has 'y', and the model was fitted with",
            "the model never reads cannot be responsible.",
        ],
        lambda b: b.importance(X=changed(b.X, y=b.y)),
    ),
    (
        "X has a column misspelt",
        V,
        [
            "X lacks 'age', which the model was fitted with.",
            "was fitted with. Did you mean 'agee'?",
        ],
        lambda b: b.importance(X=b.X.rename(columns={"age": "agee"})),
    ),
    (
        "X holds infinity",
        T,
        [
            "LogisticRegression could not be asked",
            "Missing or infinite cells in 'age'",
            "fill them",
        ],
        lambda b: b.importance(X=changed(b.X, age=np.inf)),
    ),
    (
        "X holds NaN and the model takes none",
        V,
        [
            "LogisticRegression failed",
            "Input X contains NaN",
            "Missing or infinite cells in 'age'",
            "fill them",
        ],
        lambda b: b.importance(X=changed(b.X, age=with_nan(b.X["age"], 3).astype(float))),
    ),
    (
        "X holds text and the model takes none",
        T,
        ["LogisticRegression could not be asked", "'yes'", "Give whence a function"],
        lambda b: b.importance(X=changed(b.X, smoker="yes")),
    ),
    (
        "X holds numbers as text",
        T,
        [
            "LogisticRegression could not be asked. Tried predict_proba on numpy:",
            "takes rows like yours and returns numbers.",
        ],
        lambda b: b.importance(b.codes, X=b.A.astype(str), y=b.k),
    ),
    (
        "X holds dates and the model takes none",
        T,
        [
            "LogisticRegression could not be asked. Tried predict_proba on pandas:",
            "takes rows like yours and returns numbers.",
        ],
        lambda b: b.importance(X=changed(b.X, age=np.datetime64("2020-01-01"))),
    ),
    (
        "X holds times and polars would read them as numbers",
        T,
        ["LogisticRegression could not be asked", "times would turn into numbers"],
        lambda b: b.importance(X=changed(b.X, age=pd.Timestamp("2020-01-01"))),
    ),
    (
        "X holds lists",
        T,
        ["LogisticRegression could not be asked", "Give whence a function"],
        lambda b: b.importance(X=changed(b.X, age=[[1]] * 40)),
    ),
    (
        "X has levels of columns",
        V,
        [
            "the columns of X have several levels: flatten them",
            "levels: flatten them to one name each.",
        ],
        lambda b: b.importance(X=pd.concat({"a": b.X}, axis=1)),
    ),
    (
        "X is masked",
        V,
        ["X is a masked array, ", "X.filled(numpy.nan)"],
        lambda b: b.importance(b.codes, np.ma.masked_less(b.A, 0), b.k),
    ),
    (
        "X and y are swapped",
        V,
        ["X has shape (40,); a table has two axes.", "one row, X.reshape(-1, 1) for one column."],
        lambda b: wh.importance(b.classifier, b.y, b.X),
    ),
    (
        "one row is not enough to tell the importance",
        V,
        [
            "X has one row, and without a background it",
            "Give background=, such as the training rows.",
        ],
        lambda b: b.importance(X=b.X[:1], y=b.y[:1]),
    ),
    # -- background --
    (
        "background is missing",
        V,
        ["explain needs background=", "such as the training rows"],
        lambda b: b.explain(background=None),
    ),
    (
        "background has no rows",
        V,
        ["background has no rows. Give at least one."],
        lambda b: b.explain(background=b.X[:0]),
    ),
    (
        "background lacks a column",
        V,
        [
            "background lacks 'smoker', which the model was fitted with.",
            "was fitted with. There are: 'age', 'bmi'.",
        ],
        lambda b: b.explain(background=b.X[["age", "bmi"]]),
    ),
    (
        "background has another column",
        V,
        [
            "background has 'y', and the model was fitted with",
            "the model never reads cannot be responsible.",
        ],
        lambda b: b.explain(background=changed(b.X, y=b.t)),
    ),
    (
        "background has other names",
        V,
        [
            "background lacks 'age', 'bmi', 'smoker', which the model was",
            "fitted with. There are: 'a', 'b', 'c'.",
        ],
        lambda b: b.explain(background=b.X.set_axis(list("abc"), axis=1)),
    ),
    (
        "background is an array of other width",
        V,
        ["the background has 2 columns, and X has 3:", "and X has 3: 'age', 'bmi', 'smoker'"],
        lambda b: b.explain(background=b.A[:, :2]),
    ),
    (
        "background has text where X has numbers",
        V,
        ['column "age" holds numbers in X and text in', "text in background. Convert one of them."],
        lambda b: b.explain(background=changed(b.X, age="old")),
    ),
    (
        "background is one row as a list",
        V,
        [
            "background has shape (3,); a table has two axes.",
            "one row, X.reshape(-1, 1) for one column.",
        ],
        lambda b: b.explain(background=[0.0, 0.0, 0.0]),
    ),
    (
        "background is a number",
        V,
        ["background has shape (); a table has two axes.", "has two axes. Give rows by columns."],
        lambda b: b.explain(background=100),
    ),
    (
        "background is a path",
        V,
        [
            "background is text. Read the file first, e.g. with",
            "Read the file first, e.g. with pandas.read_csv.",
        ],
        lambda b: b.explain(background="train.csv"),
    ),
    (
        "background holds NaN and the model takes none",
        V,
        [
            "LinearRegression failed",
            "Input X contains NaN",
            "Missing or infinite cells in 'age'",
            "fill them",
        ],
        lambda b: b.explain(background=changed(b.X, age=np.nan)),
    ),
    (
        "background is labels",
        V,
        [
            "background has shape (40,); a table has two axes.",
            "one row, X.reshape(-1, 1) for one column.",
        ],
        lambda b: b.importance(background=b.y),
    ),
    (
        "background has other things where X has lists",
        V,
        ["X and background do not fit together", "Give their columns the same types."],
        lambda b: b.explain(
            lambda X: X.height * [1.0],
            pl.DataFrame({"a": [[1], [2]]}),
            background=pl.DataFrame({"a": [{"b": 1}]}),
        ),
    ),
    # -- y --
    (
        "y is the name of a column",
        V,
        [
            "X has 'churned', and the model was fitted with",
            "the model never reads cannot be responsible.",
        ],
        lambda b: b.importance(X=changed(b.X, churned=b.y), y="churned"),
    ),
    (
        "y is None",
        V,
        [
            "y is None: give the labels themselves, one for",
            'one for each row, such as table.pop("target").',
        ],
        lambda b: wh.importance(b.classifier, b.X, None),
    ),
    (
        "y is shorter",
        V,
        ["y has 39 rows, X has 40: give one", "X, in the order of its rows."],
        lambda b: b.importance(y=b.y[:-1]),
    ),
    (
        "y is longer",
        V,
        ["y has 41 rows, X has 40: give one", "X, in the order of its rows."],
        lambda b: b.importance(y=[*b.y, "yes"]),
    ),
    (
        "y is empty",
        V,
        ["y has shape (0,); it must be one label", "must be one label for each row."],
        lambda b: b.importance(y=[]),
    ),
    (
        "y is a number",
        V,
        ["y has shape (); it must be one label", "must be one label for each row."],
        lambda b: b.importance(y=1),
    ),
    (
        "y has NaN",
        V,
        ["y is missing in 1 rows (first: row 7).", "rows (first: row 7). Drop those rows."],
        lambda b: b.importance(y=with_nan(b.y, 7)),
    ),
    (
        "y has None",
        V,
        ["y is missing in 1 rows (first: row 0).", "rows (first: row 0). Drop those rows."],
        lambda b: b.importance(y=[None, *b.y[1:]]),
    ),
    (
        "y has two columns",
        V,
        [
            "y has shape (40, 2); it must be one",
            "for each row. For one-hot columns: y.argmax(axis=1).",
        ],
        lambda b: b.importance(y=np.column_stack([b.y, b.y])),
    ),
    (
        "y is one-hot",
        V,
        [
            "y has shape (40, 2); it must be one",
            "for each row. For one-hot columns: y.argmax(axis=1).",
        ],
        lambda b: b.importance(y=np.eye(2)[b.k]),
    ),
    (
        "y is a frame of two columns",
        V,
        [
            "y has shape (40, 2); it must be one",
            "for each row. For one-hot columns: y.argmax(axis=1).",
        ],
        lambda b: b.importance(y=b.X[["age", "bmi"]]),
    ),
    (
        "labels outside the classes",
        V,
        [
            "labels outside the model's classes: 'unknown' in 1 rows",
            "those rows, or map them before asking.",
        ],
        lambda b: b.importance(y=["unknown", *b.y[1:]]),
    ),
    (
        "every label outside the classes",
        V,
        [
            "labels outside the model's classes: '1', '0' in 40",
            "them to the model's labels before asking.",
        ],
        lambda b: b.importance(y=b.k),
    ),
    (
        "labels of another case",
        V,
        [
            "labels outside the model's classes: 'YES', 'NO' in 40",
            "them to the model's labels before asking.",
        ],
        lambda b: b.importance(y=[v.upper() for v in b.y]),
    ),
    (
        "labels from 1 for classes from 0",
        V,
        [
            "labels outside the model's classes: '2' in 20 rows",
            "those rows, or map them before asking.",
        ],
        lambda b: b.importance(b.codes, b.A, b.k + 1),
    ),
    (
        "labels are half numbers",
        V,
        [
            "labels outside the model's classes: '1.5', '0.5' in 40 rows (first: row 0)",
            "The model knows '0', '1'",
            "Map them",
        ],
        lambda b: b.importance(b.codes, b.A, b.k + 0.5),
    ),
    (
        "labels are probabilities",
        V,
        [
            "and 33 more in 38 rows (first: row 1)",
            "The model knows '0', '1'",
            "map them before asking",
        ],
        lambda b: b.importance(b.codes, b.A, np.linspace(0, 1, 40)),
    ),
    (
        "labels are of mixed kinds",
        V,
        [
            "labels outside the model's classes: '1' in 1 rows",
            "those rows, or map them before asking.",
        ],
        lambda b: b.importance(b.codes, b.A, [*b.k[:-1], "1"]),
    ),
    (
        "labels are lists",
        V,
        ["y must be one label for each row; its", "label for each row; its rows differ."],
        lambda b: b.importance(y=[["yes"]] * 39 + [["yes", "no"]]),
    ),
    (
        "targets are text",
        V,
        [
            "y holds 'yes', not numbers, and the model predicts",
            "If these are labels, explain a classifier.",
        ],
        lambda b: b.importance(b.regressor, y=b.y),
    ),
    (
        "targets have NaN",
        V,
        ["y is missing or infinite in 1 rows (first:", "rows (first: row 5). Drop those rows."],
        lambda b: b.importance(b.regressor, y=with_nan(b.t, 5).astype(float)),
    ),
    (
        "targets are infinite",
        V,
        ["y is missing or infinite in 12 rows (first:", "rows (first: row 0). Drop those rows."],
        lambda b: b.importance(b.regressor, y=np.where(b.t > 1, np.inf, b.t)),
    ),
    (
        "targets are dates",
        V,
        [
            "y holds datetime.datetime(2020, 1, 1, 0, 0), not numbers,",
            "If these are labels, explain a classifier.",
        ],
        lambda b: b.importance(b.regressor, y=pd.Series(pd.date_range("2020", periods=40))),
    ),
    (
        "targets have two columns",
        V,
        [
            "y has 2 columns and the model 1 outputs",
            "outputs (prediction). Give y as many columns",
        ],
        lambda b: b.importance(b.regressor, y=np.column_stack([b.t, b.t])),
    ),
    (
        "targets are shorter",
        V,
        ["y has 10 rows, X has 40: give one", "X, in the order of its rows."],
        lambda b: b.importance(b.regressor, y=b.t[:10]),
    ),
    (
        "targets have three axes",
        V,
        ["y has shape (40, 1, 1); it must be", "must be one number for each row."],
        lambda b: b.importance(b.regressor, y=b.t[:, None, None]),
    ),
    (
        "targets are complex",
        V,
        ["y holds (", "not numbers, and the model predicts numbers"],
        lambda b: b.importance(b.regressor, y=b.t + 1j),
    ),
]
