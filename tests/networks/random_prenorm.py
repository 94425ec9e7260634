"""A random pre-norm transformer in which everything that can have a bias has one.

A stream of sums: with the last norm's scale held, each logit is the sum of what every part wrote.
Nothing in it has a meaning, so that a part that is forgotten shows.
"""

import torch
from torch import nn


class RMSNorm(nn.Module):
    """x / rms(x) weight + bias; most have no bias, this one has."""

    def __init__(self, d_model, eps=1e-5):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))

    def forward(self, x):
        return x * (x.pow(2).mean(-1, keepdim=True) + self.eps).rsqrt() * self.weight + self.bias


class Attention(nn.Module):
    """Causal attention; q, k and v are one projection or three."""

    def __init__(self, d_model, n_heads, d_head, *, fused):
        super().__init__()
        self.n_heads, self.d_head, self.fused = n_heads, d_head, fused
        wide = n_heads * d_head
        if fused:
            self.qkv = nn.Linear(d_model, 3 * wide)
        else:
            self.query, self.key, self.value = (nn.Linear(d_model, wide) for _ in range(3))
        self.out = nn.Linear(wide, d_model)

    def forward(self, x):
        batch, length, _ = x.shape
        if self.fused:
            q, k, v = self.qkv(x).chunk(3, -1)
        else:
            q, k, v = self.query(x), self.key(x), self.value(x)
        q, k, v = (
            z.view(batch, length, self.n_heads, self.d_head).transpose(1, 2) for z in (q, k, v)
        )
        z = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(z.transpose(1, 2).reshape(batch, length, -1))


class MLP(nn.Module):
    def __init__(self, d_model, d_mlp):
        super().__init__()
        self.up = nn.Linear(d_model, d_mlp)
        self.down = nn.Linear(d_mlp, d_model)

    def forward(self, x):
        return self.down(nn.functional.gelu(self.up(x)))


class Block(nn.Module):
    """Attention, then the MLP on what it wrote; or, in parallel, both on the same stream."""

    def __init__(self, d_model, n_heads, d_head, d_mlp, norm, *, fused, parallel):
        super().__init__()
        self.parallel = parallel
        self.ln1, self.ln2 = norm(d_model), norm(d_model)
        self.attn = Attention(d_model, n_heads, d_head, fused=fused)
        self.mlp = MLP(d_model, d_mlp)

    def forward(self, x):
        if self.parallel:
            return x + self.attn(self.ln1(x)) + self.mlp(self.ln2(x))
        x = x + self.attn(self.ln1(x))
        return x + self.mlp(self.ln2(x))


class RandomPreNorm(nn.Module):
    """Token ids [batch, position] to logits [batch, position, word]; float64, evaluating.

    Args:
        d_model: width of the stream.
        n_heads: heads a layer.
        n_layers: layers.
        d_head: width of a head; d_model / n_heads by default.
        vocabulary: words.
        length: positions.
        norm: "layer" or "rms".
        parallel: whether attention and MLP read the same stream.
        fused: whether q, k and v are one projection.
        seed: of the weights, all of size 0.3 (norms' weights about 1).
    """

    def __init__(
        self,
        *,
        d_model=24,
        n_heads=3,
        n_layers=2,
        d_head=None,
        vocabulary=11,
        length=7,
        norm="layer",
        parallel=False,
        fused=False,
        seed=0,
    ):
        super().__init__()
        kind = {"layer": nn.LayerNorm, "rms": RMSNorm}[norm]
        self.embed = nn.Embedding(vocabulary, d_model)
        self.pos = nn.Embedding(length, d_model)
        self.blocks = nn.ModuleList(
            Block(
                d_model,
                n_heads,
                d_head or d_model // n_heads,
                2 * d_model,
                kind,
                fused=fused,
                parallel=parallel,
            )
            for _ in range(n_layers)
        )
        self.ln_f = kind(d_model)
        self.unembed = nn.Linear(d_model, vocabulary)
        draws = torch.Generator().manual_seed(seed)
        self.double().eval()
        with torch.no_grad():
            for name, p in self.named_parameters():
                about = 1.0 if "ln" in name and name.endswith("weight") else 0.0
                p.copy_(about + 0.3 * torch.randn(p.shape, generator=draws, dtype=p.dtype))

    def forward(self, ids):
        x = self.embed(ids) + self.pos(torch.arange(ids.shape[1], device=ids.device))
        for block in self.blocks:
            x = block(x)
        return self.unembed(self.ln_f(x))


def sentences(model, n=2, seed=0):
    """Random ids [n, length] for a model."""
    draws = torch.Generator().manual_seed(seed)
    size = n, model.pos.num_embeddings
    return torch.randint(0, model.embed.num_embeddings, size, generator=draws)
