"""The rules of training, as pure functions of parameters, gradient and what is remembered.

    sgd    v <- momentum v + g,                    b <- b - rate v
    adam   m, v <- running means of g and g^2,     b <- b - rate m' / (sqrt(v') + 1e-8)

with g the gradient and the weight decay, and m', v' freed of their start at zero. They are those of
`torch.optim`, written so that they can be run for many models at once, and differentiated.
"""

import torch

from whence.models.trainer.schedule import Schedule

Params = dict[str, torch.Tensor]
Memory = dict[str, Params]

FIRST, SECOND, TINY = 0.9, 0.999, 1e-8


def nothing(params: Params, schedule: Schedule) -> Memory:
    """What is remembered before the first step."""
    kept = {"sgd": ("v",) if schedule.momentum else (), "adam": ("m", "v")}[schedule.rule]
    return {name: {k: torch.zeros_like(p) for k, p in params.items()} for name in kept}


def moved(
    params: Params, memory: Memory, gradient: Params, step: int, schedule: Schedule
) -> tuple[Params, Memory]:
    """One step.

    Args:
        params: by name; any further axes in front are further models.
        memory: of the rule.
        gradient: as `params`, without the weight decay.
        step: which one, from 0.
        schedule: rates, and which rule.
    """
    decay, rate = schedule.weight_decay, float(schedule.rates[step])
    pull = {k: g + decay * params[k] for k, g in gradient.items()} if decay else gradient
    if schedule.rule == "adam":
        memory = {
            "m": {k: FIRST * memory["m"][k] + (1 - FIRST) * g for k, g in pull.items()},
            "v": {k: SECOND * memory["v"][k] + (1 - SECOND) * g * g for k, g in pull.items()},
        }
        pull = {k: _adam(memory["m"][k], memory["v"][k], step) for k in pull}
    elif schedule.momentum:
        memory = {"v": {k: schedule.momentum * memory["v"][k] + g for k, g in pull.items()}}
        pull = memory["v"]
    return {k: p - rate * pull[k] for k, p in params.items()}, memory


def _adam(m: torch.Tensor, v: torch.Tensor, step: int) -> torch.Tensor:
    mean = m / (1 - FIRST ** (step + 1))
    square = v / (1 - SECOND ** (step + 1))
    # the root has no slope at 0: where nothing has pulled yet, it is taken beside it
    return mean / (torch.sqrt(square.clamp_min(TINY**2)) + TINY)
