"""Which attributions are more than the noise of training? The same question under several seeds.

    mean m, standard deviation s over R runs of each pair (test, row)
    is it not zero?            t = m / (s / sqrt(R)), Student with R - 1 degrees of freedom,
                               and the false discovery rate over all pairs (Benjamini & Hochberg)
    does one run tell it?      |m| / s: how far the value of a single run is from losing its sign

These are two questions. The published rule, p = 2 (1 - Phi(|m| / s)), answers the second, and has
no more power of many runs than of few; of very few it trusts the spread too much, as it takes the
normal law for Student's. It stands beside the first.

Source: Nguyen et al. (2023), "A Bayesian approach to analysing training data attribution"; the
first question, and control over many pairs, are ours: Benjamini & Hochberg (1995).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import erfc, sqrt
from typing import Any, final

import numpy as np

from whence._core.arguments import check_arguments
from whence._core.attribution import Attribution
from whence._core.errors import OptionError, ResultError
from whence._core.regroup import same_question
from whence._core.shaped import Bool, Float
from whence._core.text import printable
from whence.evaluate.two_sets import benjamini_hochberg
from whence.evaluate.welch import below

_NONE = 1e-12  # of a mean: what rounding leaves of no spread

PerPair = Float[np.ndarray, "cases outputs players"]


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class NoiseIndependent:
    """What several runs of one question have in common.

    Attributes:
        mean: over runs.
        sd: over runs: how far one run is from another.
        p: of the t-test that the mean is 0.
        found: pairs whose mean is not 0, at a false discovery rate of `alpha`.
        p_published: of the rule as it was published.
        signal_to_noise: |mean| / sd; infinite where runs agree.
        alpha: of both.
        runs: what was given, in that order.
    """

    mean: PerPair
    sd: PerPair
    p: PerPair
    found: Bool[np.ndarray, "cases outputs players"]
    p_published: PerPair
    signal_to_noise: PerPair
    alpha: float
    runs: tuple[Attribution, ...]

    @property
    def stderr(self) -> PerPair:
        """Of the mean."""
        return np.asarray(self.sd / sqrt(len(self.runs)))

    @property
    def stable(self) -> Bool[np.ndarray, "cases outputs players"]:
        """Pairs that the published rule passes: one run alone would keep their sign."""
        return np.asarray(self.p_published < self.alpha)

    def attribution(self) -> Attribution:
        """The mean over runs as one answer, whose error is that of the mean."""
        first = self.runs[0]
        seeds = [run.provenance.get("seed") for run in self.runs]
        return replace(
            first,
            values=self.mean,
            parts={"estimation": self.stderr},
            freedom=np.full(len(self.mean), len(self.runs) - 1.0),
            uncertainty="sampled",
            empty=np.mean([run.empty for run in self.runs], axis=0),
            full=np.mean([run.full for run in self.runs], axis=0),
            verdict=f"mean of {self.words()}",
            converged=all(run.converged for run in self.runs),
            shared={},
            covariance={},
            provenance={**first.provenance, "seed": None, "merged seeds": seeds},
            trace=None,
            certificates=(),
        )

    def words(self) -> str:
        """How many pairs pass which rule."""
        pairs, found, stable = self.mean.size, int(self.found.sum()), int(self.stable.sum())
        return (
            f"{len(self.runs)} runs of {pairs:,} values: {found:,} ({100 * found / pairs:.1f} %) "
            f"are not zero on average, at a false discovery rate of {self.alpha:g}; {stable:,} "
            f"({100 * stable / pairs:.1f} %) keep their sign from run to run, by the published rule"
        )

    def __repr__(self) -> str:
        finite = self.signal_to_noise[np.isfinite(self.signal_to_noise)]
        middle = f"{np.median(finite):.3g}" if len(finite) else "infinite: runs agree"
        return printable(f"{self.words()}\n  median signal to noise of one run: {middle}")


@check_arguments
def noise_independent(attributions: Sequence[Attribution], alpha: float = 0.05) -> NoiseIndependent:
    """Tell values that training noise cannot explain from those that it can.

    Args:
        attributions: of the same question, by the same method, of models trained under other seeds;
            at least three.
        alpha: the false discovery rate, over all values together.

    Raises:
        OptionError: fewer than three, or an alpha outside (0, 1).
        ResultError: other questions, cases or methods, a seed given twice, or values that are not
            finite.
    """
    runs = _checked(attributions, alpha)
    values = np.stack([run.values for run in runs])  # run, case, output, player
    mean, sd = values.mean(axis=0), values.std(axis=0, ddof=1)
    sd = np.where(sd <= _NONE * np.abs(mean), 0.0, sd)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(mean == 0, 0.0, np.abs(mean) / sd)
    p = _two_sided(ratio * sqrt(len(runs)), len(runs) - 1.0)
    published = np.array([erfc(x / sqrt(2)) for x in ratio.ravel().tolist()]).reshape(p.shape)
    found = benjamini_hochberg(p.ravel()).reshape(p.shape) <= alpha
    return NoiseIndependent(
        mean, sd, p, found, published, np.asarray(ratio), float(alpha), tuple(runs)
    )


def _two_sided(t: PerPair, freedom: float) -> PerPair:
    flat = np.where(np.isfinite(t), t, 0.0).ravel()
    tail = below(-flat, np.full(flat.shape, freedom))
    return np.asarray(np.where(np.isfinite(t), 2 * tail.reshape(t.shape), 0.0))


def _checked(given: Any, alpha: Any) -> list[Attribution]:
    if not (isinstance(alpha, (int, float)) and 0 < alpha < 1):
        raise OptionError(f"alpha is a rate between 0 and 1, such as 0.05; given {alpha!r}")
    if isinstance(given, Attribution) or not isinstance(given, Sequence):
        raise OptionError("give a list of answers: the same question under other training seeds")
    runs = list(given)
    if len(runs) < 3:
        raise OptionError(
            f"{len(runs)} runs say nothing of the noise between them: train under at least 3 "
            "seeds, such as trainer.with_seed(s) for s in range(5)"
        )
    for other in runs:
        same_question(runs[0], other)
    for what, told in (
        ("methods", [run.method for run in runs]),
        ("tests", [tuple(map(str, run.data.get("test", ()))) for run in runs]),
    ):
        if len(set(told)) > 1:
            raise ResultError(f"these answers have other {what}: they are no runs of one question")
    seeds = [run.provenance.get("seed") for run in runs]
    known = [seed for seed in seeds if seed is not None]
    if len(set(known)) < len(known):
        raise ResultError(
            f"these runs have the seeds {known}: a seed given twice is the same training, and "
            "would count as evidence twice"
        )
    for i, run in enumerate(runs):
        if not np.isfinite(run.values).all():
            raise ResultError(f"run {i} has values that are not finite: mend what made them")
    return runs
