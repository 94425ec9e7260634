"""What a store of worths costs, and what is left after kill -9: bench/results/store.json.

python bench/store.py

Runs with and without a store take turns, and ratios are taken within a turn. A worth takes its time
by spinning, so that the processor is as busy as with a model. A run is killed ten times at random
moments, and asked again each time; what was lost is what the next run computes anew.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

import whence as wh
from whence.engines.engine import QUESTIONS as QUESTIONS_IN_A_BLOCK
from whence.engines.store import Shelf

TURNS = 7
KILLS = 10
QUESTIONS = 6000  # of the run that is killed


class Spinning(wh.Game):
    """Ten players, chance draws, and a worth that takes its time."""

    players = wh.Players(tuple("abcdefghij"))
    n_draws = None

    def __init__(self, seconds, tally=None):
        self.seconds, self.tally = seconds, tally

    def __getstate__(self):
        """How long it takes, and who counts, do not make it another game."""
        return {}

    def _worth(self, coalitions, cases, draws):  # noqa: ARG002
        end = time.perf_counter() + self.seconds * len(coalitions)
        worths = np.sin(coalitions @ np.arange(1.0, 11) + draws % 1000)
        while time.perf_counter() < end:
            pass
        if self.tally is not None:
            with self.tally.open("a") as file:
                file.write(f"{len(coalitions)}\n")
        return worths


def run(seconds, questions, keep=None, tally=None):
    budget = wh.Budget(
        evaluations=questions, relative_error=None, absolute_error=1e-12, data_share=None
    )
    game, start = Spinning(seconds, tally), time.perf_counter()
    got = wh.attribute(game, method="permutation", seed=1, budget=budget, keep=keep)
    return got, time.perf_counter() - start


def overhead(seconds, questions):
    """Seconds with a store over seconds without, turn by turn; and a rerun that finds all."""
    ratios, again = [], []
    run(seconds, questions // 4)
    for _ in range(TURNS):
        with tempfile.TemporaryDirectory() as folder:
            plain = run(seconds, questions)[1]
            kept = run(seconds, questions, Path(folder) / "run.db")[1]
            rerun, took = run(seconds, questions, Path(folder) / "run.db")
            size = (Path(folder) / "run.db").stat().st_size
        assert rerun.cost.evaluations == 0
        ratios.append(kept / plain)
        again.append(took / plain)
    return {
        "seconds a worth": seconds,
        "questions": questions,
        "with a store, as a multiple": [round(r, 4) for r in ratios],
        "median": round(statistics.median(ratios), 4),
        "a rerun that finds all, as a multiple": round(statistics.median(again), 4),
        "bytes a worth": round(size / questions, 1),
    }


def killed(seconds=1e-3):
    """Deaths at random moments, what each lost, and whether the end is as if there were none.

    What was computed is counted by the game itself, as it answers.
    """
    rng, kept, lost = np.random.default_rng(0), 0, []
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "run.db"
        for death in range(KILLS):
            tally = Path(folder) / f"tally-{death}"
            child = [sys.executable, __file__, str(store), str(seconds), str(tally)]
            process = subprocess.Popen(child)
            while not tally.exists():
                time.sleep(0.002)
            time.sleep(0.4 * rng.random())
            process.kill()
            process.wait()
            before, kept = kept, whole(store)
            lost.append(sum(map(int, tally.read_text().split())) - (kept - before))
        ended, _ = run(0.0, QUESTIONS, store)
    straight, _ = run(0.0, QUESTIONS)
    return {
        "deaths": KILLS,
        "worths kept when the last one died": kept,
        "worths computed and not kept, at each": lost,
        "a batch": QUESTIONS_IN_A_BLOCK,
        "computed in the end": ended.cost.evaluations,
        "identical": all(
            np.array_equal(getattr(ended, name), getattr(straight, name))
            for name in ("values", "stderr", "empty", "full")
        ),
    }


def whole(store):
    """Worths in a file, every byte of which is read."""
    shelf = Shelf(store)
    shelf.check()
    kept = sum(game.worths for game in shelf.games())
    shelf.close()
    return kept


def main():
    record = {
        "whence": version("whence"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "overhead": [overhead(1e-5, 60_000), overhead(1e-3, 3_000)],
        "kill -9": killed(),
    }
    text = json.dumps(record, indent=1)
    (Path(__file__).parent / "results" / "store.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run(float(sys.argv[2]), QUESTIONS, sys.argv[1], Path(sys.argv[3]))
    else:
        main()
