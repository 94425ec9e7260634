"""Questions to a store: what a dense product says, without one."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from whence._core.errors import OptionError, StoreError
from whence.models.gradients.kernels import kernel
from whence.models.gradients.products import scored, top
from whence.models.gradients.store import GradientStore

ROWS, DIM, QUERIES = 1000, 12, 7


def store_of(path, x, weights=None, block=128):
    store = GradientStore.open(
        path,
        rows=len(x),
        dim=x.shape[1],
        key={"model": str(path)},
        block=block,
        extra=() if weights is None else ("1 - p",),
    )
    for b in store.missing:
        span = slice(store.layout.span(b).start, store.layout.span(b).stop)
        store.write(b, x[span], None if weights is None else weights[span, None])
    return store


def drawn(rows, seed=0, dim=DIM):
    return np.random.default_rng(seed).normal(size=(rows, dim)).astype(np.float32)


def dense(x, q, ridge=None):
    x, q = x.astype(float), q.astype(float)
    return (q if ridge is None else q @ np.linalg.inv(x.T @ x + ridge * np.eye(DIM))) @ x.T


def best(scores, k):
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(scores, order, 1)


@pytest.mark.parametrize("ridge", [None, 0.0, 3.0])
@pytest.mark.parametrize("part", [2**21, 60, 1])
def test_the_best_are_those_of_the_dense_product(tmp_path, monkeypatch, ridge, part):
    """However few rows are multiplied at once."""
    monkeypatch.setattr("whence.models.gradients.planning._PART", part)
    x, q = drawn(ROWS), drawn(QUERIES, 1)
    found, scores = top(store_of(tmp_path / "s", x), q, 20, ridge=ridge), dense(x, q, ridge)
    rows, values = best(scores, 20)
    assert np.array_equal(found.rows, rows)
    np.testing.assert_allclose(found.scores, values, rtol=1e-10)
    rows, values = best(-scores, 20)
    assert np.array_equal(found.opponents, rows)
    np.testing.assert_allclose(found.opposing, -values, rtol=1e-10)


def test_equal_scores_stand_by_their_row(tmp_path):
    """Whole numbers, so that sums are exact: many rows have the same score."""
    x = np.random.default_rng(0).integers(-1, 2, (ROWS, DIM)).astype(np.float32)
    q = np.random.default_rng(1).integers(-1, 2, (QUERIES, DIM)).astype(np.float32)
    found = top(store_of(tmp_path / "s", x), q, 50)
    rows, values = best(dense(x, q), 50)
    assert len(np.unique(values[0])) < 20
    assert np.array_equal(found.rows, rows)
    assert np.array_equal(found.scores, values)
    assert np.array_equal(found.opponents, best(-dense(x, q), 50)[0])


def test_fewer_rows_than_were_asked_for(tmp_path):
    x, q = drawn(5), drawn(2, 1)
    found = top(store_of(tmp_path / "s", x), q, 100)
    assert found.rows.shape == found.opposing.shape == (2, 5)
    assert np.array_equal(found.opponents, found.rows[:, ::-1])


def test_all_scores_stream_in_order(tmp_path):
    x, q = drawn(ROWS), drawn(QUERIES, 1)
    parts = list(scored(store_of(tmp_path / "s", x), q, ridge=1.0))
    assert [p.start for p in parts] == list(range(0, ROWS, 128))
    scores = np.concatenate([p.scores for p in parts], axis=1)
    np.testing.assert_allclose(scores, dense(x, q, 1.0), rtol=1e-9, atol=1e-15)


def test_checkpoints_are_averaged_apart_from_their_weights(tmp_path):
    """TRAK: the mean of the products times the mean of the weights, not the mean of both."""
    xs, qs = [drawn(ROWS, s) for s in (0, 1)], [drawn(QUERIES, s) for s in (2, 3)]
    ws = [np.random.default_rng(s).uniform(size=ROWS) for s in (4, 5)]
    stores = [
        store_of(tmp_path / str(i), x, w) for i, (x, w) in enumerate(zip(xs, ws, strict=True))
    ]
    parts = scored(stores, qs, ridge=2.0, weight="1 - p")
    found = np.concatenate([p.scores for p in parts], axis=1)
    truth = (dense(xs[0], qs[0], 2.0) + dense(xs[1], qs[1], 2.0)) / 2 * (ws[0] + ws[1]) / 2
    np.testing.assert_allclose(found, truth, rtol=1e-9, atol=1e-15)
    rows, _ = best(truth, 9)
    assert np.array_equal(top(stores, qs, 9, ridge=2.0, weight="1 - p").rows, rows)


def test_least_squares_is_its_own_answer(tmp_path):
    """With phi = x, no ridge and the residual as weight, the scores of the last point's own
    gradient add up to nothing: the normal equations."""
    x = drawn(ROWS).astype(float)
    y = x @ np.arange(DIM) + np.random.default_rng(9).normal(size=ROWS)
    residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    store = store_of(tmp_path / "s", x, residual)
    total = sum(p.scores.sum() for p in scored(store, drawn(1, 1), ridge=0.0, weight="1 - p"))
    # the store has float32
    assert abs(total) < 1e-6


def test_the_kernel_is_kept(tmp_path, monkeypatch):
    x = drawn(ROWS)
    store = store_of(tmp_path / "s", x)
    first = kernel(store)
    np.testing.assert_allclose(first, x.T.astype(float) @ x.astype(float), rtol=1e-12)
    with monkeypatch.context() as patched:
        patched.setattr(GradientStore, "read", None)  # nobody reads a row
        again = kernel(GradientStore.load(tmp_path / "s"))
    assert np.array_equal(first, again)
    assert np.array_equal(np.load(store.path / "kernel.npy"), first)


def test_a_damaged_or_stale_kernel_is_made_anew(tmp_path):
    x = drawn(ROWS)
    store = store_of(tmp_path / "s", x)
    first, file = kernel(store), tmp_path / "s" / "kernel.npy"
    content = bytearray(file.read_bytes())
    content[200] ^= 1
    file.write_bytes(content)
    assert np.array_equal(kernel(store), first)
    file.write_bytes(b"")
    assert np.array_equal(kernel(store), first)
    store.file(0).unlink()
    store.write(0, 2 * x[:128])
    assert not np.allclose(kernel(store), first)


def test_a_kernel_that_cannot_be_inverted_is_refused(tmp_path):
    few = store_of(tmp_path / "few", drawn(5))  # fewer rows than numbers
    q = drawn(2, 1)
    with pytest.raises(OptionError, match=r"5 rows and 12 numbers cannot be inverted with ridge=0"):
        top(few, q, ridge=0.0)
    assert np.isfinite(top(few, q, ridge=1e-3).scores).all()
    flat = drawn(100)
    flat[:, 1] = flat[:, 0]
    with pytest.raises(OptionError, match="larger ridge"):
        top(store_of(tmp_path / "flat", flat), q, ridge=0.0)
    for ridge in (-1.0, float("nan"), float("inf")):
        with pytest.raises(OptionError, match="not negative, and finite"):
            top(few, q, ridge=ridge)


def test_what_cannot_be_asked_is_refused(tmp_path):
    x, q = drawn(ROWS), drawn(QUERIES, 1)
    store = store_of(tmp_path / "s", x)
    wrong = q.copy()
    wrong[3, 2] = np.nan
    cases = [
        ((store, wrong), "query 3 is not finite"),
        ((store, q[:, :5]), r"queries, 12\]"),
        ((store, q[:0]), r"queries, 12\]"),
        (([store, store], [q]), "given 1 for 2"),
        (([], []), "given 0 for 0"),
        (([store, store_of(tmp_path / "t", x[:500])], [q, q]), "the same rows"),
        (([store, store], [q, q[:2]]), "as many as of the others"),
    ]
    for asked, says in cases:
        with pytest.raises(OptionError, match=says):
            top(*asked)
    with pytest.raises(OptionError, match="k is a positive"):
        top(store, q, 0)
    with pytest.raises(OptionError, match="no extra column"):
        top(store, q, weight="1 - p")
    store.file(2).unlink()
    with pytest.raises(StoreError, match=r"1 of 8 blocks .* block 2"):
        top(store, q)


MEMORY = """
import sys, tempfile
from pathlib import Path
import numpy as np
from whence.models.gradients import GradientStore, plan, top

rows, dim, queries, k = 100_000, 32, 1_000, 10
def peak():  # of this process alone: getrusage also counts the one that it came from
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024
with tempfile.TemporaryDirectory() as folder:
    store = GradientStore.open(folder, rows=rows, dim=dim, key={"model": "m"})
    for b in store.missing:
        x = np.random.default_rng(b).normal(size=(len(store.layout.span(b)), dim))
        store.write(b, x.astype(np.float32))
    before = peak()
    top(store, np.random.default_rng(1).normal(size=(queries, dim)), k, ridge=1.0)
    used, said = peak() - before, plan(store.layout, dim, queries=queries, k=k).question
sys.stdout.write(f"{used} {said} {8 * rows * queries}")
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux says its peak so")
def test_memory_is_what_the_plan_says():
    """And far from a matrix of rows and queries."""
    done = subprocess.run(
        [sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True
    )
    used, said, matrix = map(int, done.stdout.split())
    assert 2**22 < used <= said < matrix / 3
