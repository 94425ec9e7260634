"""Games of a known price: one that costs nothing, one that sleeps, one that computes."""

import hashlib
import time

import numpy as np

import whence as wh

PLAYERS = 10
CHUNK = bytes(16384)  # long enough that hashing it lets go of Python's lock
NAMED = wh.Players(tuple(f"player {i}" for i in range(PLAYERS)))


class Nothing(wh.Game):
    """Costs nothing: what is left is the way."""

    players = NAMED
    n_draws = None

    def _worth(self, coalitions, cases, draws):
        del cases, draws
        return np.zeros(len(coalitions))


class Sleeping(wh.Game):
    """A slow model that leaves the processor free."""

    players = NAMED
    n_draws = None

    def __init__(self, seconds):
        self.seconds = seconds

    def _worth(self, coalitions, cases, draws):
        del cases, draws
        time.sleep(self.seconds * len(coalitions))
        return np.zeros(len(coalitions))


class Computing(wh.Game):
    """A slow model that keeps a core busy; its noise is such that no run of ours converges."""

    players = NAMED
    n_draws = None

    def __init__(self, chunks):
        self.chunks = chunks

    def _worth(self, coalitions, cases, draws):
        del cases
        for _ in range(round(self.chunks * len(coalitions))):
            hashlib.sha256(CHUNK).digest()
        return coalitions @ np.arange(PLAYERS) + (draws % 1000) * coalitions[:, 0]


def chunks_a_second() -> float:
    """How much hashing this core does, at its best."""
    best = 0.0
    for _ in range(20):
        start = time.perf_counter()
        for _ in range(500):
            hashlib.sha256(CHUNK).digest()
        best = max(best, 500 / (time.perf_counter() - start))
    return best


def asked(questions: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """So many questions."""
    return (
        np.random.default_rng(0).random((questions, PLAYERS)) < 0.5,
        np.zeros(questions, dtype=int),
        np.arange(questions),
    )
