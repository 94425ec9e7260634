"""A run, trained again and differentiated backwards.

    state(t+1) = step_t(state(t), w),     delta(t) = (d step_t / d state)' delta(t+1),
    d f / d w = sum over t of (d step_t / d w)' delta(t+1),    delta(T) = d f / d state(T)

for all tests at once. States are kept block by block: with one block all of them, with blocks of
about sqrt(T) steps the start of each block and the states of one.

Source: Maclaurin, Duvenaud & Adams (2015); Engstrom et al. (2025). Ours: that the run repeats to
the last bit is seen before, and the step that is differentiated is held against the one that
trains.
"""

import math
from dataclasses import dataclass
from itertools import islice
from typing import Any, final

import numpy as np
import torch
from torch.func import grad, vjp, vmap

from whence._core.errors import ModelError, OptionError, some
from whence._core.shaped import Float
from whence.models.trainer.examples import Examples
from whence.models.trainer.network import NetworkTrainer
from whence.models.trainer.rules import Memory, Params, moved

State = tuple[Params, Memory]
_ROUNDING = 1e3  # units in the last place by which the two programs of one step may differ
_SIDES = 3  # what the sweep holds of each test: the slope before a step, after it, and its pieces


@final
@dataclass(frozen=True, slots=True)
class Plan:
    """How states are kept.

    Attributes:
        block: steps that are kept together.
        states: bytes that states take, at most.
        together: tests that are swept back at once.
        sweep: bytes that their slopes take.
    """

    block: int
    states: int
    together: int
    sweep: int

    @property
    def words(self) -> str:
        """The plan in words."""
        return (
            f"blocks of {self.block:,} steps, {self.states / 1e6:,.1f} MB of states; "
            f"{self.together:,} tests at once, {self.sweep / 1e6:,.1f} MB of slopes"
        )


def planned(trainer: NetworkTrainer, tests: int, most: int) -> Plan:
    """All states where they fit, else the start of each of about sqrt(steps) blocks.

    Raises:
        OptionError: not even those fit.
    """
    steps, size = trainer.schedule.steps, _size(trainer)
    thrifty = math.isqrt(steps - 1) + 1
    takes = {block: (-(-steps // block) + block) * size for block in (steps, thrifty)}
    fits = [block for block in (steps, thrifty) if takes[block] <= most]
    if not fits:
        raise OptionError(
            f"a run of {steps:,} steps with states of {size:,} bytes takes {takes[steps]:,} bytes "
            f"to keep, or {takes[thrifty]:,} in blocks of {thrifty:,} steps; memory is {most:,}. "
            "Give more memory, or fewer steps."
        )
    together = min(tests, max(1, most // (_SIDES * size)))
    return Plan(fits[0], takes[fits[0]], together, together * _SIDES * size)


def _size(trainer: NetworkTrainer) -> int:
    """Bytes of one state."""
    kept = {"sgd": 1 + (trainer.schedule.momentum > 0), "adam": 3}[trainer.schedule.rule]
    size: int = kept * sum(p.numel() * p.element_size() for p in trainer.start.values())
    return size


def run_twice(trainer: NetworkTrainer, plan: Plan) -> list[State]:
    """The start of each block and the end, if the run ends alike when it is run again.

    Raises:
        ModelError: it does not.
    """
    at = range(0, trainer.schedule.steps, plan.block)
    one, two = (list(trainer.replayed(at)) for _ in range(2))
    for step, (before, again) in zip(
        [*at, trainer.schedule.steps], zip(one, two, strict=True), strict=True
    ):
        differ = [k for k, p in before[0].items() if not torch.equal(p, again[0][k])]
        if differ:
            k = differ[0]
            raise ModelError(
                f"non-deterministic replay: the same run, trained twice, differs in {some(differ)} "
                f"before step {step:,} (in {k!r} by up to "
                f"{float((before[0][k] - again[0][k]).abs().max()):.3g}). Something in the module "
                "draws at random or remembers earlier calls: make it a function of its input."
            )
    return one


def swept(
    trainer: NetworkTrainer, tests: Examples, starts: list[State], plan: Plan
) -> tuple[Float[np.ndarray, "tests rows"], float]:
    """The slope of each measurement by what each row counts, and how far the two programs differ.

    Raises:
        ModelError: the step that is differentiated is not the one that trains.
    """
    end = {k: p[0] for k, p in starts[-1][0].items()}
    flat = trainer.feature_gradients(end, trainer.read, tests)
    found, off = [], 0.0
    for a in range(0, len(flat), plan.together):
        slopes, apart = _one_sweep(trainer, flat[a : a + plan.together], starts, plan.block)
        found.append(slopes)
        off = max(off, apart)
    return torch.cat(found).cpu().double().numpy(), off


def _one_sweep(
    trainer: NetworkTrainer, flat: torch.Tensor, starts: list[State], block: int
) -> tuple[torch.Tensor, float]:
    pulls, off = _backward_start(trainer, flat, starts[-1]), 0.0
    slopes = flat.new_zeros((len(flat), len(trainer.rows)))
    order, steps = trainer.schedule.order(trainer.seed), trainer.schedule.steps
    for number in reversed(range(len(starts) - 1)):
        a, b = number * block, min((number + 1) * block, steps)
        along = trainer.replayed(range(a, b + 1), (a, *starts[number]))
        kept = list(islice(along, b - a + 1))
        for step in reversed(range(a, b)):
            rows = torch.as_tensor(order[step], device=trainer.device)
            pulls, own, apart = _back(trainer, step, rows, kept[step - a : step - a + 2], pulls)
            slopes[:, rows] += own
            off = max(off, apart)
    return slopes, off


def _backward_start(trainer: NetworkTrainer, flat: torch.Tensor, end: State) -> Any:
    params = trainer.named(flat)
    memory = {name: {k: torch.zeros_like(params[k]) for k in held} for name, held in end[1].items()}
    return params, memory


def _back(
    trainer: NetworkTrainer, step: int, rows: torch.Tensor, kept: list[State], pulls: Any
) -> tuple[Any, torch.Tensor, float]:
    """Through one step: slopes by the state before it, and by what its rows count."""
    X, y = trainer.X[rows], trainer.y[rows]
    (params, memory), (after, _) = kept

    def stepped(params: Params, memory: Memory, counts: torch.Tensor) -> State:
        gradient = grad(trainer.step_loss)(params, X, y, counts)
        return moved(params, memory, gradient, step, trainer.schedule)

    before = {k: p[0] for k, p in params.items()}
    held = {name: {k: p[0] for k, p in own.items()} for name, own in memory.items()}
    ones = torch.ones(len(rows), device=trainer.device, dtype=trainer.dtype)
    (reached, _), back = vjp(stepped, before, held, ones)
    apart = max(float((reached[k] - after[k][0]).abs().max()) for k in reached)
    size = max(float(p.abs().max()) for p in after.values())
    if not apart <= _ROUNDING * torch.finfo(trainer.dtype).eps * size:
        raise ModelError(
            f"step {step:,} leads elsewhere when it is differentiated (by {apart:.3g}, where "
            f"parameters reach {size:.3g}): the module answers a batch of models otherwise than "
            "one. Make it a function of its input alone."
        )
    by_params, by_memory, by_counts = vmap(back)(pulls)
    return (by_params, by_memory), by_counts, apart / size
