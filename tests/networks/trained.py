"""Two small transformers that learnt their task: continuing repeats, and naming the other one.

Both have two layers of four heads and no MLP. What holds of the weights that are kept:

- `repeats`: a word sequence repeats after 4 to 10 words. Head 0.0 looks one back, and to replace it
  by its mean costs most; its gradient has the wrong sign, so AtP calls it harmful.
  (If the period never changed, one layer could do it by position alone.)
- `names`: two names, then one of them again; END asks for the other. With a third name in the
  repeat's place there is no answer. Here gradients rank heads as leaving them out does.

The weights are in tests/fixtures, so that every machine has the same;
`python -m networks.trained` in tests/ trains and writes them anew, in eight seconds.
"""

import math
import pathlib

import numpy as np
import torch
from torch import nn

FIXTURES = pathlib.Path(__file__).parents[1] / "fixtures"
WORDS, FIRST, WIDTH, HEADS = 16, 16, 32, 4
REPEATS_LENGTH, NAMES_LENGTH = 25, 12
LOOKS_BACK = (0, 0)  # layer and head, in the weights that are kept for `repeats`
NAMES, END = 10, WORDS - 1  # words 0..9 are names, 10..14 filler


class Attention(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.n_heads = n_heads
        self.qkv = nn.Linear(d_model, 3 * d_model, bias=False)
        self.out = nn.Linear(d_model, d_model, bias=False)

    def forward(self, x):
        batch, length, d = x.shape
        heads = self.qkv(x).view(batch, length, 3, self.n_heads, d // self.n_heads)
        q, k, v = heads.permute(2, 0, 3, 1, 4)  # which, batch, head, position, axis
        z = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(z.transpose(1, 2).reshape(batch, length, d))


class Block(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.ln = nn.LayerNorm(d_model)
        self.attn = Attention(d_model, n_heads)

    def forward(self, x):
        return x + self.attn(self.ln(x))


class Reader(nn.Module):
    """Token ids [batch, position] to logits [batch, position, word]."""

    def __init__(self, length):
        super().__init__()
        self.embed = nn.Embedding(WORDS + 1, WIDTH)
        self.pos = nn.Embedding(length, WIDTH)
        self.blocks = nn.ModuleList(Block(WIDTH, HEADS) for _ in range(2))
        self.ln_f = nn.LayerNorm(WIDTH)
        self.unembed = nn.Linear(WIDTH, WORDS, bias=False)

    def forward(self, ids):
        x = self.embed(ids) + self.pos(torch.arange(ids.shape[1], device=ids.device))
        for block in self.blocks:
            x = block(x)
        return self.unembed(self.ln_f(x))


def repeats(n, draws):
    """Ids [n, 25] from FIRST on, and which next words [n, 24] follow one that was seen before."""
    period = torch.randint(4, 11, (n, 1), generator=draws)
    once = torch.randint(0, WORDS, (n, REPEATS_LENGTH), generator=draws)
    words = once.gather(1, torch.arange(REPEATS_LENGTH - 1) % period)
    ids = torch.cat([torch.full((n, 1), FIRST), words], 1)
    return ids, torch.arange(1, REPEATS_LENGTH) > period + 1


def continued(logits, ids, asked):
    """The next word's logit less the mean of the others, over what is asked; [batch]."""
    own = logits[:, :-1].gather(-1, ids[:, 1:, None])[..., 0]
    lead = own - (logits[:, :-1].sum(-1) - own) / (WORDS - 1)
    return (lead * asked).sum(1) / asked.sum(1)


def names(n, draws):
    """Ids [n, 12], the same with a third name in the repeat's place, the other and the repeated."""
    a, b, third = torch.rand(n, NAMES, generator=draws).argsort(1)[:, :3].T
    swap = torch.rand(n, generator=draws) < 0.5
    repeated, other = torch.where(swap, a, b), torch.where(swap, b, a)
    at = torch.rand(n, NAMES_LENGTH - 2, generator=draws).argsort(1)[:, :3].sort(1).values + 1
    ids = torch.randint(NAMES, END, (n, NAMES_LENGTH), generator=draws)
    ids[:, 0], ids[:, -1] = FIRST, END
    ids.scatter_(1, at, torch.stack([a, b, repeated], 1))
    return ids, ids.scatter(1, at[:, 2:], third[:, None]), other, repeated


def preferred(logits, other, repeated):
    """At END, the other name's logit less the repeated one's; [batch]."""
    row = torch.arange(len(logits))
    return logits[row, -1, other] - logits[row, -1, repeated]


def _repeats_loss(model, draws):
    ids, asked = repeats(32, draws)
    loss = nn.functional.cross_entropy(
        model(ids)[:, :-1].transpose(1, 2), ids[:, 1:], reduction="none"
    )
    return (loss * asked).sum() / asked.sum()


def _names_loss(model, draws):
    ids, _, other, _ = names(128, draws)
    return nn.functional.cross_entropy(model(ids)[:, -1], other)


TASKS = {
    "repeats": (REPEATS_LENGTH, _repeats_loss, 1000),
    "names": (NAMES_LENGTH, _names_loss, 600),
}


@torch.enable_grad()
def train(task, *, seed=0, steps=None):
    """A trained `Reader`: AdamW, a rate that rises for 50 steps and falls as a cosine."""
    length, loss, usual = TASKS[task]
    steps = steps or usual
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Reader(length)
    draws = torch.Generator().manual_seed(seed)
    adam = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.01)
    rate = torch.optim.lr_scheduler.LambdaLR(
        adam, lambda s: min(1, s / 50) * (0.5 * (1 + math.cos(math.pi * s / steps)) + 0.05)
    )
    for _ in range(steps):
        adam.zero_grad()
        loss(model, draws).backward()
        adam.step()
        rate.step()
    return model.eval()


def kept(task):
    """The `Reader` whose weights are kept."""
    model = Reader(TASKS[task][0])
    with np.load(FIXTURES / f"trained-{task}.npz") as weights:
        model.load_state_dict({name: torch.from_numpy(weights[name]) for name in weights.files})
    return model.eval()


def main():
    for task in TASKS:
        weights = {name: p.numpy() for name, p in train(task).state_dict().items()}
        np.savez(FIXTURES / f"trained-{task}.npz", **weights)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
