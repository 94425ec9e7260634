"""A convolutional net with two paths that carry the answer among decoys that look the same.

Stripes are upright or level. Channels 0 and 1 of each layer detect one kind each and are read;
the decoys detect the same with the same energy, and nothing reads the last of them.
One more channel of layer 1 is read by a decoy alone.

    stripes -> conv1 [0, 1, decoys, orphan] -> conv2 [0, 1, decoys] -> mean -> head reads 0 and 1
"""

import torch
from torch import nn

EDGES = {("conv1 0", "conv2 0"), ("conv1 1", "conv2 1"), ("conv2 0", "head"), ("conv2 1", "head")}
CLASSES = ("upright", "level")


class Paths(nn.Module):
    """Images [batch, 1, 8, 8] to logits [batch, 2]; float64.

    Args:
        decoys: how many; even ones detect upright stripes, odd ones level.
    """

    def __init__(self, decoys=4):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 2 + decoys + 1, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(2 + decoys + 1, 2 + decoys, 1, bias=False)
        self.head = nn.Linear(2 + decoys, 2, bias=False)
        upright = torch.tensor([[-1.0, 2.0, -1.0]]).repeat(3, 1) / 6.0
        kinds = [upright, upright.T] * (1 + decoys // 2) + [upright, upright.T][: decoys % 2]
        with torch.no_grad():
            self.conv1.weight.copy_(torch.stack([*kinds, upright])[:, None])
            self.conv2.weight.copy_(torch.eye(2 + decoys, 3 + decoys)[..., None, None])
            if decoys:
                self.conv2.weight[2, -1] = 1.0  # the orphan and its only reader
            self.head.weight.copy_(torch.eye(2, 2 + decoys) * 4.0)
        self.double().eval()

    def forward(self, images):
        x = torch.relu(self.conv1(images))
        x = torch.relu(self.conv2(x))
        return self.head(x.mean((-1, -2)))


def stripes(n=64, seed=0, noise=0.5):
    """n noisy images [n, 1, 8, 8] of stripes at a random offset, and which kind they are [n]."""
    draws = torch.Generator().manual_seed(seed)
    kind = torch.arange(n) % 2
    offset = torch.randint(0, 2, (n, 1, 1), generator=draws)
    upright = ((torch.arange(8) + offset) % 2).double().expand(n, 8, 8)
    image = torch.where(kind[:, None, None] == 0, upright, upright.transpose(1, 2))
    image = image + noise * torch.randn(n, 8, 8, generator=draws, dtype=torch.float64)
    return image[:, None], kind
