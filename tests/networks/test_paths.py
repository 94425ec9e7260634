"""Cutting a channel shows the two paths; what a channel looks like does not."""

import itertools

import pytest

torch = pytest.importorskip("torch")
from networks.looking import before, inputs  # noqa: E402
from networks.paths import EDGES, Paths, stripes  # noqa: E402

DECOYS = 4


def loss(logits, kind):
    return torch.nn.functional.cross_entropy(logits, kind).item()


@torch.no_grad()
def cut(model, images, reader, row, channel):
    """The logits when one row of a reader does not read one channel."""
    weight = getattr(model, reader).weight
    kept = weight[row, channel].clone()
    weight[row, channel] = 0.0
    logits = model(images)
    weight[row, channel] = kept
    return logits


def effects(model):
    """{(source, reader): the greatest change of the loss without this edge}."""
    images, kind = stripes()
    clean, found = loss(model(images), kind), {}
    for source, reader in (("conv1", "conv2"), ("conv2", "head")):
        rows, channels = getattr(model, reader).weight.shape[:2]
        for row, channel in itertools.product(range(rows), range(channels)):
            effect = abs(loss(cut(model, images, reader, row, channel), kind) - clean)
            name = (f"{source} {channel}", "head" if reader == "head" else f"{reader} {row}")
            found[name] = max(found.get(name, 0.0), effect)
    return found


def test_it_tells_stripes_apart():
    images, kind = stripes()
    assert (Paths(DECOYS)(images).argmax(-1) == kind).double().mean() > 0.95


def test_only_two_paths_carry_the_answer():
    found = effects(Paths(DECOYS))
    assert {name for name, effect in found.items() if effect > 1e-9} == EDGES
    assert min(found[name] for name in EDGES) > 0.05


@torch.no_grad()
def test_decoys_look_the_same():
    model = Paths(DECOYS)
    images, kind = stripes()
    for reader in (model.conv2, model.head):
        (x,) = inputs(model, images, [reader])
        x = x.mean((-1, -2)) if x.dim() == 4 else x
        energy = x.pow(2).mean(0)
        agrees = torch.corrcoef(torch.cat([x.T, kind[None].double()]))[-1, :-1].abs()
        assert (energy[2 : 2 + DECOYS] >= energy[[0, 1] * (DECOYS // 2)] - 1e-12).all()
        assert (agrees[2 : 2 + DECOYS] > 0.9).all()


@torch.no_grad()
def test_the_orphan_has_a_reader_and_no_effect():
    model, (images, _) = Paths(DECOYS), stripes()
    orphan = 2 + DECOYS

    def silence(_, x):
        x = x.clone()
        x[:, orphan] = 0.0
        return x

    (was,) = inputs(model, images, [model.head])
    with before([model.conv2], silence):
        (now,) = inputs(model, images, [model.head])
        logits = model(images)
    assert (now != was).any(0).tolist() == [False, False, True, *[False] * (DECOYS - 1)]
    assert torch.equal(logits, model(images))
