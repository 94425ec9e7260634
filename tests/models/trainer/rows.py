"""Small training sets and the trainers that know them."""

import numpy as np

from whence.models.trainer import Trainer


def regression(n=40, d=4, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    return X, X @ rng.normal(size=d) + rng.normal(size=n)


def classification(n=40, d=4, seed=0):
    X, y = regression(n, d, seed)
    return X, np.where(y > 0, "yes", "no")


def ridge(**options):
    X, y = regression()
    return Trainer.ridge(X[:30], y[:30], 2.0, **options), (X[30:], y[30:])


def logistic(**options):
    X, y = classification()
    return Trainer.logistic(X[:30], y[:30], 1.0, **options), (X[30:], y[30:])


def blobs(n=60, seed=0):
    """Three classes in the plane, some of them in each other's way."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    centres = np.array([[0.0, 0.0], [1.5, 0.0], [0.0, 1.5]])
    return centres[y] + rng.normal(size=(n, 2)) * 0.7, y


def network(width=6, n=48, seed=0, **options):
    """A small smooth network in doubles; its last rows are the test."""
    import torch

    def make():
        parts = torch.nn.Linear(2, width), torch.nn.Tanh(), torch.nn.Linear(width, 3)
        return torch.nn.Sequential(*parts).double()

    X, y = blobs(n + 6)
    settings = {"epochs": 5, "lr": 0.3, "batch": 12, "weight_decay": 1e-3, "seed": seed} | options
    return Trainer.torch(make, X[:n], y[:n], **settings), (X[n:], y[n:])
