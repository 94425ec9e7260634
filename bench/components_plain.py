"""What one writes by hand: a loop of patches, a gradient times a difference, and the same of edges.

`loop` is one forward a player, hooks and nothing else. `first_order` is attribution patching in
ten lines. `eap` follows the definitions of edge attribution patching (Syed et al. 2023) and EAP-IG
(Hanna et al. 2024) as their code has them: steps begin at the corrupted prompt and end before the
clean one, and sizes are taken before the mean over prompts.
"""

from contextlib import ExitStack
from typing import Any

import numpy as np
import torch
from components_nets import Net, Place


def loop(net: Net) -> np.ndarray:
    """Exact leave-one-out: what each player keeps up, one forward for each."""
    parts = dict(net.module.named_modules())
    with torch.inference_mode():
        there = others(net)
        whole = net.behaviour(net.ask()).mean()
        found = []
        for place in net.places:
            with _patched(parts[place.path], place, there[place.path, place.end]):
                found.append(whole - net.behaviour(net.ask()).mean())
    return torch.stack(found).double().numpy()


def others(net: Net) -> dict[tuple[str, str], torch.Tensor]:
    """What players give way to, by module: the corrupted run's, or a mean over what is real."""
    given = net.inputs if net.other is None else net.other
    with torch.no_grad():
        seen = read(net, given, net.places)
    if net.other is not None:
        return seen
    mask = given["attention_mask"] if isinstance(given, dict) else torch.ones_like(given)
    return {key: x[mask.bool()].mean(0).expand_as(x) for key, x in seen.items()}


def first_order(net: Net) -> np.ndarray:
    """(clean - other) . slope, summed over what a place holds and averaged over prompts."""
    there = others(net)
    with torch.enable_grad():
        here = {}
        out = _watched(net, net.inputs, net.places, here, leaf=True)
        slopes = torch.autograd.grad(net.behaviour(out).mean(), list(here.values()))
    terms = {k: (h.detach() - there[k]) * s for (k, h), s in zip(here.items(), slopes, strict=True)}
    return np.array([float(terms[p.path, p.end][p.at].sum()) for p in net.places])


def read(net: Net, given: Any, places: list[Place]) -> dict[tuple[str, str], torch.Tensor]:
    """What passes these places' modules."""
    here: dict[tuple[str, str], torch.Tensor] = {}
    _watched(net, given, places, here, leaf=False)
    return here


def _watched(net: Net, given: Any, places: list[Place], here: dict, *, leaf: bool) -> Any:
    parts = dict(net.module.named_modules())

    def note(key: tuple[str, str], x: torch.Tensor) -> torch.Tensor:
        # a leaf only where nothing before it has a slope: later ones stay in the graph
        here[key] = x if x.requires_grad or not leaf else x.detach().requires_grad_()
        return here[key]

    with ExitStack() as stack:
        for path, end in dict.fromkeys((p.path, p.end) for p in places):
            key = (path, end)
            if end == "in":
                hook = parts[path].register_forward_pre_hook(
                    lambda _m, args, key=key: (note(key, args[0]), *args[1:])
                )
            else:
                hook = parts[path].register_forward_hook(
                    lambda _m, _a, out, key=key: note(key, out)
                )
            stack.callback(hook.remove)
        return net.ask(given)


class _patched:  # noqa: N801 - a context, used once
    def __init__(self, part: torch.nn.Module, place: Place, there: torch.Tensor) -> None:
        def changed(x: torch.Tensor) -> torch.Tensor:
            x = x.clone()
            x[place.at] = there[place.at]
            return x

        if place.end == "in":
            self.hook = part.register_forward_pre_hook(
                lambda _m, args: (changed(args[0]), *args[1:])
            )
        else:
            self.hook = part.register_forward_hook(lambda _m, _a, out: changed(out))

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        self.hook.remove()
