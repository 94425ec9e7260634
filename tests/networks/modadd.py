"""Addition modulo p written down, not trained: each hidden neuron listens to one frequency.

    hidden_j(a, b) = (cos(w_j a + f_j) + cos(w_j b + g_j))^2
    logit_c        = sum_j cos(w_j c + f_j + g_j) hidden_j,     w_j = 2 pi k_j / p

The squares' cross terms hold cos(w (a + b - c)), whose sum over k peaks at c = a + b.
Frequencies do not meet before the logits, so that the correct logit less the mean of the others is
additive over them, whatever they are replaced by.

After Gromov (2023), "Grokking modular arithmetic".
"""

import math

import torch
from torch import nn

P = 23
FREQUENCIES = (P - 1) // 2


class Square(nn.Module):
    def forward(self, x):
        return x * x


class ModAdd(nn.Module):
    """Pairs of numbers [batch, 2] to logits [batch, p]; float64.

    Attributes:
        frequency: which of 1..11 each neuron listens to, [neurons].
    """

    def __init__(self, neurons=440, seed=0):
        super().__init__()
        self.hidden = nn.Linear(2 * P, neurons, bias=False)
        self.act = Square()
        self.out = nn.Linear(neurons, P, bias=False)
        self.double().eval()
        self.frequency = torch.arange(neurons) % FREQUENCIES + 1
        draws = torch.Generator().manual_seed(seed)
        f, g = 2 * math.pi * torch.rand(2, neurons, 1, generator=draws, dtype=torch.float64)
        turn = 2 * math.pi / P * self.frequency[:, None] * torch.arange(P)  # neuron, number
        with torch.no_grad():
            self.hidden.weight.copy_(torch.cat([torch.cos(turn + f), torch.cos(turn + g)], 1))
            self.out.weight.copy_(torch.cos(turn + f + g).T)

    def forward(self, pairs):
        x = nn.functional.one_hot(pairs, P).to(self.hidden.weight.dtype).flatten(1)
        return self.out(self.act(self.hidden(x)))


def every_pair():
    """All pairs [p^2, 2] and their sums modulo p [p^2]."""
    pairs = torch.cartesian_prod(torch.arange(P), torch.arange(P))
    return pairs, pairs.sum(1) % P


def lead(logits, right):
    """The right answer's logit less the mean of the others; [batch]."""
    own = logits.gather(1, right[:, None])[:, 0]
    return own - (logits.sum(1) - own) / (P - 1)
