"""Hyper-parameters chosen on held-out subsets: whatever predicts best what retraining does.

The trainer is trained on random subsets of its rows, and each candidate's scores are asked to
predict the order of what came out. These subsets are never those that an LDS is reported on.
The whole curve is kept: a choice at the end of its grid, or between equals, can be seen.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from whence._core.certificate import Certificate
from whence._core.errors import OptionError
from whence._core.ranks import rank_correlations
from whence._core.shaped import Float
from whence.models.trainer.examples import Examples
from whence.models.trainer.subsets import TUNING, Subsets, trained
from whence.models.trainer.trainer import Trainer

SUBSETS, KEEP = 50, 0.5


def tuning(trainer: Trainer[Any], tests: Examples, keep: float = KEEP) -> Subsets:
    """The subsets to choose by: 50, trained once each, whoever asks."""
    return trained(trainer, tests, subsets=SUBSETS, seeds=1, keep=keep, stream=TUNING)


def chosen(
    name: str,
    subsets: Subsets,
    candidates: Mapping[float, Float[np.ndarray, "tests rows"]],
) -> tuple[float, Certificate]:
    """The candidate with the best mean rank correlation, and the curve.

    Args:
        name: of the hyper-parameter.
        subsets: to choose by.
        candidates: scores by the value of the hyper-parameter, in order.

    Raises:
        OptionError: nothing that is measured changes from subset to subset.
    """
    grid = list(candidates)
    curve = [_score(subsets, values) for values in candidates.values()]
    if not np.isfinite(curve).any():
        raise OptionError(
            f"{name} cannot be chosen: what is measured is the same on every subset. Give {name}=, "
            "or test examples whose measurement changes."
        )
    best = int(np.nanargmax(curve))
    edge = best in {0, len(grid) - 1} and len(grid) > 1
    words = (
        f"{name} {grid[best]:.3g} predicts {len(subsets.keep)} held-out retrainings best, at "
        f"{curve[best]:.3f}; over its grid from {np.nanmin(curve):.3f}"
        + ("; it is the end of the grid" if edge else "")
    )
    return grid[best], Certificate(
        f"choice of {name}",
        True,
        words,
        {name: grid[best], "LDS": curve[best], "subsets": float(len(subsets.keep))},
        table={name: tuple(grid), "LDS": tuple(curve)},
    )


def _score(subsets: Subsets, values: Float[np.ndarray, "tests rows"]) -> float:
    rho = rank_correlations(subsets.predicted(values), subsets.truth)
    return float(np.nanmean(rho)) if np.isfinite(rho).any() else float("nan")
