"""whence and its peers on SAGE, side by side: error against the exact values.

    python bench/importance.py [--quick] [--out FILE]

Error is squared, summed over features, averaged over repeats. It is set against model rows, which
one counter at the model's door counts for everybody, and against seconds, from the call to the
answer. One thread for everybody. A whole run also draws the picture of the README.
"""
# ruff: noqa: E402

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TQDM_DISABLE"):
    os.environ[_name] = "1"  # before numpy is imported; worker processes inherit it

import argparse
import json
import platform
import time
from collections import defaultdict
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from statistics import mean, median

import numpy as np
from joblib import Parallel, delayed
from peers import OURS, PEERS, Estimate, Estimator, SagePermutation
from picture import PICTURE, draw
from problems import Problem, enumerated, generated, problem
from tables import LOG, SQUARED

import whence as wh

HERE = Path(__file__).parent
TABLES = ("bike", "california", "diabetes", "adult", "german credit", "titanic")
TIMED = ("bike", "california", "adult", "german credit")
CHECKED = ("california, network", "titanic, network")
KINDS = ("boosted trees", "network")
ROWS = (100_000, 300_000, 1_000_000)
SECONDS = (0.5, 1.0, 2.0, 4.0)
REPEATS = {  # by estimator, for each budget of rows
    "whence": (20, 6, 2),
    "sage permutation, 512 rows": (20, 6, 2),
    "sage permutation, 64 rows": (6, 3, 1),
    "sage kernel, 512 rows": (6, 3, 1),
    "fippy, 8 samples": (2, 1, 1),
    "hidimstat": (2, 1, 1),
}
REPEATS_TIMED = (3, 2, 1, 1)
PACKAGES = ("sage-importance", "fippy", "hidimstat", "scikit-learn", "numpy", "pandas")
TARGETS = {SQUARED: 20.0, LOG: 10.0}


def against_rows(problem: Problem, budgets: Iterable[int], few: bool) -> list[dict]:
    """Every estimator at every budget of model rows."""
    found = []
    for estimator in (OURS, *PEERS):
        for at, budget in enumerate(budgets):
            size = estimator.afford(problem, budget)
            repeats = min(REPEATS[estimator.name][at], 3 if few else 99)
            found.append(_record(problem, estimator, budget, size, repeats))
    return found


def _record(problem: Problem, estimator: Estimator, budget: int, size: int, repeats: int) -> dict:
    about = {"problem": problem.name, "estimator": estimator.name, "budget": budget}
    if size == 0:
        return about | {"not possible": f"its smallest run costs more than {budget:,} model rows"}
    runs, rows = [], []
    for seed in range(repeats):
        problem.model.rows = 0
        runs.append(estimator.estimate(problem, size, seed))
        rows.append(problem.model.rows)
    errors = [problem.error(run.values) for run in runs]
    return about | {
        "size": size,
        "rows": round(median(rows)),
        "repeats": repeats,
        "error": mean(errors),
        "covered": _covered(runs, problem.truth),
        "ended": runs[-1].ended,
    }


def _covered(runs: list[Estimate], truth: np.ndarray) -> float | None:
    """The share of true values inside nominal 95 % intervals; None where there are none."""
    if runs[0].low is None or not np.isfinite(runs[0].low).all():
        return None
    return mean(float(((r.low <= truth) & (truth <= r.high)).mean()) for r in runs)


def against_seconds(problem: Problem, budgets: tuple[float, ...]) -> list[dict]:
    """Every estimator at every budget of seconds, in turns, so that a busy moment hits all."""
    pace = {peer.name: _pace(problem, peer) for peer in PEERS}
    runs = defaultdict(list)
    for budget, repeats in zip(budgets, REPEATS_TIMED, strict=False):
        for seed in range(repeats):
            for estimator in (OURS, *PEERS):
                got = _timed(problem, estimator, budget, pace.get(estimator.name), seed)
                runs[estimator.name, budget].append(got)
    found = []
    for (name, budget), each in runs.items():
        seconds, busy, errors, rows = zip(*each, strict=True)
        about = {"problem": problem.name, "estimator": name, "budget": budget}
        if None in errors:
            found.append(about | {"not possible": f"its smallest run takes over {budget:g} s"})
            continue
        spent = {
            "seconds": median(seconds),
            "processor seconds": median(busy),
            "rows": round(median(rows)),
            "repeats": len(each),
        }
        found.append(about | spent | {"error": mean(errors)})
    return found


def _pace(problem: Problem, peer: Estimator) -> float:
    """Rows a second, from a run of about 400,000 rows."""
    size = peer.afford(problem, 400_000)
    problem.model.rows, start = 0, time.perf_counter()
    peer.estimate(problem, size, 10_000)
    return problem.model.rows / (time.perf_counter() - start)


def _timed(problem: Problem, estimator: Estimator, budget: float, pace: float | None, seed: int):
    """Seconds on the wall and of the processor, error, rows."""
    problem.model.rows, start, busy = 0, time.perf_counter(), time.process_time()
    if pace is None:
        allowance = wh.Budget(seconds=budget, relative_error=None, data_share=None)
        got = OURS.within(problem, allowance, seed)
    else:
        size = estimator.afford(problem, int(budget * pace))
        if size == 0:
            return 0.0, 0.0, None, 0
        got = estimator.estimate(problem, size, seed)
    spent = time.perf_counter() - start, time.process_time() - busy
    return *spent, problem.error(got.values), problem.model.rows


def study(table: str, kind: str, test: int, budgets: tuple[int, ...], few: bool):
    """One problem: the exact values, and everybody against model rows."""
    start = time.perf_counter()
    made = problem(table, kind, test)
    truth = time.perf_counter() - start
    agreed = float(np.abs(enumerated(made) - made.truth).max()) if made.name in CHECKED else None
    records = against_rows(made, budgets, few)
    print(f"{made.name}: {truth:.0f} s truth, {time.perf_counter() - start:.0f} s", flush=True)
    return made, agreed, records


def summary(problems: list[Problem], rows: list[dict], seconds: list[dict]) -> dict:
    """The two targets: squared error at equal rows, and in equal seconds."""
    loss = {p.name: p.loss for p in problems}
    real = [p.name for p in problems if p.kind in KINDS]
    sage = SagePermutation(512).name
    ratios = []
    for name, target in TARGETS.items():
        of = [p for p in real if loss[p] == name]
        for budget in sorted({r["budget"] for r in rows}):
            each = {p: _ratio(rows, p, sage, budget) for p in of}
            ratios.append(
                {
                    "loss": name,
                    "rows": budget,
                    "median": median(each.values()),
                    "target": target,
                    "by problem": each,
                }
            )
    behind, closest = [], []
    for p in sorted({r["problem"] for r in seconds}):
        for budget in sorted({r["budget"] for r in seconds}):
            against = {e.name: _ratio(seconds, p, e.name, budget) for e in PEERS}
            best = min((r, e) for e, r in against.items() if r is not None)
            closest.append({"problem": p, "seconds": budget, "peer": best[1], "ratio": best[0]})
            behind += [closest[-1]] if best[0] <= 1 else []
    return {
        "sage permutation's squared error over ours, equal rows": ratios,
        "the best peer's squared error over ours, equal seconds": closest,
        "behind a peer in equal seconds": behind,
    }


def _ratio(records: list[dict], problem: str, peer: str, budget: float) -> float | None:
    def error(name: str) -> float | None:
        return next(
            r.get("error")
            for r in records
            if (r["problem"], r["estimator"], r["budget"]) == (problem, name, budget)
        )

    theirs = error(peer)
    return None if theirs is None else theirs / error(OURS.name)


def systematic(made: Problem, records: list[dict]) -> dict:
    """On generated linear data: every estimator's values beside the closed form."""
    most = max(r["budget"] for r in records)
    runs = {}
    for estimator in (OURS, *PEERS):
        if size := estimator.afford(made, most):
            each = [estimator.estimate(made, size, seed).values for seed in range(3)]
            runs[estimator.name] = np.mean(each, axis=0)
    slope = {n: float(v @ made.truth / (made.truth @ made.truth)) for n, v in runs.items()}
    return {
        "closed form": made.truth.tolist(),
        "values": {name: values.tolist() for name, values in runs.items()},
        "slope on the closed form": slope,
        "note": "hidimstat averages losses of single imputed predictions, and permutes columns "
        "one by one: another quantity, about twice SAGE here, whatever the budget",
    }


def rounded(thing):
    """Four digits are enough for a file that people read."""
    if isinstance(thing, dict):
        return {k: rounded(v) for k, v in thing.items()}
    if isinstance(thing, list | tuple):
        return [rounded(v) for v in thing]
    return float(f"{thing:.4g}") if isinstance(thing, float) else thing


def environment() -> dict:
    """Versions, and how busy the machine was."""
    return {
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
        "cores": os.cpu_count(),
        "threads for each estimator": 1,
        "load average before the seconds": os.getloadavg()[0],
    }


def main() -> None:
    """Run, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="two tables, few repeats: 90 s")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "importance.json")
    options = parser.parse_args()
    quick = options.quick
    tables = ("california", "titanic") if quick else TABLES
    timed = ("california", "titanic") if quick else TIMED
    kinds = KINDS[1:] if quick else KINDS
    budgets = ROWS[:1] if quick else ROWS

    start = time.perf_counter()
    jobs = [(t, k, 64 if quick else 128, budgets, quick) for k in kinds for t in tables]
    got = Parallel(n_jobs=2)(delayed(study)(*job) for job in jobs)
    linear = generated()
    at_linear = against_rows(linear, budgets, quick)
    problems = [linear] + [made for made, _, _ in got]
    rows = at_linear + [record for _, _, records in got for record in records]

    agreed = {made.name: off for made, off, _ in got if off is not None}
    agreed[linear.name] = float(np.abs(enumerated(linear) - linear.truth).max())
    assert all(off < 1e-9 for off in agreed.values()), agreed
    result = {
        "about": __doc__.strip(),
        "environment": environment(),
        "took": {"rows": time.perf_counter() - start},
        "truth checked by a plain enumeration (largest difference)": agreed,
        "problems": [_described(made) for made in problems],
        "generated data": systematic(linear, at_linear),
        "against rows": rows,
        "against seconds": [],
    }
    _write(result, problems, options.out)
    for made in problems:
        if made.table in timed:
            result["against seconds"] += against_seconds(made, SECONDS[:1] if quick else SECONDS)
            result["took"]["all"] = time.perf_counter() - start
            _write(result, problems, options.out)
    print(json.dumps(rounded(result["summary"]), indent=1))
    if not quick:
        draw(rounded(result), PICTURE)


def _described(made: Problem) -> dict:
    return {
        "name": made.name,
        "table": made.table,
        "kind": made.kind,
        "loss": made.loss,
        "test rows": len(made.X),
        "background rows": len(made.background),
        "truth": dict(zip(made.columns, made.truth.tolist(), strict=True)),
    }


def _write(result: dict, problems: list[Problem], out: Path) -> None:
    """After each problem, so that an interrupted run leaves what it found."""
    result["summary"] = summary(problems, result["against rows"], result["against seconds"])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(rounded(result), indent=1) + "\n")
    print(f"{result['took']}", flush=True)


if __name__ == "__main__":
    main()
