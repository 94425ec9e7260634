"""One thread while whence asks and fits, whoever asks for it."""

import ctypes
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import lightgbm
import numpy as np
import pytest
from joblib import effective_n_jobs
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
from threadpoolctl import threadpool_info, threadpool_limits

import whence as wh
from whence.models.threads import one_thread

torch = pytest.importorskip("torch")


def most(kind="blas"):
    return max(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == kind)


def capped():
    """At how many threads LightGBM is held; -1 at none."""
    many = ctypes.c_int(0)
    lightgbm.basic._LIB.LGBM_GetMaxThreads(ctypes.byref(many))
    return many.value


def everything():
    """How many threads linear algebra, OpenMP, torch, LightGBM and joblib would use here."""
    return most(), most("openmp"), torch.get_num_threads(), capped(), effective_n_jobs(3)


ONE = (1, 1, 1, 1, 1)


@pytest.fixture
def several():
    """Three threads for everything, whatever the machine."""
    with threadpool_limits(3):
        before = torch.get_num_threads()
        torch.set_num_threads(3)
        assert everything() == (3, 3, 3, -1, 3)
        yield (3, 3, 3, -1, 3)
        assert everything() == (3, 3, 3, -1, 3)
        torch.set_num_threads(before)


def test_nothing_has_a_second_thread(several):
    """Kills: OpenMP, torch, LightGBM or joblib left out; a limit that stays after an error."""
    with one_thread():
        assert everything() == ONE
        with one_thread():
            assert everything() == ONE
        assert everything() == ONE
    assert everything() == several
    with pytest.raises(ZeroDivisionError), one_thread():
        raise ZeroDivisionError


def test_each_thread_for_itself(several):
    """Kills: OpenMP held back in one thread only; restored in another than it was held in."""
    with ThreadPoolExecutor(1) as other:
        assert other.submit(lambda: threadpool_limits(3) and None).result() is None
        block = one_thread()
        with one_thread():
            other.submit(block.__enter__).result()
            assert other.submit(everything).result() == ONE
        assert other.submit(everything).result() == ONE
        assert everything()[1:3] == (3, 3)
        other.submit(block.__exit__, None, None, None).result()
        assert other.submit(most, "openmp").result() == 3


def test_torch_may_keep_its_own(several):
    """Kills: a large network on one thread; a small one inside that is not held back."""
    with one_thread(torch=False):
        assert torch.get_num_threads() == 3
        assert (most(), capped()) == (1, 1)
        assert _openmp_effective_n_threads() == 1
        with one_thread():
            assert everything() == ONE


LATE = """
import sys
from whence.models.threads import one_thread
with one_thread():
    from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
    import lightgbm
    with one_thread():
        assert _openmp_effective_n_threads() == 1
assert _openmp_effective_n_threads() > 1
assert "torch" not in sys.modules
"""


def test_what_comes_in_later_is_held_back_too():
    """Kills: libraries that are looked for once; a guard that loads what it is to hold back."""
    env = {**os.environ, "OMP_NUM_THREADS": "2"}
    subprocess.run([sys.executable, "-c", LATE], env=env, check=True, timeout=60)


def test_trainers_fit_and_ask_on_one_thread(several):
    """Kills: a trainer that is asked outside of any game."""
    seen = []

    class Net(torch.nn.Linear):
        def forward(self, x):
            seen.append(torch.get_num_threads())
            return super().forward(x)

    X, y = torch.randn(20, 3).numpy(), [0, 1] * 10
    trainer = wh.models.Trainer.torch(lambda: Net(3, 2), X, y, epochs=1, lr=0.1, batch=5)
    seen.clear()
    trainer.fit()
    wh.methods.trak(trainer, (X[:2], y[:2]), dim=2, ridge=1.0)
    assert set(seen) == {1}


def test_distilled_trees_and_models_are_asked_on_one_thread(several):
    """Kills: OpenMP's teams inside whence's own loops."""
    seen = []

    def model(rows):
        seen.append(_openmp_effective_n_threads())
        return rows[:, 0]

    X = torch.randn(30, 2).numpy().astype(float)
    wh.explain(model, X[:3], background=X, budget=wh.Budget(evaluations=50))
    assert set(seen) == {1}


def limited():
    with one_thread():
        return most()


def test_another_thread_than_the_first_may_limit_too():
    """Kills: limits that threadpoolctl grants to the first thread, and silently to no other."""
    before = most()
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as two:
        assert limited() == 1
        assert one.submit(limited).result() == 1
        assert two.submit(limited).result() == 1
    assert most() == before


def test_the_last_who_leaves_restores():
    """Kills: a limit that stays when the thread that set it left first."""
    before = most()
    with ThreadPoolExecutor(1) as other:
        first, second = one_thread(), one_thread()
        other.submit(first.__enter__).result()
        with second:
            other.submit(first.__exit__, None, None, None).result()
            assert most() == 1
    assert most() == before


class Watched:
    """A table that remembers how many threads linear algebra had when it was first looked at."""

    def __init__(self):
        self.seen = []

    def __getattr__(self, name):
        self.seen.append(most())
        raise AttributeError(name)


def model(rows):
    return np.zeros(len(rows))


VERBS = {
    "importance": lambda X: wh.importance(model, X, [0]),
    "explain": lambda X: wh.explain(model, X, background=X),
    "interactions": lambda X: wh.interactions(model, X, background=X),
    "drop": lambda X: wh.drop(model, before=(X, [0]), after=(X, [0])),
    "value": lambda X: wh.value(X, [0], X, [0]),
    "duplicates": wh.duplicates,
    "describe_difference": lambda X: wh.describe_difference(X, X),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_has_one_thread_from_its_first_look(verb):
    """Kills: set-up outside, whose team of threads makes `drop` four times as long in company."""
    X = Watched()
    with threadpool_limits(2):
        with pytest.raises(Exception):  # noqa: B017 - it is no table
            VERBS[verb](X)
        assert most() == 2
    assert X.seen
    assert set(X.seen) == {1}
