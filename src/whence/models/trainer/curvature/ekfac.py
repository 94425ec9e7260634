"""EK-FAC: the curvature of a network layer by layer, each in a basis that is cheap to turn into.

    A = sum_t [a_t; 1][a_t; 1]',   S = sum_t delta_t delta_t'          over rows, places, directions
    A = Q_A diag Q_A',             S = Q_S diag Q_S'
    s_jk = 1/n sum over rows and directions of  (Q_S' (sum_t delta_t [a_t; 1]') Q_A)_jk^2
    f(H) V = Q_S [ f(s + penalty/n) * (Q_S' V Q_A) ] Q_A'

The eigenvalues s are those that the basis has for the true Gauss-Newton block, not the products of
the factors' own: places are summed before squaring. What is lost: curvature between layers, and
what a basis of products cannot turn into. Parameters that are in no linear layer and no convolution
(norms, embeddings, shared weights, scales) keep their whole block where it is small, and else its
diagonal; `provenance` names them.

Source: George et al. (2018); Martens & Grosse (2015), Grosse & Martens (2016) for convolutions.
Departures: delta is taken along the roots of the curvature by the outputs, so nothing is sampled
unless it is asked for; and that a layer's parts give its gradient is tested on rows, not assumed.
"""

from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np
import torch

from whence._core.shaped import Float, Int
from whence.models.trainer.curvature.directions import Directions
from whence.models.trainer.curvature.inverse import Spectral
from whence.models.trainer.curvature.kronecker import Block, Kronecker
from whence.models.trainer.curvature.layers import Inside
from whence.models.trainer.curvature.others import other_blocks
from whence.models.trainer.network import NetworkTrainer
from whence.models.trainer.rules import Params

_SAME = 1e-3  # of a layer's gradients, beside the largest: single precision is nearer than this
_TRIED = 2

Parts = dict[str, tuple[torch.Tensor, torch.Tensor]]


@final
class EKFAC(Spectral):
    """The blocks of H, each with its basis and eigenvalues.

    Args:
        trainer: of a network.
        models: what it learned; of several, the mean curvature in one basis.
        at: the places of the parameters in the scope.
        draws: labels drawn from the model for each row; 0 for the expectation over all labels.
        seed: of the draws.
    """

    def __init__(
        self,
        trainer: NetworkTrainer,
        models: Sequence[Params],
        at: Int[np.ndarray, " scope"],
        draws: int = 0,
        seed: int = 0,
    ) -> None:
        self.solver, self.pseudo, self.at, self.width = "ekfac", False, at, len(trainer.penalty)
        self._trainer, self._along = trainer, Directions(trainer, list(models), draws, seed)
        self._copy = Inside(trainer, self._along.models[0])
        scope, layers = set(at.tolist()), self._copy.layers
        outside = [n for n, layer in layers.items() if not scope.issuperset(layer.at.flat)]
        for name in outside + self._misread():
            layers.pop(name, None)
        self.blocks = self._in_layers()
        covered = np.concatenate([at[:0]] + [b.at for b in self.blocks])
        others, told = other_blocks(self._along, np.setdiff1d(at, covered))
        self.blocks += others
        self.provenance: dict[str, Any] = {
            "solver": "ekfac",
            "labels": f"{draws} drawn for each row" if draws else "expectation over all",
            "layers": list(layers),
            **told,
        }
        self._places = [np.searchsorted(at, b.at) for b in self.blocks]

    def eigenvalues(self) -> Float[np.ndarray, " scope"]:
        """Of all blocks, one after another."""
        return np.concatenate([b.values for b in self.blocks])

    def _apply(
        self, function: Callable[[np.ndarray], np.ndarray], v: Float[np.ndarray, "vectors scope"]
    ) -> Float[np.ndarray, "vectors scope"]:
        answer = np.empty_like(v)
        for block, places in zip(self.blocks, self._places, strict=True):
            answer[:, places] = block.scaled(function(block.values), v[:, places])
        return answer

    def _asked(self, model: Params, rows: slice, along: torch.Tensor) -> Parts:
        return self._copy.asked(model, self._trainer.X[rows], along)

    def _misread(self) -> list[str]:
        """Layers whose inputs and slopes do not make up the gradients of a few rows.

        A weight that is also used in some other way is such a one.
        """
        model, rows = self._along.models[0], slice(0, _TRIED)
        true = self._trainer.roots(model, rows)
        made = self._asked(model, rows, Directions(self._trainer, [model], 0, 0).of(model, rows))
        wrong = []
        for name, (a, delta) in made.items():
            wanted = true[:, self._copy.layers[name].at.reshape(-1)]
            found = _numpy(_gradients(delta, a)).reshape(wanted.shape)
            if np.abs(found - wanted).max() > _SAME * np.abs(true).max():
                wrong.append(name)
        return wrong

    def _in_layers(self) -> list[Block]:
        layers = self._copy.layers
        bases = self._bases()
        sums = {n: torch.zeros(layer.at.shape, dtype=torch.float64) for n, layer in layers.items()}
        for model, rows, along in self._along.blocks(self._cells(squared=True)):
            for name, (a, delta) in self._asked(model, rows, along).items():
                outputs, inputs = (q.to(a.device, a.dtype) for q in bases[name])
                sums[name] += _squares(delta @ outputs, a @ inputs).double().cpu()
        penalty = self._trainer.schedule.weight_decay
        return [
            Kronecker(
                layers[name].at,
                _numpy(bases[name][0]),
                _numpy(bases[name][1]),
                _numpy(total) * self._along.weight + penalty,
            )
            for name, total in sums.items()
        ]

    def _bases(self) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
        """Q_S and Q_A of each layer."""
        factors: dict[str, list[Any]] = {name: [0.0, 0.0] for name in self._copy.layers}
        for model, rows, along in self._along.blocks(self._cells(squared=False)):
            for name, (a, delta) in self._asked(model, rows, along).items():
                for i, x in enumerate((delta, a)):
                    flat = x.reshape(-1, x.shape[-1]).double()
                    factors[name][i] = factors[name][i] + (flat.T @ flat)
        return {
            name: (torch.linalg.eigh(S)[1].cpu(), torch.linalg.eigh(A)[1].cpu())
            for name, (S, A) in factors.items()
        }

    def _cells(self, *, squared: bool) -> int:
        """Numbers that one row holds at once."""
        ways, total = self._along.count(), 0
        for layer in self._copy.layers.values():
            outputs, inputs = layer.at.shape
            total += layer.places * (ways * outputs + inputs)
            total += ways * outputs * inputs if squared and layer.places > 1 else 0
        return total


def _gradients(delta: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
    """Sums over places: rows, directions, outputs, inputs."""
    return torch.einsum("rkto,rti->rkoi", delta, a)


def _squares(delta: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
    """Their squares, summed over rows and directions; at one place the parts can be squared."""
    if a.shape[1] > 1:
        return (_gradients(delta, a) ** 2).sum((0, 1))
    return (delta[:, :, 0] ** 2).sum(1).T @ (a[:, 0] ** 2)


def _numpy(x: torch.Tensor) -> np.ndarray:
    return np.asarray(x.detach().double().cpu().numpy())
