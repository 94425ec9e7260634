"""Plain loops with plain hooks, and a network rewritten by hand: what games must agree with."""

import contextlib

import torch


@contextlib.contextmanager
def changed(places):
    """While this lasts, each place (module, "in" or "out") passes change(what is there).

    Args:
        places: [(module, end, change)].
    """
    taken = []
    for module, end, change in places:
        if end == "in":
            taken.append(module.register_forward_pre_hook(lambda _, a, f=change: (f(a[0]), *a[1:])))
        else:
            taken.append(module.register_forward_hook(lambda _, a, out, f=change: f(out)))
    try:
        yield
    finally:
        for handle in taken:
            handle.remove()


@torch.no_grad()
def seen(model, ids, places):
    """What passes each place (module, end)."""
    found = {}

    def note(i, x):
        found[i] = x.detach().clone()
        return x

    with changed([(m, end, lambda x, i=i: note(i, x)) for i, (m, end) in enumerate(places)]):
        model(ids)
    return [found[i] for i in range(len(places))]


@torch.no_grad()
def answer(model, ids, blocks):
    """The model's answer with pieces replaced.

    Args:
        model: what is asked.
        ids: of one prompt or more.
        blocks: [(module, end, index, other)]: x[index] = other[index] there, one after the other.
    """

    def swap(pieces, x):
        x = x.clone()
        for index, other in pieces:
            own = other[0] if other.ndim > x.ndim else other  # positions have no rows
            x[index] = own.expand_as(x)[index]
        return x

    grouped = {}
    for module, end, index, other in blocks:
        grouped.setdefault((module, end), []).append((index, other))
    with changed([(m, e, lambda x, p=p: swap(p, x)) for (m, e), p in grouped.items()]):
        return model(ids)


class Edged:
    """A `RandomPreNorm` (not parallel, not fused) with every reader's input written out.

    Args:
        model: the network.
    """

    def __init__(self, model):
        self.model = model

    def writes(self, ids):
        """What every part writes, by name, when nothing is changed."""
        return self.run(ids, {})[1]

    def run(self, ids, gone):
        """Logits, and what was written.

        Args:
            ids: prompts.
            gone: {(source, reader): function of what the source writes now -> what is read instead}
        """
        m = self.model
        now = {"embed": m.embed(ids) + m.pos(torch.arange(ids.shape[1]))}
        biases = []

        def read(reader):
            stream = sum(now.values()) + sum(biases)
            for (source, who), instead in gone.items():
                if who == reader:
                    stream = stream + instead(now[source]) - now[source]
            return stream

        for layer, block in enumerate(m.blocks):
            a, new = block.attn, {}
            n, w = a.n_heads, a.d_head
            for h in range(n):
                rows = slice(h * w, (h + 1) * w)
                q, k, v = (
                    block.ln1(read(f"{layer}.{h}.{c}")) @ part.weight[rows].T + part.bias[rows]
                    for c, part in (("q", a.query), ("k", a.key), ("v", a.value))
                )
                scores = q @ k.transpose(1, 2) / w**0.5
                ahead = torch.ones(scores.shape[1:], dtype=torch.bool).triu(1)
                z = scores.masked_fill(ahead, -torch.inf).softmax(-1) @ v
                new[f"{layer}.{h}"] = z @ a.out.weight[:, rows].T
            now |= new
            biases.append(a.out.bias)
            now[f"mlp {layer}"] = block.mlp(block.ln2(read(f"mlp {layer}")))
        return m.unembed(m.ln_f(read("logits"))), now
