"""How well anything could predict the mean of a few noisy runs.

Runs are split into halves of h and k seeds, in all ways, and the rank correlation c of the two
halves' means is averaged. With noise v beside a signal of 1,

    c^2 = 1 / ((1 + v/h) (1 + v/k)),   reliability of the mean of R runs = 1 / (1 + v/R),

whose root is the correlation of that mean with what it is the mean of: no score that knows nothing
of the noise does better. With h = k it is Spearman and Brown's 2c / (1 + c).

Source: Spearman (1910), Brown (1910). Ours: halves that differ in size, as of three runs. Their law
is that of Pearson's correlation, and of ranks it is close.
"""

from collections.abc import Iterator
from itertools import combinations, islice
from math import comb

import numpy as np

from whence._core.keyed import uniforms
from whence._core.ranks import rank_correlations
from whence._core.shaped import Float

_SPLITS = 126  # all of those of ten runs
_STREAM = 43


def ceiling(
    outputs: Float[np.ndarray, "seeds subsets tests"], seed: int = 0
) -> Float[np.ndarray, " tests"]:
    """The most that a score can reach, by test; NaN of one run, or where nothing changes.

    Args:
        outputs: of each run.
        seed: of the splits, where there are too many to take all.
    """
    runs = len(outputs)
    if runs < 2:
        return np.full(outputs.shape[2], np.nan)
    h, k = runs // 2, runs - runs // 2
    found = [
        rank_correlations(outputs[inside].mean(axis=0), outputs[~inside].mean(axis=0))
        for inside in _splits(runs, h, seed)
    ]
    c = np.mean(found, axis=0)
    noise = _noise(np.clip(c, 0.0, 1.0), h, k)
    return np.asarray(np.where(np.isnan(c), np.nan, np.sqrt(1 / (1 + noise / runs))))


def _noise(c: Float[np.ndarray, " tests"], h: int, k: int) -> Float[np.ndarray, " tests"]:
    """V, from v^2 / (h k) + v (1/h + 1/k) + 1 - 1/c^2 = 0; infinite where halves disagree."""
    with np.errstate(divide="ignore"):
        least = 1 - 1 / c**2
    a, b = 1 / (h * k), 1 / h + 1 / k
    return np.asarray((np.sqrt(b * b - 4 * a * least) - b) / (2 * a))


def _splits(runs: int, h: int, seed: int) -> Iterator[np.ndarray]:
    """Who is in the first half; each pair of halves once."""
    if comb(runs, h) <= 2 * _SPLITS:
        every = combinations(range(runs), h)
        twice = 2 * h == runs  # every split comes as its mirror too, in the second half of the list
        chosen = islice(every, comb(runs, h) // 2 if twice else None)
        yield from (np.isin(np.arange(runs), one) for one in chosen)
        return
    yield from uniforms(runs, seed, _STREAM, np.arange(_SPLITS)).argsort(1).argsort(1) < h
