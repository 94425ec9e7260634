"""What is checked of a derivative of training: is training smooth, and does it come true?

    smoothness = sum over parameters j of |d_j| / |d|_1 sign(b(h) - b(0))_j sign(b(2h) - b(h))_j,

with b(h) the end of a run with weights 1 + h v, v standard normal, and d = b(2h) - b(0). It is 1
where all parameters keep their way, and it is not enough: it looks at small changes, and can be
nearly 1 where rows that leave together do what no derivative says (`tests/methods/test_magic.py`
has such a run). So rows are taken out at the very size that somebody has in mind, and what the
derivative said is held against it.

Source: Engstrom et al. (2025) for the smoothness. Ours: that retraining decides.
"""

import numpy as np

from whence._core.certificate import Certificate
from whence._core.keyed import uniforms
from whence._core.ranks import rank_correlations
from whence._core.shaped import Float
from whence.models.trainer.examples import Examples
from whence.models.trainer.network import NetworkTrainer
from whence.models.trainer.subsets import FITTING, trained

_SMOOTH, _TRUE = 0.9, 0.8
_FAR = 0.01  # of a weight
_SHAKES = 31


def smoothness(trainer: NetworkTrainer) -> Certificate:
    """Three trainings, further and further along one random direction of weights."""
    u, angle = uniforms(len(trainer.rows), trainer.seed, _SHAKES, np.arange(2))
    shake = np.sqrt(-2 * np.log1p(-u)) * np.cos(2 * np.pi * angle)
    weights = 1 + _FAR * np.arange(3)[:, None] * shake
    ends = trainer.fits(weights, np.full(3, trainer.seed))
    none, once, twice = (trainer.parameters(end) for end in ends)
    size = np.abs(twice - none)
    score = float(size @ (np.sign(once - none) * np.sign(twice - once)) / size.sum())
    rough = score < _SMOOTH
    words = (
        f"parameters turn back: {score:.3f}, below {_SMOOTH}; a derivative says little here"
        if rough
        else f"parameters keep their way ({score:.3f}), which is needed and not enough: this looks "
        "at small changes, and can be nearly 1 where larger ones fail. Retraining decides"
    )
    return Certificate("smoothness", False if rough else None, words, {"smoothness": score})


def come_true(
    trainer: NetworkTrainer,
    tests: Examples,
    values: Float[np.ndarray, "tests rows"],
    full: Float[np.ndarray, " tests"],
    keep: float,
    retrainings: int,
    seed: int,
) -> Certificate:
    """Rows leave together, the run is trained again, and what values said is held against it."""
    tried = trained(
        trainer, tests, subsets=retrainings, seeds=1, keep=keep, stream=FITTING, seed=seed
    )
    left = ~tried.keep
    more = len(trainer.rows) / tried.keep[0].sum() if trainer.scaled else 1.0
    said, seen = -more * (left @ values.T), tried.truth - full
    rho = rank_correlations(said, seen)
    known = np.isfinite(rho)
    mean = float(rho[known].mean()) if known.any() else float("nan")
    told = (said**2).sum(axis=0)
    slopes = np.divide(
        (said * seen).sum(axis=0), told, out=np.full(len(told), np.nan), where=told > 0
    )
    slope = float((said * seen).sum() / told.sum()) if told.sum() > 0 else float("nan")
    gone = int(left[0].sum())
    words = (
        f"{retrainings} trainings of the same run without {gone:,} random rows of "
        f"{len(trainer.rows):,}: rank correlation {mean:.3f} with what the values said (mean of "
        f"{int(known.sum())} tests), and what happened was {slope:.2f} times that"
        if known.any()
        else f"nothing that is measured changed in {retrainings} trainings without {gone:,} rows"
    )
    return Certificate(
        "retraining",
        mean >= _TRUE if known.any() else None,
        words,
        {"correlation": mean, "slope": slope, "keep": keep, "trainings": float(retrainings)},
        table={"test": tests.names, "correlation": tuple(rho), "slope": tuple(slopes)},
    )
