"""Small trainers whose curvature can be known exactly."""

import numpy as np
import torch

from whence.models.trainer import Trainer
from whence.models.trainer.curvature import curvature


class Words(torch.nn.Module):
    """A sequence [rows, time, width]: layers at every time, a norm, and an embedding of place."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(4, 6)
        self.norm = torch.nn.LayerNorm(6)
        self.last = torch.nn.Linear(6, 3)

    def forward(self, x):
        return self.last(torch.tanh(self.norm(self.first(x))).mean(1))


def mlp():
    return torch.nn.Sequential(torch.nn.Linear(5, 6), torch.nn.Tanh(), torch.nn.Linear(6, 3))


def convolution():
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 3, 3, padding=1, stride=2),
        torch.nn.Tanh(),
        torch.nn.Flatten(),
        torch.nn.Linear(27, 3),
    )


SHAPES = {"mlp": (mlp, (5,)), "convolution": (convolution, (1, 6, 6)), "words": (Words, (7, 4))}


def network(make, shape, n=60, *, classes=3, double=True, seed=0, **options):
    """A trained network, and what it learned."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, *shape))
    flat = X.reshape(n, -1)
    y = (flat @ rng.normal(size=(flat.shape[1], classes)) + rng.gumbel(size=(n, classes))).argmax(1)
    made = (lambda: make().double()) if double else make
    given = {"epochs": 10, "lr": 0.2, "batch": 20, "weight_decay": 1e-3} | options
    trainer = Trainer.torch(made, X if double else X.astype("float32"), y, **given)
    return trainer, trainer.fit()


def named(kind, **options):
    return network(*SHAPES[kind], **options)


def matrix(trainer, model):
    """H, by the definition."""
    n, root = len(trainer.rows), trainer.roots(model)
    return (root.T @ root + np.diag(trainer.penalty)) / n


def exact(trainer, model, v, damping):
    H = matrix(trainer, model)
    return np.linalg.solve(H + damping * np.eye(len(H)), v.T).T


def cosines(a, b):
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def queries(trainer, model):
    """Gradients of what is measured, of some of its own rows."""
    X, y = trainer.rows.X, np.array(trainer.rows.labels)
    return trainer.measured_gradients(model, trainer.tests((X[:20], y[:20])))


__all__ = ["cosines", "curvature", "exact", "matrix", "named", "network", "queries"]
