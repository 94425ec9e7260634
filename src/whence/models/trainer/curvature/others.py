"""Parameters outside linear layers and convolutions: their whole block if small, else its diagonal.

The parameters of one module are one block: a norm's scale and shift, an embedding, what is used in
two places.
"""

from typing import Any

import numpy as np
import torch
from torch.func import functional_call, vjp, vmap

from whence._core.shaped import Float, Int
from whence.models.trainer.curvature.directions import Directions
from whence.models.trainer.curvature.inverse import upright
from whence.models.trainer.curvature.kronecker import Block, Diagonal, Whole
from whence.models.trainer.curvature.scope import names_of
from whence.models.trainer.rules import Params

SMALL = 512  # parameters: a block of its own costs little beside a layer's


def other_blocks(
    along: Directions, left: Int[np.ndarray, " left"]
) -> tuple[list[Block], dict[str, Any]]:
    """Blocks of the parameters that are left, and which of them are whole, which diagonal."""
    if not len(left):
        return [], {}
    places = names_of(along.trainer)
    modules: dict[str, list[Int[np.ndarray, " own"]]] = {}
    for name, where in places.items():
        own = left[(left >= where.start) & (left < where.stop)]
        if len(own):
            modules.setdefault(name.rpartition(".")[0] or along.trainer.name, []).append(own)
    blocks: dict[str, Int[np.ndarray, " block"]] = {
        n: np.concatenate(own) for n, own in modules.items()
    }
    names = [k for k, s in places.items() if ((left >= s.start) & (left < s.stop)).any()]
    squares = _summed(along, names, blocks)
    made: list[Block] = [_block(blocks[n], s, along) for n, s in squares.items()]
    told = {
        "whole blocks": [n for n, b in blocks.items() if len(b) <= SMALL],
        "diagonal": [n for n, b in blocks.items() if len(b) > SMALL],
    }
    return made, {word: which for word, which in told.items() if which}


def _block(at: Int[np.ndarray, " block"], square: np.ndarray, along: Directions) -> Block:
    decay = along.trainer.schedule.weight_decay
    if square.ndim == 1:
        return Diagonal(at, square * along.weight + decay)
    values, vectors = np.linalg.eigh(square * along.weight)
    return Whole(at, upright(values) + decay, vectors)


def _summed(
    along: Directions, names: list[str], blocks: dict[str, Int[np.ndarray, " block"]]
) -> dict[str, np.ndarray]:
    places = names_of(along.trainer)
    inside = np.concatenate([np.arange(places[k].start, places[k].stop) for k in names])
    sums = {
        n: np.zeros((len(at), len(at)) if len(at) <= SMALL else len(at)) for n, at in blocks.items()
    }
    for model, rows, ways in along.blocks(along.count() * len(inside)):
        roots = _roots(along, model, rows, ways, names)
        for name, at in blocks.items():
            own = roots[:, np.searchsorted(inside, at)]
            sums[name] += own.T @ own if sums[name].ndim == 2 else (own * own).sum(axis=0)
    return sums


def _roots(
    along: Directions, model: Params, rows: slice, ways: torch.Tensor, names: list[str]
) -> Float[np.ndarray, "roots parameters"]:
    """As the trainer's, of these parameters alone."""

    def one(x: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
        def outputs(moved: Params) -> torch.Tensor:
            return functional_call(along.trainer.module, {**model, **moved}, (x[None],)).reshape(-1)

        back = vjp(outputs, {k: model[k] for k in names})[1]
        slopes = vmap(lambda d: back(d)[0])(c)
        return torch.cat([slopes[k].flatten(1) for k in names], 1)

    roots = vmap(one)(along.trainer.X[rows], ways)
    return np.asarray(roots.flatten(0, 1).detach().double().cpu().numpy())
