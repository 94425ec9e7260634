"""A node whose direct and indirect effects cancel in their slopes, and not at the whole step.

    y = 2 n - 4 tanh(n / 2)

Layer 0 writes n = x, layer 1 subtracts what saturates, layer 2 writes nothing.
At n = 0 the slopes are +2 and -2; from 0 to 3 the effect is 6 - 4 tanh(1.5) = 2.379.
With layer 1's gradient stopped the slope is 2, with layer 2's it is 0.

After Kramar et al. (2024), "AtP*", on direct and indirect effects that cancel.
"""

import math

import torch
from torch import nn

FROM = torch.zeros(1, 1, dtype=torch.float64)
TO = torch.full((1, 1), 3.0, dtype=torch.float64)
EFFECT = 6.0 - 4.0 * math.tanh(1.5)


class Layer(nn.Module):
    """stream -> out(act(into(stream))), to be added to the stream."""

    def __init__(self, into, act, out):
        super().__init__()
        self.into, self.act, self.out = (
            nn.Linear(3, 1, bias=False),
            act,
            nn.Linear(1, 3, bias=False),
        )
        with torch.no_grad():
            self.into.weight.copy_(torch.tensor([into]))
            self.out.weight.copy_(torch.tensor([out]).T)

    def forward(self, stream):
        return self.out(self.act(self.into(stream)))


class Cancel(nn.Module):
    """x [batch, 1] to y [batch, 1]; the stream's axes are x, n and what is subtracted."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(1, 3, bias=False)
        self.layers = nn.ModuleList(
            [
                Layer([1.0, 0.0, 0.0], nn.Identity(), [0.0, 1.0, 0.0]),
                Layer([0.0, 0.5, 0.0], nn.Tanh(), [0.0, 0.0, -4.0]),
                Layer([0.0, 0.0, 1.0], nn.Tanh(), [0.0, 0.0, 0.0]),
            ]
        )
        self.read = nn.Linear(3, 1, bias=False)
        with torch.no_grad():
            self.embed.weight.copy_(torch.tensor([[1.0], [0.0], [0.0]]))
            self.read.weight.copy_(torch.tensor([[0.0, 2.0, 1.0]]))
        self.double().eval()

    def forward(self, x):
        stream = self.embed(x)
        for layer in self.layers:
            stream = stream + layer(stream)
        return self.read(stream)
