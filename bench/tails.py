"""How often intervals hold the truth where columns have heavy tails: Student's t, and ours.

The exact values of a linear model under squared error are a closed form, row by row:
a_j sum(a) + 2 e a_j, with a = beta (x - mean) and noise e. So thousands of data sets cost nothing.
Backgrounds are means of columns over folds. Writes results/tails.json.

    python bench/tails.py
"""

import json
from pathlib import Path

import numpy as np

from whence._core.student import quantile
from whence._core.tails import CASES, FOLDS, widening

BETA, RUNS, LEVEL = np.array([1.5, -1.0, 0.7, 0.4]), 1000, 0.95
KINDS = {
    "normal": (lambda rng, s: rng.normal(size=s), 1.0),
    "exponential": (lambda rng, s: rng.exponential(size=s) - 1, 1.0),
    "rare (3 %)": (lambda rng, s: (rng.random(s) < 0.03) - 0.03, 0.03 * 0.97),
    "lognormal": (lambda rng, s: np.exp(rng.normal(size=s)) - np.exp(0.5), np.e * (np.e - 1)),
    "t3": (lambda rng, s: rng.standard_t(3, size=s), 3.0),
}


def held(deviations, mean, truth, error, freedom, gate):
    """Shares held by Student's t and by widened intervals, how often widened, and by how much."""
    wider = widening(deviations, gate)
    half = quantile(LEVEL, np.array([freedom]))[0] * error
    miss = np.abs(mean - truth)
    return {
        "t": float((miss <= half).mean()),
        "ours": float((miss <= half * wider).mean()),
        "said": float((wider > 1).any(axis=-1).mean()),
        "median width": float(np.median(wider)),
    }


def cases(rng, draw, variance, n):
    x = draw(rng, (RUNS, n, 4))
    a = x * BETA
    v = a * a.sum(-1, keepdims=True) + 2 * rng.normal(size=(RUNS, n, 1)) * a
    v = v[:, :, None]  # run, case, output, player
    mean = v.mean(axis=1)
    error = v.std(axis=1, ddof=1) / np.sqrt(n)
    return held(v - mean[:, None], mean, BETA**2 * variance, error, n - 1.0, CASES)


def background(rng, draw, n, folds):
    v = draw(rng, (RUNS, folds, n // folds, 4)).mean(axis=2)[:, :, None]
    mean = v.mean(axis=1)
    error = v.std(axis=1, ddof=1) / np.sqrt(folds)
    return held(v - mean[:, None], mean, 0.0, error, 1e9, FOLDS)


def main():
    rng = np.random.default_rng(0)
    results = {"runs": RUNS, "level": LEVEL, "cases": {}, "background": {}}
    for kind, (draw, variance) in KINDS.items():
        for n in (25, 50, 100, 400):
            results["cases"][f"{kind}, {n} rows"] = cases(rng, draw, variance, n)
        for n in (10, 20, 40, 100):
            one = background(rng, draw, n, min(n, 20))
            results["background"][f"{kind}, {n} rows"] = one
    place = Path(__file__).parent / "results" / "tails.json"
    place.write_text(json.dumps(results, indent=1) + "\n")
    for what in ("cases", "background"):
        for name, one in results[what].items():
            print(f"{what:11}{name:24}" + "  ".join(f"{k} {v:.3f}" for k, v in one.items()))


if __name__ == "__main__":
    main()
