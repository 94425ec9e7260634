"""Large tables within twenty seconds: bench/results/large_tables.json.

python bench/large_tables.py           (an hour; --quick: one cell of each model, some minutes)

Each cell of the grid (verb, model, rows, columns, threads) is a process of its own, with a budget
of 20 seconds. It answers, or refuses with its price, within 25 seconds of being asked, and keeps to
some gigabytes beyond the table itself. What it took is written down, with the processor's seconds,
since a busy machine stretches the clock.
"""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

from machine import processor, rounded

BUDGET, MOST, GIGABYTES = 20, 25, 4
VERBS = ("importance", "explain")
MODELS = ("lightgbm", "hist", "xgboost", "forest", "pipeline")
ROWS, COLUMNS, THREADS = (100_000, 1_000_000), (10, 300), (1, 2, 4)

CELL = """
import json, resource, sys, time, warnings
warnings.filterwarnings("ignore")
import numpy as np
import whence as wh

verb, kind, rows, columns = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
rng = np.random.default_rng(0)
X = rng.normal(size=(rows, columns))
y = X[:, 0] * X[:, 1] + np.sin(3 * X[:, 2]) + 0.1 * rng.normal(size=rows)


def model():
    if kind in {"lightgbm", "pipeline"}:
        import lightgbm

        boosted = lightgbm.LGBMRegressor(n_estimators=300, verbose=-1)
        if kind == "lightgbm":
            return boosted
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        return make_pipeline(StandardScaler(), boosted)
    if kind == "xgboost":
        import xgboost

        return xgboost.XGBRegressor(n_estimators=300)
    from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor

    if kind == "hist":
        return HistGradientBoostingRegressor(max_iter=300)
    return RandomForestRegressor()


fitted = model().fit(X[:20_000], y[:20_000])
options = {"background": X[:1000], "budget": wh.Budget(seconds=float(sys.argv[5]))}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start, spent = time.perf_counter(), time.process_time()
try:
    ask = wh.importance if verb == "importance" else wh.explain
    found = ask(fitted, X, y, **options) if verb == "importance" else ask(fitted, X, **options)
    said = {"method": found.method, "verdict": found.verdict}
    said["missing"] = float(np.isnan(found.values).mean())
except wh.WhenceError as error:
    said = {"refused": str(error)}
said["seconds"], said["processor"] = time.perf_counter() - start, time.process_time() - spent
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps(said | {"gigabytes": (after - before) / 2**20}))
"""


def cell(verb, model, rows, columns, threads):
    """What one process says; a wait that never ends is cut off."""
    env = {**os.environ, "NUMBA_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    about = [verb, model, str(rows), str(columns), str(BUDGET)]
    named = {
        "verb": verb, "model": model, "rows": rows, "columns": columns, "threads": threads,
    }  # fmt: skip
    try:
        ran = subprocess.run(
            [sys.executable, "-c", CELL, *about], env=env, capture_output=True, text=True,
            timeout=600, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return named | {"failed": "no answer in ten minutes"}
    if ran.returncode:
        return named | {"failed": ran.stderr.strip().splitlines()[-1:]}
    return named | json.loads(ran.stdout.splitlines()[-1])


def kept(row):
    """Whether a cell keeps what is promised."""
    return "failed" not in row and row["seconds"] <= MOST and row["gigabytes"] <= GIGABYTES


def main():
    quick = "--quick" in sys.argv
    grid = itertools.product(VERBS, MODELS, ROWS, COLUMNS, THREADS)
    cells = [
        c for c in grid
        if c[2] * c[3] <= 10**8 and (not quick or c[2:] == (100_000, 10, 2))
    ]  # fmt: skip
    found = []
    for each in cells:
        found.append(cell(*each))
        print(found[-1], flush=True)
    result = {
        "processor": processor(),
        "cores": os.cpu_count(),
        "load after": os.getloadavg()[1],
        "kept": sum(map(kept, found)),
        "cells": found,
    }
    place = Path(__file__).parent / "results" / "large_tables.json"
    place.write_text(json.dumps(rounded(result), indent=1) + "\n")
    return 0 if all(map(kept, found)) else 1


if __name__ == "__main__":
    sys.exit(main())
