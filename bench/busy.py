"""How much longer whence takes beside two processes that never rest: bench/results/busy.json.

python bench/busy.py            (about a minute on a quiet machine)

Each verb runs in a process of its own, a few times after one that is not counted: first quietly,
then beside two loops that spin, as a neighbour in a shared container does. On two cores half of
each is left, so that twice the time is what sharing costs; teams of threads that wait for each
other take ten times as long and more. What is fitted beforehand, with all threads of its library,
is not timed. The bound is four. A machine that is busy by itself shows
nothing: its load before the start is written down.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from machine import processor, rounded

REPEATS, LOOPS, MOST = 3, 2, 4.0
SPIN = "while True: pass"


def table(rows=4000):
    import numpy as np

    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, 8))
    return X, X[:, 0] * X[:, 1] + np.sin(2 * X[:, 2]) + 0.3 * rng.normal(size=rows)


def boosted():
    from sklearn.ensemble import HistGradientBoostingClassifier

    X, y = table()
    return HistGradientBoostingClassifier(max_iter=50).fit(X, y > 0), X, y > 0


def drop():
    import whence as wh

    model, X, y = boosted()
    after = X[2000:].copy()
    after[:, 0] += 0.3
    budget = wh.Budget(evaluations=300)
    return lambda: wh.drop(
        model, before=(X[:2000], y[:2000]), after=(after, y[2000:]), ratios="boosted", groups=8,
        budget=budget,
    )  # fmt: skip


def importance():
    import whence as wh

    model, X, y = boosted()
    budget = wh.Budget(evaluations=5_000)
    return lambda: wh.importance(model, X[:1000], y[:1000], background=X[1000:1500], budget=budget)


def explain():
    import whence as wh

    model, X, _ = boosted()
    return lambda: wh.explain(
        model, X[:100], background=X[1000:1500], output="prediction",
        budget=wh.Budget(evaluations=10_000),
    )  # fmt: skip


def trak():
    import numpy as np
    import torch

    import whence as wh

    X, y = table(300)
    X, label = X.astype(np.float32), (y > 0).astype(int)

    def net():
        return torch.nn.Sequential(torch.nn.Linear(8, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2))

    trainer = wh.models.Trainer.torch(net, X, label, epochs=10, lr=0.1, batch=50)
    return lambda: wh.methods.trak(trainer, (X[:20], label[:20]), ridge=1.0)


VERBS = {verb.__name__: verb for verb in (drop, importance, explain, trak)}


def seconds(verb):
    """Of each time but the first."""
    took, ask = [], VERBS[verb]()
    for _ in range(1 + REPEATS):
        start = time.perf_counter()
        ask()
        took.append(time.perf_counter() - start)
    return took[1:]


def measured(verb):
    """The same in a process of its own, whose libraries may have all threads."""
    env = {k: v for k, v in os.environ.items() if not k.endswith("NUM_THREADS")}
    ran = subprocess.run(
        [sys.executable, __file__, verb], env=env, capture_output=True, text=True, check=True
    )
    return json.loads(ran.stdout.splitlines()[-1])


def main():
    load, quiet = os.getloadavg()[0], {verb: measured(verb) for verb in VERBS}
    loops = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(LOOPS)]
    try:
        busy = {verb: measured(verb) for verb in VERBS}
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
    times = {
        verb: {
            "quiet": quiet[verb],
            "busy": busy[verb],
            "times as long": statistics.median(busy[verb]) / statistics.median(quiet[verb]),
        }
        for verb in VERBS
    }
    found = {
        "processor": processor(),
        "cores": os.cpu_count(),
        "load before": load,
        "loops": LOOPS,
        "seconds": times,
        "kept": all(row["times as long"] <= MOST for row in times.values()),
    }
    place = Path(__file__).parent / "results" / "busy.json"
    place.write_text(json.dumps(rounded(found), indent=1) + "\n")
    for verb, row in times.items():
        print(f"{verb:12} {row['times as long']:.1f} times as long beside {LOOPS} loops")
    return 0 if found["kept"] else 1


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(seconds(sys.argv[1])))
    else:
        sys.exit(main())
