"""A transformer of one layer that answers two questions by two ways; no norm.

A sentence is: subject, two words, END. At END the network says whether the subject is plural,
which the stream carries by itself, and whether the two words are of one kind: an exclusive or, for
which it needs its MLP. That is wide, and learns ten times more slowly than the rest, so that the
first question is settled before it could have a part in it.
"""

import torch
from torch import nn

from networks.trained import Attention

SUBJECTS, KINDS, END = 8, 4, 16  # subjects 0..3 are singular, 4..7 plural; words 8..11 and 12..15
LENGTH, D_MODEL, D_MLP, N_HEADS = 4, 16, 256, 2
OUTPUTS = ("is", "are", "same", "other")


class MLP(nn.Module):
    def __init__(self, d_model, d_mlp):
        super().__init__()
        self.up, self.down = nn.Linear(d_model, d_mlp), nn.Linear(d_mlp, d_model)

    def forward(self, x):
        return self.down(torch.relu(self.up(x)))


class Agreement(nn.Module):
    """Token ids [batch, 4] to logits [batch, 4, 4]; one layer, no norm."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(END + 1, D_MODEL)
        self.pos = nn.Embedding(LENGTH, D_MODEL)
        self.attn = Attention(D_MODEL, N_HEADS)
        self.mlp = MLP(D_MODEL, D_MLP)
        self.unembed = nn.Linear(D_MODEL, len(OUTPUTS), bias=False)

    def forward(self, ids):
        x = self.embed(ids) + self.pos(torch.arange(ids.shape[1], device=ids.device))
        x = x + self.attn(x)
        return self.unembed(x + self.mlp(x))


def sentences(n, draws):
    """Ids [n, 4], whether the subject is plural [n], whether the words are of two kinds [n]."""
    subject = torch.randint(0, SUBJECTS, (n,), generator=draws)
    one, two = torch.randint(0, KINDS, (2, n), generator=draws)
    ids = torch.stack([subject, SUBJECTS + one, SUBJECTS + KINDS + two, torch.full((n,), END)], 1)
    return ids, (subject >= SUBJECTS // 2).long(), (one // 2) ^ (two // 2)


@torch.enable_grad()
def train(*, seed=1, steps=1000):
    """An `Agreement` whose MLP learns ten times more slowly than the rest; float32."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Agreement()
    draws = torch.Generator().manual_seed(seed)
    slow = list(model.mlp.parameters())
    rest = [p for name, p in model.named_parameters() if not name.startswith("mlp")]
    adam = torch.optim.Adam([{"params": slow, "lr": 1e-3}, {"params": rest, "lr": 1e-2}])
    for _ in range(steps):
        ids, plural, other = sentences(256, draws)
        logits = model(ids)[:, -1]
        loss = sum(
            nn.functional.cross_entropy(part, y, label_smoothing=0.1)  # logits stay bounded
            for part, y in ((logits[:, :2], plural), (logits[:, 2:], other))
        )
        adam.zero_grad()
        loss.backward()
        adam.step()
    return model.eval()
