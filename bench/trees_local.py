"""Local values: every row of a job against its whole background, end to end."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from trees_clock import in_turns
from trees_data import adult, bike, boosted, classifier, forest, light, resampled
from trees_explainers import (
    SHAP,
    WHENCE,
    WOODELF,
    checked,
    contributions,
    extrapolated,
    shap_by_cover,
    shap_pairs,
    shap_read,
    whence,
    whence_by_cover,
    woodelf,
)

MANY, READING = 100_000, "shap, reading"
LIMIT = 120.0  # seconds a run may take


@dataclass(frozen=True)
class Job:
    """Rows of a table to explain, on a background.

    Attributes:
        name: in words.
        model: an ensemble.
        X: rows to explain.
        background: rows.
        few: how many of the rows shap is given, which asks every pair of rows.
    """

    name: str
    model: Any
    X: pd.DataFrame
    background: pd.DataFrame
    few: int = 40


def jobs(quick: bool) -> Iterator[Job]:
    """The main job first; models are trained as they are reached."""
    hours, people = bike(), adult()
    if quick:
        yield Job("40 trees, depth 6", boosted(40), hours.test[:500], hours.train[:1_000])
        yield Job("forest, 1 tree", forest(1), hours.test[:100], hours.train[:100])
        return
    yield Job("200 trees, depth 6", boosted(), hours.test, hours.train[:1_000])
    yield Job("200 trees, depth 6", boosted(), hours.test, hours.train)
    yield Job("classifier, 200 trees, depth 6", classifier(), people.test, people.train, 4)
    yield Job("LightGBM, 200 trees, 31 leaves", light(), hours.test, hours.train, 4)
    for trees, depth in ((200, 4), (100, 8), (20, 12), (10, 16)):
        name = f"{trees} trees, depth {depth}"
        yield Job(name, boosted(trees, depth), hours.test, hours.train, 4)
    yield Job("1,000 trees, depth 6", boosted(1_000), hours.test, hours.train, 4)
    yield Job("forest, 2 trees", forest(2), hours.test[:100], hours.train[:100])
    yield Job("forest, 20 trees", forest(20), hours.test[:100], hours.train[:1_000])
    yield Job("forest, 20 trees", forest(20), hours.test, hours.train[:1_000], 4)
    rows = resampled(hours.rows, MANY)
    yield Job("200 trees, depth 6", boosted(), rows, rows, few=0)


def marginal(quick: bool) -> Iterator[dict]:
    """Values on a background of rows."""
    for job in jobs(quick):
        people = {WHENCE: whence, WOODELF: woodelf}
        runs = {who: partial(f, job.model, job.X, job.background) for who, f in people.items()}
        if job.few:
            runs[SHAP] = partial(shap_pairs, job.model, job.X[: job.few], job.background)
            runs[READING] = partial(shap_read, job.model, job.background)
        found = in_turns(runs, repeats=1 if quick else 3, most=LIMIT)
        reading = found.pop(READING).seconds if job.few else 0.0
        ours = found[WHENCE].answer
        for who, timed in found.items():
            record = checked(timed, job.model, job.X, job.background, ours)
            if who == SHAP:
                record = extrapolated(record, reading, job.few, len(job.X))
            about = {"job": job.name, "rows": len(job.X), "background": len(job.background)}
            yield about | {"explainer": who} | record


def by_cover(quick: bool) -> Iterator[dict]:
    """Path-dependent values, which need no background, beside the libraries' own."""
    X, people = bike().test[: 500 if quick else None], adult().test
    named = {"XGBoost, 200 trees, depth 6": (boosted(), X)}
    if not quick:
        named |= {
            "forest, 2 trees": (forest(2), X),
            "XGBoost, 10 trees, depth 16": (boosted(10, 16), X),
            "XGBoost classifier, 200 trees, depth 6": (classifier(), people),
            "LightGBM, 200 trees, 31 leaves": (light(), X),
        }
    for name, (model, rows) in named.items():
        own = shap_by_cover if name.startswith("forest") else contributions
        library = SHAP if own is shap_by_cover else name.split(",")[0].split()[0]
        runs = {WHENCE: partial(whence_by_cover, model, rows), library: partial(own, model, rows)}
        found = in_turns(runs, repeats=1 if quick else 3)
        for who, timed in found.items():
            about = {"job": name, "rows": len(rows), "explainer": who}
            yield about | timed.record() | _apart(timed.answer, found[WHENCE].answer)


def _apart(theirs: Any, ours: Any) -> dict:
    if theirs is ours or theirs is None or ours is None:
        return {}
    return {"largest difference from whence": float(np.abs(theirs - ours).max())}


NOTES = {
    "seconds": "medians of warm runs, from the model object to the values, its reading included",
    "shap": "timed on 40 rows, or on 4; its time for all is extrapolated",
    "wrong": "values that do not add up to the prediction less the background's mean prediction",
}
