"""Things that go wrong with tables in production, planted in real ones: does `wh.drop` say so?

    python bench/incidents.py [name ...]

Each incident takes a real table, fits a model to a third of it, calls another third "before", and
breaks the last one. What was broken is known, so the answer can be judged: the metric's change must
be told, and the mechanism with the largest value must be the one that was planted (any that names
the planted column, where a column was broken). Where nothing else changed, no other mechanism may
have more than a third of it.
"""

import json
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd
from machine import processor
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tables import csv

import whence as wh

OUT = Path(__file__).parent / "results" / "incidents.json"
Frame = tuple[pd.DataFrame, pd.Series]


@dataclass(frozen=True)
class Incident:
    """What is broken in which table.

    Args:
        table: who gives rows and labels.
        broken: (rows, labels, rng) of after to what they become.
        planted: words of which the first mechanism's name must hold one.
        model: who predicts; fitted to rows that nobody asks about.
        metric: that changes.
        was: (rows, labels, rng) of before to what they become.
        most: rows of each part.
        mechanisms: where they are known.
    """

    table: Callable[[], Frame]
    broken: Callable[..., Frame]
    planted: tuple[str, ...]
    model: Callable[[], object]
    metric: str = "accuracy"
    was: Callable[..., Frame] | None = None
    most: int = 4000
    mechanisms: tuple[str, ...] | None = None


# -- tables --


def adult() -> Frame:
    frame = csv("shapiq", "adult_census.csv").drop(columns=["fnlwgt", "education"])
    y = frame.pop("class").astype(str).str.contains(">").astype(int).rename("rich")
    words = frame.select_dtypes(exclude="number").columns
    known = {w: pd.CategoricalDtype(sorted(frame[w].astype(str).unique())) for w in words}
    return frame.astype(dict.fromkeys(words, str)).astype(known), y


def california() -> Frame:
    frame = csv("shapiq", "california_housing.csv")
    return frame, frame.pop("MedHouseVal").rename("value")


def bike() -> Frame:
    frame = csv("shapiq", "bike.csv")
    frame = frame.assign(
        **{c: frame[c].astype("category").cat.codes for c in ("season", "weather")}
    )
    frame = frame.astype(float)
    return frame, frame.pop("count")


def cancer() -> Frame:
    return load_breast_cancer(return_X_y=True, as_frame=True)


def diabetes() -> Frame:
    return load_diabetes(return_X_y=True, as_frame=True, scaled=False)


def wine() -> Frame:
    return load_wine(return_X_y=True, as_frame=True)


# -- what goes wrong --


def same(X, y, rng):
    del rng
    return X, y


def missing(column, share):
    def do(X, y, rng):
        return X.assign(**{column: X[column].where(rng.random(len(X)) >= share)}), y

    return do


def times(column, factor, plus=0.0):
    return lambda X, y, _: (X.assign(**{column: X[column] * factor + plus}), y)


def coded(column, value, share):
    def do(X, y, rng):
        return X.assign(**{column: X[column].mask(rng.random(len(X)) < share, value)}), y

    return do


def renamed(column, old, new, share):
    def do(X, y, rng):
        words = X[column].astype(str)
        hit = (words == old) & (rng.random(len(X)) < share)
        kinds = pd.CategoricalDtype([*X[column].cat.categories, new])
        return X.assign(**{column: words.mask(hit, new).astype(kinds)}), y

    return do


def swapped(a, b):
    return lambda X, y, _: (X.assign(**{a: X[b], b: X[a]}), y)


def flipped(where, share):
    def do(X, y, rng):
        hit = where(X) & (rng.random(len(X)) < share)
        return X, y.mask(hit, 1 - y)

    return do


def resampled(weight):
    def do(X, y, rng):
        w = np.asarray(weight(X, y), float)
        at = rng.choice(len(X), len(X), p=w / w.sum())
        return X.iloc[at].reset_index(drop=True), y.iloc[at].reset_index(drop=True)

    return do


def beside(first=0):
    """A column that the model has, and that is another in every month."""
    return lambda X, y, _: (X.assign(batch=first + np.arange(len(X)) % 50), y)


def both(first, second):
    return lambda X, y, rng: second(*first(X, y, rng), rng)


def trees():
    return HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=0)


def numbers():
    return HistGradientBoostingRegressor(random_state=0)


def line():
    return make_pipeline(StandardScaler(), Ridge())


def logit():
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))


INCIDENTS = {
    "missing for the first time": Incident(
        adult, missing("education-num", 0.5), ("education-num",), trees
    ),
    "missing more often": Incident(
        california, missing("MedInc", 0.6), ("MedInc",), numbers, "r2", missing("MedInc", 0.1)
    ),
    "missing no more": Incident(
        california, same, ("MedInc",), numbers, "absolute error", missing("MedInc", 0.4)
    ),
    "missing altogether": Incident(adult, missing("capital-gain", 1.0), ("capital-gain",), trees),
    "another unit": Incident(california, times("MedInc", 1000), ("MedInc",), numbers, "mae"),
    "degrees Fahrenheit": Incident(bike, times("temp", 1.8, 32), ("temp",), line, "squared error"),
    "a new category": Incident(
        adult,
        renamed("marital-status", "Married-civ-spouse", "Union", 0.9),
        ("marital-status",),
        trees,
    ),
    "gaps coded -1": Incident(california, coded("MedInc", -1.0, 0.3), ("MedInc",), numbers, "r2"),
    "gaps coded 0": Incident(diabetes, coded("bmi", 0.0, 0.5), ("bmi",), line, "mae"),
    "stuck at one value": Incident(
        california, coded("Latitude", 34.05, 1.0), ("Latitude",), numbers, "mae"
    ),
    "columns swapped": Incident(
        cancer, swapped("worst area", "mean radius"), ("worst area", "mean radius"), logit
    ),
    "columns of one range swapped": Incident(
        bike, swapped("temp", "windspeed"), ("temp", "windspeed"), numbers, "mae"
    ),
    "labels turned": Incident(
        adult, flipped(lambda X: X["age"] > 45, 0.4), ("P(rich | X)",), trees
    ),
    "other people": Incident(
        adult, resampled(lambda X, _: np.exp(0.08 * (X["age"] - 40))), ("age",), trees
    ),
    "other classes": Incident(
        adult,
        resampled(lambda _, y: np.where(y == 1, 6.0, 1.0)),
        ("P(rich)",),
        trees,
        mechanisms=("P(rich)", "P(X | rich)"),
    ),
    "a few bottles of other sorts": Incident(
        wine, resampled(lambda _, y: np.where(y == 1, 6.0, 1.0)), ("P(X)", "target"), logit
    ),
    "a batch number, and a unit": Incident(
        california,
        both(times("MedInc", 0.001), beside(100)),
        ("MedInc",),
        numbers,
        "mae",
        beside(),
    ),
    "a year later": Incident(bike, same, ("count", "P("), numbers, "r2"),
}


def rows(incident: Incident, name: str):
    """A model, before and after."""
    X, y = incident.table()
    if name == "a year later":
        first = X["year"] == X["year"].min()
        parts = [np.flatnonzero(first)[::2], np.flatnonzero(first)[1::2], np.flatnonzero(~first)]
    else:
        order = np.random.default_rng(0).permutation(len(X))[: 3 * incident.most]
        parts = np.array_split(order, 3)
    cut = [(X.iloc[p].reset_index(drop=True), y.iloc[p].reset_index(drop=True)) for p in parts]
    rng = np.random.default_rng(1)
    was = incident.was or same
    model = incident.model().fit(*was(*cut[0], rng))
    return model, was(*cut[1], rng), incident.broken(*cut[2], rng)


def judged(name: str) -> dict[str, object]:
    incident = INCIDENTS[name]
    model, before, after = rows(incident, name)
    asked = {"before": before, "after": after, "mechanisms": incident.mechanisms}
    start = process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            att = wh.drop(model, **asked, metric=incident.metric)
        except wh.WhenceError as error:
            return {"answered": False, "refused": str(error)[:200]}
    values = att.values[0, 0]
    order = np.argsort(-np.abs(values))
    first = att.players.names[order[0]]
    gap = att.certificate("unexplained gap").numbers
    change = gap["measured after"] - gap["measured before"]
    innocent = [
        v
        for n, v in zip(att.players.names, values, strict=True)
        if not any(p in n for p in incident.planted)
    ]
    return {
        "answered": True,
        "right": any(p in first for p in incident.planted),
        "first": first,
        "change": change,
        "top": {att.players.names[i]: round(float(values[i]), 4) for i in order[:4]},
        "largest innocent": float(np.abs(innocent).max(initial=0)),
        "gap": gap["gap_unexplained"],
        "words": att.provenance["in words"],
        "certificates": {c.check: c.verdict for c in att.certificates},
        "processor seconds": round(process_time() - start, 1),
    }


def main():
    asked = sys.argv[1:] or list(INCIDENTS)
    told = {}
    for name in asked:
        told[name] = judged(name)
        print(name, json.dumps(told[name], indent=1, ensure_ascii=False), flush=True)
    answered = [t for t in told.values() if t["answered"]]
    print(f"{len(answered)} of {len(told)} answered, {sum(t['right'] for t in answered)} rightly")
    if not sys.argv[1:]:
        OUT.write_text(json.dumps({"machine": processor(), "each": told}, indent=1) + "\n")


if __name__ == "__main__":
    main()
