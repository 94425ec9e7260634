"""A fresh process's first answer: 100 rows on 1,000, with whence's kernels compiled or not yet.

Run as a script, it is that process: python bench/trees_cold.py FOLDER EXPLAINER.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import joblib

ROWS, BACKGROUND = 100, 1_000
EXPLAINERS = ("whence", "woodelf", "shap")


def cold(quick: bool) -> Iterator[dict]:
    """Seconds from starting Python to having values, by explainer and state of the cache."""
    from trees_data import bike, boosted

    with TemporaryDirectory() as folder:
        home = Path(folder)
        split = bike()
        kept = (boosted(20 if quick else 200), split.test[:ROWS], split.train[:BACKGROUND])
        joblib.dump(kept, home / "job.joblib")
        caches = [str(home / f"cache{at}") for at in range(1 if quick else 2)]
        runs = [_run(home, "whence", cache) for cache in caches]
        yield _record("whence", "empty", runs)
        for who in EXPLAINERS:
            runs = [_run(home, who, caches[0]) for _ in range(1 if quick else 3)]
            yield _record(who, "filled" if who == "whence" else "none", runs)


def _run(home: Path, who: str, cache: str) -> dict:
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, str(home), who],
        env=os.environ | {"NUMBA_CACHE_DIR": cache},
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.perf_counter() - start
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1]}
    return {"whole process": took} | json.loads(done.stdout.strip().splitlines()[-1])


def _record(who: str, cache: str, runs: list[dict]) -> dict:
    about = {"explainer": who, "kernel cache": cache, "runs": len(runs)}
    failed = next((run for run in runs if "failed" in run), None)
    if failed:
        return about | failed
    return about | {name: median(run[name] for run in runs) for name in runs[0]}


def answer(home: Path, who: str) -> dict:
    """What the fresh process does."""
    start = time.perf_counter()
    model, X, background = joblib.load(home / "job.joblib")
    loaded = time.perf_counter()
    if who == "whence":
        import whence as wh

        ready = time.perf_counter()
        wh.explain(model, X, background=background)
    elif who == "woodelf":
        from woodelf import WoodelfExplainer

        ready = time.perf_counter()
        WoodelfExplainer(model, background).shap_values(X, verbose=False)
    else:
        import shap

        ready = time.perf_counter()
        rows = shap.maskers.Independent(background.to_numpy(), max_samples=len(background))
        shap.TreeExplainer(model, rows).shap_values(X.to_numpy(), check_additivity=False)
    ended = time.perf_counter()
    return {
        "loading the model": loaded - start,
        "importing the explainer": ready - loaded,
        "first answer": ended - ready,
    }


if __name__ == "__main__":
    print(json.dumps(answer(Path(sys.argv[1]), sys.argv[2])))
