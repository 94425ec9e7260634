"""A linear datamodelling score, and all that it rests on, so that it can be asked again.

Subsets, seeds and outputs are kept with it: another score can be compared on the same trainings,
and whoever reads the file can compute the figure anew.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, final

import numpy as np

from .arguments import check_arguments
from .certificate import Certificate
from .errors import ResultError
from .frozen import freeze
from .rank_resample import again
from .shaped import Bool, Float, Int
from .text import printable

if TYPE_CHECKING:
    from .attribution import Attribution

_CLOSE = 1e-9  # of the largest sum: what the order of a sum may change

Interval = tuple[float, float]


@final
@dataclass(frozen=True, slots=True)
class Beside:
    """A plain score, judged on the same trainings.

    Attributes:
        value: its own LDS.
        ci: of that, at 95 %.
        less: how much more the answer that is judged has.
        less_ci: of that difference, subset by subset and test by test.
    """

    value: float
    ci: Interval
    less: float
    less_ci: Interval

    @property
    def beaten(self) -> bool:
        """The difference is above 0, beyond its interval."""
        return self.less_ci[0] > 0


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LDS:
    """How well scores of training rows predict what retraining does.

    Attributes:
        value: the mean over tests of Spearman's correlation over subsets; NaN where nothing that
            is measured changes.
        ci: at 95 %, over subsets and tests.
        ceiling: the most that noise between runs lets any score reach; NaN of one run.
        baselines: plain scores by name, and other answers that were compared.
        by_test: the correlation of each test; NaN where its measurement does not change.
        told: what the answer says of each subset: the sum of the values of who stayed.
        outputs: what each run measured.
        keep_masks: who stayed.
        seeds: of the runs.
        players: names of who stayed or left.
        tests: names of the tests.
        method: what computed the answer.
        measurement: what was measured.
        model: of what.
        keep: the share that stayed.
        seed: of subsets and resampling.
        resamples: of the intervals.
    """

    value: float
    ci: Interval
    ceiling: float
    baselines: Mapping[str, Beside]
    by_test: Float[np.ndarray, " tests"]
    told: Float[np.ndarray, "subsets tests"]
    outputs: Float[np.ndarray, "seeds subsets tests"]
    keep_masks: Bool[np.ndarray, "subsets players"]
    seeds: Int[np.ndarray, " seeds"]
    players: tuple[str, ...]
    tests: tuple[str, ...]
    method: str
    measurement: str
    model: str
    keep: float
    seed: int
    resamples: int

    def __post_init__(self) -> None:
        freeze(self)

    # -- what it says --

    @property
    def truth(self) -> Float[np.ndarray, "subsets tests"]:
        """The mean over runs."""
        return np.asarray(self.outputs.mean(axis=0))

    @property
    def of_ceiling(self) -> float:
        """The share of what could be reached; NaN of one run, where 1 could be."""
        return self.value / self.ceiling if self.ceiling > 0 else math.nan

    @property
    def trainings(self) -> int:
        """How many models were trained."""
        return int(np.prod(self.outputs.shape[:2]))

    def best(self) -> str:
        """The plain score that does best, and how well, in words."""
        if not self.baselines:
            return "none"
        name, one = max(self.baselines.items(), key=lambda item: item[1].value)
        return f"{name} {shown(one.value, one.ci)}"

    def words(self) -> str:
        """In a few sentences."""
        if not math.isfinite(self.value):
            return f"not judged: {self._truth()}, and nothing that is measured changes"
        ahead = [name for name, one in self.baselines.items() if not one.beaten]
        plain = (
            "not above " + ", ".join(f"{n} ({self.baselines[n].value:.3f})" for n in ahead)
            if ahead
            else f"above every plain score, the best of which is {self.best()}"
        )
        bound = (
            "one run: no noise between runs bounds a score"
            if len(self.seeds) == 1
            else f"{100 * self.of_ceiling:.0f} % of the {self.ceiling:.3f} that noise between runs "
            "leaves to be predicted"
        )
        return f"LDS {shown(self.value, self.ci)}, {plain}; {bound}; truth: {self._truth()}"

    def _truth(self) -> str:
        subsets, players = self.keep_masks.shape
        stay = int(self.keep_masks[0].sum())
        first, last = int(self.seeds[0]), int(self.seeds[-1])
        runs = f"the run of seed {first}" if first == last else f"the mean of seeds {first}-{last}"
        return (
            f"{runs}, trained on {subsets:,} subsets that keep {stay:,} of {players:,} "
            f"({self.trainings:,} trainings)"
        )

    def __repr__(self) -> str:
        still = int(np.isnan(self.by_test).sum())
        head = f"LDS {shown(self.value, self.ci)}: {self.method} on the {self.measurement} of "
        head += f"{len(self.tests):,} tests" + (
            f", {still:,} of which never change" if still else ""
        )
        if not math.isfinite(self.value):
            return printable(f"{head}\n  {self.words()}")
        bound = (
            "ceiling: none, since one run is its own truth"
            if len(self.seeds) == 1
            else f"ceiling {self.ceiling:.3f}, of which it reaches {100 * self.of_ceiling:.0f} %"
        )
        plain = " · ".join(f"{n} {shown(b.value, b.ci)}" for n, b in self.baselines.items())
        ahead = [name for name, one in self.baselines.items() if not one.beaten]
        verdict = f"not above: {', '.join(ahead)}" if ahead else "above every plain score"
        lines = (head, bound, f"plain scores: {plain}", verdict, f"truth: {self._truth()}")
        return printable("\n  ".join(lines))

    def certificate(self) -> Certificate:
        """The judgement "LDS": it holds where every plain score is beaten, beyond the interval."""
        known = math.isfinite(self.value)
        names = list(self.baselines)
        every = [self.baselines[name] for name in names]
        return Certificate(
            "LDS",
            all(one.beaten for one in every) if known else None,
            self.words(),
            {
                "LDS": self.value,
                "ceiling": self.ceiling,
                "of ceiling": self.of_ceiling,
                "keep": self.keep,
                "subsets": float(len(self.keep_masks)),
                "seeds": float(len(self.seeds)),
                "trainings": float(self.trainings),
            },
            {"LDS": self.ci} if known else {},
            {
                "plain score": tuple(names),
                "LDS": tuple(one.value for one in every),
                "low": tuple(one.ci[0] for one in every),
                "high": tuple(one.ci[1] for one in every),
                "less": tuple(one.less for one in every),
                "less low": tuple(one.less_ci[0] for one in every),
                "less high": tuple(one.less_ci[1] for one in every),
            },
        )

    # -- beside other answers --

    @check_arguments
    def less(self, other: "LDS") -> tuple[float, Interval]:
        """How much better this answer predicts than another, and the interval at 95 %.

        The same trainings judge both, so that what they have in common cancels.

        Raises:
            ResultError: judged on other trainings, or nothing that is measured changes.
        """
        same = self.outputs.shape == other.outputs.shape and self.players == other.players
        same = same and np.array_equal(self.keep_masks, other.keep_masks)
        if not (same and np.array_equal(self.outputs, other.outputs)):
            raise ResultError(
                "these scores were judged on other trainings: judge both by one trainer, with the "
                "same subsets, seeds, keep and seed"
            )
        moves = np.isfinite(self.by_test)
        if not moves.any():
            raise ResultError("nothing that is measured changes: there is nothing to compare")
        told = [self.told[:, moves], other.told[:, moves]]
        return again(told, self.truth[:, moves], self.resamples, self.seed).less(0, 1)

    @check_arguments
    def attached(self, attribution: "Attribution") -> "Attribution":
        """The answer that was judged, with this judgement among its certificates.

        Raises:
            ResultError: another answer than the one that was judged.
        """
        place = {name: i for i, name in enumerate(attribution.players.names)}
        same = set(place) == set(self.players) and attribution.values.shape[:2] in {
            (1, 1),
            (len(self.tests), 1),
        }
        if same:
            values = attribution.values[:, 0][:, [place[name] for name in self.players]]
            told = self.keep_masks.astype(float) @ values.T
            same = bool(np.abs(told - self.told).max() <= _CLOSE * np.abs(self.told).max())
        if not same:
            raise ResultError(
                f"this LDS judges another answer, by {self.method}: judge this one, and attach "
                "what comes of it"
            )
        return replace(attribution, certificates=(*attribution.certificates, self.certificate()))

    # -- on disk --

    @check_arguments
    def save(self, path: str | Path) -> Path:
        """Write a JSON header and plain arrays; never pickle."""
        from .lds_file import save

        return save(self, path)

    @staticmethod
    @check_arguments
    def load(path: str | Path) -> "LDS":
        """Read what `save` wrote.

        Raises:
            ResultError: no such file, not an LDS, a damaged one, or one of a newer version.
        """
        from .lds_file import load

        return load(path)


def shown(value: float, ci: Interval) -> str:
    """A figure with its interval.

    >>> shown(0.5, (0.25, 0.75))
    '0.500 [0.250, 0.750]'
    """
    return f"{value:.3f} [{ci[0]:.3f}, {ci[1]:.3f}]" if math.isfinite(value) else "unknown"
