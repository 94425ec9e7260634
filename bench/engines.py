"""Engines: what a worker brings, what a parcel costs, and where the driver is the limit.

    python bench/engines.py [--quick] [--out FILE]

Four measurements, each repeated in turns, medians kept:

- *throughput*: questions a second of 1, 2, 4 and 8 workers. More workers than cores are only of
  use with games that leave the processor free, so those **sleep** for 1 or 10 ms a question, as a
  model behind a network or on an accelerator does; games that compute (hashing, which lets go of
  Python's lock) are asked of 1 and 2 workers only.
- *toll*: what a game that costs nothing takes of the driver's own processor time for each parcel
  and for each block in it, and how many blocks a second come home at most.
- *whole runs*: `wh.attribute` on a game of 1 ms a question, start of the workers included.
- *bytes*: of a parcel on its way there and back.

`engines_capacity.py` makes of them a model of a run on many workers, and says what it assumes;
`engines_picture.py` draws them.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

import cloudpickle
import engines_capacity
import numpy as np
import ray
from engines_capacity import checked, table
from engines_games import Computing, Nothing, Sleeping, asked, chunks_a_second
from engines_picture import PICTURE, draw

import whence as wh
from whence._core.meter import Meter
from whence.engines import _parcels
from whence.engines._worker import Reply
from whence.engines.engine import QUESTIONS

HERE = Path(__file__).parent
WORKERS = (1, 2, 4, 8)
SLEEPS = (0.001, 0.01)
COMPUTES = (1e-5, 1e-4, 1e-3)


@dataclass
class Spent:
    """What a piece of work took: seconds, and the driver's own processor seconds."""

    seconds: float = 0.0
    driver: float = 0.0


@contextmanager
def spending() -> Iterator[Spent]:
    spent = Spent()
    seconds, driver = time.perf_counter(), time.process_time()
    yield spent
    spent.seconds = time.perf_counter() - seconds
    spent.driver = time.process_time() - driver


def engines(workers: int) -> dict[str, wh.engines.Engine]:
    return {"threads": wh.engines.Threads(workers), "processes": wh.engines.Processes(workers)} | {
        "ray": wh.engines.Ray(workers=workers)
    }


def opened(game: wh.Game, workers: int, stack: ExitStack) -> dict[str, wh.Game]:
    """The game in every engine, workers started."""
    games = {n: stack.enter_context(e.open(game)) for n, e in engines(workers).items()}
    for one in games.values():
        one.worth(*asked(3 * workers * QUESTIONS))  # starts them; the second finds them started
        one.worth(*asked(workers * QUESTIONS))
    return games


def throughput(quick: bool) -> list[dict]:
    """Questions a second, by engine, workers and price of a question."""
    records, chunks = [], chunks_a_second()
    for workers in WORKERS:
        games = {("sleeps", s): Sleeping(s) for s in SLEEPS}
        if workers <= 2:
            games |= {("computes", s): Computing(s * chunks) for s in COMPUTES}
        for (how, price), game in games.items():
            blocks = max(3, round((0.6 if quick else 1.3) / (price * QUESTIONS)))
            n = min(blocks, 400) * workers * QUESTIONS
            took = _timed(game, workers, n, 2 if quick else 3, serial=how == "computes")
            for name, each in took.items():
                rate = n / median(each)
                records.append(
                    {
                        "engine": name,
                        "workers": workers,
                        "game": how,
                        "seconds a question": price,
                        "questions": n,
                        "questions a second": rate,
                        "of the ideal": rate * price / workers,
                        "spread": (max(each) - min(each)) / median(each),
                    }
                )
            shown = {r["engine"]: round(r["of the ideal"], 3) for r in records[-len(took) :]}
            print(workers, how, price, shown, flush=True)
    return records


def _timed(game: wh.Game, workers: int, n: int, repeats: int, *, serial: bool) -> dict:
    """Seconds of each engine, in turns."""
    with ExitStack() as stack:
        places = opened(game, workers, stack)
        if serial and workers == 1:
            places["serial"] = stack.enter_context(wh.engines.Serial().open(game))
        took: dict[str, list[float]] = {name: [] for name in places}
        for _ in range(repeats):
            for name, place in places.items():
                with spending() as spent:
                    place.worth(*asked(n))
                took[name].append(spent.seconds)
    return took


def toll(quick: bool) -> dict[str, dict]:
    """The driver's processor seconds for a parcel and a block; how many come home a second."""
    found: dict[str, dict] = {}
    sizes, most = (1, 16), _parcels.MOST
    with ExitStack() as stack:
        places = opened(Nothing(), 2, stack)
        took: dict[tuple[str, int], list[Spent]] = {}
        blocks = 320 if quick else 960
        way: dict[str, list[float]] = {name: [] for name in places}
        for _ in range(50):
            for name, place in places.items():
                with spending() as spent:
                    place.worth(*asked(1))
                way[name].append(spent.seconds)
        try:
            for _ in range(3):
                for size in sizes:
                    _parcels.MOST = size
                    for name, place in places.items():
                        with spending() as spent:
                            place.worth(*asked(blocks * QUESTIONS))
                        took.setdefault((name, size), []).append(spent)
        finally:
            _parcels.MOST = most
    for name in places:
        alone, packed = (
            median(s.driver for s in took[name, size]) / blocks * size for size in sizes
        )
        block = max((packed - alone) / (sizes[1] - sizes[0]), 0.0)
        found[name] = {
            "driver seconds a parcel": alone - block,
            "driver seconds a block": block,
            "seconds there and back": median(way[name]),
            "parcels of one block a second": blocks / median(s.seconds for s in took[name, 1]),
            "blocks a second in parcels of 16": blocks / median(s.seconds for s in took[name, 16]),
        }
    return found


def method_toll() -> float:
    """What the method itself takes for a question: walks, differences, moments."""
    budget = wh.Budget(evaluations=200_000, relative_error=None, data_share=None)
    took, bare = [], []
    with wh.engines.Serial().open(Computing(0)) as place:
        for _ in range(3):
            with spending() as spent:
                att = wh.attribute(Computing(0), method="permutation", budget=budget)
            took.append(spent.driver / att.cost.asked)
            with spending() as spent:
                place.worth(*asked(200_000))
            bare.append(spent.driver / 200_000)
    return median(took) - median(bare)


def whole_runs(quick: bool) -> dict[str, dict]:
    """An attribution from the start, workers' start included: 1 ms a question, on 1 and 2 cores.

    Ray is running, as on a cluster; its actors are not.
    """
    game = Computing(1e-3 * chunks_a_second())
    budget = wh.Budget(evaluations=3_000 if quick else 10_000, relative_error=None, data_share=None)
    kinds = {
        "serial": wh.engines.Serial(),
        "2 processes, cold": wh.engines.Processes(2),
        "2 processes, warm": wh.engines.Processes(2),
        "2 actors": wh.engines.Ray(workers=2),
    }
    took: dict[str, list[float]] = {name: [] for name in kinds}
    bits = set()
    for _ in range(1 if quick else 2):  # idle processes end before the second turn
        for name, engine in kinds.items():
            with spending() as spent:
                att = wh.attribute(game, method="permutation", budget=budget, engine=engine)
            took[name].append(spent.seconds)
            bits.add(att.values.tobytes() + att.stderr.tobytes())
    assert len(bits) == 1, "the bits differ between engines"
    alone = median(took["serial"])
    return {
        name: {"seconds": median(each), "speed-up": alone / median(each)}
        for name, each in took.items()
    }


def wire() -> list[dict]:
    """Bytes of a block, there and back, by the number of players."""
    records = []
    for players in (10, 50, 200):
        block = (np.ones((QUESTIONS, players), bool), *np.zeros((2, QUESTIONS), int))
        reply = Reply([(np.zeros((QUESTIONS, 1)), Meter())], 0.0)
        there, back = len(cloudpickle.dumps([block])), len(cloudpickle.dumps(reply))
        records.append({"players": players, "there": there, "back": back})
    return records


def rounded(thing):
    """Three digits are enough for a file that people read."""
    if isinstance(thing, dict):
        return {k: rounded(v) for k, v in thing.items()}
    if isinstance(thing, list | tuple):
        return [rounded(v) for v in thing]
    return float(f"{thing:.3g}") if isinstance(thing, float) else thing


def main() -> None:
    """Run, and write the JSON and the picture."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer repeats, for a try")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "engines.json")
    options = parser.parse_args()
    start, load = time.perf_counter(), [os.getloadavg()[0]]
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init("local", num_cpus=max(WORKERS), include_dashboard=False, log_to_driver=False)
    try:
        tolls, method = toll(options.quick), method_toll()
        found = {
            "toll": tolls,
            "method seconds a question": method,
            "whole runs": whole_runs(options.quick),
            "bytes of a block": wire(),
            "throughput": throughput(options.quick),
        }
    finally:
        ray.shutdown()
    checked(found["throughput"], tolls)
    found["capacity"] = {"assumes": engines_capacity.__doc__, "table": table(tolls["ray"], method)}
    load.append(os.getloadavg()[0])
    result = {
        "about": __doc__.strip(),
        "rerun": "python bench/engines.py",
        "environment": {
            "python": platform.python_version(),
            "versions": {n: version(n) for n in ("numpy", "joblib", "ray", "cloudpickle")},
            "cores": os.cpu_count(),
            "load average before and after": load,
            "seconds": time.perf_counter() - start,
        },
        "questions in a block": QUESTIONS,
        **found,
    }
    options.out.write_text(json.dumps(rounded(result), indent=1) + "\n")
    print(json.dumps(rounded({k: found[k] for k in list(found)[:4]}), indent=1))
    if not options.quick:
        draw(rounded(result), PICTURE)


if __name__ == "__main__":
    main()
