"""The shortest way to look into a network and to change it, for its own tests: no part of whence.

A head's share of an output projection's input is a block of columns; a mask m over heads makes it
m z + (1 - m) reference.
"""

import contextlib
import itertools
import math

import torch


@contextlib.contextmanager
def before(modules, change):
    """While this lasts, each module's first input is change(index, input)."""
    taken = [
        module.register_forward_pre_hook(lambda _, args, i=i: (change(i, args[0]), *args[1:]))
        for i, module in enumerate(modules)
    ]
    try:
        yield
    finally:
        for handle in taken:
            handle.remove()


def inputs(model, ids, modules):
    """The input of each module, when the model reads ids."""
    found = {}

    def note(i, x):
        found[i] = x.detach()
        return x

    with torch.no_grad(), before(modules, note):
        model(ids)
    return [found[i] for i in range(len(modules))]


def with_heads(model, ids, outs, mask, references=None):
    """The model's answer when head h of layer l is mask[l, h] itself, the rest reference.

    Args:
        model: what is asked.
        ids: what it reads.
        outs: the output projections, one a layer.
        mask: [layer, head], 0 to 1.
        references: for each layer what its projection reads instead, or None for zero.
    """

    def mix(layer, z):
        wide = z.shape[-1] // mask.shape[1]
        kept = mask[layer].to(z.dtype).repeat_interleave(wide)
        other = 0.0 if references is None else references[layer]
        return kept * z + (1 - kept) * other

    with before(outs, mix):
        return model(ids)


@torch.no_grad()
def worths(value, n):
    """The worth of each subset of n: {tuple of 0 and 1: float}."""
    masks = itertools.product((0, 1), repeat=n)
    return {m: value(torch.tensor(m, dtype=torch.float64)).item() for m in masks}


def switched(mask, i, to):
    return (*mask[:i], to, *mask[i + 1 :])


def shapley(worth):
    """Of each player, from the worths of all subsets."""
    n = len(next(iter(worth)))
    weight = [math.factorial(k) * math.factorial(n - k - 1) / math.factorial(n) for k in range(n)]
    without = [[m for m in worth if not m[i]] for i in range(n)]
    return [
        sum(weight[sum(m)] * (worth[switched(m, i, 1)] - worth[m]) for m in without[i])
        for i in range(n)
    ]


def left_out(worth):
    """What is lost without each player alone."""
    full = (1,) * len(next(iter(worth)))
    return [worth[full] - worth[switched(full, i, 0)] for i in range(len(full))]


def slopes(value, shape):
    """d value / d mask where nothing is missing."""
    mask = torch.ones(shape, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(value(mask), mask)[0]
