"""What goes into each layer of a network, and how its outputs move the loss: row by row.

A layer is y_t = W [a_t; 1], t the places at which it is applied: one in a plain network, the words
of a sequence, the patches of an image. Its gradient along one direction c of the network's outputs:

    g = sum_t delta_t [a_t; 1]'          delta_t = c' d(outputs)/d(y_t)

delta is the slope by a zero that is added to y: no state is kept, and it works row by row under
`vmap`, so that it does not matter on which axis a layer has its rows. The hooks that add the zero
stand on a copy, while it is asked.
"""

import copy
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from torch.func import functional_call, vjp, vmap

from whence._core.shaped import Int
from whence.models.trainer.curvature.scope import names_of
from whence.models.trainer.network import NetworkTrainer
from whence.models.trainer.rules import Params

Asked = dict[str, list[torch.Tensor]]  # by layer, one for each time that it is called


@final
@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A linear layer, or a convolution.

    Attributes:
        name: in the network.
        module: in the copy that is asked.
        at: the places of [W, bias] in the vector of all parameters, [outputs, inputs + 1], or
            [outputs, inputs] without a bias.
        shapes: of its output, each time that it is called for one row.
    """

    name: str
    module: torch.nn.Linear | torch.nn.Conv2d
    at: Int[np.ndarray, "outputs inputs"]
    shapes: list[torch.Size]

    @property
    def places(self) -> int:
        """At how many it is applied to one row."""
        return int(sum(s.numel() for s in self.shapes)) // len(self.at)

    def unrolled(self, inputs: list[torch.Tensor]) -> torch.Tensor:
        """[a; 1], from what it was given: rows, places, inputs."""
        a = torch.cat([self._patches(x) for x in inputs], 1)
        return a if self.module.bias is None else torch.cat([a, torch.ones_like(a[..., :1])], -1)

    def _patches(self, x: torch.Tensor) -> torch.Tensor:
        layer = self.module
        if isinstance(layer, torch.nn.Linear):
            return x.reshape(len(x), -1, x.shape[-1])
        images = x.reshape(-1, *x.shape[-3:])
        patches = torch.nn.functional.unfold(
            images, layer.kernel_size, layer.dilation, layer.padding, layer.stride
        )
        return patches.transpose(1, 2).reshape(len(x), -1, patches.shape[1])

    def spread(self, deltas: list[torch.Tensor]) -> torch.Tensor:
        """The slopes by its outputs: rows, directions, places, outputs."""
        image = isinstance(self.module, torch.nn.Conv2d)
        turned = [d.movedim(-3, -1) if image else d for d in deltas]
        return torch.cat([d.reshape(*d.shape[:2], -1, d.shape[-1]) for d in turned], 2)


@final
class Inside:
    """A copy of a network that tells what happens at its layers.

    Attributes:
        layers: those that can be told about, by name.
    """

    def __init__(self, trainer: NetworkTrainer, model: Params) -> None:
        self.module = copy.deepcopy(trainer.module)
        found = _linear(self.module, names_of(trainer))
        modules = {name: module for name, (module, _) in found.items()}
        with torch.no_grad():
            _, _, made = _run(self.module, modules, model, trainer.X[:1], {})
        self.layers = {
            name: Layer(name, module, at, [y.shape for y in made[name]])
            for name, (module, at) in found.items()
            if made[name]  # else it is there, and its parameters are used in some other way
        }

    def asked(
        self, model: Params, X: torch.Tensor, directions: torch.Tensor
    ) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
        """[a; 1] [rows, places, inputs] and delta [rows, directions, places, outputs] by layer.

        Args:
            model: parameters.
            X: rows.
            directions: of the outputs: rows, directions, outputs.
        """
        modules = {name: layer.module for name, layer in self.layers.items()}
        zeros = {
            name: [directions.new_zeros(shape) for shape in layer.shapes]
            for name, layer in self.layers.items()
        }

        def one(x: torch.Tensor, along: torch.Tensor) -> tuple[Asked, Asked]:
            def outputs(added: Asked) -> tuple[torch.Tensor, Asked]:
                out, given, _ = _run(self.module, modules, model, x[None], added)
                return out[0].reshape(-1), given

            _, back, given = vjp(outputs, zeros, has_aux=True)
            return given, vmap(lambda c: back(c)[0])(along)

        given, deltas = vmap(one)(X, directions)
        return {
            name: (layer.unrolled(given[name]).detach(), layer.spread(deltas[name]).detach())
            for name, layer in self.layers.items()
        }


def _run(
    module: torch.nn.Module,
    layers: Mapping[str, torch.nn.Module],
    model: Params,
    X: torch.Tensor,
    added: Asked,
) -> tuple[torch.Tensor, Asked, Asked]:
    """The outputs, and what was given to and made by each layer, in the order of its calls."""
    given: Asked = {name: [] for name in layers}
    made: Asked = {name: [] for name in layers}

    def hook(name: str) -> Any:
        def heard(_: torch.nn.Module, args: tuple[torch.Tensor], y: torch.Tensor) -> torch.Tensor:
            call = len(made[name])
            given[name].append(args[0])
            made[name].append(y)
            return y + added[name][call] if name in added else y

        return heard

    handles = [layer.register_forward_hook(hook(name)) for name, layer in layers.items()]
    try:
        return functional_call(module, model, (X,)), given, made
    finally:
        for handle in handles:
            handle.remove()


def _linear(
    module: torch.nn.Module, places: Mapping[str, slice]
) -> dict[str, tuple[Any, Int[np.ndarray, "outputs inputs"]]]:
    """Linear layers and convolutions of which all is learned, and that share nothing."""
    owners = Counter(id(p) for m in module.modules() for p in m.parameters(recurse=False))
    found = {}
    for name, layer in module.named_modules():
        own = {f"{name}.{k}".lstrip("."): p for k, p in layer.named_parameters(recurse=False)}
        whole = all(k in places and owners[id(p)] == 1 for k, p in own.items())
        if _plain(layer) and whole and isinstance(layer.weight, torch.nn.Parameter):
            rows = [_at(places[k]).reshape(len(p), -1) for k, p in own.items()]
            found[name] = (layer, np.concatenate(rows, axis=1))
    return found


def _plain(layer: torch.nn.Module) -> bool:
    if isinstance(layer, torch.nn.Conv2d):
        padded = layer.padding_mode == "zeros" and not isinstance(layer.padding, str)
        return padded and layer.groups == 1
    return isinstance(layer, torch.nn.Linear)


def _at(where: slice) -> Int[np.ndarray, " parameters"]:
    return np.arange(where.start, where.stop)
