"""The linear datamodelling score as a function of how many rows stay.

Which answer predicts retraining best depends on how many rows leave: what is exact for one row may
be beaten by what is right on average where half of them go. So no single drop ranks methods.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, final

from whence._core.arguments import check_arguments
from whence._core.attribution import Attribution
from whence._core.errors import OptionError
from whence._core.lds import LDS, shown
from whence._core.text import printable
from whence.evaluate.lds import lds
from whence.models.trainer.trainer import Trainer


@final
@dataclass(frozen=True, slots=True)
class LDSCurve:
    """One LDS for each share of rows that stays.

    Attributes:
        by_keep: from the largest share to the smallest.
    """

    by_keep: Mapping[float, LDS]

    def __getitem__(self, keep: float) -> LDS:
        """The score at one share.

        Raises:
            OptionError: a share that was not asked.
        """
        if keep not in self.by_keep:
            asked = ", ".join(f"{k:g}" for k in self.by_keep)
            raise OptionError(f"no score where {keep!r} of the rows stay; there are: {asked}")
        return self.by_keep[keep]

    def table(self) -> dict[str, tuple[float, ...]]:
        """In columns: keep, LDS, its ends, the ceiling, and each plain score."""
        every = list(self.by_keep.values())
        names = list(dict.fromkeys(name for one in every for name in one.baselines))
        nan = float("nan")
        return {
            "keep": tuple(self.by_keep),
            "LDS": tuple(one.value for one in every),
            "low": tuple(one.ci[0] for one in every),
            "high": tuple(one.ci[1] for one in every),
            "ceiling": tuple(one.ceiling for one in every),
            **{
                name: tuple(
                    one.baselines[name].value if name in one.baselines else nan for one in every
                )
                for name in names
            },
        }

    def __repr__(self) -> str:
        lines = [
            f"  {keep:<6g} {shown(one.value, one.ci):24s} best plain score: {one.best()}"
            for keep, one in self.by_keep.items()
        ]
        return printable("\n".join(["LDS by the share of rows that stays", *lines]))


@check_arguments
def lds_curve(
    trainer: Trainer[Any],
    attribution: Attribution,
    test: Any,
    keeps: Iterable[float] = (0.99, 0.95, 0.8, 0.5),
    subsets: int = 100,
    seeds: int = 1,
    *,
    groups: Any = None,
    seed: int = 0,
    resamples: int = 1000,
) -> LDSCurve:
    """The LDS where few rows leave, and where many do.

    Args:
        trainer: what is trained again; see `lds` for this and the rest.
        attribution: values of its rows.
        test: (X, y), as it was attributed.
        keeps: shares of rows that stay.
        subsets: of each share.
        seeds: runs of each subset.
        groups: of rows that stay or leave together.
        seed: of the subsets and of resampling.
        resamples: for intervals.

    Raises:
        OptionError: no share, or one outside (0, 1).
    """
    asked = sorted(set(keeps), reverse=True)
    if not asked:
        raise OptionError("keeps holds no share of rows: give one or more, such as (0.95, 0.5)")
    return LDSCurve(
        {
            keep: lds(
                trainer, attribution, test, subsets, seeds, keep,
                groups=groups, seed=seed, resamples=resamples,
            )
            for keep in asked
        }
    )  # fmt: skip
