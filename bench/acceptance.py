"""The acceptance list of the estimator, measured beside its targets.

    python bench/acceptance.py [--only PART ...] [--out FILE]

Several parts run each in a process of its own; a file that is there keeps what is not run again.
"""
# ruff: noqa: E402

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before numpy is imported; worker processes inherit it

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median

import numpy as np
from joblib import Parallel, delayed
from problems import Counted, Problem, enumerated, generated
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from tables import LOG, SQUARED

import whence as wh
from whence.games.features import Marginal, PredictivePower

HERE = Path(__file__).parent
REPEATS = 500


@dataclass(frozen=True)
class Found:
    """One measured number beside its target."""

    what: str
    measured: object
    target: str
    met: bool


def exact(model, X, y, background, loss) -> np.ndarray:
    """The values by whence's enumeration."""
    game = PredictivePower(model, X, y, removal=Marginal(background), loss=loss)
    return wh.attribute(game, method=wh.methods.Exact()).values[0, 0]


# -- 3: closed forms --


def closed_forms() -> list[Found]:
    """Differences from what is known."""
    rng = np.random.default_rng(0)
    made = generated()
    whence = exact(made.model, made.X, made.y, made.background, SQUARED)
    off = {
        "linear model, correlated columns": np.abs(whence - made.truth).max(),
        "a column the model ignores: its value": abs(whence[-1]),
    }
    signs = np.array(list(product([-1.0, 1.0], repeat=6)))  # every column uncorrelated with others
    scale, b = np.array([1, 2, 0.5, 1, 3, 1]), np.array([1, -1, 2, 0.5, 0, 3.0])
    X = signs * scale
    y = X @ (g := np.array([2, -1, 0, 0.5, 1, 1.0])) + rng.standard_normal(64)
    g = X.T @ y / len(X) / scale**2
    values = exact(lambda Z: Z @ b, X, y, X, SQUARED)
    off["linear model, independent columns"] = np.abs(values - (2 * b * g - b**2) * scale**2).max()
    X = rng.standard_normal((64, 4))
    X[:, 1] = X[:, 0]
    values = exact(lambda Z: Z[:, 0] + Z[:, 1] + Z[:, 2] * Z[:, 3], X, X[:, 0], X, SQUARED)
    off["two copies of a column: their difference"] = abs(values[0] - values[1])
    off["x0 * x1, by brute force"] = _brute(lambda Z: Z[:, 0] * Z[:, 1] + Z[:, 2], SQUARED)
    off["logistic model and log-loss, by brute force"] = _brute(_logistic, LOG)
    return [Found(what, float(d), "<= 1e-9", d <= 1e-9) for what, d in off.items()] + [
        Found("a column the model ignores: exactly 0", float(whence[-1]), "== 0", whence[-1] == 0.0)
    ]


def _brute(model: Callable, loss: str) -> float:
    rng = np.random.default_rng(1)
    X, B = rng.standard_normal((48, 4)), rng.standard_normal((40, 4))
    answer = model(X)
    y = (rng.random(48) < answer[:, 1]).astype(int) if loss == LOG else answer + 1.0
    names = ("a", "b", "c", "d")
    whence = exact(model, X, y, B, loss)
    plain = enumerated(Problem("brute", "", loss, names, Counted(model), X, y, B, whence))
    return float(np.abs(whence - plain).max())


# -- 4: coverage --

_WEIGHTS = np.array([1.5, 1.0, 0.5, 0.0])


def _curved(X):
    return X @ _WEIGHTS + X[:, 0] * X[:, 1]


def _logistic(X):
    p = 1 / (1 + np.exp(-(X @ _WEIGHTS)))
    return np.stack([1 - p, p], axis=1)


def _drawn(loss: str, rows: int, seed) -> tuple[np.ndarray, np.ndarray]:
    """Fresh rows: independent standard normal columns, labels from the model."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((rows, 4))
    if loss == LOG:
        return X, (rng.random(rows) < _logistic(X)[:, 1]).astype(int)
    return X, _curved(X) + rng.standard_normal(rows)


def _population(loss: str) -> np.ndarray:
    """Values over infinitely many test and background rows."""
    if loss == SQUARED:  # each loses its own variance; the product's is shared by two
        return _WEIGHTS**2 + np.array([0.5, 0.5, 0, 0])
    # the model's mean over missing columns depends on the known ones through one number
    rng = np.random.default_rng(99)
    X, grid = rng.standard_normal((1_000_000, 4)), np.linspace(-16, 16, 1601)
    y = rng.random(len(X)) < _logistic(X)[:, 1]
    nodes, mass = np.polynomial.hermite_e.hermegauss(80)
    worth = {}
    for inside in product([False, True], repeat=4):
        keep = np.array(inside)
        spread = np.sqrt((_WEIGHTS[~keep] ** 2).sum())
        mean = (1 / (1 + np.exp(-(grid[:, None] + spread * nodes)))) @ (mass / mass.sum())
        p = np.interp(X @ (_WEIGHTS * keep), grid, mean)
        worth[inside] = np.log(np.where(y, p, 1 - p)).mean()
    game = wh.FunctionGame(
        lambda S: np.array([worth[tuple(map(bool, s))] for s in S]), list("abcd")
    )
    return wh.attribute(game, method=wh.methods.Exact()).values[0, 0]


def _inside(loss: str, seed: int, truth: np.ndarray, fixed: bool) -> tuple[np.ndarray, int]:
    """One run at default settings: which true values its interval holds, and its rows."""
    model = _logistic if loss == LOG else _curved
    X, y = _drawn(loss, 200, 0 if fixed else (seed, 1))
    B, _ = _drawn(loss, 200, (0, 2) if fixed else (seed, 2))
    got = wh.importance(model, X, y, background=B, loss=loss, seed=seed)
    low, high = got.ci(0.95, parts=("estimation",) if fixed else None)
    return (low[0, 0] <= truth) & (truth <= high[0, 0]), got.cost.rows


def coverage() -> list[Found]:
    """Nominal 95 % intervals: how often they hold the true value."""
    found = []
    for loss, fixed in product((SQUARED, LOG), (True, False)):
        if fixed:
            X, y = _drawn(loss, 200, 0)
            B, _ = _drawn(loss, 200, (0, 2))
            truth = exact(_logistic if loss == LOG else _curved, X, y, B, loss)
        else:
            truth = _population(loss)
        runs = Parallel(n_jobs=2)(
            delayed(_inside)(loss, seed, truth, fixed) for seed in range(REPEATS)
        )
        held = np.array([held for held, _ in runs])
        which = "estimation part, exact truth" if fixed else "all parts, population value"
        live = _WEIGHTS != 0  # the column that the model ignores is exactly 0 every time
        share = float(held[:, live].mean())
        found.append(
            Found(
                f"coverage, {loss}, {which}",
                {
                    "share": share,
                    "each column": held.mean(axis=0).tolist(),
                    "repeats": REPEATS,
                    "median rows": median(rows for _, rows in runs),
                },
                "93 to 97 %" if fixed else ">= 92 %",
                0.93 <= share <= 0.97 if fixed else share >= 0.92,
            )
        )
    return found


# -- 7: noise --


def noise() -> list[Found]:
    """Models of pure noise: how long until whence says that nothing matters."""
    rng = np.random.default_rng(0)
    X, T = rng.standard_normal((2000, 10)), rng.standard_normal((500, 10))
    y, t = rng.standard_normal(2000), rng.standard_normal(500)
    kinds = {
        "linear": LinearRegression(),
        "boosted trees": HistGradientBoostingRegressor(random_state=0),
        "forest of 50 trees": RandomForestRegressor(50, min_samples_leaf=5, random_state=0),
        "network": MLPRegressor(hidden_layer_sizes=(32,), max_iter=100, random_state=0),
        "logistic": LogisticRegression(),
        "boosted classifier": HistGradientBoostingClassifier(random_state=0),
        "network classifier": MLPClassifier(hidden_layer_sizes=(32,), max_iter=100, random_state=0),
    }
    found = []
    for name, model in kinds.items():
        classes = hasattr(model, "predict_proba")
        model.fit(X, y > 0 if classes else y)
        start = time.perf_counter()
        got = wh.importance(model, T, t > 0 if classes else t, background=X[:512])
        spent = time.perf_counter() - start
        measured = {"seconds": spent, "rows": got.cost.rows, "verdict": got.verdict}
        found.append(Found(f"noise, {name}", measured, "<= 2 s", spent <= 2))
    return found


# -- 9: engines --


def engines() -> list[Found]:
    """The same bits everywhere."""
    X, y = _drawn(SQUARED, 300, 0)
    model = HistGradientBoostingRegressor(random_state=0).fit(X, y)
    budget = wh.Budget(rows=100_000, relative_error=None, data_share=None)
    makers = {"none": None} | {
        f"{kind.__name__}({n})": kind(n)
        for kind in (wh.engines.Threads, wh.engines.Processes)
        for n in (1, 2, 4)
    }
    seen = {}
    for name, engine in makers.items():
        got = wh.importance(model, X, y, budget=budget, seed=3, engine=engine)
        parts = [got.parts[p] for p in sorted(got.parts)]
        seen[name] = b"".join(a.tobytes() for a in (got.values, *parts))
    same = {name: bits == seen["none"] for name, bits in seen.items()}
    return [Found("identical bits", same, "all", all(same.values()))]


# -- 10: import --


def imports() -> list[Found]:
    """Seconds to import, in a fresh interpreter, less those of a bare one."""

    def seconds(code: str) -> float:
        took = []
        for _ in range(7):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            took.append(time.perf_counter() - start)
        return median(took)

    bare = seconds("pass")
    took = {f"import {name}": seconds(f"import {name}") - bare for name in ("numpy", "whence")}
    peers = {f"import {name}": seconds(f"import {name}") - bare for name in ("sage", "hidimstat")}
    return [
        Found("import seconds", took | peers, "whence under 0.3 s", took["import whence"] < 0.3)
    ]


# -- 12: a large table --


def large() -> list[Found]:
    """100,000 rows of 50 columns: time, forecast and memory."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((100_000, 50))
    y = X[:, :10] @ np.linspace(2, 0.2, 10) + X[:, 0] * X[:, 1] + rng.standard_normal(len(X))
    model = HistGradientBoostingRegressor(random_state=0).fit(X[:20_000], y[:20_000])
    before = _peak()
    found = []
    for name, budget in {"60 s": wh.Budget(seconds=60), "no limit": None}.items():
        heard = []
        start = time.perf_counter()
        got = wh.importance(
            model, X, y, budget=budget, progress=lambda p, heard=heard: heard.append(p)
        )
        spent = time.perf_counter() - start
        first = next((p for p in heard if p.seconds >= 5 and p.forecast is not None), None)
        forecast = None if first is None else first.forecast / heard[-1].seconds
        measured = {
            "seconds": spent,
            "rows": got.cost.rows,
            "verdict": got.verdict,
            "converged": got.converged,
            "forecast over real, after 5 s": forecast,
            "asked at": None if first is None else first.seconds,
        }
        good = forecast is not None and 0.5 <= forecast <= 2
        found += [
            Found(f"100,000 x 50, {name}: forecast after 5 s", measured, "within a factor 2", good)
        ]
        if budget is not None:
            found.append(Found("100,000 x 50 within 60 s", spent, "<= 60 s", spent <= 60))
            peak = _peak()
            measured = {"MiB": peak, "MiB before": before}
            found.append(Found("100,000 x 50: peak memory", measured, "<= 2048 MiB", peak <= 2048))
    return found


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


PARTS = {part.__name__: part for part in (closed_forms, engines, imports, noise, coverage, large)}


def main() -> None:
    """Run the parts, print them, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--out", type=Path, default=HERE / "results" / "acceptance.json")
    options = parser.parse_args()
    if len(options.only) > 1:
        for name in options.only:
            alone = [sys.executable, __file__, "--only", name, "--out", str(options.out)]
            subprocess.run(alone, check=True)
        return
    name = options.only[0]
    start, load = time.perf_counter(), os.getloadavg()[0]
    found = PARTS[name]()
    kept = json.loads(options.out.read_text()) if options.out.exists() else {}
    kept[name] = {
        "took": round(time.perf_counter() - start, 1),
        "load average before": round(load, 1),
        "found": [
            {"what": f.what, "measured": f.measured, "target": f.target, "met": bool(f.met)}
            for f in found
        ],
    }
    for f in found:
        print(f"{'met   ' if f.met else 'MISSED'} {f.what}: {f.measured} ({f.target})", flush=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
