"""Which rows made the model say this: whence and its peers on digits, judged by retraining.

500 digits, a 64-32-10 tanh network, 60 test margins. The truth is what 100 half-subsets make of
them, trained in the same run as the model that is asked about (1 seed), and as a mean of 4 runs.
Hyper-parameters of everybody, ours and theirs, are chosen on 50 other half-subsets; scores that
peers give are tried with either sign. Three seeds of the
model, and the mean over them.

    python bench/data.py             # all of it -> bench/results/data.json
    python bench/data.py --ours      # without peers
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from machine import processor, rounded
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_limits

import whence as wh
from whence._core.ranks import rank_correlations
from whence.models.trainer.subsets import JUDGING, TUNING, trained

RESULTS = Path(__file__).parent / "results" / "data.json"
SIGNS = (("", 1), ("minus, ", -1))  # which sign a peer means is given away to it
ROWS, TESTS, SEEDS, SUBSETS = 500, 60, 3, 100


def make():
    return torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.Tanh(), torch.nn.Linear(32, 10))


def digits(split=0):
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(split).permutation(len(y))
    X, y = (X[order] / 16).astype(np.float32), y[order]
    return (X[:ROWS], y[:ROWS]), (X[ROWS : ROWS + TESTS], y[ROWS : ROWS + TESTS])


def trainer_of(train, seed):
    return wh.models.Trainer.torch(
        make, *train, epochs=20, lr=0.3, batch=50, weight_decay=1e-3, seed=seed
    )


class Board:
    """The truth of one model, and what everybody's scores say of it."""

    def __init__(self, seed):
        self.train, self.test = digits()
        self.trainer = trainer_of(self.train, seed)
        self.tests = self.trainer.tests(self.test)
        start = time.perf_counter()
        self.truth = {
            "this run": self.subsets(JUDGING, SUBSETS, 1),
            "four runs": self.subsets(JUDGING, SUBSETS, 4),
        }
        self.tuning = self.subsets(TUNING, 50, 1)
        self.seconds = time.perf_counter() - start

    def subsets(self, stream, subsets, seeds, keep=0.5):
        return trained(
            self.trainer, self.tests, subsets=subsets, seeds=seeds, keep=keep, stream=stream
        )

    def lds(self, subsets, values):
        return float(np.nanmean(rank_correlations(subsets.predicted(values), subsets.truth)))

    def judged(self, by_setting, seconds):
        """The setting that is best on the subsets to tune by, judged on the others."""
        curve = {k: self.lds(self.tuning, np.asarray(v, float)) for k, v in by_setting.items()}
        best = max(curve, key=lambda k: -2 if np.isnan(curve[k]) else curve[k])
        values = np.asarray(by_setting[best], float)
        scores = {name: self.lds(subsets, values) for name, subsets in self.truth.items()}
        return {**scores, "setting": best, "held out": curve[best], "seconds": seconds}


def ours(board):
    t, test = board.trainer, board.test
    runs = {
        "whence influence": lambda: wh.methods.influence(t, test),
        "whence influence, 5 seeds": lambda: wh.methods.influence(t, test, seeds=5),
        "whence TRAK, 1 model, 512 dimensions": lambda: wh.methods.trak(t, test),
        "whence TRAK, 5 models, 512 dimensions": lambda: wh.methods.trak(t, test, 5),
        "whence TRAK, 5 models, 128 dimensions": lambda: wh.methods.trak(t, test, 5, 128),
        "whence SOURCE": lambda: wh.methods.source(t, test),
        "whence MAGIC": lambda: wh.methods.magic(t, test),
        "whence TracIn, 5 checkpoints": lambda: wh.methods.tracin(t, test, checkpoints=5),
        "whence datamodels, 400 models": lambda: wh.methods.datamodels(t, test),
        "whence KNN-Shapley": lambda: wh.methods.knn_shapley(*board.train, *test, k=5),
    }
    for name, run in runs.items():
        start = time.perf_counter()
        found = run()
        yield name, {"-": found.values[:, 0]}, time.perf_counter() - start


def plain(board):
    y, yt = board.train[1], board.test[1]
    chance = np.random.default_rng(0).normal(size=(TESTS, ROWS))
    yield "random", {"-": chance}, 0.0
    yield "same class", {"-": (yt[:, None] == y).astype(float)}, 0.0


def theirs(board):
    from data_peers import PEERS, Case

    t = board.trainer
    states = t.fits(np.ones((5, ROWS)), t.seed + np.arange(5))
    steps = np.linspace(0, t.schedule.steps, 6).astype(int)[1:].tolist()
    case = Case(make, states, board.train, board.test)
    for name, peer in PEERS.items():
        start = time.perf_counter()
        try:
            found = peer(case, t.states(steps))
            found = {f"{sign}{k:.3g}": s * v for k, v in found.items() for sign, s in SIGNS}
        except Exception as error:  # a peer that fails is reported as it failed
            yield name, f"{type(error).__name__}: {str(error)[:200]}", 0.0
            continue
        yield name, found, time.perf_counter() - start


def same_run(board):
    """MAGIC where few rows leave: the same run, 5 % of the rows dropped."""
    values = wh.methods.magic(board.trainer, board.test).values[:, 0]
    return {
        f"keep {keep}": board.lds(
            trained(
                board.trainer, board.tests, subsets=SUBSETS, seeds=1, keep=keep, stream=JUDGING
            ),
            values,
        )
        for keep in (0.99, 0.95, 0.9, 0.8)
    }


def one(seed, *, peers):
    board, found = Board(seed), {}
    print(f"seed {seed}: truth in {board.seconds:.1f} s", flush=True)
    for who in (plain, ours, *([theirs] if peers else [])):
        for name, by_setting, seconds in who(board):
            if isinstance(by_setting, str):
                found[name] = {"failed": by_setting}
            else:
                found[name] = board.judged(by_setting, seconds)
            print(f"  {name:42s} {found[name]}", flush=True)
    return found, same_run(board), board.seconds


def averaged(runs, key):
    names = [n for n in runs[0] if all("failed" not in run[n] for run in runs)]
    return {name: float(np.mean([run[name][key] for run in runs])) for name in names}


def warm():
    """What torch loads when it is first asked is nobody's time."""
    (X, y), (Xt, yt) = digits()
    trainer = trainer_of((X[:100], y[:100]), 0)
    wh.methods.influence(trainer, (Xt[:2], yt[:2]), damping=1.0)
    wh.methods.magic(trainer, (Xt[:2], yt[:2]))


def complete():
    """The benchmark as one has it: train, attribute, retrain, judge; on one core."""
    train, test = digits()
    start = time.perf_counter()
    trainer = trainer_of(train, 0)
    found = wh.methods.influence(trainer, test)
    lds = wh.evaluate.lds(trainer, found, test, subsets=SUBSETS, seeds=4)
    return {"seconds": time.perf_counter() - start, "LDS": lds.value, "ceiling": lds.ceiling}


def main():
    torch.set_num_threads(1)
    threadpool_limits(1)
    peers = "--ours" not in sys.argv
    warm()
    runs = [one(seed, peers=peers) for seed in range(SEEDS)]
    board = [found for found, _, _ in runs]
    told = {
        "machine": processor(),
        "threads": 1,
        "question": __doc__.split("\n\n")[1].replace("\n", " "),
        "LDS, this run": averaged(board, "this run"),
        "LDS, four runs": averaged(board, "four runs"),
        "seconds": averaged(board, "seconds"),
        "MAGIC, same run": {k: float(np.mean([m[k] for _, m, _ in runs])) for k in runs[0][1]},
        "complete": complete(),
        "by seed": board,
    }
    RESULTS.write_text(json.dumps(rounded(told), indent=1) + "\n")
    print(json.dumps(rounded({k: v for k, v in told.items() if k != "by seed"}), indent=1))


if __name__ == "__main__":
    main()
