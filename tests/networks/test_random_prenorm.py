"""Each part's share of a logit, the last norm held, adds up; and the usual mistake does not."""

import itertools

import pytest

torch = pytest.importorskip("torch")
from networks.looking import inputs  # noqa: E402
from networks.random_prenorm import RandomPreNorm, sentences  # noqa: E402

KINDS = [
    {"norm": norm, "parallel": parallel, "fused": fused}
    for norm, parallel, fused in itertools.product(("layer", "rms"), (False, True), (False, True))
]


def parts(model, ids):
    """What each part writes at the last position: {name: [batch, d]}."""
    last = ids.shape[1] - 1
    found = {"embed": model.embed(ids)[:, -1], "pos": model.pos.weight[last].expand(len(ids), -1)}
    readers = [m for b in model.blocks for m in (b.attn.out, b.mlp.down)]
    for i, (linear, x) in enumerate(zip(readers, inputs(model, ids, readers), strict=True)):
        heads = model.blocks[0].attn.n_heads if i % 2 == 0 else 1
        shares = x[:, -1].reshape(len(ids), heads, -1)
        columns = linear.weight.view(len(linear.weight), heads, -1)
        for h in range(heads):
            found[f"{i} {h}"] = shares[:, h] @ columns[:, h].T
        found[f"{i} bias"] = linear.bias.expand(len(ids), -1)
    return found


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: "-".join(str(v) for v in k.values()))
@torch.no_grad()
def test_the_parts_add_up(kind):
    model = RandomPreNorm(**kind)
    ids = sentences(model)
    found = parts(model, ids)
    (stream,) = inputs(model, ids, [model.ln_f])
    stream = stream[:, -1]
    assert (sum(found.values()) - stream).abs().max() < 1e-12
    gap = model.unembed.weight[3] - model.unembed.weight[5]

    def centred(x):
        return x - x.mean(-1, keepdim=True) if kind["norm"] == "layer" else x

    scale = (centred(stream).pow(2).mean(-1, keepdim=True) + 1e-5).sqrt()
    shares = [(centred(x) / scale * model.ln_f.weight) @ gap for x in found.values()]
    constant = model.ln_f.bias @ gap + model.unembed.bias[3] - model.unembed.bias[5]
    logits = model(ids)[:, -1]
    truth = logits[:, 3] - logits[:, 5]
    assert len(shares) == 2 + 2 * (3 + 1 + 1 + 1)
    assert (sum(shares) + constant - truth).abs().max() < 1e-12
    naive = sum(model.ln_f(x) @ gap for x in found.values())  # each through the norm: wrong
    assert (naive - truth).abs().max() > 1.0


def test_it_has_every_bias_and_is_drawn_from_its_seed():
    one, same, other = RandomPreNorm(), RandomPreNorm(), RandomPreNorm(seed=1)
    ids = sentences(one)
    linears = [m for m in one.modules() if isinstance(m, torch.nn.Linear | torch.nn.LayerNorm)]
    assert all((m.bias != 0).all() for m in linears)
    assert torch.equal(one(ids), same(ids))
    assert not torch.allclose(one(ids), other(ids))


def test_its_size_can_be_chosen():
    model = RandomPreNorm(d_model=16, n_heads=2, n_layers=3, d_head=5, vocabulary=9, length=4)
    assert model(sentences(model, n=5)).shape == (5, 4, 9)
    assert len(model.blocks) == 3
    assert model.blocks[0].attn.out.in_features == 10
