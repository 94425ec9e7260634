"""How often 95 % intervals hold the truth, and how often they say that they may not.

    python bench/intervals.py [REPEATS]         (200; some ten minutes)

Every cell draws REPEATS worlds: rows to judge, a background, and asks `wh.importance` or
`wh.explain` by its defaults. The truth is a closed form for linear models under squared error,
b_j sum_k b_k cov(x_j, x_k), and b_j (x_j - mean) for one row; for three classes it is an answer on
very many rows. "said" is the share of answers whose tails certificate fails, that is which say that
their intervals may be too short; "nothing" the share that say that nothing matters, where
something does. Writes results/intervals.json.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
from machine import processor
from tails import BETA, KINDS

import whence as wh

OUT = Path(__file__).parent / "results" / "intervals.json"
CLASSES = np.array([[1.0, -1.0, 0.0], [0.5, 0.5, -1.0], [0.0, 0.7, -0.7], [0.1, 0.0, -0.1]])
CORRELATION = 0.6 ** np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
ROOT = np.linalg.cholesky(CORRELATION)
NAMES = {"normal": "normal", "t3": "t3", "lognormal": "lognormal", "rare": "rare (3 %)"}
DRAWS = {
    name: lambda rng, n, draw=KINDS[kind][0]: draw(rng, (n, 4)) for name, kind in NAMES.items()
} | {"correlated": lambda rng, n: rng.normal(size=(n, 4)) @ ROOT.T}
COVARIANCES = {name: KINDS[kind][1] * np.eye(4) for name, kind in NAMES.items()} | {
    "correlated": CORRELATION
}
GROUPS = {"first two": ["a", "b"], "last two": ["c", "d"]}
TABLE = list("abcd")


def frame(X):
    import pandas as pd

    return pd.DataFrame(X, columns=TABLE)


def linear(X):
    return np.asarray(X) @ BETA


def softmax(X):
    scores = np.exp(np.asarray(X) @ CLASSES)
    return scores / scores.sum(axis=1, keepdims=True)


def classes(rng, X):
    """Labels as often as the model says, so that its skill is known."""
    return (softmax(X).cumsum(axis=1) < rng.random((len(X), 1))).sum(axis=1)


def regression(kind, n, m, rng, groups=None):
    X, background = DRAWS[kind](rng, n), DRAWS[kind](rng, m)
    y = linear(X) + rng.normal(size=n)
    return wh.importance(linear, frame(X), y, background=frame(background), groups=groups)


def three_classes(kind, n, m, rng):
    X, background = DRAWS[kind](rng, n), DRAWS[kind](rng, m)
    y = classes(rng, X)
    return wh.importance(softmax, frame(X), y, background=frame(background), loss="log-loss")


def explained(kind, m, rng):
    """One row, whose distance from the true mean is its truth."""
    row, background = np.array([[1.0, -1.0, 0.5, 2.0]]), DRAWS[kind](rng, m)
    return wh.explain(linear, frame(row), background=frame(background))


def truth(kind, groups=None):
    values = BETA * (COVARIANCES[kind] @ BETA)
    return values if groups is None else values.reshape(2, 2).sum(axis=1)


def class_truth(kind, rng):
    """An answer on many rows; its own error is a tenth of that of 400."""
    found = three_classes(kind, 40_000, 150, rng)
    return found.values[0, 0]


def cell(ask, right, repeats, seed):
    """Shares over repeats: held, said, nothing; and how wide intervals are beside the truth."""
    rng = np.random.default_rng(seed)
    held, said, nothing, refused, wide = [], [], 0, 0, []
    for _ in range(repeats):
        try:
            found = ask(rng)
        except wh.WhenceError:
            refused += 1
            continue
        low, high = (x[0, 0] for x in found.ci())
        held.append((low <= right) & (right <= high))
        said.append(any(c.check == "tails" and c.holds is False for c in found.certificates))
        nothing += "nothing matters" in found.verdict
        wide.append(high - low)
    held, said = np.array(held), np.array(said)
    return {
        "held": float(held.mean()),
        "by player": held.mean(axis=0).round(3).tolist(),
        "said": float(said.mean()),
        "held where not said": float(held[~said].mean()) if (~said).any() else None,
        "nothing": nothing / repeats,
        "refused": refused,
        "width": float(np.median(np.array(wide) / np.abs(right))),
    }


def cells(seed):
    """Every cell's name, question and truth."""
    for kind in DRAWS:
        for n in (25, 100, 400):
            for m in (10, 100):
                name = f"importance, {kind}, {n} rows, {m} of background"
                yield name, lambda rng, a=(kind, n, m): regression(*a, rng), truth(kind)
            name, right = f"groups, {kind}, {n} rows, 50 of background", truth(kind, GROUPS)
            yield name, lambda rng, a=(kind, n, 50): regression(*a, rng, GROUPS), right
        right = class_truth(kind, np.random.default_rng(seed))
        for n in (25, 100, 400):
            name = f"three classes, {kind}, {n} rows, 50 of background"
            yield name, lambda rng, a=(kind, n, 50): three_classes(*a, rng), right
        for m in (10, 100):
            right = BETA * np.array([1.0, -1.0, 0.5, 2.0])
            yield (
                f"explain, {kind}, {m} of background",
                lambda rng, a=(kind, m): explained(*a, rng),
                right,
            )


def main():
    warnings.simplefilter("ignore")
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    result = {"processor": processor(), "repeats": repeats, "cells": {}}
    for number, (name, ask, right) in enumerate(cells(0)):
        result["cells"][name] = one = cell(ask, right, repeats, number)
        print(f"{name:55}", {k: v for k, v in one.items() if k != "by player"}, flush=True)
        OUT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
