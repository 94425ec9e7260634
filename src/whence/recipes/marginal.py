"""Which source of rows to buy more of: a learning curve for each, and what lies beyond its end.

The rows of one source are cut to a share f of them, all others stay, and the model is trained and
measured. What training lacks falls as one over the rows, to first order in most models, and so

    v(n) = a - b / (n + c N),      gain of m more rows = b (1 / (n + c N) - 1 / (n + m + c N))

with n rows of the source, N of others, and c what one of the others is worth beside one of its own:
nobody knows. The curve is fitted with c = 1 (they are as good, so that it flattens slowly) and with
c = 0 (they are no help); the gain is the mean of both, and its interval holds both intervals. A
straight line would be further off than either: curves flatten.

Each interval has three parts: "estimation", the chance of which rows were cut (the spread over
repeats, each of which cuts along one order of the rows); "data", a finite test; and "rows": the
source gave these n rows by luck. The spread of v over random halves is that luck (the delete-half
jackknife, Shao & Wu 1989), and m more rows dilute it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from whence._core.arguments import check_arguments
from whence._core.errors import OptionError, TableError, positive, some
from whence._core.keyed import uniforms
from whence._core.shaped import Float, Int
from whence._core.student import quantile
from whence.models.table import Table
from whence.models.threads import one_thread
from whence.models.trainer.retraining import owners
from whence.models.trainer.trainer import Trainer
from whence.models.training_rows import flat_labels
from whence.recipes._trainers import as_trainer
from whence.recipes.sources import Marginal, Source

_CUTS = 43  # the stream of chance
_REPEATS = 100_000
_LEAST = 8  # rows of a source, so that its halves can train something


@check_arguments
@one_thread(torch=False)
def marginal(
    model: Any,
    groups: Any,
    test: Any,
    *,
    X: Any = None,
    y: Any = None,
    more: int = 100,
    sizes: Sequence[float] = (0.5, 0.75, 1.0),
    repeats: int = 20,
    seed: int = 0,
) -> Marginal:
    """What each source of training rows brings, and what more rows of it would.

    Args:
        model: a `wh.models.Trainer`, or a scikit-learn estimator (then give X and y; the share of
            right answers is measured, or minus the squared error).
        groups: the source of each row, or name -> positions of rows.
        test: (X, y), which measure.
        X: training rows, of an estimator.
        y: their labels.
        more: rows that would be added.
        sizes: shares of a source that the curve is measured at; the slope is of those from a half
            on. Smaller ones show the curve.
        repeats: orders in which rows are cut, of each source.
        seed: of the cuts.

    Measured by simulation, of intervals of 95 % with ridge regression on 60 rows of each of two
    sources: they hold the truth 9 times in 10 for a source of clean rows, and 8 to 9 times in 10
    for one of noisy rows from elsewhere. They are a little narrow, the more the noisier the source.

    Returns:
        A `Marginal`; trains 1 + sources x (1 + repeats x (sizes - 1)) models.

    Raises:
        OptionError: sizes, repeats or a model that are none.
        TableError: rows or labels that do not fit; no source with enough rows.
    """
    positive(more, "more", "rows that would be added")
    positive(repeats, "repeats", "orders in which rows are cut")
    if not 3 <= repeats <= _REPEATS:
        raise OptionError(
            f"repeats is at least 3, for a spread, and at most {_REPEATS:,}; given {repeats:,}"
        )
    shares = _shares(sizes)
    trainer = _trainer(model, X, y, seed)
    tests = trainer.tests(test)
    players, owner = owners(trainer, groups)
    full = trainer.outputs(np.ones((1, len(owner)), bool), np.array([trainer.seed]), tests)[0]
    sources, skipped, trained = [], [], 1
    for g, name in enumerate(players.names):
        rows = np.flatnonzero(owner == g)
        if len(rows) < _LEAST or len(rows) == len(owner):
            skipped.append(name)
            continue
        keep, kept = _cuts(rows, len(owner), shares[:-1], repeats, seed, g)
        out = trainer.outputs(keep, np.full(len(keep), trainer.seed), tests)
        trained += len(keep)
        measured = out[1:].reshape(repeats, len(shares) - 1, -1)  # repeat, size, test
        whole = np.broadcast_to(full, (repeats, 1, len(full)))
        curves = np.concatenate([measured, whole], axis=1)
        counts = np.array([*kept, len(rows)])
        sources.append(_source(name, curves, counts, shares, full - out[0], more,
                               len(owner)))  # fmt: skip
    if not sources:
        raise TableError(
            f"no source has the {_LEAST} rows that a curve needs, beside rows of others: "
            f"{some(players.names)}. Name fewer, larger groups."
        )
    sources.sort(key=lambda s: -s.gain)
    what = {"correct": "share of right answers"}.get(trainer.measurement, trainer.measurement)
    return Marginal(tuple(sources), int(more), what, len(tests), trained, tuple(skipped))


def _trainer(model: Any, X: Any, y: Any, seed: int) -> Trainer[Any]:
    if isinstance(model, Trainer):
        if X is not None or y is not None:
            raise OptionError("a trainer has rows of its own: leave X= and y= out")
        return model
    if X is None or y is None:
        raise OptionError("an estimator is trained on rows: give X= and y=, or a wh.models.Trainer")
    as_trainer(model, X, flat_labels(y, len(Table.of(X))), seed)  # says what is no estimator
    from sklearn.base import is_classifier

    how = "correct" if is_classifier(model) else "loss"
    return Trainer.sklearn(model, X, y, measurement=how, seed=seed)


def _shares(sizes: Sequence[float]) -> Float[np.ndarray, " sizes"]:
    shares = np.unique(np.asarray(sizes, dtype=float))
    if not (np.isfinite(shares).all() and len(shares) and shares[0] > 0 and shares[-1] == 1):
        raise OptionError(f"sizes are shares of a source from above 0 up to 1; given {sizes!r}")
    if (shares >= 0.5).sum() < 2:
        raise OptionError(
            f"a slope needs two sizes from 0.5 on, such as 0.5 and 1; given {sizes!r}"
        )
    return shares


def _cuts(
    rows: np.ndarray, n: int, shares: np.ndarray, repeats: int, seed: int, source: int
) -> tuple[np.ndarray, Int[np.ndarray, " sizes"]]:
    """Who stays: without the source, then [repeats x sizes]; and how many of its rows stay."""
    kept = np.maximum(np.round(shares * len(rows)), 1).astype(np.int64)
    place = uniforms(len(rows), _CUTS, seed, source, np.arange(repeats)).argsort(1).argsort(1)
    keep = np.ones((repeats, len(shares), n), bool)
    keep[:, :, rows] = place[:, None] < kept[:, None]
    without = np.ones((1, n), bool)
    without[:, rows] = False
    return np.concatenate([without, keep.reshape(-1, n)]), kept


def _source(
    name: str,
    curves: Float[np.ndarray, "repeats sizes tests"],
    counts: Int[np.ndarray, " sizes"],
    shares: Float[np.ndarray, " sizes"],
    brings: Float[np.ndarray, " tests"],
    more: int,
    total: int,
) -> Source:
    late = shares >= 0.5
    n, others = int(counts[-1]), total - int(counts[-1])
    half = float(curves[:, int(np.argmax(late))].mean(axis=1).std(ddof=1))
    both = [_beyond(curves[:, late], counts[late] + c * others, half, more) for c in (0, 1)]
    gains = [gain for gain, _ in both]
    free = float(quantile(0.95, np.array([min(curves.shape[0], curves.shape[2]) - 1.0]))[0])
    widths = [free * float(np.sqrt(sum(p**2 for p in parts.values()))) for _, parts in both]
    ends = [gain + sign * w for gain, w in zip(gains, widths, strict=True) for sign in (-1, 1)]
    parts = {name: max(each[name] for _, each in both) for name in both[0][1]}
    parts["curve"] = abs(gains[1] - gains[0]) / 2
    value, error = float(brings.mean()), _error(brings)
    reach = float(quantile(0.95, np.array([max(len(brings) - 1.0, 1.0)]))[0]) * error
    return Source(
        name,
        n,
        value,
        (value - reach, value + reach),
        sum(gains) / 2,
        (min(ends), max(ends)),
        parts,
        tuple(counts.tolist()),
        tuple(curves.mean(axis=(0, 2)).tolist()),
    )


def _beyond(
    curves: Float[np.ndarray, "repeats sizes tests"],
    rows: Int[np.ndarray, " sizes"],
    luck: float,
    more: int,
) -> tuple[float, dict[str, float]]:
    """The gain of more rows by one curve, and its standard errors."""
    at = -1.0 / rows
    at = at - at.mean()
    step = 1.0 / int(rows[-1]) - 1.0 / (int(rows[-1]) + more)
    gains = step * np.einsum("rst,s->rt", curves, at / (at @ at))  # repeat, test
    return float(gains.mean()), {
        "estimation": float(gains.mean(axis=1).std(ddof=1)) / float(np.sqrt(len(gains))),
        "data": _error(gains.mean(axis=0)),
        "rows": luck * more / (int(rows[-1]) + more),
    }


def _error(each: Float[np.ndarray, " tests"]) -> float:
    """The standard error of a mean over test rows; unknown of one."""
    return float(each.std(ddof=1) / np.sqrt(len(each))) if len(each) > 1 else float("inf")
