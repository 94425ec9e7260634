"""H v of a network without its Jacobian: one pass along v, and one back.

    G v = sum over rows of  J'(C (J v))              C the loss's second derivative by the outputs

J'u is a backward pass, and linear in u; J v is the backward pass of that. So every operation that
can be trained through will do, those without a forward mode too.

All in double precision, whatever the module's own: a search that goes by small differences of its
products would otherwise stall at the seventh digit.
"""

from collections.abc import Sequence
from typing import final

import numpy as np
import torch
from torch.func import functional_call, vjp, vmap

from whence._core.errors import ModelError
from whence._core.shaped import Float, Int
from whence.models.trainer.curvature.products import TrainedProduct
from whence.models.trainer.network import NetworkTrainer
from whence.models.trainer.rules import Params

_CELLS = 2**22  # of what the rows of a block hold at once, roughly


@final
class NetworkProduct(TrainedProduct):
    """The product by two passes through the network, for all rows of v together."""

    trainer: NetworkTrainer

    def __init__(
        self, trainer: NetworkTrainer, models: Sequence[Params], at: Int[np.ndarray, " scope"]
    ) -> None:
        TrainedProduct.__init__(self, trainer, models, at)
        self._buffers = {k: _double(b) for k, b in trainer.module.named_buffers()}
        self._frozen = {
            k: _double(p.detach())
            for k, p in trainer.module.named_parameters()
            if k not in trainer.start
        }

    def __call__(self, v: Float[np.ndarray, "vectors scope"]) -> Float[np.ndarray, "vectors scope"]:
        """Block by block of rows."""
        trainer, whole = self.trainer, np.zeros((len(v), self.width))
        whole[:, self.at] = v
        along = trainer.named(torch.as_tensor(whole, device=trainer.device))
        n, total = len(trainer.rows), torch.zeros(len(v), self.width, dtype=torch.float64)
        rows = max(1, _CELLS // (len(v) * max(1, trainer.X[0].numel(), self.width // 64)))
        for model in self.models:
            params = {k: _double(model[k]) for k in trainer.start}
            for start in range(0, n, rows):
                total += self._block(params, slice(start, start + rows), along).cpu()
        mean = total.numpy() / (n * len(self.models))
        return np.asarray(mean[:, self.at] + v * self.penalty)

    def _block(self, params: Params, rows: slice, along: Params) -> torch.Tensor:
        X, y = _double(self.trainer.X[rows]), _double(self.trainer.y[rows])

        def outputs(p: Params) -> torch.Tensor:
            return self._called(p, X)

        out, back = vjp(outputs, params)
        _, along_it = vjp(lambda u: back(u)[0], torch.zeros_like(out))
        root = self.trainer.output_roots(out.detach(), y)
        bend = root.transpose(1, 2) @ root

        def one(tangent: Params) -> torch.Tensor:
            pushed = along_it(tangent)[0]
            bent = torch.einsum("rij,rj->ri", bend, pushed.reshape(len(X), -1))
            pulled = back(bent.reshape(out.shape))[0]
            return torch.cat([pulled[k].reshape(-1) for k in self.trainer.start])

        return vmap(one)(along).detach()

    def _called(self, params: Params, X: torch.Tensor) -> torch.Tensor:
        try:
            out: torch.Tensor = functional_call(
                self.trainer.module, {**self._buffers, **self._frozen, **params}, (X,)
            )
        except RuntimeError as error:
            raise ModelError(
                f"{self.trainer.name} does not run in double precision, which products with its "
                f"curvature need ({error}): do not fix the type of numbers inside `forward`"
            ) from error
        return out


def _double(x: torch.Tensor) -> torch.Tensor:
    return x.double() if x.is_floating_point() else x
