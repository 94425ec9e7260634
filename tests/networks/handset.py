"""A small attention-only transformer, written as one writes them, and a way to set it by hand."""

import torch
from torch import nn


class Attention(nn.Module):
    """Causal attention without biases; each head is `d_head` wide, whatever the stream is."""

    def __init__(self, d_model, n_heads, d_head):
        super().__init__()
        self.n_heads, self.d_head = n_heads, d_head
        self.q_proj = nn.Linear(d_model, n_heads * d_head, bias=False)
        self.k_proj = nn.Linear(d_model, n_heads * d_head, bias=False)
        self.v_proj = nn.Linear(d_model, n_heads * d_head, bias=False)
        self.o_proj = nn.Linear(n_heads * d_head, d_model, bias=False)

    def forward(self, x):
        batch, length, _ = x.shape

        def heads(z):
            return z.view(batch, length, self.n_heads, self.d_head).transpose(1, 2)

        q, k, v = heads(self.q_proj(x)), heads(self.k_proj(x)), heads(self.v_proj(x))
        scores = q @ k.transpose(-1, -2) / self.d_head**0.5  # batch, head, query, key
        future = torch.ones(length, length, dtype=torch.bool, device=x.device).triu(1)
        pattern = scores.masked_fill(future, -torch.inf).softmax(-1)
        return self.o_proj((pattern @ v).transpose(1, 2).reshape(batch, length, -1))


class Block(nn.Module):
    """A layer of attention alone, without a norm."""

    def __init__(self, d_model, n_heads, d_head):
        super().__init__()
        self.attn = Attention(d_model, n_heads, d_head)

    def forward(self, x):
        return x + self.attn(x)


class Transformer(nn.Module):
    """Token ids [batch, position] to logits [batch, position, word]."""

    def __init__(self, *, vocabulary, words, length, d_model, n_layers, n_heads, d_head):
        super().__init__()
        self.embed = nn.Embedding(vocabulary, d_model)
        self.pos = nn.Embedding(length, d_model)
        self.layers = nn.ModuleList(Block(d_model, n_heads, d_head) for _ in range(n_layers))
        self.unembed = nn.Linear(d_model, words, bias=False)

    def forward(self, ids):
        x = self.embed(ids) + self.pos(torch.arange(ids.shape[1], device=ids.device))
        for layer in self.layers:
            x = layer(x)
        return self.unembed(x)


def axes(**widths):
    """The stream's axes by what they say: name -> selector [d, width], and d."""
    d, start, named = sum(widths.values()), 0, {}
    for name, width in widths.items():
        named[name] = torch.eye(d, dtype=torch.float64)[:, start : start + width]
        start += width
    return named, d


@torch.no_grad()
def write(model, *, embed, pos, heads, unembed):
    """Set every weight; what is not given is 0.

    Args:
        model: a `Transformer` in float64.
        embed: [vocabulary, d].
        pos: [length, d].
        heads: layer by layer, head by head, (Q, K, V, O): three [d, width] and one [width, d],
            with scores = (x Q)(x K)' unscaled.
        unembed: [d, words].
    """
    model.embed.weight.copy_(embed)
    model.pos.weight.copy_(pos)
    model.unembed.weight.copy_(unembed.T)
    for layer, own in zip(model.layers, heads, strict=True):
        attn = layer.attn
        for linear in attn.children():
            linear.weight.zero_()
        for h, (q, k, v, o) in enumerate(own):
            at = h * attn.d_head
            # Attention divides its scores by sqrt(d_head).
            attn.q_proj.weight[at : at + q.shape[1]] = q.T * attn.d_head**0.5
            attn.k_proj.weight[at : at + k.shape[1]] = k.T
            attn.v_proj.weight[at : at + v.shape[1]] = v.T
            attn.o_proj.weight[:, at : at + len(o)] = o.T
    return model.eval()
