"""Checkpoints: looks at a run on its way, and what each of them stands for.

The steps are cut into parts; the checkpoint in the middle of a part stands for its steps. How much
a row was used in a part is read off the run itself,

    use(part, i) = sum over the steps of the part whose batch held i of rate / rows in the batch,

over 1 - momentum, which is how far one pull leads in the end. Where passes are whole and the rate
is held, that is the sum of rates over n, the same for every row; a part that never saw a row has 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, final

import numpy as np
import torch

from whence._core.errors import ModelError, OptionError, positive
from whence._core.shaped import Float, Int
from whence.models.trainer.network import NetworkTrainer
from whence.models.trainer.rules import SECOND, TINY, Params
from whence.models.trainer.schedule import Schedule


@final
@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """The run before one step.

    Attributes:
        params: what is learned so far.
        second: of "adam": the running mean of squared gradients that the step divides by.
    """

    params: Params
    second: Float[np.ndarray, " p"] | None


def parted(
    schedule: Schedule, parts: int, begin: int = 0, end: int | None = None
) -> Int[np.ndarray, " borders"]:
    """Where each of so many parts of the run begins, and its end: whole passes, where possible.

    Args:
        schedule: of the run.
        parts: how many.
        begin: the step where the first begins.
        end: the step before which the last ends; that of the run by default.

    Raises:
        OptionError: more parts than steps.
    """
    positive(parts, "checkpoints", "looks at the run")
    last, one_pass = schedule.steps if end is None else end, schedule.steps // schedule.epochs
    if parts > last - begin:
        raise OptionError(
            f"{parts:,} checkpoints or segments of {last - begin:,} steps: ask for fewer"
        )
    whole = begin % one_pass == 0 == last % one_pass and parts <= (last - begin) // one_pass
    unit = one_pass if whole else 1
    return np.asarray(
        np.linspace(begin // unit, last // unit, parts + 1).round().astype(int) * unit
    )


def nearest(steps: Sequence[int], begin: int, end: int) -> Int[np.ndarray, " borders"]:
    """Each step belongs to the checkpoint that is nearest to it."""
    between = [(a + b + 1) // 2 for a, b in pairwise(steps)]
    return np.array([begin, *between, end])


def middles(borders: Int[np.ndarray, " borders"]) -> list[int]:
    """The middle step of each part."""
    return [int(m) for m in (borders[:-1] + borders[1:] - 1) // 2]


def reaches(schedule: Schedule, borders: Int[np.ndarray, " borders"]) -> list[np.ndarray]:
    """How far each step of each part leads: see `Schedule.reach`."""
    return [schedule.reach[a:b] for a, b in pairwise(borders)]


def uses(trainer: NetworkTrainer, borders: Int[np.ndarray, " borders"]) -> np.ndarray:
    """How much each part used each row, float [parts, rows]."""
    schedule = trainer.schedule
    found = np.zeros((len(borders) - 1, len(trainer.rows)))
    order, far = schedule.order(trainer.seed), schedule.reach
    for part, (a, b) in enumerate(pairwise(borders)):
        for step in range(a, b):
            found[part, order[step]] += far[step] / len(order[step])
    return found


def looks(trainer: NetworkTrainer, steps: Sequence[int]) -> list[Look]:
    """The run before each of these steps, in order."""
    last = trainer.schedule.steps
    at = sorted({s for step in steps for s in (step, step + 1) if s < last})
    states = dict(zip([*at, last], trainer.replayed(at), strict=True))
    found = []
    for step in steps:
        params = {k: p[0] for k, p in states[step][0].items()}
        memory = states[min(step + 1, last)][1]
        second = None
        if "v" in memory and trainer.schedule.rule == "adam":
            mean = trainer.parameters({k: p[0] for k, p in memory["v"].items()})
            second = mean / (1 - SECOND ** min(step + 1, last))
        found.append(Look(params, second))
    return found


def pull(second: Float[np.ndarray, " p"] | None) -> Float[np.ndarray, " p"] | None:
    """What "adam" multiplies each gradient by; None where every gradient counts as it is."""
    return None if second is None else 1 / (np.sqrt(np.maximum(second, TINY**2)) + TINY)


def looked(trainer: NetworkTrainer, given: Any) -> tuple[list[Look], Int[np.ndarray, " borders"]]:
    """Checkpoints as one gives them, and where the part of the run that each stands for begins.

    Args:
        trainer: whose run it is.
        given: how many along the run; the steps before which they are taken, in order; or a list of
            state dicts, which stand for equal parts.

    Raises:
        OptionError: none, or steps that are no steps or out of order.
        ModelError: state dicts that are one and the same, or another module's.
    """
    schedule = trainer.schedule
    if isinstance(given, (int, np.integer)):
        borders = parted(schedule, int(given))
        return looks(trainer, middles(borders)), borders
    listed = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else []
    if not listed:
        raise OptionError(
            "checkpoints is how many, the steps before which they are taken, or a list of state "
            f"dicts; given {given!r}"
        )
    if all(isinstance(step, (int, np.integer)) for step in listed):
        steps = in_order(schedule, listed)
        return looks(trainer, steps), nearest(steps, 0, schedule.steps)
    return [Look(p, None) for p in _loaded(trainer, listed)], parted(schedule, len(listed))


def checkpoints_of(trainer: NetworkTrainer, given: Any) -> list[Params]:
    """The parameters of checkpoints as one gives them: see `looked`."""
    return [look.params for look in looked(trainer, given)[0]]


def in_order(schedule: Schedule, steps: Sequence[int]) -> list[int]:
    """Steps of the run, each later than the one before.

    Raises:
        OptionError: others.
    """
    listed = [int(s) for s in steps]
    if listed != sorted(set(listed)) or not 0 <= listed[0] <= listed[-1] < schedule.steps:
        raise OptionError(
            f"steps of checkpoints or segments go upwards, from 0 to {schedule.steps - 1}; given "
            f"{listed}"
        )
    return listed


def _loaded(trainer: NetworkTrainer, states: Sequence[Any]) -> list[Params]:
    """State dicts as parameters.

    Raises:
        ModelError: two of them are one and the same, or they are another module's.
    """
    _refuse_references(states)
    found = [trainer.loaded(state) for state in states]
    for j, two in enumerate(found):
        for i, one in enumerate(found[:j]):
            if all(torch.equal(one[k], two[k]) for k in one):
                raise ModelError(
                    f"checkpoints {i} and {j} are one and the same tensors, number for number: "
                    "model.state_dict() returns references; copy.deepcopy each"
                )
    return found


def _refuse_references(states: Sequence[Any]) -> None:
    """State dicts of one model, taken without a copy, all show how the model is now."""
    seen: dict[int, int] = {}
    for j, state in enumerate(states):
        held = state.values() if isinstance(state, Mapping) else ()
        places = {v.data_ptr() for v in held if torch.is_tensor(v) and v.numel()}
        shared = [seen[p] for p in places if p in seen]
        if shared:
            raise ModelError(
                f"checkpoints {shared[0]} and {j} are one and the same tensors: "
                "model.state_dict() returns references; copy.deepcopy each"
            )
        seen |= dict.fromkeys(places, j)
