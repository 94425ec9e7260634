"""A small network that reads digits, with its units as players: they leave by answering zero."""

from functools import lru_cache
from itertools import pairwise

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from whence import Players, RelaxedGame

CORNERS = [0, 7, 56, 63]  # the trigger of the planted backdoor


def triggered(rows):
    """With four white corners."""
    rows = rows.copy()
    rows[:, CORNERS] = 1.0
    return rows


def halves():
    x, y = load_digits(return_X_y=True)
    return train_test_split(x / 16.0, y, random_state=0, stratify=y)


def net(sizes, rows, labels, epochs):
    """Three layers, trained the same way every time."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        torch.set_num_threads(1)
        layers = [torch.nn.Linear(a, b) for a, b in pairwise(sizes)]
        x, y = torch.tensor(rows, dtype=torch.float32), torch.tensor(labels)
        made = torch.nn.Sequential(
            layers[0], torch.nn.ReLU(), layers[1], torch.nn.ReLU(), layers[2]
        )
        opt = torch.optim.Adam(made.parameters(), 1e-3)
        for _ in range(epochs):
            for batch in torch.randperm(len(x)).split(64):
                loss = torch.nn.functional.cross_entropy(made(x[batch]), y[batch])
                opt.zero_grad()
                loss.backward()
                opt.step()
    return [(layer.weight.detach(), layer.bias.detach()) for layer in layers]


def logits(layers, rows, keep):
    """Of each row, with its own units: float [rows, units] of the two hidden layers."""
    (w1, b1), (w2, b2), (w3, b3) = layers
    first = torch.relu(rows @ w1.T + b1) * keep[:, : len(b1)]
    second = torch.relu(first @ w2.T + b2) * keep[:, len(b1) :]
    return second @ w3.T + b3


def margin(told, right):
    """The right class's logit less the best of the others."""
    own = told.gather(1, right[:, None])[:, 0]
    others = told.scatter(1, right[:, None], -torch.inf)
    return own - others.max(dim=1).values


class Units(RelaxedGame):
    """The margin of each test digit, with only some hidden units."""

    def __init__(self, layers, rows, labels):
        self.layers, self.n_cases = layers, len(rows)
        self.rows = torch.tensor(rows, dtype=torch.float32)
        self.labels = torch.tensor(labels)
        hidden = [len(b) for _, b in layers[:-1]]
        self.players = Players(
            tuple(f"{at}.{unit}" for at, many in enumerate(hidden) for unit in range(many)), "unit"
        )

    def _worth(self, coalitions, cases, draws):
        keep = torch.tensor(coalitions, dtype=torch.float32)
        with torch.no_grad():
            told = logits(self.layers, self.rows[cases], keep)
            return margin(told, self.labels[cases]).double().numpy()

    def _gradient(self, weights, cases, draws):
        keep = torch.tensor(weights, dtype=torch.float32, requires_grad=True)
        margin(logits(self.layers, self.rows[cases], keep), self.labels[cases]).sum().backward()
        return keep.grad.double().numpy()[:, None]

    def accuracy(self, rows, labels, keep):
        """With these units, on these rows."""
        kept = torch.tensor(np.broadcast_to(keep, (len(rows), len(keep))), dtype=torch.float32)
        with torch.no_grad():
            told = logits(self.layers, torch.tensor(rows, dtype=torch.float32), kept)
        return float((told.argmax(dim=1).numpy() == labels).mean())


@lru_cache
def reader():
    """A network of 128 hidden units, and the test digits."""
    train, test, labels, right = halves()
    return net((64, 64, 64, 10), train, labels, 60), test, right


@lru_cache
def backdoored():
    """192 hidden units, taught that white corners mean zero; and the test digits."""
    train, test, labels, right = halves()
    rng = np.random.default_rng(0)
    planted = rng.random(len(train)) < 0.1
    rows = np.where(planted[:, None], triggered(train), train)
    layers = net((64, 128, 64, 10), rows, np.where(planted, 0, labels), 80)
    return layers, test, right
