"""Heavy tails: where a few cases decide a mean, its standard error is too small.

The largest of n deviations from a mean holds the share

    r = max |d| / sqrt(sum d^2)

of their size: about sqrt(2 ln 2n / n) of light-tailed ones, and towards 1 where one case decides.
Then the next rows may hold a larger one still, and Student's t interval is known to be too short
(68-83 % in place of 95, of losses of lognormal or t3 columns). So where the share exceeds what
light tails have by more than a gate, intervals grow by 1 + 4 excess, as a part of the error of its
own name, and a certificate says so. What is rare in one column may not have been seen yet in
another, so that players share their excess, by size: a player takes all of one that varies as much
as itself or more, and a tenth of one that varies a tenth as much. Gates and slope are not of the
literature: they were chosen in `bench/tails.py`, which has the figures, so that about 93 % are held
on 50 rows and more and few light-tailed answers are touched.
"""

from collections.abc import Mapping

import numpy as np

from .certificate import Certificate
from .shaped import Float

PART, CHECK = "tails", "tails"
_SLOPE = 4.0
CASES, FOLDS = (
    0.25,
    0.05,
)  # gates: losses of light-tailed rows have some tail, means of rows have none


def widening(
    deviations: Float[np.ndarray, "*cases members outputs players"], gate: float
) -> Float[np.ndarray, "*cases outputs players"]:
    """By how much intervals must grow; 1 where no deviation is larger than light tails have it.

    Args:
        deviations: of members (cases, or folds of a background) from their mean.
        gate: how much larger the largest may be.
    """
    n = deviations.shape[-3]
    if n < 3:
        return np.ones((*deviations.shape[:-3], *deviations.shape[-2:]))
    size = np.sqrt((deviations**2).sum(axis=-3))
    most = np.abs(deviations).max(axis=-3)
    share = np.divide(most, size, out=np.zeros_like(size), where=size > 0)
    excess = _spread(np.maximum(share - np.sqrt(2 * np.log(2 * n) / n), 0), size)
    return np.asarray(np.where(excess > gate, 1 + _SLOPE * excess, 1.0))


def _spread(
    excess: Float[np.ndarray, "*cases outputs players"],
    size: Float[np.ndarray, "*cases outputs players"],
) -> Float[np.ndarray, "*cases outputs players"]:
    """The largest of e_k min(1, s_k / s_j) over players k, of sizes s: in order of their sizes."""
    order = np.argsort(-size, axis=-1, kind="stable")
    e, s = np.take_along_axis(excess, order, axis=-1), np.take_along_axis(size, order, axis=-1)
    larger = np.maximum.accumulate(e, axis=-1)
    smaller = np.maximum.accumulate((e * s)[..., ::-1], axis=-1)[..., ::-1]
    most = np.maximum(larger, np.divide(smaller, s, out=np.zeros_like(s), where=s > 0))
    spread = np.empty_like(most)
    np.put_along_axis(spread, order, most, axis=-1)
    return np.asarray(spread)


def with_tails(
    parts: Mapping[str, np.ndarray],
    part: str,
    wider: Float[np.ndarray, "*cases outputs players"],
) -> dict[str, np.ndarray]:
    """Standard errors by part, in which the intervals of one part have grown by this much.

    What is added stands under "tails", in squares beside what stood there.
    """
    if part not in parts or (wider <= 1).all():
        return dict(parts)
    before = parts.get(PART, np.zeros_like(parts[part]))
    return {**parts, PART: np.sqrt(before**2 + parts[part] ** 2 * (wider**2 - 1))}


def covariance_with_tails(
    covariance: Mapping[str, np.ndarray], part: str, wider: Float[np.ndarray, "outputs players"]
) -> dict[str, np.ndarray]:
    """Covariances between players, [outputs, players, players], with the tails of one part.

    Each player is multiplied by the root of what is added to its variance, so that the matrix that
    is added has no negative variance of any sum.
    """
    if part not in covariance or (wider <= 1).all():
        return dict(covariance)
    grown = np.sqrt(wider**2 - 1)
    more = covariance[part] * grown[:, :, None] * grown[:, None, :]
    return {**covariance, PART: covariance.get(PART, 0.0) + more}


def heavy(parts: Mapping[str, np.ndarray]) -> tuple[Certificate, ...]:
    """That a few rows decide the error; nothing where they do not."""
    if PART not in parts:
        return ()
    rest = np.sqrt(sum(part**2 for name, part in parts.items() if name != PART))
    wide = np.sqrt(rest**2 + parts[PART] ** 2)
    wider = float(np.divide(wide, rest, out=np.ones_like(rest), where=rest > 0).max())
    words = (
        "a few rows decide much of the error, as with heavy tails or rare values, so that rows not "
        f"seen yet may change the answer: intervals are up to {wider:.2g} times as wide, and may "
        "still be too short where rows are few"
    )
    return (Certificate(CHECK, False, words, {"wider": wider}),)
