"""Does `wh.drop` find the mechanism that shifted, and do its intervals hold the truth?

    python bench/shifts.py [plantings] [repeats]

Three parts, all seeded. *Plantings*: the adult table, split at random in two, with one mechanism
changed in the second part: P(workclass) or P(native-country) resampled, or labels flipped within a
work class or a country (a change of P(y | X)). The planted mechanism should have the largest value,
with the graph given and with none. *Truths*: a linear-Gaussian pair and a binary graph, whose
Shapley values are known in closed form; how often do 95 % intervals hold them? *Speed*: 10,000 rows
of 12 columns, errors included.
"""

import json
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from machine import processor, rounded
from sklearn.ensemble import HistGradientBoostingClassifier
from tables import csv

import whence as wh
from whence._core.errors import OverlapError

ROWS, TRAIN = 4000, 15_000
OUT = Path(__file__).parent / "results" / "shifts.json"


# -- plantings on a real table --


def adult():
    """Rows, labels, and a boosted model fitted to rows that nobody asks about."""
    frame = csv("shapiq", "adult_census.csv").drop(columns=["fnlwgt", "education"])
    y = frame.pop("class").astype(str).str.contains(">").astype(int).rename("rich")
    words = frame.select_dtypes(exclude="number").columns
    frame[words] = frame[words].astype(str)
    order = np.random.default_rng(0).permutation(len(frame))
    frame, y = frame.iloc[order].reset_index(drop=True), y.iloc[order].reset_index(drop=True)
    coded = frame.assign(**{w: frame[w].astype("category") for w in words})
    boosted = HistGradientBoostingClassifier(
        max_iter=60, categorical_features="from_dtype", random_state=0
    ).fit(coded[:TRAIN], y[:TRAIN])
    kinds = {w: coded[w].dtype for w in words}
    rest = frame[TRAIN:].reset_index(drop=True), y[TRAIN:].reset_index(drop=True)

    def model(X):
        return boosted.predict_proba(X.astype(kinds))

    return model, *rest


def planted(X, y, right, column, how, rng):
    """Before and after, with one mechanism changed; None where chance planted next to nothing.

    What is planted moves the accuracy by 1.5 points (resampled, by the mix alone) or 2 (flipped) or
    more; the noise of the measured change at this many rows is about 0.75.
    """
    order = rng.permutation(len(X))
    old, pool = order[:ROWS], order[ROWS:]
    values = X[column].to_numpy()
    names, codes = np.unique(values, return_inverse=True)
    if how == "resampled":
        mean = np.bincount(codes, right) / np.bincount(codes)
        tilt = rng.choice([-1, 1]) * rng.uniform(10, 25) * mean + 0.5 * rng.normal(size=len(names))
        weight = np.exp(tilt - tilt.max())[codes[pool]]
        new = rng.choice(pool, ROWS, replace=False, p=weight / weight.sum())
        if abs(mean[codes[new]].mean() - right.mean()) < 0.015:
            return None
        return (X.iloc[old], y.iloc[old]), (X.iloc[new], y.iloc[new])
    new = rng.choice(pool, ROWS, replace=False)
    chosen = rng.permutation(len(names))[: max(len(names) // 3, 1)]
    slices = np.isin(codes[new], chosen)
    flips = slices & (rng.random(ROWS) < rng.uniform(0.3, 0.9))
    if abs((flips * (2 * right[new] - 1)).mean()) < 0.02:
        return None
    labels = y.iloc[new].to_numpy().copy()
    labels[flips] = 1 - labels[flips]
    return (X.iloc[old], y.iloc[old]), (X.iloc[new], pd.Series(labels, name="rich"))


def plantings(many):
    model, X, y = adult()
    right = (model(X).argmax(axis=1) == y).to_numpy(float)
    found, seed = [], 0
    while len(found) < many and seed < 40 * many:
        column = ("workclass", "native-country")[seed % 2]
        how = ("resampled", "flipped")[seed // 2 % 2]
        seed += 1
        if sum(f["how"] == how and f["column"] == column for f in found) >= many / 4:
            continue
        pair = planted(X, y, right, column, how, np.random.default_rng(seed))
        if pair is None:
            continue
        known = [f"P({column})", f"P(X | {column})", f"P(rich | X, {column})"]
        truth = {
            "given": known[0] if how == "resampled" else known[2],
            "none": f"P({column})" if how == "resampled" else "P(rich | X)",
        }
        one = {"seed": seed, "column": column, "how": how}
        for name, mechanisms in (("given", known), ("none", None)):
            start = perf_counter()
            try:
                att = wh.drop(model, before=pair[0], after=pair[1], mechanisms=mechanisms, groups=5)
            except OverlapError as error:
                one[name] = {"refused": str(error)[:300]}
                continue
            first = att.players.names[int(np.argmax(np.abs(att.values[0, 0])))]
            order = np.argsort(-np.abs(att.values[0, 0]))[:3]
            one[name] = {
                "first": first,
                "right": first == truth[name],
                "top": {att.players.names[i]: float(att.values[0, 0, i]) for i in order},
                "gap": float(att.provenance["gap_unexplained"]),
                "change": float(att.certificate("unexplained gap").numbers["measured after"])
                - float(att.certificate("unexplained gap").numbers["measured before"]),
                "seconds": perf_counter() - start,
            }
        found.append(one)
        print(
            len(found), how, column, {k: one[k].get("right", "refused") for k in truth}, flush=True
        )
    return {"summary": summary(found), "each": found}


def summary(found):
    said = {}
    for name in ("given", "none"):
        for how in ("resampled", "flipped"):
            asked = [f[name] for f in found if f["how"] == how]
            answered = [a for a in asked if "right" in a]
            said[f"{name}, {how}"] = {
                "plantings": len(asked),
                "refused": len(asked) - len(answered),
                "first": sum(a["right"] for a in answered),
            }
    return said


# -- known truths --


def gaussian(rng, n, theta, mu, spread, noise):
    x = rng.normal(mu, spread, n)
    return x[:, None], theta * x + rng.normal(0, noise, n)


def gaussian_truth(old, new, phi):
    """v = -(A B + noise^2), A = (theta - phi)^2, B = mu^2 + spread^2: in closed form."""
    A = [(t - phi) ** 2 for t, *_ in (old, new)]
    B = [m**2 + s**2 for _, m, s, _ in (old, new)]
    noise = [e**2 for *_, e in (old, new)]
    first = 0.5 * (A[0] + A[1]) * (B[1] - B[0])
    second = 0.5 * (B[0] + B[1]) * (A[1] - A[0]) + noise[1] - noise[0]
    return -np.array([first, second])


OLD, NEW, PHI = (2.0, 0.0, 1.0, 0.5), (1.8, 0.3, 1.0, 0.52), 1.5
LOUD = (2.0, 0.3, 1.0, 0.8)  # noise for which weights on before's rows alone have no variance


def predict_line(X):
    return PHI * X[:, 0]


G_OLD = (0.5, (0.1, 0.9), ((0.2, 0.6), (0.4, 0.9)))
G_NEW = (0.7, (0.4, 0.6), ((0.2, 0.5), (0.5, 0.7)))


def graph(rng, n, pg, py, px):
    g = (rng.random(n) < pg).astype(int)
    y = (rng.random(n) < np.array(py)[g]).astype(int)
    x = (rng.random(n) < np.array(px)[g, y]).astype(int)
    return pd.DataFrame({"G": g, "X": x}), pd.Series(y, name="Y")


def predict_graph(X):
    """Wrong in a way that every mechanism matters to."""
    return ((X["G"] == 1) | (X["X"] == 1)).to_numpy(float)


def graph_truth():
    from itertools import product
    from math import factorial

    def accuracy(pg, py, px):
        total = 0.0
        for g, y, x in product((0, 1), repeat=3):
            p = (pg if g else 1 - pg) * (py[g] if y else 1 - py[g])
            p *= px[g][y] if x else 1 - px[g][y]
            total += p * (int(g == 1 or x == 1) == y)
        return total

    v = {
        s: accuracy(*(G_NEW[i] if s[i] else G_OLD[i] for i in range(3)))
        for s in product((0, 1), repeat=3)
    }
    phi = np.zeros(3)
    for i in range(3):
        for s, worth in v.items():
            if not s[i]:
                with_i = tuple(1 if j == i else s[j] for j in range(3))
                weight = factorial(sum(s)) * factorial(2 - sum(s)) / 6
                phi[i] += weight * (v[with_i] - worth)
    return phi


def truths(repeats):
    cases = {
        "linear-Gaussian": (
            lambda rng: (gaussian(rng, 2000, *OLD), gaussian(rng, 2000, *NEW)),
            {"model": predict_line, "mechanisms": ["P(x)", "P(y | x)"], "metric": "squared error"},
            gaussian_truth(OLD, NEW, PHI),
        ),
        "noise that grew": (
            lambda rng: (gaussian(rng, 5000, *OLD), gaussian(rng, 5000, *LOUD)),
            {"model": predict_line, "mechanisms": ["P(x)", "P(y | x)"], "metric": "squared error"},
            gaussian_truth(OLD, LOUD, PHI),
        ),
        "binary graph": (
            lambda rng: (graph(rng, 2000, *G_OLD), graph(rng, 2000, *G_NEW)),
            {"model": predict_graph, "mechanisms": {"G": [], "Y": ["G"], "X": ["G", "Y"]}},
            graph_truth(),
        ),
    }
    said = {}
    for name, (make, options, truth) in cases.items():
        held, width, off = [], [], []
        for seed in range(repeats):
            before, after = make(np.random.default_rng(seed))
            att = wh.drop(before=before, after=after, seed=seed, **options)
            low, high = att.ci()
            held.append((low[0, 0] <= truth) & (truth <= high[0, 0]))
            width.append((high - low)[0, 0])
            off.append(att.values[0, 0] - truth)
        spread = np.std(off, axis=0)
        said[name] = {
            "truth": truth.tolist(),
            "repeats": repeats,
            "covered": np.mean(held, axis=0).tolist(),
            "bias": np.mean(off, axis=0).tolist(),
            "spread": spread.tolist(),
            "mean interval": np.mean(width, axis=0).tolist(),
        }
        print(name, said[name], flush=True)
    return said


def speed():
    model, X, y = adult()
    order = np.random.default_rng(0).permutation(len(X))
    old, new = order[:10_000], order[10_000:20_000]
    start = perf_counter()
    att = wh.drop(model, before=(X.iloc[old], y.iloc[old]), after=(X.iloc[new], y.iloc[new]))
    return {
        "rows": 10_000,
        "columns": X.shape[1],
        "seconds": perf_counter() - start,
        "questions": att.cost.asked,
        "weights": att.provenance["weights"],
    }


def main():
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    told = {"machine": processor()}
    told["truths"] = truths(repeats)
    told["speed"] = speed()
    print(told["speed"], flush=True)
    told["plantings"] = plantings(many)
    print(told["plantings"]["summary"])
    OUT.write_text(json.dumps(rounded(told), indent=1) + "\n")


if __name__ == "__main__":
    main()
