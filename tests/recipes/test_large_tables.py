"""Tables too large to be looked at: rows are drawn and said, or the question is refused."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import whence as wh
from whence._core.errors import OptionError, TableError
from whence.kernels import means as kernel
from whence.recipes import _large_tables as large
from whence.recipes._large_tables import drawn, fewer, taken

RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(4000, 3)), columns=["a", "b", "c"], index=range(9000, 13000))
Y = X.a + X.b * X.c
SECONDS = wh.Budget(seconds=10)


def model(rows):
    rows = np.asarray(rows)
    return rows[:, 0] + rows[:, 1] * rows[:, 2]


def test_which_rows(monkeypatch):
    """Kills: the first rows; other rows at each time; a store that meets other rows."""
    assert drawn(X, wh.Budget(), 0) is None
    assert drawn(X, SECONDS, 0) is None
    assert drawn([[1, 2], [3]], SECONDS, 0) is None
    monkeypatch.setattr(large, "_RATE", 600.0)
    one, again, other = (drawn(X, SECONDS, seed) for seed in (0, 0, 1))
    assert len(one) == 2000  # 600 cells a second
    assert (np.diff(one) > 0).all()
    assert 1850 < one.mean() < 2150
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one, drawn(X, SECONDS, 0, 1))
    assert drawn(X, SECONDS, 0, kept=True) is None
    assert len(drawn(X, wh.Budget(seconds=0.1), 0)) == 1000
    monkeypatch.setattr(large, "_CELLS", 9000)
    assert len(drawn(X, wh.Budget(), 0)) == 3000


def test_rows_of_every_kind():
    """Kills: labels by their index in place of their position."""
    rows = np.array([1, 3])
    assert taken(X, rows).index.tolist() == [9001, 9003]
    assert taken(Y, rows).tolist() == Y.to_numpy()[rows].tolist()
    assert taken(list("abcd"), rows) == ["b", "d"]
    assert taken(np.arange(8).reshape(4, 2), rows).tolist() == [[2, 3], [6, 7]]
    assert taken(None, rows) is None
    assert taken(X, None) is X


def test_importance_of_drawn_rows(monkeypatch):
    """Kills: rows and labels drawn apart; rows that nobody hears of."""
    whole = wh.importance(model, X, Y, budget=SECONDS)
    assert "test rows" not in whole.provenance
    monkeypatch.setattr(large, "_RATE", 300.0)
    some = wh.importance(model, X, Y, background=X, budget=SECONDS)
    words = "1,000 of 4,000 were drawn: more could not be looked at in 10 s"
    assert some.provenance["test rows"] == words
    assert some.verdict.endswith(f"of the test rows {words}")
    assert some.averaged == 1000
    assert "1,000 background rows" in some.question.removal
    assert (np.abs(some.values - whole.values) < 5 * (some.stderr + whole.stderr)).all()
    assert some.parts["data"].sum() > 1.4 * whole.parts["data"].sum()
    every = wh.importance(model, X[:1500], Y[:1500], by_case=True, budget=wh.Budget(seconds=1.0))
    assert len(every.values) == 1500
    with pytest.raises(TableError, match=r"3,?999"):
        wh.importance(model, X, Y[:-1], budget=SECONDS)


def test_weights_are_drawn_with_their_rows(monkeypatch):
    monkeypatch.setattr(large, "_RATE", 300.0)
    rows, labels, weights, words = fewer(X, Y, X.c.abs(), SECONDS, 3, kept=False)
    assert len(rows) == len(labels) == len(weights) == 1000
    assert np.array_equal(labels, rows.a + rows.b * rows.c)
    assert np.array_equal(weights, rows.c.abs())
    assert words


def test_an_answer_that_does_not_fit_is_refused(monkeypatch):
    """Kills: memory that is asked for first, and counted later."""
    monkeypatch.setattr(large, "_ANSWER", 8 * 3 * 3000)
    with pytest.raises(OptionError, match=r"4,000 rows and 3 features.*Explain 3,000 rows at a"):
        wh.explain(model, X, background=X[:5])
    assert len(wh.explain(model, X[:10], background=X[:5]).values) == 10
    groups = {"all": ["a", "b"]}
    assert wh.explain(model, X[:20], background=X[:5], groups=groups).values.shape == (20, 1, 2)


def test_rows_that_were_not_reached_are_told():
    """Kills: values that are missing without a word."""
    found = wh.explain(model, X[:500], background=X, budget=wh.Budget(evaluations=700))
    missing = int(np.isnan(found.values).all(axis=(1, 2)).sum())
    assert missing > 0
    assert found.verdict.endswith(f"it paid for no walk of {missing} of 500 rows, left NaN")


def test_trees_whose_tables_do_not_fit_are_refused_before_any_is_made(monkeypatch):
    """Kills: seconds and gigabytes spent on tables of trees that are then asked otherwise."""
    ensemble = pytest.importorskip("sklearn.ensemble")
    fitted = ensemble.RandomForestRegressor(40, random_state=0).fit(X[:300], Y[:300])
    monkeypatch.setattr(kernel, "_BYTES", 2**20)
    monkeypatch.setattr(kernel, "kept", lambda *_: pytest.fail("a table was made"))
    found = wh.importance(fitted, X[:100], Y[:100])
    assert "too wide for tables" in found.provenance["not read as trees"]


BUSY = """
import sys, time, resource, numpy as np, whence as wh
from sklearn.ensemble import {kind}
from whence._core.errors import BudgetError
g = np.random.default_rng(0)
X = g.normal(size=({rows}, {columns}))
y = X[:, 0] * X[:, 1] + np.sin(3 * X[:, 2])
m = {kind}({options}).fit(X[:5000], y[:5000])
start = time.process_time()
try:
    found = wh.{ask}, background=X[:1000], budget=wh.Budget(seconds=6))
    assert np.isfinite(found.values).all(), found.verdict
except BudgetError as error:
    assert "give more of them, or fewer rows" in str(error) and {may_refuse}
assert time.process_time() - start < 12, time.process_time() - start
assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 3e6
"""
HIST, FOREST = "HistGradientBoostingRegressor", "RandomForestRegressor"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "options", "rows", "columns", "ask", "may_refuse"),
    [
        (HIST, "max_iter=100", 200_000, 10, "importance(m, X, y", False),
        (HIST, "max_iter=30", 20_000, 300, "importance(m, X, y", False),
        (HIST, "max_iter=100", 500_000, 10, "explain(m, X", True),
        (FOREST, "20, random_state=0", 300, 10, "explain(m, X", False),
    ],
)
def test_seconds_of_large_tables(kind, options, rows, columns, ask, may_refuse):
    """Kills: answers that never come, and those that take what memory there is."""
    code = BUSY.format(
        kind=kind, options=options, rows=max(rows, 5000), columns=columns, may_refuse=may_refuse,
        ask=ask if rows >= 5000 else f"{ask}[:{rows}]",
    )  # fmt: skip
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "NUMBA_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
