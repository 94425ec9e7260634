"""Logistic regression that leaves groups out for next to nothing.

The fit to all rows is by Newton's method. Without groups a and b one further Newton step, with the
gradient and the Hessian of the rows that stay, gives

    theta(-a-b) = theta + (H - H_a - H_b)^-1 (g_a + g_b),

which is right to second order in the share left out (Beirami et al. 2017; for one row it is the
leave-one-out formula of logistic regression). So every row is judged by a fit that has not seen its
group, and every replicate of the jackknife by fits that have not seen the replicate's either.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.shaped import Float, Int

RIDGE = 1.0  # of standardised columns: as scikit-learn's C=1
_STEPS, _CLOSE = 50, 1e-8


@final
@dataclass(frozen=True, slots=True)
class Problem:
    """Which rows are to be told from which.

    Attributes:
        after: 1.0 for rows of after, 0.0 for rows of before.
        group: of each row.
        groups: how many there are.
    """

    after: Float[np.ndarray, " rows"]
    group: Int[np.ndarray, " rows"]
    groups: int

    @property
    def prior(self) -> float:
        """log(n1 / n0) of all rows."""
        many = float(self.after.sum())
        return float(np.log(many / (len(self.after) - many)))

    def priors(self) -> Float[np.ndarray, "groups replicates"]:
        """The same without group k, and without each replicate's group too."""
        many = [
            np.bincount(self.group, weights=w, minlength=self.groups)
            for w in (self.after, 1 - self.after)
        ]
        left = []
        for count in many:
            pairs = count.sum() - count[:, None] - count[None, :] + np.diag(count)
            left.append(np.column_stack([count.sum() - count, pairs]))
        return np.asarray(np.log(left[0]) - np.log(left[1]))


def log_odds(
    X: Float[np.ndarray, "rows features"], problem: Problem, *, replicated: bool = True
) -> Float[np.ndarray, "rows replicates"]:
    """Each row's log-odds of being of after, by fits that have not seen its group.

    They are put to the prior of all rows, whatever that of the rows fitted to: so odds less
    `problem.prior` are the log-ratio of the two densities.

    Args:
        X: standardised features; an intercept is added.
        problem: the rows.
        replicated: also without each replicate's group; else the first column alone.

    Returns:
        the first column, then one for each group left out besides the row's own.
    """
    Z = np.column_stack([np.ones(len(X)), X])
    penalty = np.full(Z.shape[1], RIDGE)
    penalty[0] = 1e-9
    theta = _fitted(Z, problem.after, penalty)
    p = _sigmoid(Z @ theta)
    whole = np.diag(penalty)
    H = np.empty((problem.groups, len(penalty), len(penalty)))
    g = np.empty((problem.groups, len(penalty)))
    members = [np.flatnonzero(problem.group == k) for k in range(problem.groups)]
    for k, own in enumerate(members):
        rows = Z[own]
        H[k] = rows.T @ (rows * (p[own] * (1 - p[own]))[:, None])
        g[k] = rows.T @ (p[own] - problem.after[own])
        whole = whole + H[k]
    out = np.empty((len(Z), 1 + problem.groups * replicated))
    moved = problem.prior - problem.priors()[:, : out.shape[1]]
    without = _without(theta, whole, H, g, replicated=replicated)
    for k, own in enumerate(members):
        out[own] = Z[own] @ without[k].T + moved[k]
    return out


def _without(
    theta: np.ndarray, whole: np.ndarray, H: np.ndarray, g: np.ndarray, *, replicated: bool
) -> np.ndarray:
    """Coefficients [groups, replicates, features]."""
    groups = len(H)
    fits = np.empty((groups, 1 + groups * replicated, len(theta)))
    for a in range(groups):
        fits[a, 0] = theta + np.linalg.solve(whole - H[a], g[a])
        if not replicated:
            continue
        fits[a, 1 + a] = fits[a, 0]
        for b in range(a):
            both = theta + np.linalg.solve(whole - H[a] - H[b], g[a] + g[b])
            fits[a, 1 + b] = fits[b, 1 + a] = both
    return fits


def _fitted(Z: np.ndarray, y: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    theta = np.zeros(Z.shape[1])
    theta[0] = np.log(y.mean() / (1 - y.mean()))
    loss = _loss(Z, y, penalty, theta)
    for _ in range(_STEPS):
        p = _sigmoid(Z @ theta)
        gradient = Z.T @ (p - y) + penalty * theta
        H = Z.T @ (Z * (p * (1 - p))[:, None]) + np.diag(penalty)
        step = np.linalg.solve(H, gradient)
        size = 1.0
        while size > 1e-6:
            new = _loss(Z, y, penalty, theta - size * step)
            if new <= loss + 1e-12 * abs(loss):
                break
            size /= 2
        theta, loss = theta - size * step, new
        if gradient @ step < _CLOSE * max(abs(loss), 1.0):
            break
    return theta


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)))


def _loss(Z: np.ndarray, y: np.ndarray, penalty: np.ndarray, theta: np.ndarray) -> float:
    x = Z @ theta
    return float((np.logaddexp(0, x) - y * x).sum() + 0.5 * (penalty * theta**2).sum())


def log_loss(x: Float[np.ndarray, " rows"], y: Float[np.ndarray, " rows"]) -> np.ndarray:
    """Of each row, from its log-odds."""
    return np.asarray(np.logaddexp(0, x) - y * x)
