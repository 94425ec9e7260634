"""Which rows does the model know only because it was trained on them?

    mem(i) = P[right on i | i was trained on] - P[right on i | i was left out]

over random subsets of the rows. A row that others like it explain has about 0; an odd one, or one
whose label is wrong, is right only while it is there. Each row is its own test, so all rows share
the same trainings.

Right is a margin above 0 (more likely than all other labels together), a measurement that says
"correct", or a prediction within a stated tolerance.

Source: Feldman (2020); Feldman & Zhang (2020) for the estimator, with keep = 0.7. Ours: an error
that does not vanish where all trainings agree, by one imagined success and failure on either side
(Agresti & Caffo 2000).
"""

import time
from typing import Any

import numpy as np

from whence._core.attribution import Attribution, Cost
from whence._core.errors import OptionError
from whence._core.game import Question
from whence._core.index import LinearSurrogate
from whence._core.meter import metering
from whence._core.shaped import Bool, Float
from whence.models.trainer.subsets import FITTING, trained
from whence.models.trainer.trainer import Trainer

_FEW = 2  # trainings on either side


def memorisation(
    trainer: Trainer[Any],
    *,
    subsets: int = 200,
    keep: float = 0.7,
    tolerance: float | None = None,
    seeds: int = 1,
    seed: int = 0,
) -> Attribution:
    """How much likelier the model is to be right on each training row for having seen it.

    Args:
        trainer: whose rows are the players, and the tests.
        subsets: how many random subsets are trained on.
        keep: the share of rows that stays.
        tolerance: of a prediction of numbers, how far off still counts as right.
        seeds: runs of each subset, from the trainer's own seed on; a row's share of right answers
            in a subset is the mean over them.
        seed: of the subsets.

    Returns:
        values [1, 1, rows], between -1 and 1: what each row does to itself, and to no other.
        `empty` and `full` are the mean chances of being right on rows that were left out, and on
        rows that were there. Subsets keep the same number of rows.

    Raises:
        OptionError: a measurement that says of no answer whether it is right, or too few subsets.

    Source: Feldman & Zhang (2020).
    """
    _check(trainer, tolerance)
    start = time.perf_counter()
    with metering() as meter:
        found = trained(
            trainer, trainer.rows, subsets=subsets, seeds=seeds, keep=keep, stream=FITTING,
            seed=seed,
        )  # fmt: skip
    right = _right(trainer, found.outputs, tolerance).mean(axis=0)
    inside, outside = _often(found.keep, trainer)
    seen, unseen = (right * found.keep).sum(axis=0), (right * ~found.keep).sum(axis=0)
    error = np.sqrt(_variance(seen, inside) + _variance(unseen, outside))
    trainings = subsets * seeds
    return Attribution(
        values=(seen / inside - unseen / outside)[None, None],
        parts={"estimation": error[None, None]},
        freedom=np.array([subsets - 2.0]),
        players=trainer.players,
        outputs=("right",),
        index=LinearSurrogate(keep),
        method="memorisation",
        uncertainty="sampled",
        empty=np.array([[(unseen / outside).mean()]]),
        full=np.array([[(seen / inside).mean()]]),
        cost=Cost(trainings, trainings, 0, meter.rows or None, 0, time.perf_counter() - start),
        converged=True,
        verdict=f"{trainings:,} trainings; each row was in {inside.min():.0f} to "
        f"{inside.max():.0f} of {subsets:,} subsets",
        question=Question(
            asks="Which rows does the model know only because it was trained on them?",
            unit="probability of being right on the row itself",
            removal="training without the row",
            model=trainer.name,
        ),
        provenance={"trainer": type(trainer).__name__, "seed": trainer.seed},
    )


def _check(trainer: Trainer[Any], tolerance: Any) -> None:
    number = isinstance(tolerance, (int, float)) and not isinstance(tolerance, bool)
    if tolerance is not None and not (number and tolerance > 0):
        raise OptionError(f"tolerance is a positive number; given {tolerance!r}")
    said = trainer.measurement
    if said == "prediction":
        if tolerance is None or trainer.classes:
            raise OptionError(
                "when is a prediction right? Say how far off it may be, with tolerance="
            )
    elif said not in {"margin", "correct"}:
        raise OptionError(
            f"the {said} says of no answer whether it is right: measure the margin, 'correct', or "
            "a prediction with a tolerance"
        )
    elif tolerance is not None:
        raise OptionError(f"a {said} is right or wrong by itself: leave tolerance out")


def _right(
    trainer: Trainer[Any], outputs: Float[np.ndarray, "seeds subsets rows"], tolerance: Any
) -> Float[np.ndarray, "seeds subsets rows"]:
    if trainer.measurement == "correct":
        return outputs
    if trainer.measurement == "margin":
        return (outputs > 0).astype(float)
    return np.asarray(np.abs(outputs - trainer.rows.y) <= tolerance, dtype=float)


def _often(
    keep: Bool[np.ndarray, "subsets rows"], trainer: Trainer[Any]
) -> tuple[Float[np.ndarray, " rows"], Float[np.ndarray, " rows"]]:
    """In how many subsets each row is, and in how many it is not."""
    inside = keep.sum(axis=0)
    outside = len(keep) - inside
    least = np.minimum(inside, outside)
    if least.min() < _FEW:
        row = int(np.argmin(least))
        raise OptionError(
            f"{trainer.rows.names[row]!r} is in {inside[row]} and out of {outside[row]} of "
            f"{len(keep)} subsets: give more subsets, or a keep nearer to a half, so that each row "
            "is seen and left out at least twice"
        )
    return inside.astype(float), outside.astype(float)


def _variance(right: Float[np.ndarray, " rows"], of: np.ndarray) -> Float[np.ndarray, " rows"]:
    """Of a share, with one more success and failure."""
    share = (right + 1) / (of + 2)
    return np.asarray(share * (1 - share) / (of + 2))
