"""Every kernel asked from inside the slices of every other, with as many threads as are given."""

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib import import_module
from threading import get_ident

import numpy as np
import pytest

from kernels.forests import alone, cells, forest, members
from whence._core.index import Shapley
from whence.kernels import compiled
from whence.kernels.codes import encode
from whence.kernels.interactions import interactions
from whence.kernels.means import Means
from whence.kernels.meeting import meeting
from whence.kernels.nodes import by_row
from whence.kernels.pairs import pairs
from whence.kernels.patterns import seen
from whence.kernels.predict import predict
from whence.kernels.twigs import cut
from whence.kernels.values import Job, values

SPREADING = (
    *("codes", "counts", "explain", "interaction_cubes", "interaction_shares", "pairs"),
    *("patterns", "predict", "products", "shares", "worths"),
)


def ways():
    """Name of each kernel's module and a small piece of its work, which answers an array."""
    ensemble = forest(70, columns=6, trees=9, depth=4, odd=True)
    X, pool = cells(ensemble, 40), cells(ensemble, 30, seed=1)
    who, weight = alone(ensemble), Shapley().weight
    twigs, codes = cut(ensemble, who, np.arange(9)), encode(ensemble, X)
    job, few = Job.of(ensemble, who, X, pool), Job.of(ensemble, who, X[:3], pool[:2])
    own, met = Job.of(ensemble, who, X, None), meeting(ensemble, who)
    means, quiet = replace(Means.of(ensemble, who, X, pool), seen=()), lambda _: None

    def walks():
        total = np.zeros((3, 1, 6))
        weights = np.full((7, 8), 0.1)
        pairs(ensemble, who, twigs.trees, weights, by_row(few.codes), by_row(few.pool), total)
        return total

    return {
        "codes": lambda: encode(ensemble, np.tile(X, (300, 1))),
        "predict": lambda: predict(ensemble, np.tile(codes, 20)),
        "patterns": lambda: seen(twigs, ensemble, codes),
        "pairs": walks,
        "tables of values": lambda: values(job, weight, quiet)[0],
        "walks of values": lambda: values(few, weight, quiet)[0],
        "products": lambda: values(own, weight, quiet)[0],
        "interactions": lambda: interactions(job, met, weight, quiet),
        "cubes": lambda: interactions(few, met, weight, quiet),
        "kept": lambda: Means.of(ensemble, who, X, pool)(members(6)[:4], np.arange(9)),
        "means": lambda: means(members(6)[:9], np.arange(40)),
    }


@contextmanager
def inside(run):
    """The first slice that each thread takes of any kernel runs this before its own work."""
    homes = {name: import_module(f"whence.kernels.{name}") for name in SPREADING}
    real, been = {name: compiled_name(home) for name, home in homes.items()}, set()

    def first():
        if get_ident() not in been:
            been.add(get_ident())
            run()

    def after(spread):
        def spreading(work, items):
            def both(*at):
                first()
                work(*at)

            spread(both, items)

        return spreading

    try:
        for name, home in homes.items():
            setattr(home, real[name], after(getattr(compiled, real[name])))
        yield been
    finally:
        for name, home in homes.items():
            setattr(home, real[name], getattr(compiled, real[name]))


def compiled_name(home):
    """By which of its two names a kernel's module spreads work."""
    return "spread" if hasattr(home, "spread") else "spread_ranges"


def walk(threads):
    """Each inside each other; an answer of other bits is an error."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "cores", lambda: threads)
        patch.setattr(compiled, "_pool", cache(lambda _: ThreadPoolExecutor(threads)))
        every = ways()
        quiet = {name: run() for name, run in every.items()}
        for inner in every.values():
            for name, outer in every.items():
                with inside(inner) as been:
                    assert np.array_equal(outer(), quiet[name]), name
                assert been, name


if __name__ == "__main__":
    for many in sys.argv[1:]:
        walk(int(many))
    sys.stdout.write("every kernel inside every other")
