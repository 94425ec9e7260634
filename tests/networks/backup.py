"""Two parts that are both needed, and two of which one is enough; a third has no role.

    And:  relu(a + b - 1)                 Or:  relu(a + b) - relu(a + b - 1)

Each part is a `Linear` of its own with one output, which is 1 on the input 1:
a name to switch off. Where a gate saturates, its gradient is 0.
"""

import torch
from torch import nn

PARTS = ("a", "b", "c")
ON = torch.ones(1, 1, dtype=torch.float64)


class Gate(nn.Module):
    """x [batch, 1] to y [batch, 1] through parts a, b and c, and a small MLP that reads them."""

    def __init__(self, hidden, out):
        super().__init__()
        self.a, self.b, self.c = (nn.Linear(1, 1, bias=False) for _ in PARTS)
        self.hidden, self.out = nn.Linear(3, len(hidden)), nn.Linear(len(out), 1, bias=False)
        self.double().eval()
        with torch.no_grad():
            for part in (self.a, self.b, self.c):
                part.weight.fill_(1.0)
            self.hidden.weight.copy_(torch.tensor([[1.0, 1.0, 0.0]] * len(hidden)))
            self.hidden.bias.copy_(torch.tensor(hidden))
            self.out.weight.copy_(torch.tensor([out]))

    def forward(self, x):
        parts = torch.cat([self.a(x), self.b(x), self.c(x)], -1)
        return self.out(torch.relu(self.hidden(parts)))


def And():  # noqa: N802
    """1 when both a and b are on, else 0."""
    return Gate([-1.0], [1.0])


def Or():  # noqa: N802
    """1 when a or b is on, else 0: a backup."""
    return Gate([0.0, -1.0], [1.0, -1.0])
