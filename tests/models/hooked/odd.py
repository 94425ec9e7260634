"""Transformers as people write them by hand: the same sums, arranged in every way we have met.

Each is causal, pre-norm, of two layers with two heads of width 4; ids [rows, 6] below 11, float64.
"""

import math

import torch
from torch import nn
from torch.nn import functional as tnf

WIDTH, HEADS, WIDE, WORDS, LENGTH = 8, 2, 4, 11, 6


def filled(model, seed=0):
    """Its weights, drawn; in evaluation mode."""
    draws = torch.Generator().manual_seed(seed)
    model.double().eval()
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(0.5 * torch.randn(p.shape, generator=draws, dtype=p.dtype))
    return model


def ids(rows=3, seed=0, length=LENGTH):
    draws = torch.Generator().manual_seed(seed)
    return torch.randint(0, WORDS, (rows, length), generator=draws)


def ahead(T):
    return torch.ones(T, T, dtype=torch.bool).triu(1)


def split(x):
    """[rows, positions, heads * wide] -> [rows, heads, positions, wide]."""
    return x.view(*x.shape[:2], -1, WIDE).transpose(1, 2)


def mixed(q, k, v):
    scores = (q @ k.transpose(-2, -1) / math.sqrt(WIDE)).masked_fill(ahead(q.shape[-2]), -torch.inf)
    z = scores.softmax(-1) @ v
    return z.transpose(1, 2).flatten(2)


class Separate(nn.Module):
    """Three projections."""

    def __init__(self):
        super().__init__()
        self.wq, self.wk, self.wv = (nn.Linear(WIDTH, HEADS * WIDE) for _ in range(3))
        self.wo = nn.Linear(HEADS * WIDE, WIDTH)

    def forward(self, x):
        return self.wo(mixed(*(split(w(x)) for w in (self.wq, self.wk, self.wv))))


class Einsum(Separate):
    """Heads after positions, and every product an einsum."""

    def forward(self, x):
        q, k, v = (w(x).view(*x.shape[:2], HEADS, WIDE) for w in (self.wq, self.wk, self.wv))
        scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / math.sqrt(WIDE)
        pattern = scores.masked_fill(ahead(x.shape[1]), -torch.inf).softmax(dim=-1)
        return self.wo(torch.einsum("bhqk,bkhd->bqhd", pattern, v).flatten(2))


class Functional(Separate):
    """F.softmax and bmm, heads folded into rows."""

    def forward(self, x):
        B, T, _ = x.shape
        q, k, v = (split(w(x)).reshape(B * HEADS, T, WIDE) for w in (self.wq, self.wk, self.wv))
        scores = torch.bmm(q, k.transpose(1, 2)) / math.sqrt(WIDE)
        pattern = tnf.softmax(scores.masked_fill(ahead(T), -torch.inf), dim=-1)
        z = torch.bmm(pattern, v).view(B, HEADS, T, WIDE)
        return self.wo(z.transpose(1, 2).reshape(B, T, -1))


class Thirds(nn.Module):
    """One projection: all queries, all keys, all values."""

    def __init__(self):
        super().__init__()
        self.qkv, self.proj = nn.Linear(WIDTH, 3 * HEADS * WIDE), nn.Linear(HEADS * WIDE, WIDTH)

    def forward(self, x):
        return self.proj(mixed(*(split(y) for y in self.qkv(x).chunk(3, -1))))


class Interleaved(Thirds):
    """One projection: query, key and value of one head after the other."""

    def forward(self, x):
        parts = self.qkv(x).view(*x.shape[:2], HEADS, 3, WIDE)
        return self.proj(mixed(*(y.transpose(1, 2) for y in parts.unbind(-2))))


class FusedKeysValues(nn.Module):
    """One projection of queries, one of keys and values."""

    def __init__(self):
        super().__init__()
        self.to_q = nn.Linear(WIDTH, HEADS * WIDE)
        self.to_kv = nn.Linear(WIDTH, 2 * HEADS * WIDE)
        self.to_out = nn.Linear(HEADS * WIDE, WIDTH)

    def forward(self, x):
        k, v = self.to_kv(x).chunk(2, -1)
        return self.to_out(mixed(split(self.to_q(x)), split(k), split(v)))


class Grouped(nn.Module):
    """Two queries to one key, by torch's own fused attention."""

    def __init__(self):
        super().__init__()
        self.q = nn.Linear(WIDTH, HEADS * WIDE)
        self.k, self.v = nn.Linear(WIDTH, WIDE), nn.Linear(WIDTH, WIDE)
        self.o = nn.Linear(HEADS * WIDE, WIDTH)

    def forward(self, x):
        q, k, v = (split(w(x)) for w in (self.q, self.k, self.v))
        z = tnf.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        return self.o(z.transpose(1, 2).flatten(2))


class OneHead(nn.Module):
    """A head by itself, whose answers somebody else joins."""

    def __init__(self):
        super().__init__()
        self.key, self.query, self.value = (nn.Linear(WIDTH, WIDE) for _ in range(3))

    def forward(self, x):
        q, k, v = self.query(x), self.key(x), self.value(x)
        scores = q @ k.transpose(-2, -1) * WIDE**-0.5
        return tnf.softmax(scores.masked_fill(ahead(x.shape[1]), -torch.inf), dim=-1) @ v


class ListOfHeads(nn.Module):
    """Karpathy's: a module for each head, then one output projection."""

    def __init__(self):
        super().__init__()
        self.heads = nn.ModuleList(OneHead() for _ in range(HEADS))
        self.proj = nn.Linear(HEADS * WIDE, WIDTH)

    def forward(self, x):
        return self.proj(torch.cat([h(x) for h in self.heads], dim=-1))


class Feed(nn.Module):
    def __init__(self):
        super().__init__()
        self.up, self.down = nn.Linear(WIDTH, 12), nn.Linear(12, WIDTH)

    def forward(self, x):
        return self.down(torch.relu(self.up(x)))


class SequentialFeed(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(WIDTH, 12), nn.GELU(), nn.Linear(12, WIDTH))

    def forward(self, x):
        return self.net(x)


class Block(nn.Module):
    def __init__(self, attention, feed):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention, self.feed = attention(), feed()

    def forward(self, x):
        x = x + self.attention(self.ln_1(x))
        return x + self.feed(self.ln_2(x))


class Flat(nn.Module):
    """Every linear map directly in the block."""

    def __init__(self):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(WIDTH, HEADS * WIDE) for _ in range(3))
        self.o_proj = nn.Linear(HEADS * WIDE, WIDTH)
        self.fc1, self.fc2 = nn.Linear(WIDTH, 12), nn.Linear(12, WIDTH)

    def forward(self, x):
        h = self.ln_1(x)
        x = x + self.o_proj(
            mixed(split(self.q_proj(h)), split(self.k_proj(h)), split(self.v_proj(h)))
        )
        return x + self.fc2(torch.relu(self.fc1(self.ln_2(x))))


class Net(nn.Module):
    """Ids to logits."""

    def __init__(self, block, *, tied=False):
        super().__init__()
        self.tok, self.pos = nn.Embedding(WORDS, WIDTH), nn.Embedding(LENGTH, WIDTH)
        self.layers = nn.ModuleList(block() for _ in range(2))
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WORDS, bias=False)
        if tied:
            self.head.weight = self.tok.weight

    def stream(self, ids):
        return self.tok(ids) + self.pos(torch.arange(ids.shape[1], device=ids.device))

    def forward(self, ids):
        x = self.stream(ids)
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x))


class Parameter(Net):
    """Positions in a bare parameter."""

    def __init__(self, block):
        super().__init__(block)
        self.pos = nn.Parameter(torch.zeros(1, LENGTH, WIDTH))

    def stream(self, ids):
        return self.tok(ids) + self.pos[:, : ids.shape[1]]


class Attributes(nn.Module):
    """layer0 and layer1, and no list."""

    def __init__(self, block):
        super().__init__()
        self.tok, self.pos = nn.Embedding(WORDS, WIDTH), nn.Embedding(LENGTH, WIDTH)
        self.layer0, self.layer1 = block(), block()
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WORDS, bias=False)

    def forward(self, ids):
        x = self.tok(ids) + self.pos(torch.arange(ids.shape[1]))
        return self.head(self.norm(self.layer1(self.layer0(x))))


class Wrapped(nn.Module):
    """Somebody's training shell."""

    def __init__(self, inner):
        super().__init__()
        self.net = inner

    def forward(self, ids):
        return self.net(ids)


class Named(Wrapped):
    """By name only; a mapping comes out."""

    def forward(self, *, tokens):
        return {"logits": self.net(tokens), "note": "no tensor"}


class Tuple(Wrapped):
    """The logits, and a loss that is not there."""

    def forward(self, ids):
        return self.net(ids), None


class Front(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok, self.pos = nn.Embedding(WORDS, WIDTH), nn.Embedding(LENGTH, WIDTH)

    def forward(self, ids):
        return self.tok(ids) + self.pos(torch.arange(ids.shape[1]))


def sequential(block):
    return nn.Sequential(Front(), block(), block(), nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WORDS))


def of(attention, feed=Feed):
    return lambda: Block(attention, feed)


ODD = {
    "separate": lambda: Net(of(Separate)),
    "einsum": lambda: Net(of(Einsum)),
    "bmm": lambda: Net(of(Functional)),
    "thirds": lambda: Net(of(Thirds)),
    "interleaved": lambda: Net(of(Interleaved)),
    "fused keys and values": lambda: Net(of(FusedKeysValues)),
    "grouped": lambda: Net(of(Grouped)),
    "list of heads": lambda: Net(of(ListOfHeads)),
    "sequential feed": lambda: Net(of(Separate, SequentialFeed)),
    "flat": lambda: Net(Flat),
    "tied": lambda: Net(of(Separate), tied=True),
    "parameter": lambda: Parameter(of(Thirds)),
    "attributes": lambda: Attributes(of(Separate)),
    "wrapped": lambda: Wrapped(Net(of(Separate))),
    "tuple": lambda: Tuple(Net(of(Separate))),
    "sequential": lambda: sequential(of(Separate)),
}
