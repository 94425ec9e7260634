"""Weights without density ratios: rows of before are balanced to look as rows of after would.

For a mechanism P(c | pa) rows of after are first balanced to before's parents (weights a_j), and
then rows of before to those:

    sum_i w_i f(c_i, pa_i) = sum_j a_j f(c_j, pa_j),     w nearest to uniform.

For every function within the unit ball of the features, the bias of a weighted mean is at most the
distance that is left, the integral probability metric (IPM): a certificate that ratios do not have.

Source: the idea, Kong et al. (2023), who minimise the IPM itself. Ours: the nearest weights in
Kullback-Leibler divergence on the simplex, over numbers, values, squares and products.
"""

from collections.abc import Mapping
from typing import final

import numpy as np

from whence._core.shaped import Float
from whence.games.shifts import basis
from whence.games.shifts.columns import Shared
from whence.games.shifts.logistic import Problem
from whence.games.shifts.mechanism import Mechanism
from whence.games.shifts.raking import Tilt, nearest
from whence.games.shifts.ratios import Weigher


@final
class Balance(Weigher):
    """Weights that balance means of features.

    Args:
        columns: of both data sets, by name.
        label: what the label is called.
        problem: which rows are of after, and their groups.

    Attributes:
        left: the attained IPM, by mechanism.
    """

    def __init__(self, columns: Mapping[str, Shared], label: str, problem: Problem) -> None:
        self.columns, self.label, self.problem = columns, label, problem
        self.words, self.unseen, self.gone, self.far, self.clipped = {}, {}, {}, {}, {}
        self.left: dict[str, float] = {}
        many = problem.groups
        kept = problem.group[:, None] != np.arange(many)
        whole = np.ones((len(kept), 1))
        self.kept = np.concatenate([whole, kept.astype(float)], axis=1)  # row, replicate

    def log_ratio(self, mechanism: Mechanism) -> Float[np.ndarray, "rows replicates"]:
        """Balanced weights, of mean about 1 on the rows of before."""
        after = self.problem.after > 0
        every = self._features(mechanism.columns)
        shares = self.kept[after] / self.kept[after].sum(axis=0)
        if mechanism.parents:
            parents = self._features(mechanism.parents)
            wanted = self._means(parents[~after], self.kept[~after])
            tilt = self._nearest(self.kept[after], parents[after], wanted)
            shares = shares * np.exp(tilt.log_weights(parents[after]))
            shares /= shares.sum(axis=0)
        found = self._nearest(self.kept[~after], every[~after], shares.T @ every[after])
        self.left[mechanism.called] = found.left
        self.words[mechanism.called] = f"balanced on {every.shape[1]} features"
        return found.log_weights(every)

    def _features(self, names: tuple[str, ...]) -> Float[np.ndarray, "rows features"]:
        return basis.quadratic([self.columns[n] for n in names], (self.label,))

    def _means(self, F: np.ndarray, kept: np.ndarray) -> Float[np.ndarray, "replicates features"]:
        return np.asarray(kept.T @ F / kept.sum(axis=0)[:, None])

    def _nearest(self, base: np.ndarray, F: np.ndarray, target: np.ndarray) -> Tilt:
        return nearest(base, F, target, 1 / len(self.kept))
