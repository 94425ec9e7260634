"""Rows of both data sets, weighed as one sample of a world that was never seen.

    w_S(i) = r_S(i) / (n0 + n1 r(i)),    r_S = p_S / p_0,  r = p_1 / p_0

for every row i of before and of after: a mean with these weights is a mean under p_S (the balance
heuristic of multiple importance sampling, Veach & Guibas 1995). Weights on the rows of before alone
are r_S, which have no variance where a mechanism spreads (noise that grew from 0.5 to 0.8). Here,
where r_S is large, so is r. With nobody present r_S = 1, with everybody r_S = r.

The constants of r_S are lost in the mean.
"""

from typing import final

import numpy as np

from whence._core.shaped import Bool, Float
from whence.games.shifts.evidence import Evidence
from whence.games.shifts.law import Law
from whence.games.shifts.pooled import log_density

Weights = Float[np.ndarray, "rows replicates"]


@final
class Mixture:
    """Weights of all rows, for any coalition of mechanisms.

    Args:
        evidence: rows, and who is left out in each replicate.
        law: ratios of densities; None weighs all rows of before alike.
        before_alone: rows of after are left out: something that no mechanism knows is not as it was
            in them.
    """

    def __init__(self, evidence: Evidence, law: Law | None, *, before_alone: bool = False) -> None:
        self.law, self.kept = law, evidence.kept
        after = evidence.after
        if law is None or before_alone:
            self.kept = self.kept * ~after[:, None]
            self.log_density = np.zeros_like(self.kept)
            return
        self.log_density = log_density(law.log_all(), self.kept, after)

    def weights(self, coalition: Bool[np.ndarray, " players"]) -> Weights:
        """Of each row; each replicate's sum to 1."""
        log = -self.log_density
        if self.law is not None:
            log = log + self.law.log_ratio(coalition)
        w = self.kept * np.exp(log - log.max(axis=0))
        return np.asarray(w / w.sum(axis=0))
