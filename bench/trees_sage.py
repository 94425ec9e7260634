"""Global importance of tree models: whence beside sage, each to its own rule or to the same."""

import contextlib
import io
import re
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import sage
from trees_clock import TooSlowError, in_turns, limit
from trees_data import TRAIN, adult, bike, boosted, classifier

import whence as wh

POOL, THRESH = 512, 0.025
_RATIO = re.compile(r"Ratio = ([0-9.]+)")


class _Ratios(io.StringIO):
    """sage's own reports of how far it is, with the time of each."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[float, float]] = []

    def write(self, text: str) -> int:
        self.seen += [(time.perf_counter(), float(r)) for r in _RATIO.findall(text)]
        return len(text)


@dataclass(frozen=True)
class Task:
    """A model, test rows with labels, and all background rows."""

    name: str
    model: Any
    X: pd.DataFrame
    y: np.ndarray
    background: pd.DataFrame
    loss: str


def tasks(quick: bool) -> Iterator[Task]:
    hours, people = bike(), adult()
    trees = 20 if quick else 200
    yield Task(f"bike, {trees} trees", boosted(trees), hours.test, hours.y_test, hours.train, "mse")
    yield Task(
        f"adult, {trees} trees, log-loss of mean probabilities",
        classifier(trees), people.test, people.y_test, people.train, "cross entropy",
    )  # fmt: skip


def importances(quick: bool) -> Iterator[dict]:
    """sage on 512 rows; whence on the same, and on all 8,000, by its defaults and by sage's."""
    for task in tasks(quick):
        theirs, record = _sage(task, 5 if quick else 90)
        yield {"job": task.name, "explainer": "sage", "background": POOL} | record
        if "seconds" in record:
            seconds = record["seconds"] * TRAIN / POOL
            words = f"by background rows, from {record['seconds']:.3g} s for {POOL}"
            about = {"job": task.name, "explainer": "sage", "background": TRAIN}
            yield about | {"seconds": seconds, "extrapolated": words}
        same = wh.Budget(relative_error=THRESH, data_share=None)
        for pool in (POOL, TRAIN):
            for rule, budget in (("its own", None), ("sage's", same)):
                about = {"job": task.name, "explainer": "whence", "background": pool}
                compared = theirs if pool == POOL else None
                most = 20 if quick else 300
                yield about | {"stops by": rule} | _whence(task, pool, budget, compared, most)


def _whence(
    task: Task, pool: int, budget: wh.Budget | None, theirs: Any, most: float
) -> dict[str, Any]:
    def run() -> wh.Attribution:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return wh.importance(
                task.model, task.X, task.y, background=task.background[:pool], budget=budget
            )

    timed = in_turns({"whence": run}, most=most)["whence"]
    record = timed.record()
    if timed.failed:
        return record
    found = timed.answer
    values = found.values[0, 0]
    reason = found.provenance.get("not read as trees")
    record |= {
        "verdict": found.verdict,
        "ratio": float(found.error("estimation")[0, 0].max() / np.ptp(values)),
        "values": dict(zip(found.players.names, values.tolist(), strict=True)),
    } | ({"not read as trees": reason} if reason else {})
    if theirs is not None:
        record["difference from sage, in sage's standard errors"] = float(
            np.median(np.abs(values - theirs.values) / np.maximum(theirs.std, 1e-12))
        )
    return record


def _sage(task: Task, most: float) -> tuple[Any, dict[str, Any]]:
    """To its convergence; or for so long, and then its own forecast."""
    imputer = sage.MarginalImputer(task.model, task.background[:POOL].to_numpy())
    estimator = sage.PermutationEstimator(imputer, task.loss, random_state=0)
    ratios, found = _Ratios(), None
    start = time.perf_counter()
    with contextlib.redirect_stdout(ratios), contextlib.suppress(TooSlowError), limit(most):
        found = estimator(task.X.to_numpy(), task.y, thresh=THRESH, bar=False, verbose=True)
    took = time.perf_counter() - start
    if found is not None:
        return found, {"seconds": took, "thresh": THRESH, "ratio": ratios.seen[-1][1]}
    if not ratios.seen:
        return None, {"failed": f"no batch of 512 in {most:g} s"}
    when, ratio = ratios.seen[-1]
    words = f"it had a ratio of {ratio:g} after {when - start:.3g} s; time goes as 1 / ratio^2"
    seconds = (when - start) * (ratio / THRESH) ** 2
    return None, {"seconds": seconds, "thresh": THRESH, "extrapolated": words}
