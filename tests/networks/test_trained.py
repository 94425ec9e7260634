"""The trained networks do their tasks; gradients mislead about one of them, and not the other."""

import pytest

torch = pytest.importorskip("torch")
from scipy.stats import spearmanr  # noqa: E402

from networks.looking import (  # noqa: E402
    inputs,
    left_out,
    shapley,
    slopes,
    with_heads,
    worths,
)
from networks.trained import (  # noqa: E402
    LOOKS_BACK,
    WORDS,
    continued,
    kept,
    names,
    preferred,
    repeats,
    train,
)

pytestmark = pytest.mark.usefixtures("one_thread")


def draws():
    return torch.Generator().manual_seed(99)


def outs(model):
    return [block.attn.out for block in model.blocks]


def repeating(model, n=32):
    """A mask over heads to the mean lead; what is off is at its mean over words and positions."""
    ids, asked = repeats(n, draws())
    means = [z.mean((0, 1)) for z in inputs(model, ids, outs(model))]
    return lambda mask: continued(
        with_heads(model, ids, outs(model), mask.view(2, 4), means), ids, asked
    ).mean()


def naming(model, n=128):
    """A mask over heads to the mean preference; what is off is as with a third name."""
    ids, third, other, repeated = names(n, draws())
    instead = inputs(model, third, outs(model))
    return lambda mask: preferred(
        with_heads(model, ids, outs(model), mask.view(2, 4), instead), other, repeated
    ).mean()


def gradients_mislead(model):
    worth, slope = worths(repeating(model), 8), slopes(repeating(model), (8,)).tolist()
    lost = left_out(worth)
    first = max(range(4), key=lost.__getitem__)
    assert lost[first] == max(lost)
    assert lost[first] > 1.0
    assert slope[first] == min(slope)
    assert slope[first] < -0.3
    assert spearmanr(slope, lost)[0] < 0.5
    assert spearmanr(shapley(worth), lost)[0] > 0.85
    return first


@torch.no_grad()
def test_it_continues_repeats():
    model, (ids, asked) = kept("repeats"), repeats(64, draws())
    right = (model(ids)[:, :-1].argmax(-1) == ids[:, 1:])[asked].double().mean()
    assert right > 0.85
    assert (ids[:, 1:] < WORDS).all()


def test_gradients_call_the_first_head_of_repeats_harmful():
    assert (0, gradients_mislead(kept("repeats"))) == LOOKS_BACK


@torch.no_grad()
def test_that_head_looks_one_back():
    model, (ids, _) = kept("repeats"), repeats(64, draws())
    attn = model.blocks[0].attn
    (x,) = inputs(model, ids, [attn.qkv])
    q, k, _ = attn.qkv(x).chunk(3, -1)
    width = q.shape[-1] // attn.n_heads
    q, k = q[..., :width], k[..., :width]  # head 0
    scores = (q @ k.transpose(1, 2) / width**0.5).masked_fill(
        torch.ones(ids.shape[1], ids.shape[1], dtype=torch.bool).triu(1), -torch.inf
    )
    back = scores.softmax(-1).diagonal(-1, 1, 2)[:, 1:]
    assert back.mean() > 0.5


@torch.no_grad()
def test_it_names_the_other():
    model, (ids, third, other, repeated) = kept("names"), names(256, draws())
    assert (model(ids)[:, -1].argmax(-1) == other).all()
    assert preferred(model(ids), other, repeated).mean() > 8.0
    assert abs(preferred(model(third), other, repeated).mean()) < 0.3
    assert ((ids != third).sum(1) == 1).all()


def test_gradients_rank_the_heads_of_names():
    value = naming(kept("names"))
    worth = worths(value, 8)
    lost = left_out(worth)
    assert spearmanr(slopes(value, (8,)).tolist(), lost)[0] > 0.9
    assert min(lost) > 0.0
    assert abs(worth[(0,) * 8]) < 0.4
    assert sum(shapley(worth)) == pytest.approx(worth[(1,) * 8] - worth[(0,) * 8], abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_training_finds_repeats_again(seed):
    gradients_mislead(train("repeats", seed=seed, steps=600))


@pytest.mark.slow
def test_training_finds_names_again():
    model, (ids, _, other, _) = train("names", seed=1), names(256, draws())
    assert (model(ids)[:, -1].argmax(-1) == other).double().mean() > 0.98
    value = naming(model)  # which heads share the work differs by seed: no ranks are asked here
    assert sum(slopes(value, (8,)).tolist()) > 0.5 * sum(left_out(worths(value, 8)))


def test_training_is_repeatable():
    one, same = (train("names", seed=2, steps=3).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], same[name]) for name in one)
