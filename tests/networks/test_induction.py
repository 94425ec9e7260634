"""The hand-set networks do what they are set to do, and miss what they are set to miss."""

import math

import pytest

torch = pytest.importorskip("torch")
from networks.induction import (  # noqa: E402
    ANSWERS,
    CLEAN,
    CORRUPTED,
    SINK_WORDS,
    Induction,
    Sink,
    continued,
    repeated,
)
from networks.looking import (  # noqa: E402
    inputs,
    left_out,
    shapley,
    slopes,
    with_heads,
    worths,
)


def asked(logits):
    return (logits[:, -1, ANSWERS[0]] - logits[:, -1, ANSWERS[1]]).sum()


def by_matrices(ids, *, beta, decoy, seed=1):
    """The same function from matrices alone: heads written as x -> softmax(xQ K'x') x W."""
    V, T, d = 7, 9, 30
    draws = torch.Generator().manual_seed(seed)

    def r(*shape):
        return torch.randn(*shape, generator=draws, dtype=torch.float64)

    def unit(rows, columns, size=1.0):
        out = torch.zeros(d, d, dtype=torch.float64)
        out[list(rows), list(columns)] = size
        return out

    token, before, after, place = range(V), range(V, 2 * V), range(2 * V, 3 * V), range(3 * V, d)
    asks = unit(place, [21, *place[:-1]], beta), unit(place, place), unit(token, before)
    decoys = []
    for _ in range(2):
        q, k, o = r(d, 4), r(d, 4), r(d, d)
        decoys.append((q * 0.3, k * 0.3, o * decoy))
    alike = unit(token[1:], token[1:], beta), unit(before, token), unit(token, after, 5.0)
    x = torch.eye(d, dtype=torch.float64)[ids] + torch.eye(d, dtype=torch.float64)[list(place)]
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    for layer in ((asks, decoys[0]), (alike, decoys[1])):
        new = 0
        for q, k, w in layer:
            scores = (x @ q) @ (x @ k).transpose(1, 2)
            new = new + scores.masked_fill(future, -1e9).softmax(-1) @ (x @ w)
        x = x + new
    return x[..., list(after)]


@pytest.mark.parametrize("beta", [30.0, 2.0])
@pytest.mark.parametrize("decoy", [0.0, 0.02])
def test_induction_is_what_its_matrices_say(beta, decoy):
    ids = torch.cat([CLEAN, CORRUPTED])
    same = by_matrices(ids, beta=beta, decoy=decoy)
    assert (Induction(beta=beta, decoy=decoy)(ids) - same).abs().max() < 1e-12


def test_induction_answers_by_what_came_before():
    model = Induction()
    assert asked(model(CLEAN)).item() == pytest.approx(4.939891048939753, abs=1e-12)
    assert asked(model(CORRUPTED)).item() == pytest.approx(-5.09998279207337, abs=1e-12)


def outs(model):
    return [layer.attn.o_proj for layer in model.layers]


def written(model, ids):
    """What each head writes into the stream: {(layer, head): [batch, position, d]}."""
    found = {}
    for layer, z in enumerate(inputs(model, ids, outs(model))):
        o = outs(model)[layer].weight
        for h in range(2):
            at = slice(h * len(o[0]) // 2, (h + 1) * len(o[0]) // 2)
            found[layer, h] = z[..., at] @ o[:, at].T
    return found


def test_one_head_writes_the_answer():
    model = Induction()
    reader = model.unembed.weight[ANSWERS[0]] - model.unembed.weight[ANSWERS[1]]
    parts = {name: (o[0, -1] @ reader).item() for name, o in written(model, CLEAN).items()}
    known = {(0, 0): 0.0, (0, 1): -0.011, (1, 0): 4.982, (1, 1): -0.031}
    assert parts == pytest.approx(known, abs=5e-4)
    assert sum(parts.values()) == pytest.approx(asked(model(CLEAN)).item(), abs=1e-12)


def test_no_gradient_passes_the_sharp_attention():
    """The keys of head 1.0 decide the answer, and their gradient is 0."""
    model = Induction()
    attn = model.layers[1].attn
    read = [inputs(model, ids, [attn.k_proj])[0] for ids in (CLEAN, CORRUPTED)]
    step = attn.k_proj(read[1]) - attn.k_proj(read[0])
    step[..., attn.d_head :] = 0.0  # head 1.1 keeps its keys
    handle = attn.k_proj.register_forward_hook(lambda *a: a[2] + share * step)
    share = torch.ones((), dtype=torch.float64)
    patched = asked(model(CLEAN))
    share = torch.zeros((), dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(asked(model(CLEAN)), share)
    handle.remove()
    assert (patched - asked(model(CLEAN))).item() == pytest.approx(-10.0474, abs=5e-5)
    assert abs(slope.item()) < 1e-8


def resampled(model):
    """A mask over heads to the answer: what is kept is clean, the rest is corrupted."""
    other = inputs(model, CORRUPTED, outs(model))
    return lambda mask: asked(with_heads(model, CLEAN, outs(model), mask.view(2, 2), other))


def test_both_heads_are_needed_and_shapley_halves_them():
    worth = worths(resampled(Induction(decoy=0.0)), 4)
    assert shapley(worth) == pytest.approx([5, 0, 5, 0], abs=1e-6)
    assert left_out(worth) == pytest.approx([10, 0, 10, 0], abs=1e-6)


def test_soft_attention_has_gradients():
    model = Induction(beta=2.0)
    value = resampled(model)
    assert shapley(worths(value, 4)) == pytest.approx([1.1074, -0.0208, 1.0942, -0.0035], abs=5e-5)
    assert slopes(value, (2, 2)).flatten().tolist() == pytest.approx(
        [2.44493, -0.05066, 2.18056, -0.00418], abs=5e-6
    )


@pytest.fixture(name="sunk", scope="module")
def _sunk():
    model, ids = Sink(), repeated()
    return lambda mask: continued(with_heads(model, ids, outs(model), mask.view(2, 2)), ids).mean()


def test_sink_continues_each_sequence():
    ids, at = repeated(), SINK_WORDS + 1
    logits = Sink()(ids)
    assert logits.shape == (16, 2 * at - 1, SINK_WORDS)
    assert (logits[:, at:-1].argmax(-1) == ids[:, at + 1 :]).all()


def test_sink_is_an_and(sunk):
    worth = worths(sunk, 4)
    assert worth[1, 1, 1, 1] == pytest.approx(-0.0005, abs=5e-6)
    assert worth[0, 0, 0, 0] == pytest.approx(-math.log(12), abs=1e-12)
    assert left_out(worth) == pytest.approx([2.484409, 0, 2.484407, 0], abs=1e-6)
    assert shapley(worth) == pytest.approx([1.242204, 0, 1.242203, 0], abs=1e-6)
    both = worth[1, 1, 1, 1] - worth[0, 1, 1, 1] - worth[1, 1, 0, 1] + worth[0, 1, 0, 1]
    assert both == pytest.approx(2.484409, abs=1e-6)


def test_gradients_do_not_see_the_and(sunk):
    assert slopes(sunk, (4,)).tolist() == pytest.approx([0, 0, 0.004992, 0], abs=1e-6)
