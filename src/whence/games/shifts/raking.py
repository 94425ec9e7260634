"""The nearest weights under which given means are given: entropy balancing.

    minimise KL(w || b)   subject to   sum_i w_i f(x_i) = t,     w_i = b_i exp(lambda . f(x_i)) / Z

by Newton's method on the dual, which is convex. A small ridge lets targets that cannot be met, or
that are known no better than their noise, be met nearly. In each replicate of the jackknife one
further Newton step takes the base and the targets without a group into account.

Source: Deming & Stephan (1940) for tables; Hainmueller (2012).
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.shaped import Float

_STEPS, _CLOSE, _ROUNDING = 60, 1e-9, 1e-12
_FAR = 10.0  # in the log of a weight: a replicate's one step goes no further


@final
@dataclass(frozen=True, slots=True)
class Tilt:
    """How rows are tilted, in each replicate: by exp(f(x) . dual) / Z.

    Attributes:
        dual: the tilt of each feature, in each replicate.
        log_norm: log Z, so that weights of the rows that were tilted have the mean of the base.
        left: the distance of the means from their targets, with all rows.
    """

    dual: Float[np.ndarray, "features replicates"]
    log_norm: Float[np.ndarray, " replicates"]
    left: float

    def log_weights(
        self, F: Float[np.ndarray, "rows features"]
    ) -> Float[np.ndarray, "rows replicates"]:
        """Of any rows: the log of what multiplies their base weights."""
        return np.asarray(F @ self.dual - self.log_norm)


def nearest(
    base: Float[np.ndarray, "rows replicates"],
    F: Float[np.ndarray, "rows features"],
    target: Float[np.ndarray, "replicates features"],
    ridge: float,
    start: Float[np.ndarray, " features"] | None = None,
) -> Tilt:
    """The tilt nearest to none under which features have the target means.

    Args:
        base: weights to start from, 0 for rows that a replicate leaves out.
        F: features, of spread about 1.
        target: their means, in each replicate.
        ridge: how far means may stay from targets: the square of what is noise.
        start: a tilt to start from; what comes of it does not depend on that.
    """
    base = base / base.sum(axis=0)
    many = base.shape[1]
    if not F.shape[1]:
        return Tilt(np.zeros((0, many)), np.zeros(many), 0.0)
    dual, H, mean = _solved(base[:, 0], F, target[0], ridge, start)
    tilt = F @ dual
    top = tilt.max()
    tilted = base * np.exp(tilt - top)[:, None]
    norm = np.log(tilted.sum(axis=0)) + top
    tilted /= tilted.sum(axis=0)
    gradient = tilted.T @ F - target + ridge * dual  # replicate, feature
    step = np.linalg.solve(H, gradient.T)  # feature, replicate
    step[:, 0] = 0.0
    moved = -(F @ step)
    far = np.maximum(np.abs(moved).max(axis=0) / _FAR, 1.0)  # more features than rows can tell
    step, moved = step / far, moved / far
    most = moved.max(axis=0)
    norm += np.log((tilted * np.exp(moved - most)).sum(axis=0)) + most
    left = float(np.linalg.norm(mean - target[0]))
    return Tilt(dual[:, None] - step, norm, left)


def _solved(
    base: np.ndarray,
    F: np.ndarray,
    target: np.ndarray,
    ridge: float,
    start: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The dual, its Hessian there, and the means that it gives."""
    dual = np.zeros(F.shape[1]) if start is None else start
    kept = base > 0
    if not kept.all():
        F, base = F[kept], base[kept]
    w, log_sum = _tilted(base, F, dual)
    for _ in range(_STEPS):
        mean = w @ F
        H = (F * w[:, None]).T @ F - np.outer(mean, mean)
        H[np.diag_indices_from(H)] += ridge
        gradient = mean - target + ridge * dual
        value = log_sum - target @ dual + 0.5 * ridge * dual @ dual
        step = np.linalg.solve(H, gradient)
        if gradient @ step < _CLOSE:
            break
        size = 1.0
        while True:
            new = dual - size * step
            w, log_sum = _tilted(base, F, new)
            found = log_sum - target @ new + 0.5 * ridge * new @ new
            slack = _ROUNDING * max(1.0, abs(value))
            if found <= value - 1e-4 * size * (gradient @ step) + slack or size < 1e-4:
                break
            size /= 2
        dual = new
    return dual, H, mean


def _tilted(base: np.ndarray, F: np.ndarray, dual: np.ndarray) -> tuple[np.ndarray, float]:
    x = F @ dual
    top = x.max()
    w = base * np.exp(x - top)
    total = w.sum()
    return w / total, float(np.log(total) + top)
