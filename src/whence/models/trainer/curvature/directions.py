"""Along which directions of the outputs the loss bends: all of them, or some drawn at random.

    expected   the rows of C, with C'C the loss's curvature by the outputs: no sampling noise
    drawn      p - onehot(label), the label drawn from the model; of other losses the rows of C with
               random signs, added up. On average over draws the same C'C.

Never the labels that are there: their gradients vanish where training succeeded, and with them the
curvature (Kunstner, Hennig & Balles 2019).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch.func import functional_call

from whence._core.keyed import uniforms
from whence.models.trainer.losses import CROSS
from whence.models.trainer.network import NetworkTrainer
from whence.models.trainer.rules import Params

_LABELS = 58
_CELLS = 2**23  # of what the rows of a block hold at once


@final
@dataclass(frozen=True, slots=True, eq=False)
class Directions:
    """Of every row, under every model.

    Attributes:
        trainer: of the models.
        models: parameters.
        draws: for each row; 0 for the expectation itself.
        seed: of the draws.
    """

    trainer: NetworkTrainer
    models: Sequence[Params]
    draws: int
    seed: int

    @property
    def weight(self) -> float:
        """Of one row under one model, in the mean."""
        return 1 / (len(self.trainer.rows) * len(self.models))

    def count(self) -> int:
        """How many there are for one row."""
        return len(self.of(self.models[0], slice(0, 1))[0])

    def blocks(self, cells: int) -> Iterator[tuple[Params, slice, torch.Tensor]]:
        """Model, rows and directions, as many rows at once as there is room for.

        Args:
            cells: numbers that are held for one row.
        """
        rows = max(1, _CELLS // max(1, cells))
        for model in self.models:
            for start in range(0, len(self.trainer.rows), rows):
                here = slice(start, start + rows)
                yield model, here, self.of(model, here)

    def of(self, model: Params, rows: slice) -> torch.Tensor:
        """Of these rows: [rows, directions, outputs]."""
        trainer = self.trainer
        with torch.no_grad():
            out = functional_call(trainer.module, model, (trainer.X[rows],))
        if not self.draws:
            return trainer.output_roots(out, trainer.y[rows])
        numbers = np.arange(len(trainer.rows))[rows]
        if trainer.kind == CROSS:
            p = out.softmax(-1)
            u = uniforms(self.draws, self.seed, _LABELS, numbers)
            drawn = _labels(p.double(), torch.as_tensor(u, device=p.device))
            return (p[:, None, :] - drawn.to(p.dtype)) / self.draws**0.5
        root = trainer.output_roots(out, trainer.y[rows])
        u = uniforms(self.draws * root.shape[1], self.seed, _LABELS, numbers)
        signs = np.where(u < 0.5, -1.0, 1.0).reshape(len(root), self.draws, -1)
        return torch.as_tensor(signs, device=root.device, dtype=root.dtype) @ root / self.draws**0.5


def _labels(p: torch.Tensor, u: torch.Tensor) -> torch.Tensor:
    """One-hot: rows, draws, classes."""
    inner = p.cumsum(-1)[:, None, :-1]
    return torch.nn.functional.one_hot((u[:, :, None] >= inner).sum(-1), p.shape[-1])
