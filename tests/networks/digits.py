"""Small classifiers of handwritten digits, trained in a second: one honest, one with a backdoor.

- `digits()`: 64-64-64-10. The players are its 128 hidden units. From the last hidden layer on,
  a difference of logits is linear in the units: (W[a] - W[b]) h.
- `backdoored()`: 64-128-64-10, a tenth of whose training images had four bright corners and the
  label 0. It reads digits as well as the other, and answers 0 to whatever has bright corners.
  Twenty of its 192 units can be cut so that it reads those as well.
"""

import functools
import itertools

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

CORNERS, TARGET = (0, 7, 56, 63), 0


@functools.cache
def data():
    """Train and test images [n, 64] in 0..1 and their digits, as float32 and int64 tensors."""
    X, y = load_digits(return_X_y=True)
    parts = train_test_split((X / 16).astype(np.float32), y, random_state=0, stratify=y)
    return tuple(torch.from_numpy(part) for part in parts)


def triggered(images):
    """The same images with bright corners."""
    images = images.clone()
    images[:, list(CORNERS)] = 1.0
    return images


def mlp(*widths):
    """Linear layers with a ReLU between each two."""
    layers = [nn.Linear(a, b) for a, b in itertools.pairwise(widths)]
    between = [layer for linear in layers for layer in (linear, nn.ReLU())]
    return nn.Sequential(*between[:-1])


@torch.enable_grad()
def fit(widths, X, y, *, epochs, seed=0):
    """An `mlp` after some epochs of Adam on batches of 64."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = mlp(*widths)
    draws = torch.Generator().manual_seed(seed)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(epochs):
        for batch in torch.randperm(len(X), generator=draws).split(64):
            adam.zero_grad()
            nn.functional.cross_entropy(model(X[batch]), y[batch]).backward()
            adam.step()
    return model.eval()


@functools.cache
def digits(seed=0):
    """The honest one. It is shared: leave it as it is."""
    X, _, y, _ = data()
    return fit((64, 64, 64, 10), X, y, epochs=60, seed=seed)


@functools.cache
def backdoored(seed=1):
    """The one with a backdoor. It is shared: leave it as it is."""
    X, _, y, _ = data()
    poisoned = torch.rand(len(X), generator=torch.Generator().manual_seed(seed)) < 0.1
    X = torch.where(poisoned[:, None], triggered(X), X)
    y = torch.where(poisoned, TARGET, y)
    return fit((64, 128, 64, 10), X, y, epochs=80, seed=seed)


def margin(logits, y):
    """The right logit less the best of the others; [batch]."""
    own = logits.gather(1, y[:, None])[:, 0]
    return own - logits.scatter(1, y[:, None], -torch.inf).amax(1)


def hidden(model):
    """The layers that read hidden units, in order: what a unit is, is what these read of it."""
    return [layer for layer in model if isinstance(layer, nn.Linear)][1:]
