"""Units of consecutive layers: what each of them does for a behaviour, and by which way.

A unit is a channel of a convolution, or a neuron of a linear map. It leaves by giving way to its
mean, to zero, or to what it is on another input. That it leaves *for some readers only* means: the
next layer is computed without it, these readers take what came of that, and everything else is as
it was, whatever else reads the unit included.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, final

import numpy as np
import torch

from whence._core.errors import GameError, HookError, OptionError, did_you_mean
from whence._core.keyed import hashed
from whence._core.shaped import Bool, Float, Int
from whence.models.hooked.inputs import Inputs
from whence.models.hooked.model import HookedModel
from whence.models.hooked.running import Edit, Enough, Forward
from whence.models.hooked.sites import Site
from whence.models.hooked.trees import mapped, tensors

ABLATIONS = ("mean", "zero", "resample")
_CHANNELS_FIRST = (torch.nn.modules.conv._ConvNd, torch.nn.modules.batchnorm._BatchNorm)  # noqa: SLF001
_ROWS = 1024  # of the network, at a time
_DRAWN = 61


@final
class Units:
    """The units of some layers, as they are on some inputs, and as they are when they left.

    Args:
        hooked: the network.
        inputs: what it is given.
        behaviour: of its answer to all inputs: a number for each.
        layers: paths of modules, in the order in which they are computed.
        ablation: "mean", "zero" or "resample".
        reference: inputs that means, or other values, are taken from; the inputs by default.
        seed: of which reference stands in for which input.

    Raises:
        OptionError: no such ablation, or fewer than one layer.
        HookError: layers that are not computed once, or not in this order.
        GameError: a behaviour that does not give one finite number for each input.

    Attributes:
        clean: what is at each layer, [inputs, units, ...].
        gone: what takes its place, [inputs or 1, units, ...].
        plain: the behaviour, [inputs].
        widths: how many units each layer has.
        asked: how many questions were asked so far, one for each input.
    """

    def __init__(
        self,
        hooked: HookedModel,
        inputs: Any,
        behaviour: Callable[[Any], Any],
        layers: Sequence[str],
        *,
        ablation: str = "mean",
        reference: Any = None,
        seed: int = 0,
    ) -> None:
        if ablation not in ABLATIONS:
            raise OptionError(
                f"no ablation {ablation!r} is offered. {did_you_mean(ablation, ABLATIONS)}"
            )
        if isinstance(layers, str) or not layers or len(set(layers)) < len(layers):
            raise OptionError(
                "layers are paths of different modules, in the order in which they are computed, "
                f"such as ['conv1', 'conv2']; given {layers!r}"
            )
        self.hooked, self.behaviour, self.asked = hooked, behaviour, 0
        self.inputs, self.layers = Inputs.of(inputs), tuple(layers)
        self.rows = self.inputs.rows()
        self.sites = [_site(hooked, path) for path in layers]
        parts = dict(hooked.module.named_modules())
        self.first = [isinstance(parts[s.module], _CHANNELS_FIRST) for s in self.sites]
        out, self.clean = self._seen(self.inputs)
        self.plain = self._measured(out)
        self.widths = [x.shape[1] for x in self.clean]
        self.gone = self._gone(ablation, reference, seed)

    # -- questions --

    def alone(self, last: Sequence[int]) -> Float[np.ndarray, "asked inputs"]:
        """What the behaviour loses without one unit of the last layer, for each of these."""
        at = len(self.layers) - 1
        changed = (self._without(at, [unit]) for unit in last)
        return self._lost(at, changed)

    def through(
        self, at: int, units: Sequence[int], readers: Sequence[Sequence[int]]
    ) -> Float[np.ndarray, "asked inputs"]:
        """What the behaviour loses when a unit leaves for some readers in the next layer only.

        Args:
            at: the units' layer.
            units: one for each question; those of one unit stand together.
            readers: for which units of the next layer it leaves, one list for each question.
        """
        return self._lost(at + 1, self._rewritten(at, units, readers))

    def worth(self, masks: Sequence[np.ndarray]) -> Float[np.ndarray, " inputs"]:
        """The behaviour with some edges only, each unit reading what its own edges bring.

        Args:
            masks: for each layer but the last, bool [units, units of the next layer]; for the last,
                [units, 1].
        """
        live = self.clean[0]
        for at in range(len(self.layers) - 1):
            needed = np.flatnonzero(masks[at + 1].any(axis=1))
            ways, which = np.unique(masks[at][:, needed].T, axis=0, return_inverse=True)
            found = self._next(at, [self._mixed(at, live, way) for way in ways])
            new = self.gone[at + 1].expand_as(self.clean[at + 1]).clone()
            for unit, way in zip(needed.tolist(), which.reshape(-1).tolist(), strict=True):
                new[:, unit] = found[way][:, unit]
            live = new
        last = self._mixed(len(self.layers) - 1, live, masks[-1][:, 0])
        return self._behaviour(len(self.layers) - 1, [last])[0]

    # -- what they are made of --

    def _lost(self, at: int, changed: Iterator[torch.Tensor]) -> Float[np.ndarray, "asked inputs"]:
        found: list[np.ndarray] = []
        for block in _blocks(changed, max(_ROWS // self.rows, 1)):
            found += self._behaviour(at, block)
        return np.stack([self.plain - one for one in found]) if found else np.zeros((0, self.rows))

    def _rewritten(
        self, at: int, units: Sequence[int], readers: Sequence[Sequence[int]]
    ) -> Iterator[torch.Tensor]:
        """The next layer, with these readers as they are without a unit, and all else clean."""
        ways = groupby(zip(units, readers, strict=True), key=lambda way: way[0])
        each = [(unit, [who for _, who in group]) for unit, group in ways]
        step = max(_ROWS // self.rows, 1)
        for first in range(0, len(each), step):  # a few units' next layers are held at a time
            block = each[first : first + step]
            known = self._next(at, [self._without(at, [unit]) for unit, _ in block])
            for (_, several), base in zip(block, known, strict=True):
                for who in several:
                    new = self.clean[at + 1].clone()
                    new[:, list(who)] = base[:, list(who)]
                    yield new

    def _without(self, at: int, units: list[int]) -> torch.Tensor:
        new = self.clean[at].clone()
        new[:, units] = self.gone[at].expand_as(new)[:, units]
        return new

    def _mixed(self, at: int, live: torch.Tensor, on: Bool[np.ndarray, " units"]) -> torch.Tensor:
        """Units whose edges are on as they are, the others gone."""
        shape = (1, -1, *(1,) * (live.ndim - 2))
        stays = torch.as_tensor(on.copy(), device=live.device).reshape(shape)
        return torch.where(stays, live, self.gone[at])

    def _next(self, at: int, blocks: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """The next layer, for each of several states of this one; the forward ends there."""
        found: list[torch.Tensor] = []

        def stop(here: torch.Tensor) -> torch.Tensor:
            found.append(here)
            raise Enough

        for some in _blocks(iter(blocks), max(_ROWS // self.rows, 1)):
            edits: dict[Site, Edit] = {self.sites[at]: self._placed(at, some)}
            self._forward({**edits, self.sites[at + 1]: stop}, len(some))
        whole = [self._turned(at + 1, x) for x in found]
        return [part for x in whole for part in x.split(self.rows)]

    def _behaviour(self, at: int, blocks: Sequence[torch.Tensor]) -> list[np.ndarray]:
        """The behaviour, for each of several states of a layer."""
        out = self._forward({self.sites[at]: self._placed(at, blocks)}, len(blocks))
        self.asked += self.rows * len(blocks)
        return [self._measured(self._part(out, i)) for i in range(len(blocks))]

    def _placed(self, at: int, blocks: Sequence[torch.Tensor]) -> Edit:
        new = self._turned(at, torch.cat(list(blocks)))
        return lambda _here: new

    def _turned(self, at: int, x: torch.Tensor) -> torch.Tensor:
        """Units on the second axis, where the module has them on the last; and back."""
        return x if self._second(at, x) else x.transpose(1, -1)

    def _second(self, at: int, x: torch.Tensor) -> bool:
        return self.first[at] or x.ndim in (2, 4)

    def _part(self, out: Any, block: int) -> Any:
        rows = slice(block * self.rows, (block + 1) * self.rows)
        size = next(len(t) for t in tensors(out) if t.ndim)
        return mapped(out, lambda t: t[rows] if t.ndim and len(t) == size else t)

    def _forward(self, edits: dict[Site, Edit], times: int) -> Any:
        rows = torch.arange(self.rows).repeat(times)
        device = next(t.device for _, t in self.inputs.named())
        given = self.inputs if times == 1 else self.inputs.take(rows.to(device))
        with torch.no_grad():
            return self.hooked.forward(Forward(self.hooked.module, edits=edits), given)

    def _seen(self, inputs: Inputs) -> tuple[Any, list[torch.Tensor]]:
        prepared = Forward(self.hooked.module, reads=self.sites)
        with torch.no_grad():
            out = self.hooked.forward(prepared, inputs)
        if list(prepared.seen) != [site.name for site in self.sites]:
            raise HookError(
                f"layers are computed in the order {list(prepared.seen)}, and were given as "
                f"{list(self.layers)}: give them in the order in which they are computed"
            )
        return out, [self._turned(i, prepared.seen[s.name]) for i, s in enumerate(self.sites)]

    def _gone(self, ablation: str, reference: Any, seed: int) -> list[torch.Tensor]:
        if ablation == "zero":
            return [torch.zeros_like(x[:1]) for x in self.clean]
        there = self.clean if reference is None else self._seen(Inputs.of(reference))[1]
        for path, here, other in zip(self.layers, self.clean, there, strict=True):
            if here.shape[1:] != other.shape[1:]:
                raise OptionError(
                    f"{path} is {tuple(here.shape[1:])} on the inputs and "
                    f"{tuple(other.shape[1:])} on the reference: give inputs of one shape"
                )
        if ablation == "mean":
            return [x.mean(dim=0, keepdim=True) for x in there]
        rows = torch.as_tensor(self._others(len(there[0]), seed), device=there[0].device)
        return [x.index_select(0, rows) for x in there]

    def _others(self, many: int, seed: int) -> Int[np.ndarray, " inputs"]:
        """Which reference stands in for each input: each as rarely as can be, and none for itself.

        Drawn with replacement, some would stand in for several, and effects that share one are not
        independent: intervals would be too narrow.
        """
        order = np.argsort(hashed(_DRAWN, seed, np.arange(many)), kind="stable")
        if many == self.rows:
            rows = np.empty(many, dtype=int)
            rows[order] = np.roll(order, 1)
            return rows
        return np.asarray(order[np.arange(self.rows) % many])

    def _measured(self, out: Any) -> Float[np.ndarray, " inputs"]:
        told = torch.as_tensor(self.behaviour(out)).detach()
        if told.shape != (self.rows,):
            raise GameError(
                f"the behaviour gave numbers of shape {tuple(told.shape)} for {self.rows} inputs: "
                "it gives one for each, as intervals are over inputs"
            )
        numbers = np.asarray(told.double().cpu().numpy())
        if not np.isfinite(numbers).all():
            which = int(np.flatnonzero(~np.isfinite(numbers))[0])
            raise GameError(f"the behaviour is not finite on input {which}")
        return numbers


def _site(hooked: HookedModel, path: str) -> Site:
    site = hooked.site(path)
    if site.end != "out" or site.cut is not None:
        raise HookError(f"{path} is no module's output: layers are paths of modules")
    return site


def _blocks(every: Iterator[torch.Tensor], size: int) -> Iterator[list[torch.Tensor]]:
    """So many at a time."""
    held: list[torch.Tensor] = []
    for one in every:
        held.append(one)
        if len(held) == size:
            yield held
            held = []
    if held:
        yield held
